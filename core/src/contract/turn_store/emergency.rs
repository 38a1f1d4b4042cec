//! A crisis reply is committed together with the message that called for it.

use crate::{
    contract::{
        Store,
        fixtures::{
            DAY, accept, ana, answer, at, choice, claim, command, commit, crisis_reply, due,
            exchange, ids, is_lost, lines, of_kind, photo, said, texts, until, words,
        },
        keeps,
    },
    seams::{Accepted, Arrival, Draft, Held, Outcome, ProfileChange, Settlement},
    words::{AuditNote, Consent, Effect, EntryBody, PersonId, Purpose},
};

pub(super) async fn all<S: Store>(make: &impl AsyncFn() -> S) {
    keeps!(make =>
        it_is_answered_in_the_same_step,
        its_effects_are_leased,
        it_is_not_repeated_for_a_second_delivery,
        waiting_words_of_the_person_are_answered_with_it,
        other_things_keep_waiting,
        a_running_turn_loses_its_fence,
        attempts_begin_anew,
        a_draft_goes_with_its_messages,
        changes_to_the_person_are_made,
        it_waits_for_no_other_effect,
        its_lines_stay_under_consent,
        a_revocation_during_a_turn_shortens,
    );
}

fn decides(given: bool, seconds: u64) -> ProfileChange {
    ProfileChange::Consent(Consent {
        purpose: Purpose::History,
        given,
        wording: "1".to_owned(),
        at: at(seconds),
        channel: "telegram".to_owned(),
    })
}

/// Ana decides on her history.
async fn decide(store: &impl Store, person: &PersonId, given: bool, seconds: u64) {
    let note = AuditNote {
        code: "consent".to_owned(),
        details: serde_json::Value::Null,
    };
    let changes = [decides(given, seconds)];
    store
        .change(person, &changes, note, at(seconds))
        .await
        .unwrap();
}

/// What is left of a person's lines then.
async fn left(store: &impl Store, person: &PersonId, seconds: u64) -> usize {
    let left = store.after(person, None, 1000, at(seconds)).await.unwrap();
    left.len()
}

async fn its_lines_stay_under_consent(store: impl Store) {
    let (person, _) = exchange(&store, ana("1"), &["a"], 0).await;
    decide(&store, &person, true, 1).await;
    accept(&store, ana("2")).await;
    danger(&store, "3", "ana", 2).await;
    assert_eq!(left(&store, &person, 20 * DAY).await, 5);
}

async fn a_revocation_during_a_turn_shortens(store: impl Store) {
    let (person, _) = exchange(&store, ana("1"), &["a"], 0).await;
    decide(&store, &person, true, 1).await;
    accept(&store, ana("2")).await;
    let running = claim(&store, "ana", 2).await;
    decide(&store, &person, false, 3).await;
    let outcome = Outcome {
        expires: None,
        ..answer(&running, &["b"], 4)
    };
    commit(&store, &running.fence, &ids(&running), outcome, 4).await;
    assert_eq!(left(&store, &person, 5).await, 4);
    assert_eq!(left(&store, &person, 4 + DAY).await, 0);

    accept(&store, ana("3")).await;
    let running = claim(&store, "ana", 5).await;
    let outcome = Outcome {
        profile: vec![decides(true, 5)],
        ..answer(&running, &["c"], 5)
    };
    commit(&store, &running.fence, &ids(&running), outcome, 5).await;
    assert_eq!(left(&store, &person, 20 * DAY).await, 6);
}

/// Ana is in danger in `room`.
async fn danger(
    store: &impl Store,
    key: &str,
    room: &str,
    seconds: u64,
) -> (PersonId, Vec<Effect>) {
    let arrival = Arrival {
        emergency: Some(crisis_reply("ana", room, seconds)),
        claim: Some(until("one", seconds + 60)),
        ..said("ana", room, key, "danger", seconds)
    };
    match store.accept(arrival).await.unwrap() {
        Accepted::New {
            person,
            claim: None,
            effects,
        } => (person, effects),
        other => panic!("{other:?}"),
    }
}

async fn it_is_answered_in_the_same_step(store: impl Store) {
    let (person, effects) = danger(&store, "1", "ana", 0).await;
    assert_eq!(texts(&effects), ["help 1", "help 2"]);
    assert!(
        effects
            .iter()
            .all(|effect| effect.person == person && !effect.maybe_sent)
    );
    let lines = lines(&store, &person).await;
    assert_eq!(words(&lines), ["danger", "help"]);
    assert!(lines.iter().all(|line| line.person == person));
    let EntryBody::Person { inbound, .. } = &lines[0].body else {
        panic!("the person spoke first");
    };
    assert_eq!(
        store.answer(inbound).await.unwrap().as_ref(),
        Some(&lines[1])
    );
    assert!(store.waiting(0, at(1000), 10).await.unwrap().is_empty());
}

async fn its_effects_are_leased(store: impl Store) {
    danger(&store, "1", "ana", 0).await;
    assert!(due(&store, 59).await.is_empty());
    let taken = due(&store, 60).await;
    assert_eq!(texts(&taken), ["help 1", "help 2"]);
    assert!(taken.iter().all(|effect| effect.maybe_sent));
}

async fn it_is_not_repeated_for_a_second_delivery(store: impl Store) {
    let (person, _) = danger(&store, "1", "ana", 0).await;
    let again = Arrival {
        emergency: Some(crisis_reply("ana", "ana", 1)),
        ..said("ana", "ana", "1", "danger", 1)
    };
    assert!(matches!(
        store.accept(again).await.unwrap(),
        Accepted::Duplicate { .. }
    ));
    assert_eq!(lines(&store, &person).await.len(), 2);
    assert_eq!(store.outbox_stats().await.unwrap().due, 2);
}

