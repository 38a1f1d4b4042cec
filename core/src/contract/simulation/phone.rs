//! The other side of the simulation: what people would see, and a provider that fails.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;

use super::shaky::pause;
use crate::{
    seams::{Capabilities, Courier, Health, Pace, SendError, Sent, Streaming, TextLimit, TextUnit},
    words::{
        Address, Audience, Block, Clock, Destination, EffectId, Part, Place, PlaceRole, Timestamp,
    },
};

/// One message as somebody sees it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub room: String,
    pub effect: EffectId,
    pub text: String,
    /// When the request set out.
    pub begun: Timestamp,
}

/// How the provider fails the next request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It asks to wait.
    RetryAfter,
    /// It has a fault of its own.
    Transient,
    /// The person does not want to be written to.
    Blocked,
    /// The room has another id now.
    Moved,
    /// It does not take such a message.
    Rejected,
    /// Nothing arrives and nothing is answered.
    Vanished,
    /// It arrives and the answer is lost.
    LostAnswer,
}

/// A phone for everybody.
pub struct Phone {
    capabilities: Capabilities,
    pub seen: Mutex<Vec<Seen>>,
    pub troubles: Mutex<VecDeque<Trouble>>,
    /// Every trouble that really happened.
    pub happened: Mutex<Vec<(Trouble, String)>>,
    /// Effects that arrived while their answer was lost.
    pub lost: Mutex<HashSet<EffectId>>,
    clock: Arc<dyn Clock>,
}

impl Phone {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            lost: Mutex::default(),
            capabilities: Capabilities {
                text: Some(TextLimit {
                    max: 4096,
                    unit: TextUnit::Utf16,
                }),
                buttons: true,
                streaming_private: Streaming::None,
                streaming_public: Streaming::Edits(Duration::from_secs(2)),
                typing: None,
                pace: Pace::default(),
                private_link: None,
            },
            seen: Mutex::default(),
            troubles: Mutex::default(),
            happened: Mutex::default(),
        }
    }
}

#[async_trait]
impl Courier for Phone {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn render(&self, blocks: &[Block], _: &Place) -> Vec<Part> {
        // Two parts, so that order within a reply is at stake.
        let (first, rest) = blocks.split_at(1.min(blocks.len()));
        [first, rest]
            .into_iter()
            .filter(|blocks| !blocks.is_empty())
            .map(|blocks| Part {
                rich: None,
                plain: Block::plain_all(blocks),
                choices: Vec::new(),
            })
            .collect()
    }

    fn private_place(&self, address: &Address) -> Option<Place> {
        Some(Place {
            room: address.id.clone(),
            thread: None,
            reply_to: None,
            role: PlaceRole::Person,
            audience: Audience::Private,
        })
    }

    async fn send(
        &self,
        to: &Destination,
        part: &Part,
        _: bool,
        id: &EffectId,
    ) -> Result<Sent, SendError> {
        // What counts is when a request set out: one that was held up may arrive at any time.
        let begun = self.clock.now();
        pause().await;
        let trouble = self.troubles.lock().unwrap().pop_front();
        if let Some(trouble) = trouble {
            let happened = (trouble, to.place.room.clone());
            self.happened.lock().unwrap().push(happened);
        }
        match trouble {
            Some(Trouble::RetryAfter) => return Err(SendError::RetryAfter(Duration::from_secs(3))),
            Some(Trouble::Transient) => return Err(SendError::Transient("500".to_owned())),
            Some(Trouble::Blocked) => return Err(SendError::Blocked),
            Some(Trouble::Moved) => return Err(SendError::Moved(format!("{}'", to.place.room))),
            Some(Trouble::Rejected) => return Err(SendError::Rejected("no".to_owned())),
            Some(Trouble::Vanished) => return Err(SendError::Unknown("cut".to_owned())),
            Some(Trouble::LostAnswer) | None => {}
        }
        self.seen.lock().unwrap().push(Seen {
            room: to.place.room.clone(),
            effect: id.clone(),
            text: part.plain.clone(),
            begun,
        });
        pause().await;
        if trouble == Some(Trouble::LostAnswer) {
            self.lost.lock().unwrap().insert(id.clone());
            return Err(SendError::Unknown("cut".to_owned()));
        }
        Ok(Sent {
            message: Some(id.0.clone()),
        })
    }

    async fn edit(
        &self,
        _: &Destination,
        message: &str,
        part: &Part,
        _: bool,
    ) -> Result<Sent, SendError> {
        pause().await;
        let mut seen = self.seen.lock().unwrap();
        let posted = seen
            .iter_mut()
            .find(|seen| seen.effect.0 == message)
            .ok_or_else(|| SendError::Rejected("message to edit not found".to_owned()))?;
        posted.text.clone_from(&part.plain);
        Ok(Sent {
            message: Some(message.to_owned()),
        })
    }

    async fn draft(&self, _: &Destination, _: u64, _: &str) -> Result<(), SendError> {
        Ok(())
    }

    async fn typing(&self, _: &Destination) -> Result<(), SendError> {
        Ok(())
    }

    async fn health(&self) -> Health {
        Health {
            ok: true,
            last_event: None,
            detail: "a simulation".to_owned(),
        }
    }
}
