//! A strict Telegram Bot API over HTTP, for tests and benches.
//!
//! It speaks the published shapes and Telegram's own error strings (facts taken from the Bot API
//! server's and tdlib's behaviour), keeps what a person would see in every chat, and can be made
//! to fail in every way Telegram fails. It is used from Rust through [`Counterpart`], or as the
//! process `telegram-counterpart` through `/_control/…` (see `control.rs`).
//!
//! Where it is deliberately stricter or simpler than Telegram: text is limited to 4096 UTF-16
//! units, message ids are counted per chat in every kind of chat, a second poller is refused at
//! once (Telegram delays repeated refusals by 3 s), `Markdown` of the first kind is refused, and
//! webhooks over plain HTTP are allowed unless [`Options::https_webhooks_only`].

mod answer;
mod args;
mod control;
mod fault;
mod incoming;
mod markup;
mod methods;
mod people;
mod server;
mod updates;
mod world;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{net::TcpListener, task::JoinHandle};

pub use fault::{Fault, FaultRule, RateLimits};
pub use incoming::Incoming;
pub use markup::{Entity, Formatted, message_text, utf16_len};
pub use people::Done;
pub use world::{Button, ChatKind, Counters, Draft, Visible};

use server::Shared;

/// How the counterpart behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it listens; port 0 takes a free one.
    pub bind: SocketAddr,
    /// The only token it accepts; the number before the colon is the bot's id.
    pub token: String,
    /// The bot's name, without `@`.
    pub username: String,
    /// Whether privacy mode is off.
    pub reads_all_group_messages: bool,
    /// The id of the first update.
    pub first_update_id: i64,
    /// The wait before a failed webhook call is tried again, doubled each time (Telegram: 1 s).
    pub webhook_retry: Duration,
    /// The longest such wait (Telegram: about a minute).
    pub webhook_retry_cap: Duration,
    /// Whether `setWebhook` refuses plain HTTP, as Telegram does.
    pub https_webhooks_only: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            bind: SocketAddr::from(([127, 0, 0, 1], 0)),
            token: "123456:TEST-TOKEN".into(),
            username: "muykol_bot".into(),
            reads_all_group_messages: false,
            first_update_id: 500_000_000,
            webhook_retry: Duration::from_secs(1),
            webhook_retry_cap: Duration::from_secs(60),
            https_webhooks_only: false,
        }
    }
}

/// A running counterpart. It stops when it is dropped.
pub struct Counterpart {
    shared: Arc<Shared>,
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Counterpart {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Counterpart {
    /// Starts one.
    ///
    /// # Errors
    /// If the address cannot be bound.
    pub async fn start(options: Options) -> std::io::Result<Self> {
        let listener = TcpListener::bind(options.bind).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::new(options));
        let task = tokio::spawn(server::serve(listener, shared.clone()));
        Ok(Self {
            shared,
            address,
            task,
        })
    }

    /// The base of the Bot API, as a client's `api_url`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The token it accepts.
    pub fn token(&self) -> &str {
        &self.shared.options.token
    }

    /// A person does something.
    pub fn act(&self, incoming: &Incoming) -> Done {
        people::act(&self.shared, incoming)
    }

    /// What is visible in a chat, oldest first.
    pub fn visible(&self, chat: i64) -> Vec<Visible> {
        people::visible(&self.shared, chat)
    }

    /// What the bot has written there, oldest first.
    pub fn by_bot(&self, chat: i64) -> Vec<Visible> {
        let mut messages = self.visible(chat);
        messages.retain(|message| message.user.is_none() && !message.deleted);
        messages
    }

    /// The drafts shown in a chat.
    pub fn drafts(&self, chat: i64) -> Vec<Draft> {
        self.shared
            .world()
            .chats
            .get(&chat)
            .map(|chat| chat.drafts.clone())
            .unwrap_or_default()
    }

    /// Waits until the bot has written that many messages in the chat; says whether it did.
    pub async fn wait(&self, chat: i64, count: usize, limit: Duration) -> bool {
        people::wait(&self.shared, chat, count, limit).await
    }

    /// What happened so far.
    pub fn counters(&self) -> Counters {
        people::counters(&self.shared)
    }

    /// The commands set last, as JSON.
    pub fn commands(&self) -> serde_json::Value {
        self.shared.world().commands.clone()
    }

    /// Updates that were neither confirmed nor delivered.
    pub fn pending(&self) -> usize {
        self.shared.world().pending.len()
    }

    /// Makes something go wrong.
    pub fn fail(&self, rule: FaultRule) {
        self.shared.world().rules.push(rule);
    }

    /// Ends every fault.
    pub fn heal(&self) {
        self.shared.world().rules.clear();
    }

    /// Sets the limits on sending; none by default.
    pub fn limit(&self, limits: RateLimits) {
        self.shared.world().limits = limits;
    }

    /// The person blocks the bot, or unblocks it; writing unblocks too.
    pub fn block(&self, chat: i64, blocked: bool) {
        self.shared.world().chats.entry(chat).or_default().blocked = blocked;
    }

    /// The person's account is deleted.
    pub fn deactivate(&self, chat: i64) {
        self.shared
            .world()
            .chats
            .entry(chat)
            .or_default()
            .deactivated = true;
    }

    /// A group becomes a supergroup.
    pub fn migrate(&self, from: i64, to: i64) {
        people::migrate(&self.shared, from, to);
    }

    /// Queues an update once more under its id; false if it was never queued.
    pub fn redeliver(&self, update_id: i64) -> bool {
        people::redeliver(&self.shared, update_id)
    }

    /// Queues an update of any shape, known to Telegram or not; gives its id.
    pub fn queue_raw(&self, kind: &str, chat: i64, payload: &serde_json::Value) -> Option<i64> {
        let update_id = self.shared.world().queue(kind, chat, payload);
        self.shared.woken.notify_waiters();
        update_id
    }
}
