//! How many event streams may be open at once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Counts open streams, in all and per session.
pub(crate) struct StreamGate {
    most: usize,
    most_per_session: usize,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    total: usize,
    by_session: HashMap<String, usize>,
}

/// A place among the open streams, given back when dropped.
pub(crate) struct StreamPlace {
    gate: Arc<StreamGate>,
    session: String,
}

impl StreamGate {
    pub(crate) fn new(most: usize, most_per_session: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            most_per_session,
            open: Mutex::default(),
        })
    }

    /// A place for one more stream of this session, if there is room.
    pub(crate) fn enter(self: &Arc<Self>, session: &str) -> Option<StreamPlace> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let own = open.by_session.get(session).copied().unwrap_or(0);
        if open.total >= self.most || own >= self.most_per_session {
            return None;
        }
        open.total += 1;
        open.by_session.insert(session.to_owned(), own + 1);
        Some(StreamPlace {
            gate: Arc::clone(self),
            session: session.to_owned(),
        })
    }
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        let mut open = self
            .gate
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        open.total = open.total.saturating_sub(1);
        if let Some(own) = open.by_session.get_mut(&self.session) {
            *own -= 1;
            if *own == 0 {
                open.by_session.remove(&self.session);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_limited_and_come_back() {
        let gate = StreamGate::new(3, 2);
        let first = gate.enter("a");
        let second = gate.enter("a");
        assert!(first.is_some() && second.is_some());
        assert!(gate.enter("a").is_none(), "a session's own limit");
        let third = gate.enter("b");
        assert!(gate.enter("c").is_none(), "the limit of all");
        drop((first, second, third));
        assert!(gate.enter("a").is_some());
        assert!(gate.open.lock().unwrap().by_session.is_empty());
    }
}
