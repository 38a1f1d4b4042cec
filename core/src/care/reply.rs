//! What is said to somebody in danger: vetted words, never a model's.
//!
//! The words are data (`data/care/replies`), one file for each language, with their source and
//! who signed for them. Code only chooses and fills in: the emergency number, the country's help,
//! the church's people.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::words::{Block, CrisisKind, CrisisLevel, CrisisReading, Resource};

use super::resources::{
    ContentFault, ContentWarning, emergency_number, police_number, resources_for,
};

/// How many lines of help are shown; more would hide the first.
const MOST_RESOURCES: usize = 4;

const FILES: &[&str] = &[
    include_str!("../../data/care/replies/en.toml"),
    include_str!("../../data/care/replies/es.toml"),
    include_str!("../../data/care/replies/pt.toml"),
    include_str!("../../data/care/replies/fr.toml"),
    include_str!("../../data/care/replies/de.toml"),
    include_str!("../../data/care/replies/ru.toml"),
    include_str!("../../data/care/replies/zh.toml"),
    include_str!("../../data/care/replies/ko.toml"),
    include_str!("../../data/care/replies/ar.toml"),
    include_str!("../../data/care/replies/hi.toml"),
    include_str!("../../data/care/replies/sw.toml"),
    include_str!("../../data/care/replies/tl.toml"),
];

/// What the church adds to the help of its country.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChurchCare {
    /// The church's name.
    pub name: String,
    /// Who cares for people there, by name or office.
    pub pastor: Option<String>,
    /// How that person, or the church, is reached: a telephone number or an address.
    pub pastor_contact: Option<String>,
    /// Help in the neighbourhood, shown after the national lines.
    pub local_resources: Vec<Resource>,
}

/// What shapes a crisis reply besides the danger itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReplyContext<'a> {
    /// ISO 3166-1 alpha-2, from [`super::CountryClues::country`]; `None` asks for it.
    pub country: Option<&'a str>,
    /// The person's language (BCP 47), used when the reading names none.
    pub language: Option<&'a str>,
    /// The church, where one is configured.
    pub church: Option<&'a ChurchCare>,
    /// A crisis reply went to the person within the last 10 minutes.
    pub short_form: bool,
    /// Others can read it: one neutral line only.
    pub public_room: bool,
    /// The prayer team may be offered, beside the help.
    pub may_offer_prayer: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Replies {
    language: String,
    #[allow(dead_code)] // kept with the words, read by people
    source: String,
    reviewer: String,
    reviewed: String,
    common: Common,
    reply: Vec<Words>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Common {
    local_emergency: String,
    church: String,
    church_only: String,
    ask_country: String,
    prayer: String,
    public: String,
    short: String,
    short_imminent: String,
    short_third_party: String,
    notes: Vec<String>,
    notes_lead: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    id: String,
    kinds: Vec<CrisisKind>,
    levels: Vec<CrisisLevel>,
    opening: String,
    body: String,
    question: String,
}

static REPLIES: LazyLock<Result<Vec<Replies>, toml::de::Error>> =
    LazyLock::new(|| FILES.iter().map(|file| toml::from_str(file)).collect());

/// Whether every file of crisis replies could be read; asked at start-up and by `doctor`.
pub fn check_replies() -> Result<(), String> {
    REPLIES.as_ref().map(|_| ()).map_err(ToString::to_string)
}

/// Every language in which a crisis reply can be given, English first.
pub fn reply_languages() -> impl Iterator<Item = &'static str> {
    all().iter().map(|replies| replies.language.as_str())
}

/// What nobody has signed for yet, for `doctor`.
pub fn reply_warnings() -> Vec<ContentWarning> {
    all()
        .iter()
        .filter(|replies| replies.reviewer.is_empty() || replies.reviewed.is_empty())
        .flat_map(|replies| &replies.reply)
        .map(|words| ContentWarning {
            what: words.id.clone(),
            why: ContentFault::Unreviewed,
        })
        .collect()
}

