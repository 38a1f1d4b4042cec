//! What muykol knows of a person, as little as it can.

use serde::{Deserialize, Serialize};

use super::{EmotionReading, Generation, PersonId, Timestamp};

/// A person's settings and state, read at the start of a turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// Who it is.
    pub id: PersonId,
    /// Raised by erasure and linking.
    pub generation: Generation,
    /// The Bible translation they read, by short name.
    pub translation: Option<String>,
    /// The language they want, BCP 47.
    pub language: Option<String>,
    /// Their country, ISO 3166-1 alpha-2, as stated by themselves.
    pub country: Option<String>,
    /// Their time zone, IANA name.
    pub time_zone: Option<String>,
    /// What they want to be called.
    pub name: Option<String>,
    /// When they do not want to be written to unasked.
    pub quiet_hours: Option<QuietHours>,
    /// Whether the notice of first contact has been shown.
    pub notice_shown: bool,
    /// The latest decision on keeping the history, if any.
    pub history_consent: Option<Consent>,
    /// Until when replies stay in care mode after danger.
    pub care_until: Option<Timestamp>,
    /// Model tokens used on [`Profile::tokens_day`].
    #[serde(default)]
    pub tokens_used: u64,
    /// The day (days since the Unix epoch, UTC) that [`Profile::tokens_used`] counts.
    #[serde(default)]
    pub tokens_day: i64,
    /// What was heard last, so that a reply can follow on.
    pub last_emotion: Option<EmotionReading>,
}

impl Profile {
    /// Somebody never seen before.
    pub fn new(id: PersonId) -> Self {
        Self {
            id,
            generation: Generation(0),
            translation: None,
            language: None,
            country: None,
            time_zone: None,
            name: None,
            quiet_hours: None,
            notice_shown: false,
            history_consent: None,
            care_until: None,
            tokens_used: 0,
            tokens_day: 0,
            last_emotion: None,
        }
    }
}

/// Hours of the day, local to the person, in which nothing unasked is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietHours {
    /// First minute of the day that is quiet, 0 to 1439.
    pub from: u16,
    /// First minute of the day that is not quiet again, 0 to 1439; may lie past midnight.
    pub until: u16,
}

/// What a consent is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Keeping the conversation longer than a day.
    History,
    /// Carrying a prayer request to the team.
    Prayer,
}

/// One decision, with the wording it was given under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// What it is about.
    pub purpose: Purpose,
    /// Yes or no.
    pub given: bool,
    /// The version of the wording that was shown.
    pub wording: String,
    /// When.
    pub at: Timestamp,
    /// On which channel.
    pub channel: String,
}
