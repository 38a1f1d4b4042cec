//! Events within one process.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use futures_util::stream;
use tokio::sync::broadcast;

use crate::{
    seams::{Event, Events, Subscription},
    words::PersonId,
};

/// How many events a slow watcher may lag before it is told to read the store instead.
const LAG: usize = 64;

/// [`Events`] for a single process: a broadcast channel per watched person.
#[derive(Debug, Default)]
pub struct Watchers {
    watched: Mutex<HashMap<PersonId, broadcast::Sender<Event>>>,
}

#[async_trait]
impl Events for Watchers {
    async fn publish(&self, person: &PersonId, event: Event) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = watched.get(person)
            && sender.send(event).is_err()
        {
            watched.remove(person);
        }
    }

    async fn subscribe(&self, person: &PersonId) -> Subscription {
        let receiver = {
            let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
            // Whoever stopped watching without another event is cleared away here.
            if watched.len() >= watched.capacity() {
                watched.retain(|_, sender| sender.receiver_count() > 0);
            }
            watched
                .entry(person.clone())
                .or_insert_with(|| broadcast::channel(LAG).0)
                .subscribe()
        };
        Box::pin(stream::unfold(receiver, |mut receiver| async {
            match receiver.recv().await {
                Ok(event) => Some((event, receiver)),
                Err(broadcast::error::RecvError::Lagged(_)) => Some((Event::Changed, receiver)),
                Err(broadcast::error::RecvError::Closed) => None,
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;

    use super::*;

    #[tokio::test]
    async fn every_watcher_hears_and_nobody_else() {
        let watchers = Watchers::default();
        let (ann, ben) = (PersonId::from("ann"), PersonId::from("ben"));
        let mut first = watchers.subscribe(&ann).await;
        let mut second = watchers.subscribe(&ann).await;
        let mut other = watchers.subscribe(&ben).await;
        watchers.publish(&ann, Event::Changed).await;
        assert_eq!(first.next().await, Some(Event::Changed));
        assert_eq!(second.next().await, Some(Event::Changed));
        watchers.publish(&ben, Event::Changed).await;
        assert_eq!(other.next().await, Some(Event::Changed));
    }

    #[tokio::test]
    async fn a_watcher_that_lags_is_told_to_read_the_store() {
        let watchers = Watchers::default();
        let ann = PersonId::from("ann");
        let mut slow = watchers.subscribe(&ann).await;
        for index in 0..LAG * 2 {
            let delta = Event::Delta {
                answers: Vec::new(),
                index,
                block: crate::words::Block::text("word"),
                paragraph: false,
            };
            watchers.publish(&ann, delta).await;
        }
        assert_eq!(slow.next().await, Some(Event::Changed));
    }
}
