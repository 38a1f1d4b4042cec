//! Anonymous sessions: opened, found again, remembered for a minute.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use muykol_core::{
    seams::{Session, Sessions, StoreError},
    words::{Account, Address, Channel, Clock, Timestamp},
};
use sha2::{Digest, Sha256};

use crate::{CHANNEL, config::WebConfig, state::Seams};

/// How long the store may take to say whether a session exists before it counts as down. Short,
/// because a message in danger waits behind it and is to be answered within a second.
const PATIENCE: Duration = Duration::from_millis(250);
/// How long the store may take to open a session.
const OPENING: Duration = Duration::from_millis(400);
/// How long a session is believed without asking the store: an erasure on another channel is
/// seen after this.
const REMEMBERED: Duration = Duration::from_secs(60);
/// How many sessions are remembered, in two halves: some 300 bytes each.
const HALF: usize = 5_000;

/// A bearer token: 32 random bytes as base64url. Never logged, never stored.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token(String);

impl Token {
    /// A new token.
    pub(crate) fn random() -> Result<Self, StoreError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)
            .map_err(|_| StoreError::Unavailable("no randomness".to_owned()))?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// A token as somebody sent it, if it has the shape of one.
    pub(crate) fn parse(sent: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(sent).ok()?;
        (bytes.len() == 32).then(|| Self(sent.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What the store knows it by.
    pub(crate) fn hash(&self) -> String {
        hex(&Sha256::digest(self.0.as_bytes()))
    }
}

/// Somebody with a session.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    /// The address they write from.
    pub address: Address,
    /// The hash of their token.
    pub token_hash: String,
}

/// Whether a token stands for somebody.
pub(crate) enum Lookup {
    /// It does.
    Known(Visitor),
    /// It does not: forged, ended or erased.
    Unknown,
    /// The store did not say. The visitor is who they are if the token is real: the address
    /// follows from the token, so that what they write in this moment joins their conversation.
    StoreDown(Visitor),
}

/// Opens sessions and finds them again.
pub(crate) struct SessionDesk {
    store: Arc<dyn Sessions>,
    clock: Arc<dyn Clock>,
    account: Account,
    lifetime: Duration,
    remembered: Mutex<Remembered>,
}

/// A bounded memory in two halves: when the young half is full it becomes the old one.
#[derive(Default)]
struct Remembered {
    young: HashMap<String, Memory>,
    old: HashMap<String, Memory>,
}

struct Memory {
    held: Held,
    until: Timestamp,
}

/// What is remembered of a token.
#[derive(Clone)]
enum Held {
    /// Its session stands for this address.
    Standing(Address),
    /// Its session was erased: a look that began before must not bring it back.
    Ended,
}

impl Remembered {
    fn get(&self, token_hash: &str, now: Timestamp) -> Option<&Held> {
        let memory = self
            .young
            .get(token_hash)
            .or_else(|| self.old.get(token_hash))?;
        (memory.until > now).then_some(&memory.held)
    }

    fn insert(&mut self, token_hash: &str, held: Held, until: Timestamp) {
        if self.young.len() >= HALF {
            self.old = std::mem::take(&mut self.young);
        }
        self.young
            .insert(token_hash.to_owned(), Memory { held, until });
    }
}

impl SessionDesk {
    pub(crate) fn new(seams: &Seams, config: &WebConfig) -> Self {
        Self {
            store: Arc::clone(&seams.sessions),
            clock: Arc::clone(&seams.clock),
            account: config.account.clone(),
            lifetime: config.session_lifetime,
            remembered: Mutex::default(),
        }
    }

    /// Opens a session.
    pub(crate) async fn open(&self) -> Result<(Token, Visitor), StoreError> {
        let token = Token::random()?;
        let visitor = self.visitor(token.hash());
        let session = Session {
            address: visitor.address.clone(),
            expires: self.clock.now() + self.lifetime,
        };
        let opening = self.store.open(&visitor.token_hash, session.clone());
        tokio::time::timeout(OPENING, opening)
            .await
            .unwrap_or_else(|_| Err(StoreError::Unavailable("no answer in time".to_owned())))?;
        self.remember(&visitor.token_hash, &session);
        Ok((token, visitor))
    }

    /// Finds the session of a token.
    pub(crate) async fn find(&self, token: &Token) -> Lookup {
        let token_hash = token.hash();
        let now = self.clock.now();
        match self.recall(&token_hash, now) {
            Some(Held::Standing(address)) => {
                return Lookup::Known(Visitor {
                    address,
                    token_hash,
                });
            }
            Some(Held::Ended) => return Lookup::Unknown,
            None => {}
        }
        let asked = tokio::time::timeout(PATIENCE, self.store.session(&token_hash, now)).await;
        match asked {
            Ok(Ok(Some(session))) => {
                self.remember(&token_hash, &session);
                Lookup::Known(Visitor {
                    address: session.address,
                    token_hash,
                })
            }
            Ok(Ok(None)) => Lookup::Unknown,
            Ok(Err(_)) | Err(_) => Lookup::StoreDown(self.visitor(token_hash)),
        }
    }

    /// Who a token would stand for, while no session can be opened for it.
    pub(crate) fn unopened(&self, token: &Token) -> Visitor {
        self.visitor(token.hash())
    }

    /// Ends a session that was erased: from now on its token stands for nobody.
    pub(crate) fn forget(&self, token_hash: &str) {
        let until = self.clock.now() + REMEMBERED;
        let mut remembered = self.lock();
        remembered.insert(token_hash, Held::Ended, until);
    }

    /// Who has this token. The address is a hash of the hash: whoever reads addresses learns
    /// nothing that opens a session.
    fn visitor(&self, token_hash: String) -> Visitor {
        let digest = Sha256::digest(format!("muykol web address {token_hash}"));
        Visitor {
            address: Address {
                channel: Channel::from(CHANNEL),
                account: self.account.clone(),
                id: hex(&digest[..16]),
            },
            token_hash,
        }
    }

    fn remember(&self, token_hash: &str, session: &Session) {
        let until = session.expires.min(self.clock.now() + REMEMBERED);
        let held = Held::Standing(session.address.clone());
        let mut remembered = self.lock();
        let ended = remembered.get(token_hash, self.clock.now());
        if !matches!(ended, Some(Held::Ended)) {
            remembered.insert(token_hash, held, until);
        }
    }

    fn recall(&self, token_hash: &str, now: Timestamp) -> Option<Held> {
        self.lock().get(token_hash, now).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Remembered> {
        self.remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
