//! A turn is written whole or not at all.

use crate::{
    contract::{
        Store,
        fixtures::{
            accept, ana, answer, at, claim, commit, due, exchange, ids, is_lost, line_of_muykol,
            lines, outcome, said, send, texts, until, words,
        },
        keeps,
    },
    seams::{Accepted, Committed, Held, OutboxStats, Outcome, ProfileChange, Settlement},
    words::{Generation, Lane},
};

pub(super) async fn all<S: Store>(make: &impl AsyncFn() -> S) {
    keeps!(make =>
        everything_is_written_in_one_step,
        a_lapsed_lease_that_nobody_took_still_commits,
        a_stale_fence_writes_nothing,
        another_generation_writes_nothing,
        a_repeated_commit_is_refused,
        only_what_was_answered_is_completed,
        what_others_said_is_not_completed,
        effects_are_leased_to_the_one_who_commits,
        effects_wait_behind_older_ones_of_the_lane,
        the_emergency_lane_waits_for_nothing,
        a_person_erased_in_flight_stops_the_turn,
        an_outcome_can_erase_the_person,
        an_erased_message_is_not_answered_again,
    );
}

async fn everything_is_written_in_one_step(store: impl Store) {
    let person = accept(&store, ana("1")).await;
    accept(&store, ana("2")).await;
    let claim = claim(&store, "ana", 1).await;
    let outcome = Outcome {
        profile: vec![
            ProfileChange::NoticeShown,
            ProfileChange::Name(Some("Ana".to_owned())),
        ],
        ..answer(&claim, &["peace"], 1)
    };
    match store
        .commit(&claim.fence, &ids(&claim), outcome, at(1))
        .await
        .unwrap()
    {
        Committed::Done { effects, more } => {
            assert_eq!(texts(&effects), ["peace"]);
            assert!(!more);
            let effect = &effects[0];
            assert_eq!(effect.person, person);
            assert_eq!(effect.conversation, claim.fence.conversation);
            assert_eq!(
                (effect.attempts, effect.maybe_sent, effect.created),
                (0, false, at(1))
            );
        }
        Committed::Lost => panic!("the fence stands"),
    }
    let lines = lines(&store, &person).await;
    assert_eq!(words(&lines), ["words of 1", "words of 2", "peace"]);
    for line in &lines {
        assert_eq!(
            (&line.person, &line.conversation),
            (&person, &claim.fence.conversation)
        );
    }
    let (profile, _) = store.export(&person).await.unwrap().unwrap();
    assert!(profile.notice_shown);
    assert_eq!(profile.name.as_deref(), Some("Ana"));
    for id in ids(&claim) {
        assert_eq!(store.answer(&id).await.unwrap().as_ref(), lines.last());
    }
}

async fn a_lapsed_lease_that_nobody_took_still_commits(store: impl Store) {
    accept(&store, ana("1")).await;
    let claim = claim(&store, "ana", 0).await;
    commit(
        &store,
        &claim.fence,
        &ids(&claim),
        answer(&claim, &["late"], 500),
        500,
    )
    .await;
}

async fn a_stale_fence_writes_nothing(store: impl Store) {
    let person = accept(&store, ana("1")).await;
    let stale = claim(&store, "ana", 0).await;
    let fresh = claim(&store, "ana", 60).await;
    let outcome = Outcome {
        profile: vec![ProfileChange::NoticeShown],
        ..answer(&stale, &["stale"], 61)
    };
    assert!(is_lost(&store, &stale, outcome).await);
    assert!(lines(&store, &person).await.is_empty());
    assert!(!store.export(&person).await.unwrap().unwrap().0.notice_shown);
    assert_eq!(store.outbox_stats().await.unwrap(), OutboxStats::default());
    assert_eq!(store.answer(&ids(&stale)[0]).await.unwrap(), None);
    commit(
        &store,
        &fresh.fence,
        &ids(&fresh),
        answer(&fresh, &["fresh"], 62),
        62,
    )
    .await;
    assert_eq!(
        words(&lines(&store, &person).await),
        ["words of 1", "fresh"]
    );
}

