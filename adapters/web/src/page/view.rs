//! What the templates show. Every string here is escaped by them; none is markup.

use askama::Template;
use axum::http::StatusCode;
use muykol_core::{
    path::forgotten_words,
    words::{AnsweredBy, Block, Choice, Entry, EntryBody, EntryId, Reply, Resource, Timestamp},
};

use crate::{page::assets, problem::Problem, state::WebState, time};

/// What every page has.
pub(crate) struct Shell {
    /// The church's name.
    pub church: String,
    /// The style sheet's address.
    pub stylesheet: &'static str,
    /// The icon's address.
    pub icon: &'static str,
}

impl Shell {
    pub(crate) fn new(state: &WebState) -> Self {
        Self {
            church: state.config().church_name.clone(),
            stylesheet: assets::stylesheet(),
            icon: assets::icon(),
        }
    }
}

/// One place of help as a card.
pub(crate) struct Card {
    name: String,
    place: String,
    call: Option<Link>,
    sms: Option<Link>,
    site: Option<Link>,
}

/// Something to tap.
pub(crate) struct Link {
    href: String,
    label: String,
}

impl From<&Resource> for Card {
    fn from(resource: &Resource) -> Self {
        Self {
            name: resource.name.clone(),
            place: match resource.country.as_str() {
                "INTL" => "Worldwide".to_owned(),
                country => country.to_owned(),
            },
            call: resource.phone.as_deref().and_then(call),
            sms: resource.sms.as_deref().and_then(sms),
            site: resource.url.as_deref().and_then(site),
        }
    }
}

/// A `tel:` link (RFC 3966): digits, `+`, `*` and an escaped `#` of what is shown.
fn call(number: &str) -> Option<Link> {
    let dialled = dialled(number)?;
    Some(Link {
        href: format!("tel:{dialled}"),
        label: number.to_owned(),
    })
}

/// An `sms:` link (RFC 5724) for "741741" or "HOME to 741741".
fn sms(how: &str) -> Option<Link> {
    let (word, number) = how
        .rsplit_once(" to ")
        .map_or((None, how), |(word, number)| (Some(word.trim()), number));
    let dialled = dialled(number)?;
    let body = word.map_or_else(String::new, |word| {
        let plain: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
        format!("?body={plain}")
    });
    Some(Link {
        href: format!("sms:{dialled}{body}"),
        label: how.to_owned(),
    })
}

fn dialled(number: &str) -> Option<String> {
    let dialled: String = number
        .chars()
        .filter(|c| c.is_ascii_digit() || "+*#".contains(*c))
        .collect();
    dialled
        .contains(|c: char| c.is_ascii_digit())
        .then(|| dialled.replace('#', "%23"))
}

/// A link to a website; nothing but the web's own schemes.
fn site(url: &str) -> Option<Link> {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"))?;
    let host = rest.split('/').next()?;
    Some(Link {
        href: url.to_owned(),
        label: host.trim_start_matches("www.").to_owned(),
    })
}

/// The cards of some blocks.
pub(crate) fn cards<'a>(blocks: impl IntoIterator<Item = &'a Block>) -> Vec<Card> {
    blocks
        .into_iter()
        .filter_map(|block| match block {
            Block::Resources { items } => Some(items),
            _ => None,
        })
        .flatten()
        .map(Card::from)
        .collect()
}

/// A piece of a line.
pub(crate) enum Piece {
    /// Plain sentences.
    Text(String),
    /// A passage.
    Verse {
        /// Where it stands.
        reference: String,
        /// The held text.
        text: String,
        /// In which translation.
        translation: String,
    },
    /// A thought to stay with.
    Reflection(String),
    /// One small step.
    Action(String),
    /// Real help.
    Resources(Vec<Card>),
    /// Options that are past: the latest ones are buttons beside the form.
    Choices(Vec<Choice>),
}

impl From<&Block> for Piece {
    fn from(block: &Block) -> Self {
        match block {
            Block::Text { text } => Self::Text(text.clone()),
            Block::Verse {
                reference,
                text,
                translation,
            } => Self::Verse {
                reference: reference.clone(),
                text: text.clone(),
                translation: translation.clone(),
            },
            Block::Reflection { text } => Self::Reflection(text.clone()),
            Block::Action { text } => Self::Action(text.clone()),
            Block::Resources { items } => Self::Resources(items.iter().map(Card::from).collect()),
            Block::Choices { items } => Self::Choices(items.clone()),
        }
    }
}

/// What can be said of a line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rating {
    /// Nothing: it is the person's own, or muykol speaking about itself.
    None,
    /// How it was.
    Open,
    /// It was said just now.
    Thanked,
}

/// One line of the conversation.
pub(crate) struct Line {
    id: String,
    mine: bool,
    ago: String,
    at: String,
    pieces: Vec<Piece>,
    rating: Rating,
    latest: bool,
    /// Choices that can still be made.
    choices: Vec<Choice>,
}

