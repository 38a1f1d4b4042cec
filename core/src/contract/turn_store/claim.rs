//! Who may write a turn, and what they are given for it.

use std::collections::BTreeSet;

use crate::{
    contract::{
        Store,
        fixtures::{
            accept, ana, answer, at, choice, claim, command, commit, conversation, crisis_reply,
            exchange, ids, is_lost, line_of_muykol, of_kind, outcome, photo, said, until, words,
        },
        keeps,
    },
    seams::{Arrival, COALESCE, Draft, Held, Outcome, RECENT},
    words::InboundKind,
};

pub(super) async fn all<S: Store>(make: &impl AsyncFn() -> S) {
    keeps!(make =>
        nothing_waiting_is_nothing_to_claim,
        one_holder_at_a_time,
        messages_of_one_person_are_answered_together,
        another_person_is_answered_apart,
        a_command_or_choice_stands_alone,
        so_many_at_most_are_answered_together,
        epochs_rise,
        attempts_count_until_a_commit,
        a_draft_is_handed_on_until_a_commit,
        a_turn_holds_on_until_somebody_takes_over,
        an_end_that_has_passed_gives_back,
        in_private_every_private_room_is_remembered,
        in_public_only_the_room_is_remembered,
        memory_is_bounded_and_expires,
    );
}

fn draft(message: &str) -> Draft {
    Draft {
        message: message.to_owned(),
    }
}

async fn nothing_waiting_is_nothing_to_claim(store: impl Store) {
    let nobody = store
        .claim(&conversation("ana"), until("one", 60), at(0))
        .await;
    assert!(nobody.unwrap().is_none());
    exchange(&store, ana("1"), &["peace"], 1).await;
    let answered = store
        .claim(&conversation("ana"), until("one", 60), at(2))
        .await;
    assert!(answered.unwrap().is_none());
}

async fn one_holder_at_a_time(store: impl Store) {
    accept(&store, ana("1")).await;
    claim(&store, "ana", 0).await;
    for holder in ["one", "two"] {
        let early = store
            .claim(&conversation("ana"), until(holder, 120), at(59))
            .await;
        assert!(early.unwrap().is_none());
    }
    let late = store
        .claim(&conversation("ana"), until("two", 120), at(60))
        .await;
    let fence = late.unwrap().unwrap().fence;
    assert_eq!(
        (fence.holder, fence.conversation),
        ("two".into(), conversation("ana"))
    );
}

async fn messages_of_one_person_are_answered_together(store: impl Store) {
    for arrival in [ana("1"), of_kind(photo(), ana("2")), ana("3")] {
        accept(&store, arrival).await;
    }
    let claim = claim(&store, "ana", 1).await;
    let keys: Vec<_> = claim
        .messages
        .iter()
        .map(|message| &message.inbound.provider_id)
        .collect();
    assert_eq!(keys, ["1", "2", "3"]);
}

async fn another_person_is_answered_apart(store: impl Store) {
    for (who, key) in [("ana", "1"), ("ana", "2"), ("ben", "3"), ("ana", "4")] {
        accept(&store, said(who, "#room", key, key, 0)).await;
    }
    let mut runs = Vec::new();
    for turn in 1..=3 {
        let claim = claim(&store, "#room", turn).await;
        runs.push(
            claim
                .messages
                .iter()
                .map(|message| message.inbound.text.clone())
                .collect::<String>(),
        );
        commit(
            &store,
            &claim.fence,
            &ids(&claim),
            answer(&claim, &["peace"], turn),
            turn,
        )
        .await;
    }
    assert_eq!(runs, ["12", "3", "4"]);
}

async fn a_command_or_choice_stands_alone(store: impl Store) {
    let kinds: [InboundKind; 6] = [
        InboundKind::Text,
        command(),
        command(),
        choice(),
        InboundKind::Text,
        photo(),
    ];
    for (key, kind) in kinds.into_iter().enumerate() {
        accept(&store, of_kind(kind, ana(&key.to_string()))).await;
    }
    let mut sizes = Vec::new();
    for turn in 1..=5 {
        let claim = claim(&store, "ana", turn).await;
        sizes.push(claim.messages.len());
        commit(&store, &claim.fence, &ids(&claim), outcome(turn), turn).await;
    }
    assert_eq!(sizes, [1, 1, 1, 1, 2]);
}

async fn so_many_at_most_are_answered_together(store: impl Store) {
    for key in 0..=COALESCE {
        accept(&store, ana(&key.to_string())).await;
    }
    let first = claim(&store, "ana", 1).await;
    assert_eq!(first.messages.len(), COALESCE);
    commit(&store, &first.fence, &ids(&first), outcome(1), 1).await;
    assert_eq!(claim(&store, "ana", 2).await.messages.len(), 1);
}

async fn epochs_rise(store: impl Store) {
    let mut epochs = Vec::new();
    accept(&store, ana("1")).await;
    for turn in 0..3 {
        epochs.push(claim(&store, "ana", turn * 60).await.fence.epoch);
    }
    let last = claim(&store, "ana", 180).await;
    epochs.push(last.fence.epoch);
    commit(&store, &last.fence, &ids(&last), outcome(181), 181).await;
    let danger = Arrival {
        emergency: Some(crisis_reply("ana", "ana", 182)),
        ..ana("2")
    };
    accept(&store, danger).await;
    let again = Arrival {
        claim: Some(until("one", 60)),
        ..ana("3")
    };
    accept(&store, again).await;
    epochs.push(claim(&store, "ana", 300).await.fence.epoch);
    let person = store
        .find(&crate::contract::fixtures::address("ana"))
        .await
        .unwrap()
        .unwrap()
        .id;
    store.erase(&person, at(301)).await.unwrap();
    accept(&store, ana("4")).await;
    epochs.push(claim(&store, "ana", 302).await.fence.epoch);
    assert!(epochs.is_sorted_by(|a, b| a < b), "{epochs:?}");
    assert_eq!(epochs.iter().collect::<BTreeSet<_>>().len(), epochs.len());
}

