//! Reading a message: how the person feels and whether they are in danger.

use serde::{Deserialize, Serialize};

use crate::words::{CrisisReading, EmotionReading};

/// What was heard in a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// How the person feels.
    pub emotion: EmotionReading,
    /// Whether they are in danger.
    pub crisis: CrisisReading,
}
