//! Where muykol's messages arrive: Telegram's side of sending, reduced to taking everything at
//! once and noting when it came. It is not the strict counterpart, because it must not be what
//! limits the load.

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use serde::Deserialize;
use tokio::{net::TcpListener, sync::oneshot};

use crate::wire::{Connection, Message};

/// The people's phones.
#[derive(Clone)]
pub struct Phones {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    expected: Mutex<HashMap<i64, oneshot::Sender<Instant>>>,
    messages: AtomicU64,
}

#[derive(Deserialize)]
struct Sent {
    chat_id: i64,
}

impl Phones {
    /// Listens on a free port of this machine.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let phones = Self {
            address: listener.local_addr()?,
            shared: Arc::default(),
        };
        let shared = phones.shared.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if let Ok(connection) = Connection::new(stream) {
                    tokio::spawn(serve(connection, shared.clone()));
                }
            }
        });
        Ok(phones)
    }

    /// The address to configure as the Bot API's.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// When the next message to this person arrives.
    pub fn expect(&self, person: i64) -> oneshot::Receiver<Instant> {
        let (sender, receiver) = oneshot::channel();
        self.shared.expected().insert(person, sender);
        receiver
    }

    /// How many messages have arrived, expected or not.
    pub fn messages(&self) -> u64 {
        self.shared.messages.load(Ordering::Relaxed)
    }
}

impl Shared {
    fn expected(&self) -> MutexGuard<'_, HashMap<i64, oneshot::Sender<Instant>>> {
        self.expected.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The Bot API's answer.
    fn answer(&self, call: &Message) -> String {
        // The Bot API does not mind how a method's name is capitalised.
        let method = call.path().rsplit('/').next().unwrap_or_default();
        match method.to_ascii_lowercase().as_str() {
            "sendmessage" => {
                let now = Instant::now();
                if let Ok(sent) = serde_json::from_slice::<Sent>(&call.body)
                    && let Some(waiting) = self.expected().remove(&sent.chat_id)
                {
                    // Whoever waited may have given up.
                    let _ = waiting.send(now);
                }
                let id = self.messages.fetch_add(1, Ordering::Relaxed) + 1;
                format!(r#"{{"ok":true,"result":{{"message_id":{id}}}}}"#)
            }
            "getme" => r#"{"ok":true,"result":{"id":123456,"username":"bench_bot"}}"#.to_owned(),
            "getwebhookinfo" => r#"{"ok":true,"result":{"url":""}}"#.to_owned(),
            _ => r#"{"ok":true,"result":true}"#.to_owned(),
        }
    }
}

async fn serve(mut connection: Connection, shared: Arc<Shared>) {
    while let Ok(Some(call)) = connection.read().await {
        if connection.respond(&shared.answer(&call)).await.is_err() {
            return;
        }
    }
}