impl Line {
    /// A line of history.
    pub(crate) fn of(entry: &Entry, now: Timestamp) -> Self {
        match &entry.body {
            EntryBody::Person { text, .. } => Self {
                mine: true,
                pieces: vec![Piece::Text(text.clone())],
                ..Self::blank(&entry.id, entry.at, now)
            },
            EntryBody::Muykol { reply, .. } => Self {
                pieces: reply.blocks.iter().map(Piece::from).collect(),
                rating: match reply.answered_by {
                    AnsweredBy::Curated | AnsweredBy::Model => Rating::Open,
                    AnsweredBy::Crisis | AnsweredBy::System => Rating::None,
                },
                ..Self::blank(&entry.id, entry.at, now)
            },
        }
    }

    /// What a person wrote and nobody could keep.
    pub(crate) fn unkept(text: &str, now: Timestamp) -> Self {
        Self {
            mine: true,
            pieces: vec![Piece::Text(text.to_owned())],
            ..Self::blank(&EntryId::from("unkept"), now, now)
        }
    }

    /// A reply that nobody could keep.
    pub(crate) fn reply(reply: &Reply, now: Timestamp) -> Self {
        Self {
            pieces: reply.blocks.iter().map(Piece::from).collect(),
            ..Self::blank(&reply.id, now, now)
        }
    }

    fn blank(id: &EntryId, at: Timestamp, now: Timestamp) -> Self {
        Self {
            id: id.0.clone(),
            mine: false,
            ago: time::ago(at, now),
            at: time::rfc3339(at),
            pieces: Vec::new(),
            rating: Rating::None,
            latest: false,
            choices: Vec::new(),
        }
    }

    /// Marks the last line: the page jumps to it, and its choices become buttons.
    pub(crate) fn make_latest(&mut self) {
        self.latest = true;
        let mut choices = Vec::new();
        self.pieces.retain_mut(|piece| match piece {
            Piece::Choices(items) => {
                choices.append(items);
                false
            }
            _ => true,
        });
        self.choices = choices;
    }

    /// Marks the line that was rated just now.
    pub(crate) fn thank(&mut self, id: &str) {
        if self.id == id && self.rating == Rating::Open {
            self.rating = Rating::Thanked;
        }
    }
}

/// Something the person has to know before anything else.
pub(crate) struct Alert {
    /// In a few words.
    pub title: String,
    /// In a sentence.
    pub detail: String,
}

impl From<&Problem> for Alert {
    fn from(problem: &Problem) -> Self {
        // The titles of problems are for programs; these are for somebody who may be in trouble.
        let title = match problem.status() {
            StatusCode::FORBIDDEN | StatusCode::CONFLICT => "Please send it once more",
            StatusCode::UNPROCESSABLE_ENTITY | StatusCode::PAYLOAD_TOO_LARGE => {
                "That could not be sent as it is"
            }
            StatusCode::TOO_MANY_REQUESTS => "Just a little patience",
            StatusCode::NOT_FOUND => "There is no such page",
            status if status.is_server_error() => "We are having trouble",
            _ => problem.title(),
        };
        Self {
            title: title.to_owned(),
            detail: problem.detail().to_owned(),
        }
    }
}

/// The chat page.
#[derive(Template)]
#[template(path = "chat.html")]
pub(crate) struct ChatPage {
    /// What every page has.
    pub shell: Shell,
    /// The language of what muykol said, if the person chose one.
    pub language: Option<String>,
    /// What the person has to know first.
    pub alert: Option<Alert>,
    /// Help for somebody in danger, above everything.
    pub urgent: Vec<Card>,
    /// The words of a crisis reply that is shown nowhere else.
    pub urgent_words: Vec<String>,
    /// The helplines, for everybody.
    pub help: Vec<Card>,
    /// Whether the helplines are unfolded.
    pub help_open: bool,
    /// A sentence of welcome.
    pub greeting: Option<String>,
    /// The notice of first contact.
    pub notice: Vec<String>,
    /// The conversation, oldest first.
    pub lines: Vec<Line>,
    /// The line before which there is more.
    pub older: Option<String>,
    /// Whether these are older lines than the newest.
    pub paged: bool,
    /// The message whose reply is still being written.
    pub waiting: Option<String>,
    /// The form's proof that it came from here.
    pub form_token: String,
    /// The form's id.
    pub form_id: String,
    /// What the person wrote and has not been able to send.
    pub draft: String,
}

/// An error as a page.
#[derive(Template)]
#[template(path = "problem.html")]
pub(crate) struct ProblemPage {
    shell: Shell,
    alert: Alert,
    urgent: Vec<Card>,
    urgent_words: Vec<String>,
    help: Vec<Card>,
    request_id: String,
}

impl ProblemPage {
    pub(crate) fn new(problem: &Problem, state: &WebState) -> Self {
        let card = problem.resources().unwrap_or_default();
        Self {
            shell: Shell::new(state),
            alert: Alert::from(problem),
            urgent: cards(card),
            urgent_words: words(card),
            help: cards([&state.seams().care.helplines(None)]),
            request_id: problem.request_id().unwrap_or_default().to_owned(),
        }
    }
}

