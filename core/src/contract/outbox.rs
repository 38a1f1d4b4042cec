//! What [`OutboxStore`](crate::seams::OutboxStore) promises.

use super::{
    Store,
    fixtures::{
        accept, ana, at, claim, commit, due, exchange, ids, outcome, said, send, texts, until,
    },
    keeps,
};
use crate::{
    seams::{OutboxStats, Outcome, Settlement},
    words::{Action, Effect, EffectId, Lane, NewEffect},
};

/// Tries every promise.
pub async fn all<S: Store>(make: &impl AsyncFn() -> S) {
    keeps!(make =>
        effects_come_in_the_order_of_their_lane,
        a_leased_effect_holds_up_its_lane_only,
        a_limit_cuts_from_the_end,
        a_lease_that_ran_out_may_have_sent,
        sent_is_the_end,
        a_retry_waits_and_holds_up_its_lane,
        a_retry_remembers_what_it_may_have_sent,
        a_moved_room_takes_the_later_effects_along,
        a_block_drops_what_is_for_the_same_door,
        a_block_spares_the_emergency_lane,
        a_parked_effect_holds_up_nobody,
        a_parked_effect_moves_along_and_is_never_dropped,
        settling_twice_changes_nothing,
        who_lost_the_lease_can_only_say_sent,
        an_alert_has_no_door,
    );
}

async fn settle(store: &impl Store, effect: &Effect, settlement: Settlement, seconds: u64) {
    store.settle(effect, settlement, at(seconds)).await.unwrap();
}

fn sent() -> Settlement {
    Settlement::Sent {
        receipt: Some("receipt".to_owned()),
    }
}

fn retry(seconds: u64) -> Settlement {
    Settlement::Retry {
        at: at(seconds),
        maybe_sent: false,
    }
}

/// Commits effects in Ana's turn; returns those that are leased, until 60 seconds later.
async fn commit_effects(
    store: &impl Store,
    room: &str,
    key: &str,
    effects: Vec<NewEffect>,
    seconds: u64,
) -> Vec<Effect> {
    accept(store, said("ana", room, key, key, seconds)).await;
    let claim = claim(store, room, seconds).await;
    let outcome = Outcome {
        effects,
        ..outcome(seconds)
    };
    commit(store, &claim.fence, &ids(&claim), outcome, seconds).await
}

async fn effects_come_in_the_order_of_their_lane(store: impl Store) {
    let normal = ["a", "b"].map(|text| send(Lane::Normal, "ana", "ana", text));
    let urgent = ["x", "y"].map(|text| send(Lane::Emergency, "ana", "ana", text));
    commit_effects(&store, "ana", "1", [normal, urgent].concat(), 0).await;
    exchange(&store, ana("2"), &["c"], 1).await;
    let taken = due(&store, 60).await;
    assert_eq!(texts(&taken), ["x", "y", "a", "b", "c"]);
    assert!(due(&store, 61).await.is_empty());
}

async fn a_leased_effect_holds_up_its_lane_only(store: impl Store) {
    let (_, first) = exchange(&store, ana("1"), &["a", "b"], 0).await;
    settle(&store, &first[0], sent(), 1).await;
    exchange(&store, ana("2"), &["c"], 1).await;
    assert!(due(&store, 2).await.is_empty(), "b is being sent");
    exchange(&store, said("ben", "ben", "3", "hello", 0), &["his"], 2).await;
    assert_eq!(texts(&due(&store, 62).await), ["b", "c", "his"]);
}

async fn a_limit_cuts_from_the_end(store: impl Store) {
    exchange(&store, ana("1"), &["a", "b", "c"], 0).await;
    let some = store.due(0, until("two", 120), at(60), 2).await.unwrap();
    assert_eq!(texts(&some), ["a", "b"]);
    let rest = store.due(0, until("two", 120), at(60), 2).await.unwrap();
    assert!(rest.is_empty(), "c waits for those before it");
}

async fn a_lease_that_ran_out_may_have_sent(store: impl Store) {
    let (_, first) = exchange(&store, ana("1"), &["a"], 0).await;
    assert!(!first[0].maybe_sent);
    let second = due(&store, 60).await;
    assert!(second[0].maybe_sent);
    settle(&store, &second[0], retry(70), 61).await;
    let third = due(&store, 70).await;
    assert!(
        third[0].maybe_sent,
        "it may still have been sent by the first"
    );
    assert_eq!(third[0].attempts, 1);
}

