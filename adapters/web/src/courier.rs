//! The web's courier: it carries nothing, because the web reads its replies from the history.

use std::sync::Arc;

use async_trait::async_trait;
use muykol_core::{
    seams::{Capabilities, Courier, Health, Pace, SendError, Sent, Streaming},
    words::{Address, Audience, Block, Clock, Destination, EffectId, Part, Place, PlaceRole},
};

use crate::CHANNEL;

/// [`Courier`] of the web. Every send succeeds at once: what was committed is already where the
/// person reads it.
pub struct WebCourier {
    capabilities: Capabilities,
    clock: Arc<dyn Clock>,
}

impl WebCourier {
    /// A courier of the web.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            capabilities: Capabilities {
                text: None,
                buttons: true,
                streaming_private: Streaming::Events,
                streaming_public: Streaming::None,
                typing: None,
                pace: Pace::default(),
                private_link: None,
            },
            clock,
        }
    }
}

#[async_trait]
impl Courier for WebCourier {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// One part for the whole reply, as text: pages render blocks themselves.
    fn render(&self, blocks: &[Block], _place: &Place) -> Vec<Part> {
        if blocks.is_empty() {
            return Vec::new();
        }
        let choices = blocks
            .iter()
            .filter_map(|block| match block {
                Block::Choices { items } => Some(items.clone()),
                _ => None,
            })
            .flatten()
            .collect();
        vec![Part {
            rich: None,
            plain: Block::plain_all(blocks),
            choices,
        }]
    }

    fn private_place(&self, address: &Address) -> Option<Place> {
        (address.channel.0 == CHANNEL).then(|| place(address))
    }

    async fn send(
        &self,
        _to: &Destination,
        _part: &Part,
        _rich: bool,
        _id: &EffectId,
    ) -> Result<Sent, SendError> {
        Ok(Sent { message: None })
    }

    async fn edit(
        &self,
        _to: &Destination,
        message: &str,
        _part: &Part,
        _rich: bool,
    ) -> Result<Sent, SendError> {
        Ok(Sent {
            message: Some(message.to_owned()),
        })
    }

    async fn draft(&self, _to: &Destination, _turn: u64, _text: &str) -> Result<(), SendError> {
        Ok(())
    }

    async fn typing(&self, _to: &Destination) -> Result<(), SendError> {
        Ok(())
    }

    async fn health(&self) -> Health {
        Health {
            ok: true,
            last_event: Some(self.clock.now()),
            detail: "the web reads its replies from the history; nothing is sent".to_owned(),
        }
    }
}

/// The place of a session: a room of its own.
pub(crate) fn place(address: &Address) -> Place {
    Place {
        room: address.id.clone(),
        thread: None,
        reply_to: None,
        role: PlaceRole::Person,
        audience: Audience::Private,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use muykol_core::words::{Account, Choice, Timestamp};

    struct Noon;
    impl Clock for Noon {
        fn now(&self) -> Timestamp {
            Timestamp(0)
        }
    }

    #[test]
    fn a_reply_is_one_part_with_its_choices() {
        let courier = WebCourier::new(Arc::new(Noon));
        let address = Address {
            channel: CHANNEL.into(),
            account: Account::from("site"),
            id: "a".to_owned(),
        };
        let place = courier.private_place(&address).unwrap();
        assert!(courier.render(&[], &place).is_empty());
        let choice = Choice {
            id: "yes".to_owned(),
            label: "Yes".to_owned(),
        };
        let parts = courier.render(
            &[
                Block::text("Hello."),
                Block::Choices {
                    items: vec![choice.clone()],
                },
            ],
            &place,
        );
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0].plain, "Hello.\n\n• Yes");
        assert_eq!(parts[0].choices, vec![choice]);
    }
}
