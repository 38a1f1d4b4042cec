//! What this process remembers of crises, so that a person in danger is not told everything twice.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::words::{ConversationId, Timestamp};

/// Within this time after a crisis reply the next one takes its short form.
const SHORT_FORM: Duration = Duration::from_mins(10);

/// Beyond this many remembered crises the oldest knowledge is dropped: the full form goes again.
const REMEMBERED: usize = 10_000;

/// What this process remembers of crises, in memory on purpose: forgetting only means that the
/// full form, or a second copy, goes out.
#[derive(Debug, Default)]
pub struct RecentCrises {
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    /// When each conversation last got a crisis reply.
    answered: HashMap<ConversationId, Timestamp>,
    /// Messages answered past the store, so that their redelivery is not answered again.
    direct: HashMap<String, Direct>,
}

/// How far an answer past the store has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direct {
    Underway,
    Arrived,
}

impl RecentCrises {
    pub(super) fn answered_lately(&self, conversation: &ConversationId, now: Timestamp) -> bool {
        self.with(|memory| {
            memory
                .answered
                .get(conversation)
                .is_some_and(|at| now.since(*at) < SHORT_FORM)
        })
    }

    pub(super) fn note(&self, conversation: &ConversationId, now: Timestamp) {
        self.with(|memory| {
            if memory.answered.len() >= REMEMBERED {
                memory.answered.clear();
            }
            memory.answered.insert(conversation.clone(), now);
        });
    }

    /// Begins to answer a message past the store; false if that was begun before.
    pub(super) fn begin_direct(&self, delivery: &str) -> bool {
        self.with(|memory| {
            if memory.direct.len() >= REMEMBERED {
                memory.direct.clear();
            }
            let begun = memory.direct.contains_key(delivery);
            if !begun {
                memory.direct.insert(delivery.to_owned(), Direct::Underway);
            }
            !begun
        })
    }

    /// Ends it. What did not arrive is forgotten, so that the redelivery is answered.
    pub(super) fn end_direct(&self, delivery: &str, arrived: bool) {
        self.with(|memory| {
            if arrived {
                memory.direct.insert(delivery.to_owned(), Direct::Arrived);
            } else {
                memory.direct.remove(delivery);
            }
        });
    }

    pub(super) fn arrived_directly(&self, delivery: &str) -> bool {
        self.with(|memory| memory.direct.get(delivery) == Some(&Direct::Arrived))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Memory) -> T) -> T {
        act(&mut self.memory.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
