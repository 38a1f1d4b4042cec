//! What a step of the path leaves to be done next.

use crate::{
    seams::Claim,
    words::{ConversationId, Effect},
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
    Deliver(Vec<Effect>),
    /// Send these at once, past the store that could not take them.
    Direct {
        /// Which delivery of which message they answer.
        delivery: String,
        /// The effects.
        effects: Vec<Effect>,
    },
    /// Have the conversation's running turn look at its fence now.
    Check(ConversationId),
}
