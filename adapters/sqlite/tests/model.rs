//! The store does what the obviously right one does, whatever comes in whatever order.
//!
//! Random operations, also nonsensical ones, go to both; every answer must be the same.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // to fail is its way of saying no

use std::{fmt::Debug, time::Duration};

use muykol_core::{
    contract::{
        MemoryStore, Store,
        fixtures::{
            address, answer, at, choice, church, command, conversation, crisis_reply, ids,
            line_of_muykol, of_kind, outcome, photo, said, send, until,
        },
    },
    seams::{
        Accepted, Arrival, Claim, Committed, Draft, Emergency, Feedback, History, Leases,
        Operations, OutboxStore, Outcome, People, ProfileChange, Retention, Session, Sessions,
        Settlement, TurnStore,
    },
    words::{
        AuditNote, Consent, Effect, Entry, EntryBody, EntryId, Lane, PersonId, Purpose, Timestamp,
    },
};
use muykol_sqlite::{Options, SqliteStore};

const SEEDS: u64 = 4;
const STEPS: usize = 200;
const PEOPLE: [&str; 3] = ["ana", "ben", "eva"];
const ROOMS: [&str; 4] = ["ana", "ben", "#room", "#other"];

/// xorshift64 (Marsaglia 2003): the same story for the same seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }

    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        (!list.is_empty()).then(|| &list[self.below(list.len())])
    }
}

/// Both stores, and what is known of them so far.
struct Both {
    model: MemoryStore,
    store: SqliteStore,
    chance: Chance,
    now: u64,
    claims: Vec<Claim>,
    effects: Vec<Effect>,
    people: Vec<PersonId>,
    entries: Vec<EntryId>,
}

fn same<T: Debug>(model: &T, store: &T) {
    assert_eq!(format!("{model:#?}"), format!("{store:#?}"));
}

/// Lines without the ids that a store makes itself.
fn plain(entries: &[Entry]) -> Vec<String> {
    entries
        .iter()
        .map(|entry| {
            let answers = match &entry.body {
                EntryBody::Person { inbound, .. } => vec![inbound.clone()],
                EntryBody::Muykol { answers, .. } => answers.clone(),
            };
            format!(
                "{} {} {:?} {} {answers:?}",
                entry.person,
                entry.conversation,
                entry.at,
                entry.text()
            )
        })
        .collect()
}

fn plain_claim(claim: &Claim) -> impl Debug + use<> {
    (
        claim.fence.clone(),
        ids(claim),
        claim.attempts,
        claim.profile.clone(),
        plain(&claim.recent),
        claim.draft.clone(),
    )
}

impl Both {
    fn time(&self) -> Timestamp {
        at(self.now)
    }

    async fn step(&mut self, number: usize) {
        self.now += [0, 0, 1, 5, 30, 3000][self.chance.below(6)];
        match self.chance.below(20) {
            0..=5 => self.accept(number).await,
            6..=7 => self.claim().await,
            8 => self.hold().await,
            9..=11 => self.commit(number).await,
            12 => self.due().await,
            13..=15 => self.settle().await,
            16 => self.erase_or_change().await,
            17 => self.operate().await,
            18 => self.rate().await,
            _ => self.listen(number).await,
        }
        self.look().await;
    }

