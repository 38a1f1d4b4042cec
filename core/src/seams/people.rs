//! Persons: addresses, settings, consent, erasure.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    seams::StoreError,
    words::{
        Address, AuditNote, Consent, EmotionReading, Entry, PersonId, Profile, Purpose, QuietHours,
        Timestamp,
    },
};

/// How long lines stay that nobody consented to keeping, counted from the decision when a consent
/// is taken back. Source: the design, "a conversation is kept for one day only".
pub const SHORT_KEEPING: Duration = Duration::from_secs(24 * 60 * 60);

/// One change to a person. Changes are applied inside the store's own step, so that two
/// conversations of one person do not overwrite each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ProfileChange {
    /// The Bible translation, by short name.
    Translation(Option<String>),
    /// The language.
    Language(Option<String>),
    /// The country.
    Country(Option<String>),
    /// The time zone.
    TimeZone(Option<String>),
    /// What to be called.
    Name(Option<String>),
    /// When not to be written to unasked.
    QuietHours(Option<QuietHours>),
    /// The notice of first contact was shown.
    NoticeShown,
    /// A decision. Giving [`Purpose::History`] also lifts the one-day expiry of what is held, the
    /// lines of the same outcome included; taking it back lets every line that had no expiry
    /// expire [`SHORT_KEEPING`] after the decision.
    Consent(Consent),
    /// Stay in care mode until then; never shortens.
    CareUntil(Timestamp),
    /// Model tokens spent on a day (days since the Unix epoch, UTC).
    TokensUsed {
        /// The day.
        day: i64,
        /// How many.
        tokens: u64,
    },
    /// What was heard last.
    Emotion(EmotionReading),
}

impl Profile {
    /// Applies one change.
    pub fn apply(&mut self, change: &ProfileChange) {
        match change {
            ProfileChange::Translation(value) => self.translation.clone_from(value),
            ProfileChange::Language(value) => self.language.clone_from(value),
            ProfileChange::Country(value) => self.country.clone_from(value),
            ProfileChange::TimeZone(value) => self.time_zone.clone_from(value),
            ProfileChange::Name(value) => self.name.clone_from(value),
            ProfileChange::QuietHours(value) => self.quiet_hours = *value,
            ProfileChange::NoticeShown => self.notice_shown = true,
            ProfileChange::Consent(consent) => {
                if consent.purpose == Purpose::History {
                    self.history_consent = Some(consent.clone());
                }
            }
            ProfileChange::CareUntil(until) => {
                self.care_until = Some(self.care_until.map_or(*until, |held| held.max(*until)));
            }
            ProfileChange::TokensUsed { day, tokens } => {
                if self.tokens_day != *day {
                    self.tokens_day = *day;
                    self.tokens_used = 0;
                }
                self.tokens_used = self.tokens_used.saturating_add(*tokens);
            }
            ProfileChange::Emotion(reading) => self.last_emotion = Some(reading.clone()),
        }
    }
}

/// What an erasure removed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// Lines of history.
    pub entries: u64,
    /// Messages not yet answered.
    pub waiting: u64,
    /// Effects not yet sent, parked ones included.
    pub effects: u64,
    /// Addresses.
    pub addresses: u64,
}

/// The store of persons.
#[async_trait]
pub trait People: Send + Sync {
    /// The person of an address, if it was ever seen.
    async fn find(&self, address: &Address) -> Result<Option<Profile>, StoreError>;

    /// Changes a person; `None` if there is no such person.
    async fn change(
        &self,
        person: &PersonId,
        changes: &[ProfileChange],
        audit: AuditNote,
        now: Timestamp,
    ) -> Result<Option<Profile>, StoreError>;

    /// Erases a person: history, messages, effects and receipts, settings, addresses, sessions,
    /// the audit's details and salt. Turns in flight lose their fence, and what waits behind them
    /// can be claimed at once. Keyed hashes that stop redelivered messages from being answered
    /// again stay until they expire. The effects of an outcome that erased the person stay until
    /// they are settled. Erasing somebody who is gone removes nothing and is no error.
    ///
    /// The store itself notes "person.erased" in the audit.
    async fn erase(&self, person: &PersonId, now: Timestamp) -> Result<Erased, StoreError>;

    /// Everything held of a person, for their own eyes: the profile and every line, oldest first,
    /// lines that have expired and are not yet swept included.
    async fn export(&self, person: &PersonId) -> Result<Option<(Profile, Vec<Entry>)>, StoreError>;
}