async fn sent_is_the_end(store: impl Store) {
    let (_, effects) = exchange(&store, ana("1"), &["a"], 0).await;
    settle(&store, &effects[0], sent(), 1).await;
    assert!(due(&store, 1000).await.is_empty());
    assert_eq!(store.outbox_stats().await.unwrap(), OutboxStats::default());
}

async fn a_retry_waits_and_holds_up_its_lane(store: impl Store) {
    let (_, effects) = exchange(&store, ana("1"), &["a", "b"], 0).await;
    settle(&store, &effects[0], retry(30), 1).await;
    assert!(due(&store, 29).await.is_empty());
    let again = due(&store, 30).await;
    assert_eq!(texts(&again), ["a", "b"]);
    assert_eq!((again[0].attempts, again[1].attempts), (1, 0));
    assert!(
        again.iter().all(|effect| !effect.maybe_sent),
        "both leases were given back"
    );
}

async fn a_retry_remembers_what_it_may_have_sent(store: impl Store) {
    let (_, effects) = exchange(&store, ana("1"), &["a"], 0).await;
    let unknown = Settlement::Retry {
        at: at(2),
        maybe_sent: true,
    };
    settle(&store, &effects[0], unknown, 1).await;
    let again = due(&store, 2).await;
    assert!(again[0].maybe_sent);
    settle(&store, &again[0], retry(4), 3).await;
    let last = due(&store, 4).await;
    assert!(last[0].maybe_sent);
    assert_eq!(last[0].attempts, 2);
}

async fn a_moved_room_takes_the_later_effects_along(store: impl Store) {
    let mut effects = vec![
        send(Lane::Normal, "ana", "#old", "a"),
        send(Lane::Normal, "ana", "ana", "in private"),
        send(Lane::Normal, "ben", "#old", "b"),
    ];
    effects.push(send(Lane::Emergency, "ana", "#old", "urgent"));
    let leased = commit_effects(&store, "#old", "1", effects, 0).await;
    exchange(
        &store,
        said("ana", "ana", "2", "hello", 0),
        &["elsewhere"],
        0,
    )
    .await;
    let moved = Settlement::Moved {
        room: "#new".to_owned(),
    };
    settle(&store, &leased[0], moved, 1).await;
    let now = due(&store, 1).await;
    let rooms = |effects: &[Effect]| -> Vec<(String, String)> {
        effects
            .iter()
            .map(|effect| {
                let room = &effect.action.destination().unwrap().place.room;
                (
                    crate::contract::fixtures::text_of(effect).to_owned(),
                    room.clone(),
                )
            })
            .collect()
    };
    let pair = |text: &str, room: &str| (text.to_owned(), room.to_owned());
    assert_eq!(
        rooms(&now),
        [
            pair("a", "#new"),
            pair("in private", "ana"),
            pair("b", "#new")
        ]
    );
    assert_eq!(now[0].attempts, 1);
    assert!(!now[0].maybe_sent);
    assert_eq!(
        rooms(&due(&store, 60).await),
        [pair("urgent", "#new"), pair("elsewhere", "ana")]
    );
}

async fn a_block_drops_what_is_for_the_same_door(store: impl Store) {
    let effects = vec![
        send(Lane::Normal, "ana", "#room", "earlier"),
        send(Lane::Normal, "ana", "ana", "blocked"),
        send(Lane::Normal, "ana", "ana", "dropped"),
        send(Lane::Normal, "ben", "#room", "for another"),
    ];
    let leased = commit_effects(&store, "#room", "1", effects, 0).await;
    exchange(
        &store,
        said("ana", "ana", "2", "hello", 0),
        &["elsewhere"],
        0,
    )
    .await;
    settle(&store, &leased[1], Settlement::Blocked, 1).await;
    assert_eq!(
        texts(&due(&store, 60).await),
        ["earlier", "for another", "elsewhere"]
    );
    accept(&store, ana("3")).await;
    assert_eq!(
        claim(&store, "ana", 61).await.messages.len(),
        1,
        "who writes is answered"
    );
}

async fn a_block_spares_the_emergency_lane(store: impl Store) {
    let effects = vec![
        send(Lane::Normal, "ana", "ana", "blocked"),
        send(Lane::Normal, "ana", "ana", "dropped"),
        send(Lane::Emergency, "ana", "ana", "help"),
    ];
    let leased = commit_effects(&store, "ana", "1", effects, 0).await;
    settle(&store, &leased[0], Settlement::Blocked, 1).await;
    assert_eq!(texts(&due(&store, 60).await), ["help"]);
}

