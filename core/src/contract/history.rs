//! What [`History`](crate::seams::History) promises.

use super::{
    Store,
    fixtures::{
        DAY, START, accept, ana, at, claim, commit, exchange, ids, line_of_muykol, lines, outcome,
        said, words,
    },
    keeps,
};
use crate::{
    seams::{Feedback, Outcome},
    words::{EntryId, PersonId},
};

/// Tries every promise.
pub async fn all<S: Store>(make: &impl AsyncFn() -> S) {
    keeps!(make =>
        all_rooms_are_read_as_one,
        pages_go_back_from_the_latest,
        pages_go_on_from_a_line,
        a_line_of_somebody_else_is_no_cursor,
        the_order_is_that_of_writing,
        what_has_expired_is_not_read,
        an_answer_is_found_by_its_message,
        a_reply_can_be_rated_by_whom_it_was_for,
    );
}

/// Six lines of Ana: 1 a 2 b 3 c.
async fn six_lines(store: &impl Store) -> PersonId {
    exchange(store, said("ana", "ana", "k1", "1", 0), &["a"], 0).await;
    exchange(store, said("ana", "#room", "k2", "2", 0), &["b"], 1).await;
    exchange(store, said("ben", "#room", "k3", "his", 0), &["to him"], 2).await;
    exchange(store, said("ana", "ana", "k4", "3", 0), &["c"], 3)
        .await
        .0
}

async fn all_rooms_are_read_as_one(store: impl Store) {
    let person = six_lines(&store).await;
    let lines = lines(&store, &person).await;
    assert_eq!(words(&lines), ["1", "a", "2", "b", "3", "c"]);
    let back = store.before(&person, None, 100, START).await.unwrap();
    assert_eq!(words(&back), ["c", "3", "b", "2", "a", "1"]);
    let nobody = PersonId::random();
    assert!(
        store
            .before(&nobody, None, 100, START)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn pages_go_back_from_the_latest(store: impl Store) {
    let person = six_lines(&store).await;
    let first = store.before(&person, None, 4, START).await.unwrap();
    assert_eq!(words(&first), ["c", "3", "b", "2"]);
    let second = store
        .before(&person, Some(&first[3].id), 4, START)
        .await
        .unwrap();
    assert_eq!(words(&second), ["a", "1"]);
    let third = store
        .before(&person, Some(&second[1].id), 4, START)
        .await
        .unwrap();
    assert!(third.is_empty());
}

async fn pages_go_on_from_a_line(store: impl Store) {
    let person = six_lines(&store).await;
    let first = store.after(&person, None, 4, START).await.unwrap();
    assert_eq!(words(&first), ["1", "a", "2", "b"]);
    let second = store
        .after(&person, Some(&first[3].id), 4, START)
        .await
        .unwrap();
    assert_eq!(words(&second), ["3", "c"]);
    let third = store
        .after(&person, Some(&second[1].id), 4, START)
        .await
        .unwrap();
    assert!(third.is_empty());
}

async fn a_line_of_somebody_else_is_no_cursor(store: impl Store) {
    let person = six_lines(&store).await;
    let (other, _) = exchange(&store, said("eva", "eva", "k5", "hers", 0), &["d"], 4).await;
    let hers = lines(&store, &other).await[0].id.clone();
    for unknown in [hers, EntryId::from("unknown")] {
        assert!(
            store
                .before(&person, Some(&unknown), 9, START)
                .await
                .unwrap()
                .is_empty()
        );
        assert_eq!(
            store
                .after(&person, Some(&unknown), 9, START)
                .await
                .unwrap()
                .len(),
            6
        );
    }
}

async fn the_order_is_that_of_writing(store: impl Store) {
    // The ids carry the same millisecond, and the clock goes backwards.
    let person = accept(&store, ana("1")).await;
    let claim = claim(&store, "ana", 0).await;
    let numbers: Vec<String> = (0..20).map(|number| number.to_string()).collect();
    let mut entries: Vec<_> = numbers
        .iter()
        .map(|text| line_of_muykol(text, &[]))
        .collect();
    for (back, entry) in (0..).zip(&mut entries) {
        entry.at = at(100 - back);
    }
    let outcome = Outcome {
        entries,
        ..outcome(0)
    };
    commit(&store, &claim.fence, &ids(&claim), outcome, 0).await;
    assert_eq!(words(&lines(&store, &person).await), numbers);
}

async fn what_has_expired_is_not_read(store: impl Store) {
    let (person, _) = exchange(&store, ana("1"), &["first"], 0).await;
    exchange(&store, ana("2"), &["second"], 100).await;
    let at_last = store.before(&person, None, 9, at(DAY - 1)).await.unwrap();
    assert_eq!(at_last.len(), 4);
    let later = store.after(&person, None, 9, at(DAY)).await.unwrap();
    assert_eq!(words(&later), ["words of 2", "second"]);
    assert_eq!(
        store.before(&person, None, 9, at(DAY)).await.unwrap().len(),
        2
    );
    // An expired line is still a place to go on from.
    let expired = Some(&at_last[3].id);
    assert_eq!(words(&at_last[3..]), ["words of 1"]);
    assert_eq!(
        store.after(&person, expired, 9, at(DAY)).await.unwrap(),
        later
    );
}

async fn an_answer_is_found_by_its_message(store: impl Store) {
    let arrival = ana("1");
    let id = arrival.id.clone();
    accept(&store, arrival).await;
    assert_eq!(store.answer(&id).await.unwrap(), None);
    let claim = claim(&store, "ana", 0).await;
    let outcome = Outcome {
        entries: vec![line_of_muykol("peace", &ids(&claim))],
        ..outcome(0)
    };
    commit(&store, &claim.fence, &ids(&claim), outcome, 0).await;
    assert_eq!(store.answer(&id).await.unwrap().unwrap().text(), "peace");
    assert_eq!(store.answer(&"unknown".into()).await.unwrap(), None);
}

async fn a_reply_can_be_rated_by_whom_it_was_for(store: impl Store) {
    let (person, _) = exchange(&store, ana("1"), &["peace"], 0).await;
    let (other, _) = exchange(&store, said("ben", "ben", "2", "hello", 0), &["joy"], 0).await;
    let lines = lines(&store, &person).await;
    let (question, reply) = (&lines[0].id, &lines[1].id);
    let feedback = Feedback {
        rating: Some(5),
        wrong: false,
        comment: Some("thank you".to_owned()),
    };
    let rate = async |person: &PersonId, entry: &EntryId, seconds| {
        store
            .rate(person, entry, feedback.clone(), at(seconds))
            .await
            .unwrap()
    };
    assert!(rate(&person, reply, 1).await);
    assert!(rate(&person, reply, 2).await, "again");
    assert!(!rate(&person, question, 1).await, "not a reply");
    assert!(!rate(&other, reply, 1).await, "not theirs");
    assert!(!rate(&person, &"unknown".into(), 1).await);
    assert!(!rate(&person, reply, DAY).await, "expired");
}
