//! Processes, tasks, people and time, all in the hand of a script.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::stream;
use tokio::sync::Notify;

use super::{
    phone::{Phone, Trouble},
    shaky::{Ledger, Shaky, pause},
};
use crate::{
    care::ChurchCare,
    path::{Delivered, Received, RecentCrises, Settings, Store, Watchers, Wiring, Work},
    scripture::Library,
    seams::{
        AnswerError, Answerer, Decision, Limiter, Operations, Piece, Pieces, Quota, TurnContext,
    },
    words::{
        Account, Address, AnsweredBy, Audience, Block, Channel, ChurchId, Clock, EntryBody,
        HolderId, Inbound, InboundId, InboundKind, Lease, PersonId, Place, PlaceRole, Timestamp,
    },
};

const DANGER: &str = "I want to kill myself";

/// One step of a script.
#[derive(Debug, Clone)]
pub enum Step {
    /// A person writes; `what` chooses between words, danger, a command, a choice and a group.
    Write {
        /// Which person.
        person: usize,
        /// What they write.
        what: u8,
    },
    /// The provider delivers a message again.
    Redeliver(usize),
    /// A task goes on for some awaits.
    Poll {
        /// Which task.
        task: usize,
        /// For how many awaits.
        times: u8,
    },
    /// A process looks for what was left behind.
    Sweep(usize),
    /// A process dies where it stands and another takes its place.
    Kill(usize),
    /// A process stops being scheduled.
    Freeze(usize),
    /// It wakes.
    Thaw(usize),
    /// Milliseconds pass.
    Pass(u64),
    /// The provider fails the next request.
    Trouble(Trouble),
    /// The store fails the next calls.
    StoreFails(u32),
    /// A person is erased.
    Erase(usize),
}

type Task = Pin<Box<dyn Future<Output = Vec<Work>>>>;

struct Process {
    wiring: Arc<Wiring>,
    tasks: Vec<Task>,
    frozen: bool,
}

/// A message that somebody wrote.
struct Message {
    inbound: Inbound,
    danger: bool,
    /// What the provider was told last.
    received: Arc<Mutex<Option<Received>>>,
    /// How much the phones showed when it was first delivered.
    shown_before: usize,
}

struct SimClock(AtomicI64);

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        // Looking takes time too: no two looks see the same.
        Timestamp(self.0.fetch_add(1, Ordering::SeqCst))
    }
}

/// Allows everything: limits have tests of their own.
struct Unlimited;

#[async_trait]
impl Limiter for Unlimited {
    async fn check(&self, _: &str, _: Quota) -> Decision {
        Decision::Allowed
    }
}

/// Answers with the very words it was asked, so that every answer is told apart.
struct Echo;

#[async_trait]
impl Answerer for Echo {
    async fn answer<'a>(&'a self, context: &'a TurnContext) -> Result<Pieces<'a>, AnswerError> {
        pause().await;
        let echo = format!("You wrote {}.", context.messages.join(" and "));
        let pieces =
            [echo.as_str(), "I am with you."].map(|text| Ok(Piece::Block(Block::text(text))));
        Ok(Box::pin(stream::iter(pieces)))
    }

    fn name(&self) -> AnsweredBy {
        AnsweredBy::Curated
    }
}

/// Everything that is simulated.
pub struct World<S> {
    store: Arc<Shaky<S>>,
    ledger: Arc<Mutex<Ledger>>,
    phone: Arc<Phone>,
    clock: Arc<SimClock>,
    processes: Vec<Process>,
    messages: Vec<Message>,
    /// Messages of people who were erased after they wrote.
    erased: HashSet<usize>,
}