async fn a_parked_effect_holds_up_nobody(store: impl Store) {
    let (_, effects) = exchange(&store, ana("1"), &["a", "b"], 0).await;
    let parked = Settlement::Parked {
        reason: "refused".to_owned(),
    };
    settle(&store, &effects[0], parked, 1).await;
    let (_, newer) = exchange(&store, ana("2"), &["c"], 2).await;
    assert!(newer.is_empty(), "b is still leased");
    settle(&store, &effects[1], sent(), 3).await;
    assert_eq!(texts(&due(&store, 3).await), ["c"]);
    assert!(due(&store, 4).await.is_empty());
}

async fn a_parked_effect_moves_along_and_is_never_dropped(store: impl Store) {
    let effects =
        ["moved", "blocked", "parked"].map(|text| send(Lane::Normal, "ana", "#old", text));
    let leased = commit_effects(&store, "#old", "1", effects.to_vec(), 0).await;
    let parked = Settlement::Parked {
        reason: "refused".to_owned(),
    };
    settle(&store, &leased[2], parked, 1).await;
    let moved = Settlement::Moved {
        room: "#new".to_owned(),
    };
    settle(&store, &leased[0], moved, 2).await;
    settle(&store, &leased[0], sent(), 3).await;
    let left = due(&store, 4).await;
    assert_eq!(texts(&left), ["blocked"]);
    settle(&store, &left[0], Settlement::Blocked, 4).await;
    assert!(store.retry(&leased[2].id, at(5)).await.unwrap());
    let again = due(&store, 5).await;
    assert_eq!(texts(&again), ["parked"]);
    let room = &again[0].action.destination().unwrap().place.room;
    assert_eq!(room, "#new");
}

async fn settling_twice_changes_nothing(store: impl Store) {
    let (_, effects) = exchange(&store, ana("1"), &["a", "b"], 0).await;
    settle(&store, &effects[0], sent(), 1).await;
    settle(&store, &effects[0], retry(2), 1).await;
    settle(&store, &effects[0], Settlement::Blocked, 1).await;
    let parked = Settlement::Parked {
        reason: "refused".to_owned(),
    };
    settle(&store, &effects[0], parked.clone(), 1).await;
    let unknown = Effect {
        id: EffectId::from("unknown"),
        ..effects[1].clone()
    };
    store.settle(&unknown, sent(), at(1)).await.unwrap();
    assert_eq!(store.outbox_stats().await.unwrap().due, 1);
    assert_eq!(store.outbox_stats().await.unwrap().parked, 0);

    settle(&store, &effects[1], parked, 2).await;
    settle(&store, &effects[1], sent(), 2).await;
    settle(&store, &effects[1], retry(3), 2).await;
    assert_eq!(store.outbox_stats().await.unwrap().parked, 1);
    assert!(due(&store, 1000).await.is_empty());
}

async fn who_lost_the_lease_can_only_say_sent(store: impl Store) {
    let (_, stale) = exchange(&store, ana("1"), &["a"], 0).await;
    let held = due(&store, 100).await;
    assert_eq!(texts(&held), ["a"]);
    settle(&store, &stale[0], retry(100), 100).await;
    settle(&store, &stale[0], Settlement::Blocked, 100).await;
    assert!(due(&store, 101).await.is_empty(), "it is still leased");
    settle(&store, &stale[0], sent(), 101).await;
    assert_eq!(store.outbox_stats().await.unwrap().due, 0);
}

async fn an_alert_has_no_door(store: impl Store) {
    let alert = NewEffect {
        id: EffectId::new(at(0)),
        lane: Lane::Normal,
        action: Action::Alert {
            code: "turn_parked".to_owned(),
        },
    };
    let leased = commit_effects(&store, "ana", "1", vec![alert.clone()], 0).await;
    assert_eq!(leased[0].action, alert.action);
    settle(
        &store,
        &leased[0],
        Settlement::Moved {
            room: "x".to_owned(),
        },
        1,
    )
    .await;
    let again = due(&store, 1).await;
    assert_eq!(again[0].action, alert.action);
    settle(&store, &again[0], Settlement::Blocked, 2).await;
    assert_eq!(store.outbox_stats().await.unwrap().due, 0);
}
