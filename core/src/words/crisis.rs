//! How much danger a message speaks of, and of what kind.

use serde::{Deserialize, Serialize};

/// How near the danger is. Ordered: a later level is never lowered by an earlier one.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum CrisisLevel {
    /// Nothing that speaks of danger.
    #[default]
    None,
    /// Distress with risk signs, worry for another, or danger survived in the past.
    Concern,
    /// Thoughts of suicide or self-harm, stated or veiled. Takes the emergency lane.
    Danger,
    /// A plan, means, or an act under way. Takes the emergency lane.
    Imminent,
}

impl CrisisLevel {
    /// Whether the vetted crisis reply goes out at once, ahead of everything.
    pub fn takes_emergency_lane(self) -> bool {
        self >= Self::Danger
    }

    /// The name used in JSON and as a metric label.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Concern => "concern",
            Self::Danger => "danger",
            Self::Imminent => "imminent",
        }
    }
}

/// What the danger is about; each kind has its own reply and resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CrisisKind {
    /// Thoughts of ending one's life.
    Suicide,
    /// Hurting oneself without a wish to die being stated.
    SelfHarm,
    /// Somebody else is in danger.
    ThirdParty,
    /// It was so once, and is spoken of as past.
    Past,
    /// Somebody is hurting the person.
    Abuse,
    /// Violence against somebody is threatened or under way.
    Violence,
    /// A medical emergency.
    Medical,
}

/// What the assessment of one message found about danger.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrisisReading {
    /// How near the danger is.
    pub level: CrisisLevel,
    /// Every kind that was heard, most pressing first; empty at [`CrisisLevel::None`].
    pub kinds: Vec<CrisisKind>,
    /// The language (BCP 47 primary tag) in which danger was detected, for the reply.
    #[serde(default, skip)]
    pub language: Option<String>,
    /// Codes of the rules that fired, for the alarm's one line without text.
    #[serde(default, skip)]
    pub reasons: Vec<String>,
}