async fn another_generation_writes_nothing(store: impl Store) {
    let person = accept(&store, ana("1")).await;
    let mut claim = claim(&store, "ana", 0).await;
    let right = claim.fence.clone();
    claim.fence.generation = Generation(right.generation.0 + 1);
    assert!(is_lost(&store, &claim, answer(&claim, &["stale"], 1)).await);
    assert_eq!(
        store.hold(&claim.fence, at(90), None).await.unwrap(),
        Held::Lost
    );
    assert!(lines(&store, &person).await.is_empty());
    assert_eq!(store.hold(&right, at(90), None).await.unwrap(), Held::Yes);
}

async fn a_repeated_commit_is_refused(store: impl Store) {
    let person = accept(&store, ana("1")).await;
    let claim = claim(&store, "ana", 0).await;
    let outcome = answer(&claim, &["peace"], 1);
    commit(&store, &claim.fence, &ids(&claim), outcome.clone(), 1).await;
    assert!(is_lost(&store, &claim, outcome).await);
    assert_eq!(lines(&store, &person).await.len(), 2);
    assert_eq!(store.outbox_stats().await.unwrap().due, 1);
}

async fn only_what_was_answered_is_completed(store: impl Store) {
    accept(&store, ana("1")).await;
    accept(&store, ana("2")).await;
    let first = claim(&store, "ana", 0).await;
    accept(&store, ana("3")).await;
    let done = store
        .commit(&first.fence, &ids(&first)[..1], outcome(1), at(1))
        .await
        .unwrap();
    assert!(matches!(done, Committed::Done { more: true, .. }));
    let second = claim(&store, "ana", 2).await;
    assert_eq!(second.messages.len(), 2);
    assert_eq!(ids(&second)[0], ids(&first)[1]);
}

async fn what_others_said_is_not_completed(store: impl Store) {
    accept(&store, said("ana", "#room", "1", "hers", 0)).await;
    accept(&store, said("ben", "#room", "2", "his", 0)).await;
    accept(&store, said("ana", "ana", "3", "elsewhere", 0)).await;
    let other = claim(&store, "ana", 0).await;
    let first = claim(&store, "#room", 0).await;
    commit(&store, &first.fence, &ids(&first), outcome(1), 1).await;
    let second = claim(&store, "#room", 2).await;
    let too_many = [ids(&second), ids(&other), vec!["unknown".into()]].concat();
    commit(&store, &second.fence, &too_many, outcome(3), 3).await;
    assert_eq!(claim(&store, "ana", 60).await.messages.len(), 1);
}

async fn effects_are_leased_to_the_one_who_commits(store: impl Store) {
    let (_, effects) = exchange(&store, ana("1"), &["a", "b", "c"], 0).await;
    assert_eq!(texts(&effects), ["a", "b", "c"]);
    assert!(due(&store, 59).await.is_empty());
    let taken = due(&store, 60).await;
    assert_eq!(texts(&taken), ["a", "b", "c"]);
    assert!(taken.iter().all(|effect| effect.maybe_sent));
}

async fn effects_wait_behind_older_ones_of_the_lane(store: impl Store) {
    let (_, older) = exchange(&store, ana("1"), &["older"], 0).await;
    let (_, newer) = exchange(&store, ana("2"), &["newer"], 1).await;
    assert!(newer.is_empty());
    assert!(due(&store, 1).await.is_empty());
    store
        .settle(&older[0], Settlement::Sent { receipt: None }, at(2))
        .await
        .unwrap();
    let swept = due(&store, 2).await;
    assert_eq!(texts(&swept), ["newer"]);
    assert!(!swept[0].maybe_sent, "nobody had it before");
    let (_, elsewhere) = exchange(&store, said("ben", "ben", "3", "hello", 0), &["his"], 3).await;
    assert_eq!(texts(&elsewhere), ["his"]);
}

