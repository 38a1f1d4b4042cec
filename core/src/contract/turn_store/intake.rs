//! A message is put on disk once.

use crate::{
    contract::{
        Store,
        fixtures::{
            accept, address, ana, answer, at, claim, commit, conversation, due, exchange, ids,
            lines, said, until, words,
        },
        keeps,
    },
    seams::{Accepted, Arrival},
    words::{Inbound, Profile},
};

pub(super) async fn all<S: Store>(make: &impl AsyncFn() -> S) {
    keeps!(make =>
        a_new_message_waits,
        a_stranger_becomes_a_person,
        one_address_is_one_person_in_every_room,
        the_same_message_again_changes_nothing,
        an_answered_message_again_changes_nothing,
        the_same_key_with_other_words_is_a_conflict,
        the_same_key_elsewhere_is_another_message,
        an_idle_conversation_is_claimed_in_the_same_step,
        a_held_conversation_is_not_claimed,
        an_earlier_message_goes_first,
        waiting_conversations_come_oldest_first,
        waiting_leaves_out_what_is_held,
    );
}

async fn a_new_message_waits(store: impl Store) {
    let arrival = ana("1");
    let id = arrival.id.clone();
    accept(&store, arrival).await;
    let claim = claim(&store, "ana", 1).await;
    assert_eq!(ids(&claim), [id]);
    assert_eq!(claim.messages[0].inbound, ana("1").inbound);
    assert_eq!(claim.messages[0].received, at(0));
}

async fn a_stranger_becomes_a_person(store: impl Store) {
    assert_eq!(store.find(&address("ana")).await.unwrap(), None);
    let arrival = ana("1");
    let stranger = arrival.stranger.clone();
    assert_eq!(accept(&store, arrival).await, stranger);
    assert_eq!(
        store.find(&address("ana")).await.unwrap(),
        Some(Profile::new(stranger))
    );
}

async fn one_address_is_one_person_in_every_room(store: impl Store) {
    let person = accept(&store, ana("1")).await;
    assert_eq!(
        accept(&store, said("ana", "#room", "2", "hello", 0)).await,
        person
    );
    assert_ne!(
        accept(&store, said("ben", "#room", "3", "hello", 0)).await,
        person
    );
}

async fn the_same_message_again_changes_nothing(store: impl Store) {
    let arrival = ana("1");
    let first = arrival.id.clone();
    let whose = accept(&store, arrival).await;
    for _ in 0..3 {
        let again = Arrival {
            claim: Some(until("one", 60)),
            ..ana("1")
        };
        match store.accept(again).await.unwrap() {
            Accepted::Duplicate { id, person } => {
                assert_eq!((id, person), (first.clone(), whose.clone()));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(ids(&claim(&store, "ana", 1).await), [first]);
}

async fn an_answered_message_again_changes_nothing(store: impl Store) {
    let (person, _) = exchange(&store, ana("1"), &["peace"], 1).await;
    assert!(matches!(
        store.accept(ana("1")).await.unwrap(),
        Accepted::Duplicate { .. }
    ));
    assert!(store.waiting(0, at(1000), 10).await.unwrap().is_empty());
    assert_eq!(
        words(&lines(&store, &person).await),
        ["words of 1", "peace"]
    );
}

async fn the_same_key_with_other_words_is_a_conflict(store: impl Store) {
    accept(&store, ana("1")).await;
    for other in [
        said("ana", "ana", "1", "other words", 0),
        said("ben", "ben", "1", "words of 1", 0),
    ] {
        assert!(matches!(
            store.accept(other).await.unwrap(),
            Accepted::Conflict
        ));
    }
    assert_eq!(store.find(&address("ben")).await.unwrap(), None);
    let claim = claim(&store, "ana", 1).await;
    assert_eq!(claim.messages.len(), 1);
    assert_eq!(claim.messages[0].inbound.text, "words of 1");
}

async fn the_same_key_elsewhere_is_another_message(store: impl Store) {
    accept(&store, ana("1")).await;
    for (channel, account) in [("telegram", "other"), ("web", "bot")] {
        let arrival = ana("1");
        let mut sender = address("ana");
        sender.channel = channel.into();
        sender.account = account.into();
        accept(
            &store,
            Arrival {
                inbound: Inbound {
                    sender,
                    ..arrival.inbound
                },
                ..arrival
            },
        )
        .await;
    }
}

async fn an_idle_conversation_is_claimed_in_the_same_step(store: impl Store) {
    let arrival = Arrival {
        claim: Some(until("one", 60)),
        ..ana("1")
    };
    let id = arrival.id.clone();
    let Accepted::New {
        claim: Some(claim),
        person,
        effects,
    } = store.accept(arrival).await.unwrap()
    else {
        panic!("it was idle");
    };
    assert_eq!(ids(&claim), [id]);
    assert_eq!((claim.attempts, effects.len()), (1, 0));
    assert_eq!((&claim.fence.person, &claim.profile.id), (&person, &person));
    assert!(store.waiting(0, at(59), 10).await.unwrap().is_empty());
    commit(
        &store,
        &claim.fence,
        &ids(&claim),
        answer(&claim, &["peace"], 1),
        1,
    )
    .await;
    assert_eq!(
        words(&lines(&store, &person).await),
        ["words of 1", "peace"]
    );
}

async fn a_held_conversation_is_not_claimed(store: impl Store) {
    accept(&store, ana("1")).await;
    let running = claim(&store, "ana", 0).await;
    let arrival = Arrival {
        claim: Some(until("two", 60)),
        ..ana("2")
    };
    assert!(matches!(
        store.accept(arrival).await.unwrap(),
        Accepted::New { claim: None, .. }
    ));
    commit(
        &store,
        &running.fence,
        &ids(&running),
        answer(&running, &["peace"], 1),
        1,
    )
    .await;
    assert_eq!(
        claim(&store, "ana", 2).await.messages[0]
            .inbound
            .provider_id,
        "2"
    );
}

async fn an_earlier_message_goes_first(store: impl Store) {
    accept(&store, ana("1")).await;
    let arrival = Arrival {
        claim: Some(until("one", 60)),
        ..ana("2")
    };
    assert!(matches!(
        store.accept(arrival).await.unwrap(),
        Accepted::New { claim: None, .. }
    ));
    assert_eq!(claim(&store, "ana", 1).await.messages.len(), 2);
}

async fn waiting_conversations_come_oldest_first(store: impl Store) {
    for (who, key) in [("ana", "1"), ("ben", "2"), ("ana", "3"), ("eva", "4")] {
        accept(&store, said(who, who, key, "hello", 0)).await;
    }
    let all = ["ana", "ben", "eva"].map(conversation);
    assert_eq!(store.waiting(0, at(1), 10).await.unwrap(), all);
    assert_eq!(store.waiting(0, at(1), 2).await.unwrap(), all[..2]);
}

async fn waiting_leaves_out_what_is_held(store: impl Store) {
    accept(&store, ana("1")).await;
    let held = claim(&store, "ana", 0).await;
    assert!(store.waiting(0, at(59), 10).await.unwrap().is_empty());
    assert_eq!(
        store.waiting(0, at(60), 10).await.unwrap(),
        [conversation("ana")]
    );
    commit(
        &store,
        &held.fence,
        &ids(&held),
        answer(&held, &["peace"], 1),
        1,
    )
    .await;
    assert!(store.waiting(0, at(1000), 10).await.unwrap().is_empty());
    assert!(
        due(&store, 1).await.is_empty(),
        "leased to the one who committed"
    );
}
