//! A whole muykol behind the web channel: core's real path on the model store, with an answerer
//! that says what a test wants said. It speaks HTTP on a port of its own.
#![allow(dead_code, missing_docs, clippy::pedantic)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod store;

use std::{
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use muykol_core::{
    care::{self, ChurchCare, ReplyContext},
    path::{Engine, Settings, Watchers, Wiring},
    scripture::Library,
    seams::{AnswerError, Answerer, Courier, Decision, Limiter, Piece, Pieces, Quota, TurnContext},
    words::{
        AnsweredBy, Block, Channel, ChurchId, Clock, CrisisLevel, HolderId, Resource, Timestamp,
    },
};
use muykol_web::{Care, Seams, WebConfig, WebCourier, WebState};
pub use store::Switched;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A gate that answers wait at while it is shut.
#[derive(Clone)]
pub struct Gate(Arc<watch::Sender<bool>>);

impl Gate {
    fn new() -> Self {
        Self(Arc::new(watch::channel(true).0))
    }
    pub fn shut(&self) {
        self.0.send_replace(false);
    }
    pub fn open(&self) {
        self.0.send_replace(true);
    }
    async fn pass(&self) {
        let _ = self.0.subscribe().wait_for(|open| *open).await;
    }
}

/// Answers with its pieces; while the gate is shut, only with the first.
pub struct Scripted {
    gate: Gate,
    pieces: Mutex<Vec<Piece>>,
}

#[async_trait]
impl Answerer for Scripted {
    async fn answer<'a>(&'a self, _context: &'a TurnContext) -> Result<Pieces<'a>, AnswerError> {
        let pieces = self.pieces.lock().unwrap().clone();
        Ok(Box::pin(futures_util::stream::unfold(
            (0, pieces),
            move |(index, pieces)| async move {
                if index > 0 || pieces.len() == 1 {
                    self.gate.pass().await;
                }
                let piece = pieces.get(index).cloned()?;
                Some((Ok(piece), (index + 1, pieces)))
            },
        )))
    }
    fn name(&self) -> AnsweredBy {
        AnsweredBy::Curated
    }
}

/// A clock set by hand, beginning at the true time.
pub struct HandClock(AtomicI64);

impl HandClock {
    pub fn forward(&self, by: Duration) {
        self.0
            .fetch_add(by.as_millis().try_into().unwrap(), Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// Counts without time: what is used up stays used up.
#[derive(Default)]
pub struct Counting(Mutex<HashMap<String, u32>>);

#[async_trait]
impl Limiter for Counting {
    async fn check(&self, key: &str, quota: Quota) -> Decision {
        let mut counts = self.0.lock().unwrap();
        let count = counts.entry(key.to_owned()).or_default();
        if *count >= quota.burst {
            return Decision::Denied {
                retry_after: Duration::from_millis(61_500),
            };
        }
        *count += 1;
        Decision::Allowed
    }
}

/// Care as core has it, with helplines a page can be tried with.
pub struct TestCare;

pub fn helplines() -> Vec<Resource> {
    vec![
        Resource {
            name: "988 Suicide & Crisis Lifeline".to_owned(),
            phone: Some("988".to_owned()),
            sms: Some("988".to_owned()),
            url: Some("https://988lifeline.org".to_owned()),
            country: "US".to_owned(),
        },
        Resource {
            name: "Crisis Text Line".to_owned(),
            phone: None,
            sms: Some("HOME to 741741".to_owned()),
            url: None,
            country: "US".to_owned(),
        },
        Resource {
            name: "Find A Helpline".to_owned(),
            phone: None,
            sms: None,
            url: Some("https://findahelpline.com".to_owned()),
            country: "INTL".to_owned(),
        },
    ]
}

impl Care for TestCare {
    fn helplines(&self, _country: Option<&str>) -> Block {
        Block::Resources { items: helplines() }
    }
    fn crisis_card(&self, text: &str) -> Option<Vec<Block>> {
        let assessment = care::assess(text, &care::Context::default());
        (assessment.crisis.level >= CrisisLevel::Danger).then(|| {
            let context = ReplyContext {
                country: None,
                language: Some("en"),
                church: None,
                short_form: false,
                public_room: false,
                may_offer_prayer: false,
            };
            let mut blocks = care::crisis_reply(&assessment.crisis, &context);
            blocks.retain(|block| !matches!(block, Block::Resources { .. }));
            blocks.push(Block::Resources { items: helplines() });
            blocks
        })
    }
}

/// A warm answer with every kind of block.
pub fn warm() -> Vec<Piece> {
    vec![
        Piece::Block(Block::text(
            "Lying awake with that on your mind sounds exhausting. When work feels unsafe, even \
             the bed stops being a place to rest.",
        )),
        Piece::Passage("Philippians 4:6-7".to_owned()),
        Piece::Block(Block::Reflection {
            text: "Paul wrote this from a prison cell. He does not say that there is nothing to \
                   worry about; he says that there is somebody to tell."
                .to_owned(),
        }),
        Piece::Block(Block::Action {
            text: "Write down the one worry that is loudest tonight, and put the paper in another \
                   room until morning."
                .to_owned(),
        }),
    ]
}

/// A running muykol.
pub struct World {
    pub url: String,
    pub store: Switched,
    pub gate: Gate,
    pub clock: Arc<HandClock>,
    pub http: reqwest::Client,
    answers: Arc<Scripted>,
    stop: watch::Sender<bool>,
    closing: CancellationToken,
}

impl World {
    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub async fn with(change: impl FnOnce(&mut WebConfig)) -> Self {
        Self::at("127.0.0.1:0", change).await
    }

    /// The state alone, on a store nobody looks into.
    pub fn state(change: impl FnOnce(&mut WebConfig)) -> WebState {
        Parts::new(change).state
    }

    pub async fn at(address: &str, change: impl FnOnce(&mut WebConfig)) -> Self {
        let parts = Parts::new(change);
        let (stop, stopped) = watch::channel(false);
        let engine = parts.engine.clone();
        tokio::spawn(async move { engine.run(stopped, Duration::ZERO).await });
        let router = muykol_web::router(parts.state);
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Self {
            url,
            store: parts.store,
            gate: parts.gate,
            clock: parts.clock,
            http: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
            answers: parts.answers,
            stop,
            closing: parts.closing,
        }
    }

    pub fn says(&self, pieces: Vec<Piece>) {
        *self.answers.pieces.lock().unwrap() = pieces;
    }

    pub fn close(&self) {
        self.closing.cancel();
    }

    pub fn at_path(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    pub async fn session(&self) -> String {
        let response = self
            .http
            .post(self.at_path("/v1/sessions"))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 201);
        let body: serde_json::Value = response.json().await.unwrap();
        body["token"].as_str().unwrap().to_owned()
    }

    pub fn post_message(&self, token: &str, body: &serde_json::Value) -> reqwest::RequestBuilder {
        self.http
            .post(self.at_path("/v1/chat/messages"))
            .bearer_auth(token)
            .json(body)
    }

    pub async fn say(&self, token: &str, text: &str, id: &str) -> reqwest::Response {
        self.post_message(token, &serde_json::json!({ "text": text, "client_id": id }))
            .send()
            .await
            .unwrap()
    }

    pub fn get(&self, token: &str, path: &str) -> reqwest::RequestBuilder {
        self.http.get(self.at_path(path)).bearer_auth(token)
    }
}

struct Parts {
    state: WebState,
    engine: Arc<Engine>,
    store: Switched,
    gate: Gate,
    clock: Arc<HandClock>,
    answers: Arc<Scripted>,
    closing: CancellationToken,
}

impl Parts {
    fn new(change: impl FnOnce(&mut WebConfig)) -> Self {
        let mut config = WebConfig::new("Grace Church, Lindale");
        config.session_quota.burst = 3;
        config.greeting = Some("Good to see you. Take all the time you need.".to_owned());
        config.notice = [
            "I am a computer programme, not a person, and no medical or emergency service.",
            "What you write is kept for one day, unless you want it remembered longer.",
            "Your messages stay on this church's own machine.",
            "Write /forget to erase everything, /privacy and /guidelines to read more.",
        ]
        .map(str::to_owned)
        .to_vec();
        change(&mut config);

        let gate = Gate::new();
        let store = Switched::new(gate.clone());
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap();
        let clock = Arc::new(HandClock(AtomicI64::new(
            now.as_millis().try_into().unwrap(),
        )));
        let answers = Arc::new(Scripted {
            gate: gate.clone(),
            pieces: Mutex::new(warm()),
        });
        let events = Arc::new(Watchers::default());
        let limiter = Arc::new(Counting::default());
        let library = Arc::new(Library::embedded());
        let courier: Arc<dyn Courier> = Arc::new(WebCourier::new(clock.clone()));
        let engine = Engine::new(Arc::new(Wiring {
            store: Arc::new(store.clone()),
            couriers: BTreeMap::from([(Channel::from("web"), courier)]),
            limiter: limiter.clone(),
            events: events.clone(),
            clock: clock.clone(),
            curated: answers.clone(),
            model: None,
            second_look: None,
            library: library.clone(),
            holder: HolderId::random(),
            key: vec![7; 32],
            settings: Settings {
                church: ChurchId::from("grace"),
                care: ChurchCare::default(),
                country: Some("US".to_owned()),
                language: "en".to_owned(),
                translation: "ASV".to_owned(),
                greeting: None,
                uses_model: false,
                history: Duration::from_secs(90 * 86_400),
                unconsented: Duration::from_secs(86_400),
                per_person: Quota::per_minute(1000),
            },
            crises: Default::default(),
        }));
        let closing = CancellationToken::new();
        let seams = Seams {
            door: engine.clone(),
            history: Arc::new(store.clone()),
            people: Arc::new(store.clone()),
            sessions: Arc::new(store.clone()),
            events,
            limiter,
            clock: clock.clone(),
            library,
            care: Arc::new(TestCare),
            closing: closing.clone(),
        };
        Self {
            state: WebState::new(seams, config).unwrap(),
            engine,
            store,
            gate,
            clock,
            answers,
            closing,
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.closing.cancel();
        self.stop.send_replace(true);
    }
}

/// A page as a browser without JavaScript sees it: follows its own cookies and forms.
pub struct Browser<'a> {
    world: &'a World,
    pub cookie: Option<String>,
}

pub struct Page {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub html: String,
}

impl Page {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The value of a hidden field.
    pub fn field(&self, name: &str) -> String {
        let (_, after) = self
            .html
            .split_once(&format!("name=\"{name}\" value=\""))
            .unwrap_or_else(|| panic!("no field {name} in {}", self.html));
        after.split('"').next().unwrap().to_owned()
    }
}

impl<'a> Browser<'a> {
    pub fn new(world: &'a World) -> Self {
        Self {
            world,
            cookie: None,
        }
    }

    pub async fn open(&mut self, path: &str) -> Page {
        self.send(self.world.http.get(self.world.at_path(path)))
            .await
    }

    pub async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let form = self.world.http.post(self.world.at_path(path)).form(fields);
        self.send(form.header("origin", &self.world.url)).await
    }

    /// Fills the form of the page and sends it; what came back, unfollowed.
    pub async fn say(&mut self, text: &str) -> Page {
        let page = self.open("/").await;
        let (token, id) = (page.field("form_token"), page.field("form_id"));
        self.submit(
            "/chat",
            &[("text", text), ("form_token", &token), ("form_id", &id)],
        )
        .await
    }

    async fn send(&mut self, mut request: reqwest::RequestBuilder) -> Page {
        request = request.header("accept", "text/html");
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        let response = request.send().await.unwrap();
        if let Some(set) = response.headers().get("set-cookie") {
            let set = set.to_str().unwrap();
            self.cookie = Some(set.split(';').next().unwrap().to_owned());
        }
        Page {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            html: response.text().await.unwrap(),
        }
    }
}