/// The vetted reply for a reading above [`CrisisLevel::None`].
///
/// The text of the most pressing kind is used, in the language in which danger was detected, else
/// the person's, else English. Never empty: should no words be found at all, the help stands
/// alone.
pub fn crisis_reply(crisis: &CrisisReading, context: &ReplyContext<'_>) -> Vec<Block> {
    let kind = crisis.kinds.first().copied().unwrap_or(CrisisKind::Suicide);
    let level = crisis.level.max(CrisisLevel::Concern);
    let wanted = [crisis.language.as_deref(), context.language];
    let found = wanted
        .into_iter()
        .flatten()
        .chain(["en"])
        .find_map(|language| find(language, kind, level));
    let Some((replies, words)) = found else {
        return vec![help(context, None, kind, &crisis.kinds)];
    };
    let language = replies.language.as_str();
    let common = &replies.common;
    let emergency = match kind {
        CrisisKind::Abuse | CrisisKind::Violence => police_number(context.country),
        _ => emergency_number(context.country),
    }
    .unwrap_or(&common.local_emergency);
    let fill = |text: &str| text.replace("{emergency}", emergency);
    if context.public_room {
        return vec![Block::text(fill(&common.public))];
    }
    let resources = help(context, Some(language), kind, &crisis.kinds);
    if context.short_form {
        let short = match (kind, level) {
            (CrisisKind::ThirdParty, _) => &common.short_third_party,
            (CrisisKind::Suicide | CrisisKind::SelfHarm, CrisisLevel::Imminent) => {
                &common.short_imminent
            }
            _ => &common.short,
        };
        return vec![Block::text(fill(short)), resources];
    }
    let mut body = vec![fill(&words.body)];
    body.extend(
        context
            .church
            .and_then(|church| church_line(common, church)),
    );
    if context.country.is_none() {
        body.push(common.ask_country.clone());
    }
    if context.may_offer_prayer {
        body.push(common.prayer.clone());
    }
    vec![
        Block::text(fill(&words.opening)),
        resources,
        Block::text(body.join(" ")),
        Block::text(fill(&words.question)),
    ]
}

/// The gentle opening of a later reply in care mode, with help at hand.
///
/// `turn` counts the replies since the danger, so that they do not repeat.
pub fn care_mode_note(turn: usize, kinds: &[CrisisKind], context: &ReplyContext<'_>) -> Vec<Block> {
    let language = context.language.unwrap_or("en");
    let Some(replies) = in_language(language).or_else(|| in_language("en")) else {
        return vec![help(context, None, CrisisKind::Suicide, kinds)];
    };
    let notes = &replies.common.notes;
    let note = notes
        .get(turn % notes.len().max(1))
        .map_or("", String::as_str);
    if context.public_room {
        return vec![Block::text(note)];
    }
    let kind = kinds.first().copied().unwrap_or(CrisisKind::Suicide);
    vec![
        Block::text(note),
        Block::text(replies.common.notes_lead.clone()),
        help(context, Some(&replies.language), kind, kinds),
    ]
}

fn all() -> &'static [Replies] {
    REPLIES.as_ref().map_or(&[], Vec::as_slice)
}

/// The words in a language: by its whole tag ("hi-Latn"), else by its first part.
fn in_language(tag: &str) -> Option<&'static Replies> {
    let primary = tag.split(['-', '_']).next().unwrap_or(tag);
    let named = |name: &str| all().iter().find(|r| r.language.eq_ignore_ascii_case(name));
    named(tag).or_else(|| named(primary))
}

fn find(
    language: &str,
    kind: CrisisKind,
    level: CrisisLevel,
) -> Option<(&'static Replies, &'static Words)> {
    let replies = in_language(language)?;
    let words = replies
        .reply
        .iter()
        .find(|words| words.kinds.contains(&kind) && words.levels.contains(&level))?;
    Some((replies, words))
}

fn help(
    context: &ReplyContext<'_>,
    language: Option<&str>,
    first: CrisisKind,
    kinds: &[CrisisKind],
) -> Block {
    let kinds = if kinds.is_empty() { &[first] } else { kinds };
    let mut items = resources_for(context.country, language, kinds);
    // Worldwide help is last and always stays; the church's own stands before it.
    let worldwide = items.pop();
    items.truncate(MOST_RESOURCES - 1);
    items.extend(
        context
            .church
            .iter()
            .flat_map(|church| church.local_resources.iter().cloned()),
    );
    items.extend(worldwide);
    Block::Resources { items }
}

fn church_line(common: &Common, church: &ChurchCare) -> Option<String> {
    let contact = church.pastor_contact.as_deref()?;
    let line = match &church.pastor {
        Some(pastor) => common.church.replace("{pastor}", pastor),
        None => common.church_only.clone(),
    };
    Some(
        line.replace("{church}", &church.name)
            .replace("{contact}", contact),
    )
}
