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

#[derive(Clone)]
struct Memory {
    address: Address,
    until: Timestamp,
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
        if let Some(address) = self.recall(&token_hash, now) {
            return Lookup::Known(Visitor {
                address,
                token_hash,
            });
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

    /// Forgets a session that was erased.
    pub(crate) fn forget(&self, token_hash: &str) {
        let mut remembered = self.lock();
        remembered.young.remove(token_hash);
        remembered.old.remove(token_hash);
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
        let mut remembered = self.lock();
        if remembered.young.len() >= HALF {
            remembered.old = std::mem::take(&mut remembered.young);
        }
        remembered.young.insert(
            token_hash.to_owned(),
            Memory {
                address: session.address.clone(),
                until,
            },
        );
    }

    fn recall(&self, token_hash: &str, now: Timestamp) -> Option<Address> {
        let remembered = self.lock();
        let memory = remembered
            .young
            .get(token_hash)
            .or_else(|| remembered.old.get(token_hash))?;
        (memory.until > now).then(|| memory.address.clone())
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
