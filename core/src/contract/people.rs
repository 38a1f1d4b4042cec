//! What [`People`](crate::seams::People) promises.

use serde_json::json;

use super::{
    Store,
    fixtures::{
        DAY, accept, address, ana, answer, at, claim, commit, due, exchange, ids, lines, said,
        words,
    },
    keeps,
};
use crate::{
    seams::{Erased, Outcome, ProfileChange, Session},
    words::{AuditNote, Consent, PersonId, Purpose},
};

/// Tries every promise.
pub async fn all<S: Store>(make: &impl AsyncFn() -> S) {
    keeps!(make =>
        an_unseen_address_is_nobody,
        changes_are_applied_and_kept,
        nobody_can_be_changed,
        a_consent_lifts_the_expiry_of_what_is_held,
        a_consent_lifts_the_expiry_of_its_own_turn,
        a_consent_taken_back_lets_lines_expire,
        another_consent_leaves_the_history_alone,
        an_erasure_removes_everything_and_counts_it,
        an_erasure_touches_nobody_else,
        an_erased_address_begins_anew,
        an_export_holds_every_line,
    );
}

fn note() -> AuditNote {
    AuditNote {
        code: "person.changed".to_owned(),
        details: json!({ "what": "name" }),
    }
}

fn consent(purpose: Purpose, given: bool, seconds: u64) -> ProfileChange {
    ProfileChange::Consent(Consent {
        purpose,
        given,
        wording: "1".to_owned(),
        at: at(seconds),
        channel: "telegram".to_owned(),
    })
}

async fn change(store: &impl Store, person: &PersonId, change: ProfileChange) {
    let changed = store
        .change(person, &[change], note(), at(0))
        .await
        .unwrap();
    assert!(changed.is_some());
}

async fn held(store: &impl Store, person: &PersonId, seconds: u64) -> usize {
    store
        .after(person, None, 100, at(seconds))
        .await
        .unwrap()
        .len()
}

async fn an_unseen_address_is_nobody(store: impl Store) {
    accept(&store, ana("1")).await;
    assert!(store.find(&address("ana")).await.unwrap().is_some());
    assert!(store.find(&address("ben")).await.unwrap().is_none());
    let mut elsewhere = address("ana");
    elsewhere.account = "other".into();
    assert!(store.find(&elsewhere).await.unwrap().is_none());
}

async fn changes_are_applied_and_kept(store: impl Store) {
    let person = accept(&store, ana("1")).await;
    let changes = [
        ProfileChange::Name(Some("Ana".to_owned())),
        ProfileChange::Language(Some("es".to_owned())),
        ProfileChange::CareUntil(at(50)),
        ProfileChange::CareUntil(at(40)),
        ProfileChange::TokensUsed { day: 3, tokens: 5 },
        ProfileChange::TokensUsed { day: 3, tokens: 6 },
    ];
    let profile = store
        .change(&person, &changes, note(), at(1))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(profile.name.as_deref(), Some("Ana"));
    assert_eq!(profile.care_until, Some(at(50)));
    assert_eq!(profile.tokens_used, 11);
    assert_eq!(
        store.find(&address("ana")).await.unwrap(),
        Some(profile.clone())
    );
    assert_eq!(claim(&store, "ana", 2).await.profile, profile);
}

async fn nobody_can_be_changed(store: impl Store) {
    let nobody = PersonId::random();
    let changed = store
        .change(&nobody, &[ProfileChange::NoticeShown], note(), at(0))
        .await;
    assert_eq!(changed.unwrap(), None);
    assert!(store.export(&nobody).await.unwrap().is_none());
}

async fn a_consent_lifts_the_expiry_of_what_is_held(store: impl Store) {
    let (person, _) = exchange(&store, ana("1"), &["peace"], 0).await;
    let (other, _) = exchange(&store, said("ben", "ben", "2", "hello", 0), &["peace"], 0).await;
    assert_eq!(held(&store, &person, DAY).await, 0);
    change(&store, &person, consent(Purpose::History, true, 1)).await;
    assert_eq!(held(&store, &person, 100 * DAY).await, 2);
    assert_eq!(held(&store, &other, DAY).await, 0);
}

async fn a_consent_lifts_the_expiry_of_its_own_turn(store: impl Store) {
    let person = accept(&store, ana("1")).await;
    let claim = claim(&store, "ana", 0).await;
    let outcome = Outcome {
        profile: vec![consent(Purpose::History, true, 1)],
        ..answer(&claim, &["thank you"], 1)
    };
    commit(&store, &claim.fence, &ids(&claim), outcome, 1).await;
    assert_eq!(held(&store, &person, 100 * DAY).await, 2);
}