    async fn accept(&mut self, number: usize) {
        let who = PEOPLE[self.chance.below(3)];
        let room = ROOMS[self.chance.below(4)];
        // Now and then a key that was used before, with the same words or others.
        let key = if self.chance.one_in(4) {
            self.chance.below(number + 1)
        } else {
            number
        };
        let words = format!("words {}", if self.chance.one_in(8) { 0 } else { key });
        let mut arrival = said(who, room, &key.to_string(), &words, self.now);
        arrival = match self.chance.below(8) {
            0 => of_kind(command(), arrival),
            1 => of_kind(choice(), arrival),
            2 => of_kind(photo(), arrival),
            _ => arrival,
        };
        if self.chance.one_in(6) {
            arrival.emergency = Some(self.emergency(who, room));
        }
        if self.chance.one_in(2) {
            arrival.claim = Some(until("one", self.now + 60));
        }
        let model = self.model.accept(Arrival::clone(&arrival)).await.unwrap();
        let store = self.store.accept(arrival).await.unwrap();
        match (model, store) {
            (
                Accepted::New {
                    person,
                    claim,
                    effects,
                },
                Accepted::New {
                    person: person2,
                    claim: claim2,
                    effects: effects2,
                },
            ) => {
                same(&person, &person2);
                same(
                    &claim.as_deref().map(plain_claim),
                    &claim2.as_deref().map(plain_claim),
                );
                same(&effects, &effects2);
                self.people.push(person);
                self.effects.extend(effects);
                self.claims.extend(claim2.map(|claim| *claim));
            }
            (
                Accepted::Duplicate { id, person },
                Accepted::Duplicate {
                    id: id2,
                    person: person2,
                },
            ) => {
                same(&id, &id2);
                same(&person, &person2);
            }
            (Accepted::Conflict, Accepted::Conflict) => {}
            (model, store) => panic!("{model:?} is not {store:?}"),
        }
    }

    fn emergency(&mut self, who: &str, room: &str) -> Emergency {
        let mut emergency = crisis_reply(who, room, self.now);
        if self.chance.one_in(3) {
            emergency
                .outcome
                .effects
                .push(send(Lane::Normal, who, room, "after"));
        }
        emergency
            .outcome
            .profile
            .push(ProfileChange::CareUntil(at(self.now + 100)));
        emergency
    }

    async fn claim(&mut self) {
        let room = conversation(ROOMS[self.chance.below(4)]);
        let request = until(["one", "two"][self.chance.below(2)], self.now + 60);
        let model = self
            .model
            .claim(&room, request.clone(), self.time())
            .await
            .unwrap();
        let store = self.store.claim(&room, request, self.time()).await.unwrap();
        same(
            &model.as_ref().map(plain_claim),
            &store.as_ref().map(plain_claim),
        );
        self.claims.extend(store);
    }

    /// A claim, often the latest, often a stale one.
    fn some_claim(&mut self) -> Option<Claim> {
        if self.chance.one_in(3) {
            self.chance.pick(&self.claims).cloned()
        } else {
            self.claims.last().cloned()
        }
    }

    async fn hold(&mut self) {
        let Some(claim) = self.some_claim() else {
            return;
        };
        let draft = self.chance.one_in(2).then(|| Draft {
            message: "posted".to_owned(),
        });
        let end = at(self.now + 60);
        let model = self
            .model
            .hold(&claim.fence, end, draft.clone())
            .await
            .unwrap();
        let store = self.store.hold(&claim.fence, end, draft).await.unwrap();
        same(&model, &store);
    }

    async fn commit(&mut self, number: usize) {
        let Some(claim) = self.some_claim() else {
            return;
        };
        let mut answered = ids(&claim);
        if self.chance.one_in(6) {
            answered.truncate(1);
        }
        let text = format!("reply {number}");
        let mut outcome = match self.chance.below(8) {
            0 => outcome(self.now),
            1 => Outcome {
                erase: true,
                ..answer(&claim, &[&text], self.now)
            },
            2 => Outcome {
                profile: vec![self.consent()],
                ..answer(&claim, &[&text], self.now)
            },
            3 => Outcome {
                entries: vec![line_of_muykol(&text, &ids(&claim))],
                expires: None,
                ..outcome(self.now)
            },
            _ => answer(&claim, &[&text, "and more"], self.now),
        };
        if self.chance.one_in(5) {
            let (who, room) = (PEOPLE[self.chance.below(3)], ROOMS[self.chance.below(4)]);
            outcome
                .effects
                .push(send(Lane::Emergency, who, room, "now"));
        }
        self.entries
            .extend(outcome.entries.iter().map(|entry| entry.id.clone()));
        let now = self.time();
        let model = self
            .model
            .commit(&claim.fence, &answered, outcome.clone(), now)
            .await
            .unwrap();
        let store = self
            .store
            .commit(&claim.fence, &answered, outcome, now)
            .await
            .unwrap();
        same(&model, &store);
        if let Committed::Done { effects, .. } = store {
            self.effects.extend(effects);
        }
    }