async fn attempts_count_until_a_commit(store: impl Store) {
    accept(&store, ana("1")).await;
    for attempt in 1..=4 {
        assert_eq!(
            claim(&store, "ana", u64::from(attempt) * 60).await.attempts,
            attempt
        );
    }
    let fifth = claim(&store, "ana", 300).await;
    commit(&store, &fifth.fence, &ids(&fifth), outcome(301), 301).await;
    accept(&store, ana("2")).await;
    assert_eq!(claim(&store, "ana", 302).await.attempts, 1);
}

async fn a_draft_is_handed_on_until_a_commit(store: impl Store) {
    accept(&store, ana("1")).await;
    let first = claim(&store, "ana", 0).await;
    assert_eq!(first.draft, None);
    assert_eq!(
        store
            .hold(&first.fence, at(30), Some(draft("posted")))
            .await
            .unwrap(),
        Held::Yes
    );
    assert_eq!(
        store.hold(&first.fence, at(40), None).await.unwrap(),
        Held::Yes
    );
    let second = claim(&store, "ana", 40).await;
    assert_eq!(second.draft, Some(draft("posted")));
    commit(&store, &second.fence, &ids(&second), outcome(41), 41).await;
    accept(&store, ana("2")).await;
    assert_eq!(claim(&store, "ana", 42).await.draft, None);
}

async fn a_turn_holds_on_until_somebody_takes_over(store: impl Store) {
    accept(&store, ana("1")).await;
    let first = claim(&store, "ana", 0).await;
    // Late, but nobody else wanted it.
    assert_eq!(
        store.hold(&first.fence, at(200), None).await.unwrap(),
        Held::Yes
    );
    let early = store
        .claim(&conversation("ana"), until("two", 300), at(199))
        .await;
    assert!(early.unwrap().is_none());

    let second = claim(&store, "ana", 200).await;
    assert_eq!(
        store
            .hold(&first.fence, at(999), Some(draft("stale")))
            .await
            .unwrap(),
        Held::Lost
    );
    assert!(is_lost(&store, &first, outcome(201)).await);
    let third = claim(&store, "ana", 260).await;
    assert_eq!(third.draft, None, "the stale draft was not kept");
    assert_eq!(
        store.hold(&second.fence, at(999), None).await.unwrap(),
        Held::Lost
    );

    commit(&store, &third.fence, &ids(&third), outcome(261), 261).await;
    assert_eq!(
        store.hold(&third.fence, at(999), None).await.unwrap(),
        Held::Lost
    );
}

async fn an_end_that_has_passed_gives_back(store: impl Store) {
    accept(&store, ana("1")).await;
    let first = claim(&store, "ana", 0).await;
    store.hold(&first.fence, at(1), None).await.unwrap();
    assert_eq!(
        store.waiting(0, at(1), 10).await.unwrap(),
        [conversation("ana")]
    );
    claim(&store, "ana", 1).await;
}

async fn in_private_every_private_room_is_remembered(store: impl Store) {
    exchange(&store, said("ana", "ana", "1", "private", 0), &["peace"], 1).await;
    exchange(
        &store,
        said("ana", "#room", "2", "public", 0),
        &["peace"],
        2,
    )
    .await;
    exchange(
        &store,
        said("ana", "second", "3", "also private", 0),
        &["joy"],
        3,
    )
    .await;
    exchange(
        &store,
        said("ben", "ben", "4", "of another", 0),
        &["peace"],
        4,
    )
    .await;
    accept(&store, ana("5")).await;
    let claim = claim(&store, "ana", 5).await;
    assert_eq!(
        words(&claim.recent),
        ["private", "peace", "also private", "joy"]
    );
}

async fn in_public_only_the_room_is_remembered(store: impl Store) {
    exchange(&store, said("ana", "ana", "1", "private", 0), &["peace"], 1).await;
    exchange(
        &store,
        said("ana", "#other", "2", "elsewhere", 0),
        &["peace"],
        2,
    )
    .await;
    exchange(
        &store,
        said("ben", "#room", "3", "of another", 0),
        &["to another"],
        3,
    )
    .await;
    exchange(&store, said("ana", "#room", "4", "here", 0), &["to her"], 4).await;
    accept(&store, said("ana", "#room", "5", "now", 0)).await;
    let claim = claim(&store, "#room", 5).await;
    assert_eq!(
        words(&claim.recent),
        ["of another", "to another", "here", "to her"]
    );
}

async fn memory_is_bounded_and_expires(store: impl Store) {
    accept(&store, ana("1")).await;
    let first = claim(&store, "ana", 0).await;
    let many: Vec<String> = (0..RECENT + 5).map(|number| number.to_string()).collect();
    let full = Outcome {
        entries: many.iter().map(|text| line_of_muykol(text, &[])).collect(),
        expires: Some(at(1000)),
        ..outcome(1)
    };
    commit(&store, &first.fence, &ids(&first), full, 1).await;
    accept(&store, ana("2")).await;
    assert_eq!(words(&claim(&store, "ana", 2).await.recent), many[5..]);
    assert!(claim(&store, "ana", 1000).await.recent.is_empty());
}