/// The page that says that everything is erased.
#[derive(Template)]
#[template(path = "forgotten.html")]
pub(crate) struct ForgottenPage {
    shell: Shell,
    words: &'static str,
    help: Vec<Card>,
}

impl ForgottenPage {
    pub(crate) fn new(state: &WebState) -> Self {
        Self {
            shell: Shell::new(state),
            words: forgotten_words(),
            help: cards([&state.seams().care.helplines(None)]),
        }
    }
}

/// The sentences among some blocks.
pub(crate) fn words(blocks: &[Block]) -> Vec<String> {
    blocks
        .iter()
        .filter_map(|block| match block {
            Block::Text { text } | Block::Reflection { text } | Block::Action { text } => {
                Some(text.clone())
            }
            Block::Verse { .. } | Block::Resources { .. } | Block::Choices { .. } => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_links_that_dial() {
        assert_eq!(call("1-800-273-8255").unwrap().href, "tel:18002738255");
        assert_eq!(call("+44 116 123").unwrap().href, "tel:+44116123");
        assert_eq!(call("*#1").unwrap().href, "tel:*%231");
        assert!(call("see website").is_none());
        assert_eq!(sms("988").unwrap().href, "sms:988");
        assert_eq!(sms("HOME to 741741").unwrap().href, "sms:741741?body=HOME");
        assert_eq!(sms("a&b to 7").unwrap().href, "sms:7?body=ab");
    }

    #[test]
    fn only_the_web_is_linked_to() {
        assert_eq!(
            site("https://www.example.org/a").unwrap().label,
            "example.org"
        );
        assert!(site("javascript:alert(1)").is_none());
        assert!(site("data:text/html,x").is_none());
    }

    /// A chat page with `words` wherever somebody else's words can stand.
    fn page_of(words: &str) -> String {
        let resource = Resource {
            name: words.to_owned(),
            phone: Some(format!("1{words}")),
            sms: Some(format!("{words} to 2")),
            url: Some(format!("https://{words}")),
            country: words.to_owned(),
        };
        let choice = Choice {
            id: words.to_owned(),
            label: words.to_owned(),
        };
        let text = words.to_owned();
        let blocks = [
            Block::text(words),
            Block::Verse {
                reference: text.clone(),
                text: text.clone(),
                translation: text.clone(),
            },
            Block::Reflection { text: text.clone() },
            Block::Action { text: text.clone() },
            Block::Resources {
                items: vec![resource.clone()],
            },
            Block::Choices {
                items: vec![choice],
            },
        ];
        let line = |latest: bool| {
            let mut line = Line {
                pieces: blocks.iter().map(Piece::from).collect(),
                rating: Rating::Open,
                ..Line::blank(&EntryId::from(words), Timestamp(0), Timestamp(0))
            };
            if latest {
                line.make_latest();
            }
            line
        };
        let page = ChatPage {
            shell: Shell {
                church: text.clone(),
                stylesheet: "/a.css",
                icon: "/a.svg",
            },
            language: Some(text.clone()),
            alert: Some(Alert {
                title: text.clone(),
                detail: text.clone(),
            }),
            urgent: vec![Card::from(&resource)],
            urgent_words: vec![text.clone()],
            help: vec![Card::from(&resource)],
            help_open: true,
            greeting: Some(text.clone()),
            notice: vec![text.clone()],
            lines: vec![Line::unkept(words, Timestamp(0)), line(false), line(true)],
            older: Some(text.clone()),
            paged: true,
            waiting: Some(text.clone()),
            form_token: text.clone(),
            form_id: text.clone(),
            draft: text,
        };
        page.render().unwrap()
    }

    /// What a browser reads as markup: nothing else opens a tag or closes a value.
    fn markup(html: &str) -> Vec<char> {
        html.chars().filter(|c| "<>\"'".contains(*c)).collect()
    }

    const HOSTILE: &[&str] = &[
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "</textarea></form><form action=//x>",
        "<!--",
        "]]><svg/onload=alert(1)>",
        "</title><base href=//x>",
        "{{ draft }}{% if true %}",
        "&lt;b&gt;&#60;",
        "\u{0}\u{202e}\u{feff}<",
    ];

    #[test]
    fn hostile_words_make_no_markup() {
        let calm = markup(&page_of("calm"));
        for hostile in HOSTILE {
            let page = page_of(hostile);
            assert_eq!(markup(&page), calm, "{hostile}");
            assert!(!page.contains(hostile) || !hostile.contains(['<', '"', '\'', '&']));
        }
    }

    proptest::proptest! {
        #[test]
        fn no_words_make_markup(pieces in proptest::collection::vec("[<>&\"'/=a-z!\\-{}% \u{0}-\u{20}]{0,12}|.{0,8}", 0..6)) {
            let words = pieces.concat();
            proptest::prop_assert_eq!(markup(&page_of(&words)), markup(&page_of("calm")));
        }
    }
}