impl<S: Store + Operations + 'static> World<S> {
    /// Runs a script with `processes` processes on `store`, and checks every promise at its end.
    ///
    /// # Panics
    /// When a promise is broken.
    pub fn run(store: S, processes: usize, steps: &[Step]) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(tokio::task::unconstrained(async {
            let mut world = Self::new(store, processes);
            for step in steps {
                world.step(step).await;
            }
            world.settle().await;
            world.check().await;
        }));
    }

    fn new(store: S, processes: usize) -> Self {
        let ledger = Arc::<Mutex<Ledger>>::default();
        let clock = Arc::new(SimClock(AtomicI64::new(1_700_000_000_000)));
        let mut world = Self {
            store: Arc::new(Shaky {
                store,
                ledger: Arc::clone(&ledger),
            }),
            phone: Arc::new(Phone::new(clock.clone())),
            ledger,
            clock,
            processes: Vec::new(),
            messages: Vec::new(),
            erased: HashSet::new(),
        };
        world.processes = (0..processes).map(|_| world.process()).collect();
        world
    }

    fn process(&self) -> Process {
        let channel = Channel::from("phone");
        let wiring = Wiring {
            store: self.store.clone(),
            couriers: BTreeMap::from([(channel, self.phone.clone() as _)]),
            limiter: Arc::new(Unlimited),
            events: Arc::new(Watchers::default()),
            clock: self.clock.clone(),
            curated: Arc::new(Echo),
            model: None,
            second_look: None,
            library: Arc::new(Library::embedded()),
            holder: HolderId::random(),
            key: b"a key of the simulation".to_vec(),
            settings: Settings {
                church: ChurchId::from("church"),
                care: ChurchCare::default(),
                country: None,
                language: "en".to_owned(),
                translation: "ASV".to_owned(),
                greeting: None,
                uses_model: false,
                history: Duration::from_hours(24 * 365),
                unconsented: Duration::from_hours(24),
                per_person: Quota::per_minute(1000),
            },
            crises: RecentCrises::default(),
        };
        Process {
            wiring: Arc::new(wiring),
            tasks: Vec::new(),
            frozen: false,
        }
    }

    async fn step(&mut self, step: &Step) {
        match step {
            Step::Write { person, what } => self.write(*person, *what),
            Step::Redeliver(which) if !self.messages.is_empty() => {
                let message = which % self.messages.len();
                self.deliver(message, message % self.processes.len());
            }
            Step::Redeliver(_) => {}
            Step::Poll { task, times } => self.poll_one(*task, *times),
            Step::Sweep(process) => self.sweep(*process).await,
            Step::Kill(process) => {
                self.processes[*process] = self.process();
            }
            Step::Freeze(process) => {
                self.processes[*process].frozen = true;
            }
            Step::Thaw(process) => self.processes[*process].frozen = false,
            Step::Pass(millis) => self.pass(*millis).await,
            Step::Trouble(trouble) => self.phone.troubles.lock().unwrap().push_back(*trouble),
            Step::StoreFails(times) => {
                self.ledger.lock().unwrap().failures += times;
            }
            Step::Erase(person) => self.erase(*person).await,
        }
    }

    fn write(&mut self, person: usize, what: u8) {
        let number = self.messages.len();
        let (text, kind, public) = match what {
            0 => (DANGER.to_owned(), InboundKind::Text, false),
            1 => {
                let name = "guidelines".to_owned();
                let kind = InboundKind::Command {
                    name,
                    args: String::new(),
                };
                (String::new(), kind, false)
            }
            2 => (format!("message {number}"), InboundKind::Text, true),
            _ => (format!("message {number}"), InboundKind::Text, false),
        };
        let id = format!("person-{person}");
        let inbound = Inbound {
            place: Place {
                room: if public {
                    "group".to_owned()
                } else {
                    id.clone()
                },
                thread: None,
                reply_to: None,
                role: PlaceRole::Person,
                audience: if public {
                    Audience::Public
                } else {
                    Audience::Private
                },
            },
            sender: address(id),
            provider_id: number.to_string(),
            text,
            locale: None,
            at: self.clock.now(),
            kind,
        };
        self.messages.push(Message {
            danger: what == 0,
            inbound,
            received: Arc::default(),
            shown_before: self.phone.seen.lock().unwrap().len(),
        });
        self.deliver(number, number % self.processes.len());
    }

    /// The provider hands a message to a process.
    fn deliver(&mut self, message: usize, process: usize) {
        let process = &mut self.processes[process];
        let wiring = Arc::clone(&process.wiring);
        let inbound = self.messages[message].inbound.clone();
        let slot = Arc::clone(&self.messages[message].received);
        process.tasks.push(Box::pin(async move {
            let (received, work) = wiring.receive(inbound, true).await;
            let mut slot = slot.lock().unwrap();
            // An acknowledgement stands, whatever a later delivery was told.
            if !matches!(*slot, Some(Received::Accepted { .. })) {
                *slot = Some(received);
            }
            work
        }));
    }

    fn poll_one(&mut self, task: usize, times: u8) {
        let runnable: Vec<(usize, usize)> = self
            .processes
            .iter()
            .enumerate()
            .filter(|(_, process)| !process.frozen)
            .flat_map(|(at, process)| (0..process.tasks.len()).map(move |task| (at, task)))
            .collect();
        if runnable.is_empty() {
            return;
        }
        let (process, task) = runnable[task % runnable.len()];
        for _ in 0..times {
            if self.poll(process, task) {
                return;
            }
        }
    }

    /// Lets a task go on to its next await; true if it ended.
    fn poll(&mut self, process: usize, task: usize) -> bool {
        let process = &mut self.processes[process];
        let mut context = Context::from_waker(Waker::noop());
        match process.tasks[task].as_mut().poll(&mut context) {
            Poll::Pending => false,
            Poll::Ready(work) => {
                drop(process.tasks.remove(task));
                for step in work {
                    process.start(step);
                }
                true
            }
        }
    }

    async fn sweep(&mut self, process: usize) {
        let process = &mut self.processes[process];
        if process.frozen {
            return;
        }
        let wiring = Arc::clone(&process.wiring);
        let now = wiring.clock.now();
        let until = now + Wiring::EFFECT_LEASE;
        let request = Lease {
            holder: wiring.holder.clone(),
            until,
        };
        let store = &self.store.store;
        for conversation in store.waiting(0, now, 10).await.unwrap() {
            process.start(Work::Claim(conversation));
        }
        let due = store.due(0, request, now, 100).await.unwrap();
        for effects in crate::path::lanes(due) {
            process.start(Work::Deliver(effects));
        }
    }

    async fn pass(&mut self, millis: u64) {
        let millis_signed = i64::try_from(millis).unwrap();
        self.clock.0.fetch_add(millis_signed, Ordering::SeqCst);
        tokio::time::advance(Duration::from_millis(millis)).await;
    }

    async fn erase(&mut self, person: usize) {
        let address = address(format!("person-{person}"));
        let store = &self.store.store;
        if let Some(profile) = store.find(&address).await.unwrap() {
            store.erase(&profile.id, self.clock.now()).await.unwrap();
        }
        // A message on its way through the door may land on either side of the erasure.
        for (number, message) in self.messages.iter().enumerate() {
            if message.inbound.sender == address {
                self.erased.insert(number);
            }
        }
    }

    /// The troubles end: everything is delivered until it is acknowledged, and time passes until
    /// nothing is left to do.
    async fn settle(&mut self) {
        self.phone.troubles.lock().unwrap().clear();
        self.ledger.lock().unwrap().failures = 0;
        for process in &mut self.processes {
            process.frozen = false;
        }
        for round in 0..2000 {
            for number in 0..self.messages.len() {
                let refused = matches!(
                    *self.messages[number].received.lock().unwrap(),
                    None | Some(Received::NotStored { .. })
                );
                if refused && round % 20 == 0 {
                    self.deliver(number, number % self.processes.len());
                }
            }
            for process in 0..self.processes.len() {
                self.sweep(process).await;
                let mut task = 0;
                while task < self.processes[process].tasks.len() {
                    let ended = (0..50).any(|_| self.poll(process, task));
                    task += usize::from(!ended);
                }
            }
            self.pass(500).await;
            if self.is_quiet().await {
                return;
            }
        }
        panic!("the path never came to rest");
    }

    async fn is_quiet(&self) -> bool {
        let far = self.clock.now() + Duration::from_hours(2);
        let store = &self.store.store;
        let acknowledged = self.messages.iter().all(|message| {
            matches!(
                *message.received.lock().unwrap(),
                Some(Received::Accepted { .. } | Received::Conflict)
            )
        });
        acknowledged
            && self
                .processes
                .iter()
                .all(|process| process.tasks.is_empty())
            && store.waiting(0, far, 1).await.unwrap().is_empty()
            && store.outbox_stats().await.unwrap().due == 0
    }

    async fn check(&self) {
        let mut answered: HashMap<InboundId, usize> = HashMap::new();
        let mut said: Vec<InboundId> = Vec::new();
        for person in 0..3 {
            let address = address(format!("person-{person}"));
            let Some(profile) = self.store.store.find(&address).await.unwrap() else {
                continue;
            };
            for entry in self.lines_of(&profile.id).await {
                match entry {
                    EntryBody::Person { inbound, .. } => said.push(inbound),
                    EntryBody::Muykol { answers, .. } => {
                        for id in answers {
                            *answered.entry(id).or_default() += 1;
                        }
                    }
                }
            }
        }
        for (number, message) in self.messages.iter().enumerate() {
            if self.erased.contains(&number) {
                continue;
            }
            let received = message.received.lock().unwrap().clone();
            let Some(Received::Accepted { id, .. }) = received else {
                panic!("message {number} was never acknowledged");
            };
            assert_eq!(answered.get(&id), Some(&1), "answers to message {number}");
            let times = said.iter().filter(|said| **said == id).count();
            assert_eq!(times, 1, "message {number} in history");
        }
        self.check_order(&said);
        self.check_danger();
        self.check_doubles();
    }

    async fn lines_of(&self, person: &PersonId) -> Vec<EntryBody> {
        let (_, lines) = self.store.store.export(person).await.unwrap().unwrap();
        lines.into_iter().map(|entry| entry.body).collect()
    }

    /// The words of one conversation stand in history in the order in which they were accepted.
    fn check_order(&self, said: &[InboundId]) {
        let accepted = &self.ledger.lock().unwrap().accepted;
        let mut places: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
        for id in said {
            let message = self.messages.iter().find(|message| {
                matches!(&*message.received.lock().unwrap(),
                    Some(Received::Accepted { id: known, .. }) if known == id)
            });
            let Some(message) = message.filter(|m| m.inbound.kind == InboundKind::Text) else {
                continue;
            };
            let place = (
                message.inbound.place.room.as_str(),
                message.inbound.sender.id.as_str(),
            );
            let at = accepted.iter().position(|known| known == id).unwrap();
            places.entry(place).or_default().push(at);
        }
        for (place, order) in places {
            assert!(order.is_sorted(), "order in {place:?}: {order:?}");
        }
    }

    fn check_danger(&self) {
        let seen = self.phone.seen.lock().unwrap();
        let unreachable = self.unreachable();
        for (number, message) in self.messages.iter().enumerate() {
            if !message.danger || self.erased.contains(&number) {
                continue;
            }
            let room = &message.inbound.place.room;
            let helped = seen[message.shown_before..].iter().any(|seen| {
                seen.room.trim_end_matches('\'') == room && is_crisis_reply(&seen.text)
            });
            assert!(
                helped || unreachable.contains(room),
                "danger {number} was not answered"
            );
        }
    }

    /// Nobody sees a message again sooner than its sender could have died over it, unless its
    /// answer was lost. (That what is settled is never due again is the store's own contract.)
    fn check_doubles(&self) {
        let seen = self.phone.seen.lock().unwrap();
        let lost = self.phone.lost.lock().unwrap();
        let mut first: HashMap<_, _> = HashMap::new();
        // A crisis reply twice is allowed; none is not.
        for seen in seen.iter().filter(|seen| !is_crisis_reply(&seen.text)) {
            let Some(before) = first.insert(&seen.effect, seen.begun) else {
                continue;
            };
            let could_have_died = (seen.begun.0 - before.0).unsigned_abs()
                >= u64::try_from(Wiring::SEND_TIMEOUT.as_millis()).unwrap();
            assert!(
                could_have_died || lost.contains(&seen.effect),
                "sent twice within {} ms: {}",
                seen.begun.0 - before.0,
                seen.text
            );
        }
    }

    /// Rooms whose provider said for good that nothing can be sent there.
    fn unreachable(&self) -> HashSet<String> {
        self.phone
            .happened
            .lock()
            .unwrap()
            .iter()
            .filter(|(trouble, _)| matches!(trouble, Trouble::Blocked | Trouble::Rejected))
            .map(|(_, room)| room.trim_end_matches('\'').to_owned())
            .collect()
    }
}

