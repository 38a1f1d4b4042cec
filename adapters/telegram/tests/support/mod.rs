//! A bot against the counterpart: real HTTP between them, and a door and leases one can look into.
#![allow(dead_code)] // each test binary uses its part

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use muykol_core::{
    path::{Door, Received},
    seams::{Grant, Leases, StoreError},
    words::{
        Address, Audience, Clock, ConversationId, Destination, EffectId, HolderId, Inbound,
        InboundId, Part, PersonId, Place, PlaceRole, Timestamp,
    },
};
use muykol_telegram::{Alarm, Mode, Secret, Settings, Telegram, Timing};
use muykol_telegram_counterpart::{Counterpart, Options};
use tokio::sync::watch;

pub const SECRET: &str = "open-sesame_1";

pub struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Timestamp(i64::try_from(since.as_millis()).unwrap())
    }
}

/// A door that keeps what came, and can be made to fail.
#[derive(Default)]
pub struct Kept {
    pub inbounds: Mutex<Vec<Inbound>>,
    pub keys: Mutex<HashSet<String>>,
    pub doubles: AtomicUsize,
    pub failing: AtomicBool,
    /// Only messages with these words cannot be stored.
    pub failing_on: Mutex<Option<String>>,
    /// How long such a message is tried.
    pub patience: Mutex<Duration>,
    /// Every message that was offered, stored or not, and when.
    pub offered: Mutex<Vec<(String, std::time::Instant)>>,
}

impl Kept {
    pub fn texts(&self) -> Vec<String> {
        self.inbounds
            .lock()
            .unwrap()
            .iter()
            .map(|inbound| inbound.text.clone())
            .collect()
    }

    pub fn fail(&self, failing: bool) {
        self.failing.store(failing, Ordering::SeqCst);
    }

    /// How often a message with these words was offered.
    pub fn offers(&self, words: &str) -> usize {
        let offered = self.offered.lock().unwrap();
        offered.iter().filter(|(text, _)| text == words).count()
    }

    pub async fn reach(&self, count: usize) -> Vec<Inbound> {
        let reached = async {
            loop {
                let held = self.inbounds.lock().unwrap().clone();
                if held.len() >= count {
                    return held;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), reached)
            .await
            .expect("the messages come")
    }
}

#[async_trait]
impl Door for Kept {
    async fn receive(&self, inbound: Inbound) -> Received {
        let offer = (inbound.text.clone(), std::time::Instant::now());
        self.offered.lock().unwrap().push(offer);
        let fails_on = self.failing_on.lock().unwrap().clone();
        if self.failing.load(Ordering::SeqCst)
            || fails_on.is_some_and(|words| inbound.text.contains(&words))
        {
            let patience = *self.patience.lock().unwrap();
            tokio::time::sleep(patience).await;
            return Received::NotStored { crisis: None };
        }
        let new = self
            .keys
            .lock()
            .unwrap()
            .insert(inbound.provider_id.clone());
        if new {
            self.inbounds.lock().unwrap().push(inbound);
        } else {
            self.doubles.fetch_add(1, Ordering::SeqCst);
        }
        Received::Accepted {
            id: InboundId::new(Timestamp(0)),
            person: PersonId::random(),
            conversation: ConversationId("c".into()),
            new,
        }
    }
}

/// Leases in memory, with the rule of the seam.
#[derive(Default)]
pub struct Held(pub Mutex<HashMap<String, Row>>, pub AtomicBool);

impl Held {
    /// From now on the store gives no answer, or does again.
    pub fn fail(&self, failing: bool) {
        self.1.store(failing, Ordering::SeqCst);
    }

    fn answers(&self) -> Result<(), StoreError> {
        if self.1.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("the disk is full".into()));
        }
        Ok(())
    }
}

#[derive(Default, Clone)]
pub struct Row {
    pub holder: Option<HolderId>,
    pub until: Timestamp,
    pub term: u64,
    pub position: Option<String>,
}