    async fn due(&mut self) {
        let limit = [1, 2, 3, 100][self.chance.below(4)];
        let request = until("two", self.now + 60);
        let model = self
            .model
            .due(0, request.clone(), self.time(), limit)
            .await
            .unwrap();
        let store = self
            .store
            .due(0, request, self.time(), limit)
            .await
            .unwrap();
        same(&model, &store);
        self.effects.extend(store);
    }

    async fn settle(&mut self) {
        // Mostly the oldest that may still be open.
        let effect = if self.chance.one_in(2) {
            self.effects.first().cloned()
        } else {
            self.chance.pick(&self.effects).cloned()
        };
        let Some(effect) = effect else {
            return;
        };
        let settlement = match self.chance.below(9) {
            0 => Settlement::Retry {
                at: at(self.now + 20),
                maybe_sent: self.chance.one_in(2),
            },
            1 => Settlement::Moved {
                room: ROOMS[self.chance.below(4)].to_owned(),
            },
            2 => Settlement::Blocked,
            3 => Settlement::Parked {
                reason: "refused".to_owned(),
            },
            _ => Settlement::Sent {
                receipt: Some("receipt".to_owned()),
            },
        };
        self.model
            .settle(&effect, settlement.clone(), self.time())
            .await
            .unwrap();
        self.store
            .settle(&effect, settlement, self.time())
            .await
            .unwrap();
        self.effects
            .retain(|held| held.id != effect.id || self.now.is_multiple_of(2));
    }

    fn consent(&mut self) -> ProfileChange {
        ProfileChange::Consent(Consent {
            purpose: Purpose::History,
            given: self.chance.one_in(2),
            wording: "1".to_owned(),
            at: self.time(),
            channel: "telegram".to_owned(),
        })
    }

    async fn erase_or_change(&mut self) {
        let Some(person) = self.chance.pick(&self.people).cloned() else {
            return;
        };
        if self.chance.one_in(4) {
            let model = self.model.erase(&person, self.time()).await.unwrap();
            let store = self.store.erase(&person, self.time()).await.unwrap();
            same(&model, &store);
        } else {
            let changes = [self.consent(), ProfileChange::Name(Some("name".to_owned()))];
            let note = AuditNote {
                code: "changed".to_owned(),
                details: serde_json::Value::Null,
            };
            let model = self
                .model
                .change(&person, &changes, note.clone(), self.time())
                .await;
            let store = self
                .store
                .change(&person, &changes, note, self.time())
                .await;
            same(&model.unwrap(), &store.unwrap());
        }
    }

    async fn operate(&mut self) {
        if self.chance.one_in(2) {
            let parked = self.store.parked(100).await.unwrap();
            if let Some(effect) = self.chance.pick(&parked) {
                let model = self.model.retry(&effect.id, self.time()).await.unwrap();
                same(
                    &model,
                    &self.store.retry(&effect.id, self.time()).await.unwrap(),
                );
            }
            return;
        }
        let retention = Retention {
            history: Duration::from_secs(40_000),
            dedupe: Duration::from_secs(20_000),
            receipts: Duration::from_secs(10_000),
            audit: Duration::from_secs(1_000_000),
        };
        let model = self.model.sweep(retention, self.time()).await.unwrap();
        same(
            &model,
            &self.store.sweep(retention, self.time()).await.unwrap(),
        );
    }

    async fn rate(&mut self) {
        let (person, entry) = (
            self.chance.pick(&self.people).cloned(),
            self.chance.pick(&self.entries).cloned(),
        );
        let (Some(person), Some(entry)) = (person, entry) else {
            return;
        };
        let feedback = Feedback {
            rating: Some(3),
            wrong: false,
            comment: None,
        };
        let model = self
            .model
            .rate(&person, &entry, feedback.clone(), self.time())
            .await
            .unwrap();
        same(
            &model,
            &self
                .store
                .rate(&person, &entry, feedback, self.time())
                .await
                .unwrap(),
        );
    }