impl Process {
    fn start(&mut self, work: Work) {
        let wiring = Arc::clone(&self.wiring);
        self.tasks.push(match work {
            Work::Turn(claim) => {
                Box::pin(async move { wiring.take_turn(*claim, &Notify::new()).await })
            }
            Work::Claim(conversation) => Box::pin(async move {
                let now = wiring.clock.now();
                let request = Lease {
                    holder: wiring.holder.clone(),
                    until: now + Wiring::TURN_LEASE,
                };
                let claim = wiring.store.claim(&conversation, request, now).await;
                let claim = claim.ok().flatten();
                claim
                    .map(|claim| Work::Turn(Box::new(claim)))
                    .into_iter()
                    .collect()
            }),
            Work::Deliver(effects) => Box::pin(async move {
                let _: Delivered = wiring.deliver(effects).await;
                Vec::new()
            }),
            Work::Direct { delivery, effects } => Box::pin(async move {
                wiring.send_directly(&delivery, effects).await;
                Vec::new()
            }),
            Work::Check(_) => return,
        });
    }
}

fn address(id: String) -> Address {
    Address {
        channel: Channel::from("phone"),
        account: Account::from("church"),
        id,
    }
}

/// Everything that is not one of the texts of an ordinary answer here.
fn is_crisis_reply(text: &str) -> bool {
    ![
        "You wrote",
        "I am with you",
        "I'm a computer",
        "A few words",
    ]
    .iter()
    .any(|ordinary| text.starts_with(ordinary))
}