async fn the_emergency_lane_waits_for_nothing(store: impl Store) {
    exchange(&store, ana("1"), &["older"], 0).await;
    for turn in [1, 2] {
        accept(&store, ana(&format!("urgent {turn}"))).await;
        let claim = claim(&store, "ana", turn).await;
        let both = Outcome {
            effects: vec![
                send(Lane::Normal, "ana", "ana", "later"),
                send(Lane::Emergency, "ana", "ana", "now"),
            ],
            ..outcome(turn)
        };
        let effects = commit(&store, &claim.fence, &ids(&claim), both, turn).await;
        assert_eq!(texts(&effects), ["now"]);
    }
}

async fn a_person_erased_in_flight_stops_the_turn(store: impl Store) {
    let ana = accept(&store, said("ana", "#room", "1", "hers", 0)).await;
    accept(&store, said("ben", "#room", "2", "his", 0)).await;
    let running = claim(&store, "#room", 0).await;
    store
        .hold(
            &running.fence,
            at(60),
            Some(crate::seams::Draft {
                message: "posted".to_owned(),
            }),
        )
        .await
        .unwrap();
    store.erase(&ana, at(1)).await.unwrap();
    assert_eq!(
        store.hold(&running.fence, at(90), None).await.unwrap(),
        Held::Lost
    );
    assert!(is_lost(&store, &running, answer(&running, &["stale"], 2)).await);
    assert!(store.export(&ana).await.unwrap().is_none());
    assert!(lines(&store, &ana).await.is_empty());
    assert_eq!(store.outbox_stats().await.unwrap().due, 0);
    let next = claim(&store, "#room", 2).await;
    assert_eq!(next.messages[0].inbound.text, "his");
    assert_eq!((next.attempts, next.draft), (1, None));
}

async fn an_outcome_can_erase_the_person(store: impl Store) {
    let (person, _) = exchange(&store, ana("1"), &["unsent"], 0).await;
    accept(&store, said("ana", "second", "2", "waits elsewhere", 0)).await;
    accept(&store, ana("3")).await;
    let forget = claim(&store, "ana", 1).await;
    let outcome = Outcome {
        erase: true,
        entries: vec![line_of_muykol("not kept", &ids(&forget))],
        profile: vec![ProfileChange::NoticeShown],
        effects: vec![send(Lane::Normal, "ana", "ana", "forgotten")],
        ..outcome(1)
    };
    let effects = commit(&store, &forget.fence, &ids(&forget), outcome, 1).await;
    assert_eq!(
        texts(&effects),
        ["forgotten"],
        "the older effect went with the person"
    );
    assert!(store.export(&person).await.unwrap().is_none());
    assert!(lines(&store, &person).await.is_empty());
    assert!(store.waiting(0, at(1000), 10).await.unwrap().is_empty());
    assert!(store.answer(&ids(&forget)[0]).await.unwrap().is_none());

    // It outlives a second erasure and a lost holder, and ends when it is settled.
    store.erase(&person, at(2)).await.unwrap();
    let taken = due(&store, 61).await;
    assert_eq!(texts(&taken), ["forgotten"]);
    let retry = Settlement::Retry {
        at: at(62),
        maybe_sent: false,
    };
    store.settle(&taken[0], retry, at(61)).await.unwrap();
    let taken = due(&store, 62).await;
    assert_eq!(texts(&taken), ["forgotten"]);
    let parked = Settlement::Parked {
        reason: "refused".to_owned(),
    };
    store.settle(&taken[0], parked, at(63)).await.unwrap();
    assert_eq!(store.outbox_stats().await.unwrap(), OutboxStats::default());
}

async fn an_erased_message_is_not_answered_again(store: impl Store) {
    let answered = ana("1");
    let first = answered.id.clone();
    let (person, _) = exchange(&store, answered, &["peace"], 0).await;
    accept(&store, ana("2")).await;
    store.erase(&person, at(1)).await.unwrap();
    for key in ["1", "2"] {
        let again = crate::seams::Arrival {
            claim: Some(until("one", 60)),
            ..ana(key)
        };
        match store.accept(again).await.unwrap() {
            Accepted::Duplicate { id, person } => {
                assert!(key != "1" || id == first);
                assert!(store.export(&person).await.unwrap().is_none());
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(store.waiting(0, at(1000), 10).await.unwrap().is_empty());
    let anew = accept(&store, ana("3")).await;
    assert_ne!(anew, person);
}
