//! What [`Operations`](crate::seams::Operations) promises.

use std::time::Duration;

use super::{
    Store,
    fixtures::{DAY, accept, address, ana, at, claim, due, exchange, said, text_of},
    keeps,
};
use crate::{
    seams::{
        Accepted, Feedback, OutboxStats, ParkedEffect, ProfileChange, Retention, Session,
        Settlement,
    },
    words::{AuditNote, Consent, Effect, PersonId, Purpose},
};

/// Tries every promise.
pub async fn all<S: Store>(make: &impl AsyncFn() -> S) {
    keeps!(make =>
        a_probe_succeeds,
        the_installation_has_one_key,
        the_outbox_is_counted,
        parked_effects_are_listed_oldest_first,
        a_parked_effect_can_be_tried_again,
        a_sweep_removes_expired_lines,
        a_sweep_ends_a_consented_history,
        a_sweep_forgets_old_keys,
        a_sweep_keeps_what_waits,
        a_sweep_ends_sessions,
    );
}

const RETENTION: Retention = Retention {
    history: Duration::from_secs(30 * DAY),
    dedupe: Duration::from_secs(7 * DAY),
    receipts: Duration::from_secs(3 * DAY),
    audit: Duration::from_secs(365 * DAY),
};

async fn sweep(store: &impl Store, seconds: u64) -> u64 {
    store.sweep(RETENTION, at(seconds)).await.unwrap().rows
}

async fn a_probe_succeeds(store: impl Store) {
    store.probe(at(0)).await.unwrap();
    store.probe(at(1)).await.unwrap();
}

async fn the_installation_has_one_key(store: impl Store) {
    let key = store.installation_key().await.unwrap();
    assert_eq!(key.len(), 32);
    assert_eq!(store.installation_key().await.unwrap(), key);
    assert_ne!(key, [0; 32]);
}

async fn park(store: &impl Store, effect: &Effect, reason: &str, seconds: u64) {
    let parked = Settlement::Parked {
        reason: reason.to_owned(),
    };
    store.settle(effect, parked, at(seconds)).await.unwrap();
}

async fn the_outbox_is_counted(store: impl Store) {
    assert_eq!(store.outbox_stats().await.unwrap(), OutboxStats::default());
    let (_, first) = exchange(&store, ana("1"), &["a", "b"], 1).await;
    exchange(&store, said("ben", "ben", "2", "hello", 0), &["c"], 2).await;
    park(&store, &first[0], "refused", 3).await;
    let stats = OutboxStats {
        due: 2,
        oldest: Some(at(1)),
        parked: 1,
    };
    assert_eq!(store.outbox_stats().await.unwrap(), stats);
}

async fn parked_effects_are_listed_oldest_first(store: impl Store) {
    let (_, effects) = exchange(&store, ana("1"), &["a", "b", "c"], 1).await;
    park(&store, &effects[1], "second", 2).await;
    park(&store, &effects[0], "first", 3).await;
    let listed = |effect: &Effect, reason: &str| ParkedEffect {
        id: effect.id.clone(),
        channel: "telegram".to_owned(),
        reason: reason.to_owned(),
        created: at(1),
    };
    let both = [listed(&effects[0], "first"), listed(&effects[1], "second")];
    assert_eq!(store.parked(10).await.unwrap(), both);
    assert_eq!(store.parked(1).await.unwrap(), both[..1]);
}

async fn a_parked_effect_can_be_tried_again(store: impl Store) {
    let (_, effects) = exchange(&store, ana("1"), &["a"], 0).await;
    let retry = Settlement::Retry {
        at: at(1),
        maybe_sent: true,
    };
    store.settle(&effects[0], retry, at(1)).await.unwrap();
    let again = due(&store, 1).await;
    assert!(
        !store.retry(&again[0].id, at(2)).await.unwrap(),
        "it is not parked"
    );
    park(&store, &again[0], "refused", 2).await;
    assert!(store.retry(&again[0].id, at(3)).await.unwrap());
    assert!(!store.retry(&again[0].id, at(3)).await.unwrap());
    assert!(store.parked(10).await.unwrap().is_empty());
    let last = due(&store, 3).await;
    assert_eq!(text_of(&last[0]), "a");
    assert_eq!((last[0].attempts, last[0].maybe_sent), (0, true));
    assert!(!store.retry(&"unknown".into(), at(3)).await.unwrap());
}

/// How many lines a person's export holds, expired ones included.
async fn exported(store: &impl Store, person: &PersonId) -> usize {
    store.export(person).await.unwrap().unwrap().1.len()
}

async fn a_sweep_removes_expired_lines(store: impl Store) {
    let (person, _) = exchange(&store, ana("1"), &["a"], 0).await;
    exchange(&store, ana("2"), &["b"], 100).await;
    let (_, lines) = store.export(&person).await.unwrap().unwrap();
    let feedback = Feedback {
        rating: Some(1),
        wrong: true,
        comment: None,
    };
    assert!(
        store
            .rate(&person, &lines[1].id, feedback, at(1))
            .await
            .unwrap()
    );
    assert_eq!(sweep(&store, DAY - 1).await, 0);
    assert_eq!(exported(&store, &person).await, 4);
    assert_eq!(
        sweep(&store, DAY).await,
        3,
        "two lines and what was said of one"
    );
    assert_eq!(exported(&store, &person).await, 2);
    assert_eq!(sweep(&store, DAY).await, 0);
}

async fn a_sweep_ends_a_consented_history(store: impl Store) {
    let (person, _) = exchange(&store, ana("1"), &["a"], 0).await;
    let consent = ProfileChange::Consent(Consent {
        purpose: Purpose::History,
        given: true,
        wording: "1".to_owned(),
        at: at(0),
        channel: "telegram".to_owned(),
    });
    let note = AuditNote {
        code: "consent.given".to_owned(),
        details: serde_json::Value::Null,
    };
    store
        .change(&person, &[consent], note, at(0))
        .await
        .unwrap();
    sweep(&store, 30 * DAY - 1).await;
    assert_eq!(exported(&store, &person).await, 2);
    sweep(&store, 30 * DAY).await;
    assert_eq!(exported(&store, &person).await, 0);
}

async fn a_sweep_forgets_old_keys(store: impl Store) {
    exchange(&store, ana("1"), &["a"], 0).await;
    sweep(&store, 7 * DAY - 1).await;
    assert!(matches!(
        store.accept(ana("1")).await.unwrap(),
        Accepted::Duplicate { .. }
    ));
    sweep(&store, 7 * DAY).await;
    assert!(matches!(
        store.accept(ana("1")).await.unwrap(),
        Accepted::New { .. }
    ));
}

async fn a_sweep_keeps_what_waits(store: impl Store) {
    exchange(&store, ana("1"), &["a"], 0).await;
    accept(&store, ana("2")).await;
    sweep(&store, 1000 * DAY).await;
    assert!(matches!(
        store.accept(ana("2")).await.unwrap(),
        Accepted::Duplicate { .. }
    ));
    assert_eq!(claim(&store, "ana", 1000 * DAY).await.messages.len(), 1);
    assert_eq!(due(&store, 1000 * DAY).await.len(), 1);
}

async fn a_sweep_ends_sessions(store: impl Store) {
    for (hash, expires) in [("short", 10), ("long", 20)] {
        let session = Session {
            address: address("ana"),
            expires: at(expires),
        };
        store.open(hash, session).await.unwrap();
    }
    assert_eq!(sweep(&store, 10).await, 1);
    assert!(store.session("long", at(10)).await.unwrap().is_some());
}
