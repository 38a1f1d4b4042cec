//! What a step of the path leaves to be done next.

use crate::{
    seams::Claim,
    words::{ConversationId, Effect, Timestamp},
};

/// The next step, started by the engine. Losing it costs time, never a message: the sweep finds
/// everything again in the store.
#[derive(Debug, Clone)]
pub enum Work {
    /// Take this turn.
    Turn(Box<Claim>),
    /// Claim this conversation, if it still waits.
    Claim(ConversationId),
    /// Carry out these effects, in order.
    Deliver {
        /// The effects.
        effects: Vec<Effect>,
        /// Until when they are leased to this process.
        until: Timestamp,
    },
    /// Send these at once, past the store that could not take them.
    Direct(Vec<Effect>),
    /// Have the conversation's running turn look at its fence now.
    Check(ConversationId),
}