#[async_trait]
impl Leases for Held {
    async fn acquire(
        &self,
        name: &str,
        holder: &HolderId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Grant>, StoreError> {
        self.answers()?;
        let mut rows = self.0.lock().unwrap();
        let row = rows.entry(name.to_owned()).or_default();
        if row.holder.as_ref() != Some(holder) {
            if row.holder.is_some() && row.until > now {
                return Ok(None);
            }
            row.term += 1;
            row.holder = Some(holder.clone());
        }
        row.until = until;
        Ok(Some(Grant {
            term: row.term,
            position: row.position.clone(),
        }))
    }

    async fn advance(
        &self,
        name: &str,
        term: u64,
        position: &str,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        self.answers()?;
        let mut rows = self.0.lock().unwrap();
        let row = rows.entry(name.to_owned()).or_default();
        if row.term != term {
            return Ok(false);
        }
        row.position = Some(position.to_owned());
        row.until = until;
        Ok(true)
    }

    async fn release(&self, name: &str, term: u64) -> Result<(), StoreError> {
        self.answers()?;
        let mut rows = self.0.lock().unwrap();
        let row = rows.entry(name.to_owned()).or_default();
        if row.term == term {
            row.holder = None;
        }
        Ok(())
    }
}

pub fn alarm() -> Alarm {
    Arc::new(|text: &str| text.contains("kill myself"))
}

pub fn quick() -> Timing {
    Timing {
        poll: Duration::from_secs(1),
        lease: Duration::from_millis(600),
        backoff: Duration::from_millis(20),
        backoff_cap: Duration::from_millis(100),
        call: Duration::from_millis(700),
    }
}

pub fn settings(counterpart: &Counterpart, mode: Mode) -> Settings {
    Settings {
        token: Secret(counterpart.token().to_owned()),
        api_url: counterpart.url(),
        mode,
        pace: muykol_telegram::telegrams_pace(),
        timing: quick(),
    }
}

pub fn bot(counterpart: &Counterpart) -> Telegram {
    Telegram::new(
        settings(counterpart, Mode::Poll),
        Arc::new(WallClock),
        alarm(),
    )
    .unwrap()
}

pub async fn counterpart() -> Counterpart {
    with(|_| {}).await
}

pub async fn with(change: impl FnOnce(&mut Options)) -> Counterpart {
    let mut options = Options {
        webhook_retry: Duration::from_millis(20),
        webhook_retry_cap: Duration::from_millis(100),
        ..Options::default()
    };
    change(&mut options);
    Counterpart::start(options).await.unwrap()
}

/// A bot that listens until it is dropped.
pub struct Running {
    pub telegram: Arc<Telegram>,
    pub door: Arc<Kept>,
    pub leases: Arc<Held>,
    stop: watch::Sender<bool>,
    pub task: tokio::task::JoinHandle<()>,
    server: Option<tokio::task::JoinHandle<()>>,
    /// Where the webhook listens.
    pub url: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
        if let Some(server) = &self.server {
            server.abort();
        }
    }
}

impl Running {
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        (&mut self.task).await.unwrap();
    }
}

pub fn poll(counterpart: &Counterpart, door: &Arc<Kept>, leases: &Arc<Held>) -> Running {
    run(
        Arc::new(bot(counterpart)),
        door,
        leases,
        None,
        String::new(),
    )
}

/// As [`poll`], in its own time.
pub fn poll_with(
    counterpart: &Counterpart,
    door: &Arc<Kept>,
    leases: &Arc<Held>,
    timing: Timing,
) -> Running {
    let settings = Settings {
        timing,
        ..settings(counterpart, Mode::Poll)
    };
    let telegram = Telegram::new(settings, Arc::new(WallClock), alarm()).unwrap();
    run(Arc::new(telegram), door, leases, None, String::new())
}

pub async fn webhook(counterpart: &Counterpart, door: &Arc<Kept>) -> Running {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let public_url = format!("http://{}", listener.local_addr().unwrap());
    let mode = Mode::Webhook {
        public_url: public_url.clone(),
        secret: Secret(SECRET.into()),
    };
    let telegram =
        Arc::new(Telegram::new(settings(counterpart, mode), Arc::new(WallClock), alarm()).unwrap());
    let routes = telegram.routes(door.clone());
    let server = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    run(telegram, door, &Arc::default(), Some(server), public_url)
}

fn run(
    telegram: Arc<Telegram>,
    door: &Arc<Kept>,
    leases: &Arc<Held>,
    server: Option<tokio::task::JoinHandle<()>>,
    url: String,
) -> Running {
    let (stop, stopped) = watch::channel(false);
    let task = {
        let (telegram, door, leases) = (telegram.clone(), door.clone(), leases.clone());
        tokio::spawn(async move {
            telegram
                .run(door, leases, HolderId::random(), stopped)
                .await;
        })
    };
    Running {
        telegram,
        door: door.clone(),
        leases: leases.clone(),
        stop,
        task,
        server,
        url,
    }
}

pub async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let until = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), until)
        .await
        .unwrap_or_else(|_| panic!("{what}"));
}

pub fn to(chat: i64) -> Destination {
    let audience = if chat < 0 {
        Audience::Public
    } else {
        Audience::Private
    };
    Destination {
        address: Address {
            channel: "telegram".into(),
            account: "123456".into(),
            id: chat.abs().to_string(),
        },
        place: Place {
            room: chat.to_string(),
            thread: None,
            reply_to: None,
            role: PlaceRole::Person,
            audience,
        },
    }
}

pub fn part(text: &str) -> Part {
    Part {
        rich: None,
        plain: text.to_owned(),
        choices: Vec::new(),
    }
}

pub fn effect() -> EffectId {
    EffectId("e".into())
}