async fn waiting_words_of_the_person_are_answered_with_it(store: impl Store) {
    accept(&store, ana("1")).await;
    accept(&store, ana("2")).await;
    let (person, _) = danger(&store, "3", "ana", 5).await;
    let lines = lines(&store, &person).await;
    assert_eq!(
        words(&lines),
        ["words of 1", "words of 2", "danger", "help"]
    );
    assert_eq!((lines[0].at, lines[2].at), (at(0), at(5)));
    let said: Vec<_> = lines[..3]
        .iter()
        .map(|line| match &line.body {
            EntryBody::Person { inbound, .. } => inbound.clone(),
            EntryBody::Muykol { .. } => panic!("said by the person"),
        })
        .collect();
    let EntryBody::Muykol { answers, .. } = &lines[3].body else {
        panic!("the reply comes last");
    };
    assert_eq!(*answers, said);
    for id in &said {
        assert_eq!(store.answer(id).await.unwrap().as_ref(), Some(&lines[3]));
    }
    assert!(store.waiting(0, at(1000), 10).await.unwrap().is_empty());
}

async fn other_things_keep_waiting(store: impl Store) {
    for (key, kind) in [("1", command()), ("2", choice()), ("3", photo())] {
        accept(&store, of_kind(kind, said("ana", "#room", key, key, 0))).await;
    }
    accept(&store, said("ben", "#room", "4", "of another", 0)).await;
    accept(&store, said("ana", "ana", "5", "elsewhere", 0)).await;
    accept(&store, said("ana", "#room", "6", "absorbed", 0)).await;
    let (person, _) = danger(&store, "7", "#room", 1).await;
    assert_eq!(
        words(&lines(&store, &person).await),
        ["absorbed", "danger", "help"]
    );
    let mut left = Vec::new();
    for turn in 2..=5 {
        let claim = claim(&store, "#room", turn).await;
        left.extend(
            claim
                .messages
                .iter()
                .map(|message| message.inbound.provider_id.clone()),
        );
        crate::contract::fixtures::commit(
            &store,
            &claim.fence,
            &ids(&claim),
            crate::contract::fixtures::outcome(turn),
            turn,
        )
        .await;
    }
    assert_eq!(left, ["1", "2", "3", "4"]);
    assert_eq!(claim(&store, "ana", 6).await.messages.len(), 1);
}

async fn a_running_turn_loses_its_fence(store: impl Store) {
    accept(&store, ana("1")).await;
    let running = claim(&store, "ana", 0).await;
    let (person, _) = danger(&store, "2", "ana", 1).await;
    assert_eq!(
        store.hold(&running.fence, at(90), None).await.unwrap(),
        Held::Lost
    );
    assert!(is_lost(&store, &running, answer(&running, &["stale"], 2)).await);
    assert_eq!(
        words(&lines(&store, &person).await),
        ["words of 1", "danger", "help"]
    );
    accept(&store, of_kind(command(), ana("3"))).await;
    let next = claim(&store, "ana", 2).await;
    assert!(next.fence.epoch.0 > running.fence.epoch.0 + 1);
}

async fn attempts_begin_anew(store: impl Store) {
    accept(&store, of_kind(command(), ana("1"))).await;
    claim(&store, "ana", 0).await;
    assert_eq!(claim(&store, "ana", 60).await.attempts, 2);
    danger(&store, "2", "ana", 61).await;
    assert_eq!(claim(&store, "ana", 62).await.attempts, 1);
}

async fn a_draft_goes_with_its_messages(store: impl Store) {
    let posted = Some(Draft {
        message: "posted".to_owned(),
    });
    accept(&store, ana("1")).await;
    let hers = claim(&store, "ana", 0).await;
    store
        .hold(&hers.fence, at(60), posted.clone())
        .await
        .unwrap();
    danger(&store, "2", "ana", 1).await;
    accept(&store, ana("3")).await;
    assert_eq!(claim(&store, "ana", 2).await.draft, None);

    accept(&store, said("ben", "#room", "4", "his", 0)).await;
    let his = claim(&store, "#room", 0).await;
    store
        .hold(&his.fence, at(60), posted.clone())
        .await
        .unwrap();
    danger(&store, "5", "#room", 1).await;
    assert_eq!(claim(&store, "#room", 2).await.draft, posted);
}

async fn changes_to_the_person_are_made(store: impl Store) {
    let mut emergency = crisis_reply("ana", "ana", 0);
    emergency.outcome.profile = vec![ProfileChange::CareUntil(at(500))];
    let arrival = Arrival {
        emergency: Some(emergency),
        ..ana("1")
    };
    let person = accept(&store, arrival).await;
    let (profile, _) = store.export(&person).await.unwrap().unwrap();
    assert_eq!(profile.care_until, Some(at(500)));
}

async fn it_waits_for_no_other_effect(store: impl Store) {
    exchange(&store, ana("1"), &["older"], 0).await;
    let (_, first) = danger(&store, "2", "ana", 1).await;
    let retry = Settlement::Retry {
        at: at(500),
        maybe_sent: false,
    };
    store.settle(&first[0], retry, at(2)).await.unwrap();
    let (_, second) = danger(&store, "3", "ana", 3).await;
    assert_eq!(texts(&second), ["help 1", "help 2"]);
    // The retry of the first gave back its own second part only.
    assert!(due(&store, 4).await.is_empty());
    for effect in &second {
        store
            .settle(effect, Settlement::Sent { receipt: None }, at(5))
            .await
            .unwrap();
    }
    assert_eq!(
        texts(&due(&store, 500).await),
        ["help 1", "help 2", "older"]
    );
}