    async fn listen(&mut self, number: usize) {
        let holder = ["one", "two"][self.chance.below(2)].into();
        let (now, end) = (self.time(), at(self.now + 40));
        let model = self.model.acquire("poll", &holder, now, end).await.unwrap();
        same(
            &model,
            &self.store.acquire("poll", &holder, now, end).await.unwrap(),
        );
        let term = model.map_or(1, |grant| grant.term);
        let position = number.to_string();
        let model = self
            .model
            .advance("poll", term, &position, end)
            .await
            .unwrap();
        same(
            &model,
            &self
                .store
                .advance("poll", term, &position, end)
                .await
                .unwrap(),
        );
        if self.chance.one_in(4) {
            self.model.release("poll", term).await.unwrap();
            self.store.release("poll", term).await.unwrap();
        }
        let who = PEOPLE[self.chance.below(3)];
        let session = Session {
            address: address(who),
            expires: at(self.now + 5000),
        };
        self.model.open(who, session.clone()).await.unwrap();
        self.store.open(who, session).await.unwrap();
    }

    /// Everything that can be seen is the same.
    async fn look(&mut self) {
        let now = self.time();
        let model = self.model.waiting(0, now, 100).await.unwrap();
        same(&model, &self.store.waiting(0, now, 100).await.unwrap());
        let model = self.model.outbox_stats().await.unwrap();
        same(&model, &self.store.outbox_stats().await.unwrap());
        let model = self.model.parked(100).await.unwrap();
        same(&model, &self.store.parked(100).await.unwrap());
        for who in PEOPLE {
            let model = self.model.session(who, now).await.unwrap();
            same(&model, &self.store.session(who, now).await.unwrap());
            let model = self.model.find(&address(who)).await.unwrap();
            same(&model, &self.store.find(&address(who)).await.unwrap());
            let Some(profile) = model else {
                continue;
            };
            self.look_at(&profile.id, now).await;
        }
    }

    async fn look_at(&mut self, person: &PersonId, now: Timestamp) {
        let cursor = self.chance.pick(&self.entries).cloned();
        for cursor in [None, cursor.as_ref()] {
            let model = self.model.before(person, cursor, 7, now).await.unwrap();
            same(
                &plain(&model),
                &plain(&self.store.before(person, cursor, 7, now).await.unwrap()),
            );
            let model = self.model.after(person, cursor, 7, now).await.unwrap();
            same(
                &plain(&model),
                &plain(&self.store.after(person, cursor, 7, now).await.unwrap()),
            );
        }
        let (_, model) = self.model.export(person).await.unwrap().unwrap();
        let (_, store) = self.store.export(person).await.unwrap().unwrap();
        same(&plain(&model), &plain(&store));
        if let Some(EntryBody::Person { inbound, .. }) = model.last().map(|entry| &entry.body) {
            let model = self.model.answer(inbound).await.unwrap();
            let store = self.store.answer(inbound).await.unwrap();
            same(&plain(model.as_slice()), &plain(store.as_slice()));
        }
    }
}

/// Both implement the seams alike.
fn is_a_store(_: &impl Store) {}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_does_what_the_model_does() {
    // In memory where there is such a folder: durability is another test's matter.
    let folder = tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap();
    for seed in 1..=SEEDS {
        let options = Options {
            patience: Duration::from_secs(60),
            ..Options::new(church())
        };
        let path = folder.path().join(format!("{seed}.db"));
        let mut both = Both {
            model: MemoryStore::new(),
            store: SqliteStore::open(path, options).unwrap(),
            chance: Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
            now: 0,
            claims: Vec::new(),
            effects: Vec::new(),
            people: Vec::new(),
            entries: Vec::new(),
        };
        is_a_store(&both.model);
        is_a_store(&both.store);
        for number in 0..STEPS {
            println!("seed {seed}, step {number}");
            both.step(number).await;
        }
    }
}