async fn a_consent_taken_back_lets_lines_expire(store: impl Store) {
    let (person, _) = exchange(&store, ana("1"), &["peace"], 0).await;
    change(&store, &person, consent(Purpose::History, true, 1)).await;
    change(&store, &person, consent(Purpose::History, false, 10 * DAY)).await;
    assert_eq!(held(&store, &person, 11 * DAY - 1).await, 2);
    assert_eq!(held(&store, &person, 11 * DAY).await, 0);
}

async fn another_consent_leaves_the_history_alone(store: impl Store) {
    let (person, _) = exchange(&store, ana("1"), &["peace"], 0).await;
    change(&store, &person, consent(Purpose::Prayer, true, 1)).await;
    assert_eq!(held(&store, &person, DAY).await, 0);
}

async fn an_erasure_removes_everything_and_counts_it(store: impl Store) {
    let (person, effects) = exchange(&store, ana("1"), &["a", "b"], 0).await;
    let parked = crate::seams::Settlement::Parked {
        reason: "refused".to_owned(),
    };
    store.settle(&effects[0], parked, at(1)).await.unwrap();
    accept(&store, ana("2")).await;
    accept(&store, said("ana", "#room", "3", "hello", 0)).await;
    let session = Session {
        address: address("ana"),
        expires: at(DAY),
    };
    store.open("hash", session).await.unwrap();

    let erased = store.erase(&person, at(2)).await.unwrap();
    let expected = Erased {
        entries: 2,
        waiting: 2,
        effects: 2,
        addresses: 1,
    };
    assert_eq!(erased, expected);
    assert!(store.find(&address("ana")).await.unwrap().is_none());
    assert!(store.export(&person).await.unwrap().is_none());
    assert!(lines(&store, &person).await.is_empty());
    assert!(store.session("hash", at(2)).await.unwrap().is_none());
    assert!(store.waiting(0, at(1000), 10).await.unwrap().is_empty());
    assert!(due(&store, 1000).await.is_empty());
    assert!(store.parked(10).await.unwrap().is_empty());
    assert_eq!(
        store.erase(&person, at(3)).await.unwrap(),
        Erased::default()
    );
}

async fn an_erasure_touches_nobody_else(store: impl Store) {
    let (ana, _) = exchange(&store, said("ana", "#room", "1", "hers", 0), &["to her"], 0).await;
    let (ben, _) = exchange(&store, said("ben", "#room", "2", "his", 0), &["to him"], 1).await;
    accept(&store, said("ben", "#room", "3", "waits", 0)).await;
    let session = Session {
        address: address("ben"),
        expires: at(DAY),
    };
    store.open("hash", session.clone()).await.unwrap();
    store.erase(&ana, at(2)).await.unwrap();
    assert_eq!(words(&lines(&store, &ben).await), ["his", "to him"]);
    assert_eq!(store.session("hash", at(3)).await.unwrap(), Some(session));
    assert_eq!(
        crate::contract::fixtures::texts(&due(&store, 61).await),
        ["to him"]
    );
    let claim = claim(&store, "#room", 3).await;
    assert_eq!(words(&claim.recent), ["his", "to him"]);
}

async fn an_erased_address_begins_anew(store: impl Store) {
    let (before, _) = exchange(&store, ana("1"), &["peace"], 0).await;
    change(&store, &before, ProfileChange::Name(Some("Ana".to_owned()))).await;
    store.erase(&before, at(1)).await.unwrap();
    let after = accept(&store, ana("2")).await;
    assert_ne!(after, before);
    let claim = claim(&store, "ana", 2).await;
    assert_eq!(claim.profile, crate::words::Profile::new(after));
    assert!(claim.recent.is_empty());
}

async fn an_export_holds_every_line(store: impl Store) {
    exchange(&store, said("ana", "#room", "1", "public", 0), &["a"], 0).await;
    let (person, _) = exchange(&store, ana("2"), &["b"], 1).await;
    exchange(
        &store,
        said("ben", "#room", "3", "of another", 0),
        &["c"],
        2,
    )
    .await;
    let (profile, lines) = store.export(&person).await.unwrap().unwrap();
    assert_eq!(profile.id, person);
    assert_eq!(words(&lines), ["public", "a", "words of 2", "b"]);
}
