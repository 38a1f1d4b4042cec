//! What muykol says about itself. The words are in `core/data/voice/`.

use std::{sync::LazyLock, time::Duration};

use serde::Deserialize;

use crate::{
    path::{Settings, commands::HISTORY_WORDING},
    words::{Block, Choice},
};

/// The lines, by name as in the data file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lines {
    greeting: String,
    greeting_church: String,
    pub help: String,
    pub guidelines: String,
    pub attachment: String,
    pub parked: String,
    pub here: String,
    pub help_there: String,
    pub how_now: String,
    limited: String,
    pub consent_given: String,
    pub consent_refused: String,
    forget_question: String,
    forget_yes: String,
    forget_no: String,
    pub forgotten: String,
    pub not_forgotten: String,
    pub which_verse: String,
    pub which_translation: String,
    translation_set: String,
    pub unknown_command: String,
    pub unknown_choice: String,
    notice: Notice,
    privacy: Privacy,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Notice {
    what: String,
    kept: String,
    model: String,
    local: String,
    how: String,
    question: String,
    yes: String,
    no: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Privacy {
    kept: String,
    rights: String,
}

static LINES: LazyLock<Lines> = LazyLock::new(|| {
    // The file is compiled in and a test reads it: a mistake in it never leaves the workshop.
    toml::from_str(include_str!("../../data/voice/en.toml")).unwrap_or_default()
});

/// The lines.
pub(super) fn lines() -> &'static Lines {
    &LINES
}

/// The answer to `/start`.
pub(super) fn greeting(settings: &Settings) -> String {
    match (&settings.greeting, settings.care.name.as_str()) {
        (Some(own), _) => own.clone(),
        (None, "") => lines().greeting.clone(),
        (None, church) => lines().greeting_church.replace("{church}", church),
    }
}

/// The sentences of the notice of first contact, for a place that shows them beforehand.
pub fn first_notice(settings: &Settings) -> Vec<String> {
    let notice = &lines().notice;
    let leaves = if settings.uses_model {
        &notice.model
    } else {
        &notice.local
    };
    vec![
        notice.what.clone(),
        with_times(&notice.kept, settings),
        leaves.clone(),
        notice.how.clone(),
    ]
}

/// The notice of first contact, with the question of consent.
pub(super) fn notice(settings: &Settings) -> Vec<Block> {
    let notice = &lines().notice;
    let text = format!("{} {}", first_notice(settings).join(" "), notice.question);
    let choice = |answer: &str, label: &str| Choice {
        id: format!("consent:history:{answer}:{HISTORY_WORDING}"),
        label: label.to_owned(),
    };
    vec![
        Block::text(text),
        Block::Choices {
            items: vec![choice("yes", &notice.yes), choice("no", &notice.no)],
        },
    ]
}

/// The answer to `/privacy`.
pub(super) fn privacy(settings: &Settings) -> Vec<Block> {
    let leaves = if settings.uses_model {
        &lines().notice.model
    } else {
        &lines().notice.local
    };
    vec![
        Block::text(with_times(&lines().privacy.kept, settings)),
        Block::text(leaves.clone()),
        Block::text(lines().privacy.rights.clone()),
    ]
}

/// Whether to erase everything.
pub(super) fn forget_question() -> Vec<Block> {
    let choice = |id: &str, label: &str| Choice {
        id: id.to_owned(),
        label: label.to_owned(),
    };
    vec![
        Block::text(lines().forget_question.clone()),
        Block::Choices {
            items: vec![
                choice("forget:yes", &lines().forget_yes),
                choice("forget:no", &lines().forget_no),
            ],
        },
    ]
}

/// What is said to somebody who was just erased. That reply stays in no history: a channel that
/// reads its replies there says these words itself.
pub fn forgotten_words() -> &'static str {
    &lines().forgotten
}

/// A translation was chosen.
pub(super) fn translation_set(translation: &str) -> String {
    lines()
        .translation_set
        .replace("{translation}", translation)
}

/// Too many messages, with the time to wait.
pub(super) fn limited(wait: Duration) -> String {
    lines().limited.replace("{wait}", &in_words(wait))
}

fn with_times(line: &str, settings: &Settings) -> String {
    line.replace("{unconsented}", &in_words(settings.unconsented))
        .replace("{history}", &in_words(settings.history))
}

/// A duration as people say it, rounded up.
fn in_words(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    let (count, one, many) = match seconds {
        s if s <= 90.0 => (s, "second", "seconds"),
        s if s <= 5400.0 => (s / 60.0, "minute", "minutes"),
        s if s < 86_400.0 => (s / 3600.0, "hour", "hours"),
        s => (s / 86_400.0, "day", "days"),
    };
    let count = count.ceil().max(1.0);
    if count <= 1.0 {
        format!("one {one}")
    } else {
        format!("{count:.0} {many}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_lines_is_whole() {
        let lines: Lines = toml::from_str(include_str!("../../data/voice/en.toml")).unwrap();
        assert!(lines.greeting_church.contains("{church}"));
        assert!(lines.limited.contains("{wait}"));
    }

    #[test]
    fn times_are_said_as_people_say_them() {
        let say = |seconds| in_words(Duration::from_secs(seconds));
        assert_eq!(say(0), "one second");
        assert_eq!(say(31), "31 seconds");
        assert_eq!(say(120), "2 minutes");
        assert_eq!(say(86_400), "one day");
        assert_eq!(say(365 * 86_400), "365 days");
    }
}
