//! What core leans on: small traits, each with one contract suite in [`crate::contract`].

mod answerer;
mod courier;
mod error;
mod events;
mod history;
mod leases;
mod limiter;
mod model;
mod operations;
mod outbox;
mod people;
mod sessions;
mod turn_store;

pub use answerer::{AnswerError, Answerer, Patience, Piece, Pieces, TurnContext};
pub use courier::{
    Capabilities, Courier, Health, Pace, SendError, Sent, Streaming, TextLimit, TextUnit,
};
pub use error::StoreError;
pub use events::{Event, Events, Subscription};
pub use history::{Feedback, History};
pub use leases::{Grant, Leases};
pub use limiter::{Decision, Limiter, Quota};
pub use model::{Model, ModelError, ModelEvent, ModelStream, Prompt, PromptTurn};
pub use operations::{Operations, OutboxStats, ParkedEffect, Retention, Swept};
pub use outbox::{OutboxStore, Settlement};
pub use people::{Erased, People, ProfileChange, SHORT_KEEPING};
pub use sessions::{Session, Sessions};
pub use turn_store::{
    Accepted, Arrival, COALESCE, Claim, Committed, Draft, Emergency, Fence, Held, Outcome, RECENT,
    TurnStore, Waiting,
};
