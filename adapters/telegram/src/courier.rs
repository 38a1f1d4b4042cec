//! The way out: messages, edits, drafts, "typing".

use std::time::Duration;

use async_trait::async_trait;
use muykol_core::{
    seams::{
        Capabilities, Courier, Health, Pace, Quota, SendError, Sent, Streaming, TextLimit, TextUnit,
    },
    words::{Address, Audience, Block, Choice, Destination, EffectId, Part, Place, PlaceRole},
};
use teloxide_core::{
    payloads::{EditMessageText, SendChatAction, SendMessage},
    types::{
        ChatAction, ChatId, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions,
        MessageId, ParseMode, ReplyMarkup, ReplyParameters, ThreadId,
    },
};

use crate::{
    api::{Failure, SendMessageDraft, Taken},
    render::{LIMIT, render},
    split::{chunks, clean, is_blank},
    telegram::Telegram,
};

/// Telegram's quirks (<https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this>:
/// one message a second in a chat with short bursts allowed, 20 a minute in a group, 30 a second
/// in all; a chat action lasts 5 s).
pub(crate) fn capabilities(username: Option<&str>) -> Capabilities {
    let second = Duration::from_secs(1);
    Capabilities {
        text: Some(TextLimit {
            max: LIMIT,
            unit: TextUnit::Utf16,
        }),
        buttons: true,
        streaming_private: Streaming::Draft(second),
        // Edits share a group's 20 a minute with its messages.
        streaming_public: Streaming::Edits(4 * second),
        typing: Some(5 * second),
        pace: Pace {
            account: Some(Quota {
                burst: 30,
                per: second,
            }),
            private_room: Some(Quota {
                burst: 3,
                per: 3 * second,
            }),
            public_room: Some(Quota::per_minute(20)),
        },
        private_link: username.map(|name| format!("https://t.me/{name}?start=help")),
    }
}

/// Words by which Telegram says that the topic is gone.
const NO_THREAD: [&str; 2] = ["message thread not found", "TOPIC_DELETED"];

/// A destination as the Bot API names it.
struct Room {
    chat: ChatId,
    thread: Option<i32>,
    reply_to: Option<i32>,
}

impl Room {
    fn of(to: &Destination) -> Result<Self, SendError> {
        let number = |text: &Option<String>| text.as_ref().and_then(|text| text.parse().ok());
        let chat = to
            .place
            .room
            .parse()
            .map_err(|_| SendError::Rejected("the room is not a Telegram chat".into()))?;
        Ok(Self {
            chat: ChatId(chat),
            thread: number(&to.place.thread),
            reply_to: number(&to.place.reply_to),
        })
    }

    fn thread(&self) -> Option<ThreadId> {
        self.thread.map(|thread| ThreadId(MessageId(thread)))
    }
}

#[async_trait]
impl Courier for Telegram {
    fn capabilities(&self) -> &Capabilities {
        self.known_capabilities()
    }

    fn render(&self, blocks: &[Block], _place: &Place) -> Vec<Part> {
        render(blocks)
    }

    fn private_place(&self, address: &Address) -> Option<Place> {
        // On Telegram the private chat with a person has the person's id.
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
        rich: bool,
        _id: &EffectId,
    ) -> Result<Sent, SendError> {
        let room = Room::of(to)?;
        let mut message = SendMessage::new(room.chat, words(part, rich));
        message.parse_mode = (rich && part.rich.is_some()).then_some(ParseMode::Html);
        message.message_thread_id = room.thread();
        message.link_preview_options = Some(no_preview());
        message.reply_markup = keyboard(&part.choices).map(ReplyMarkup::InlineKeyboard);
        message.reply_parameters = room.reply_to.map(|original| {
            // The message may be deleted by the time it is answered.
            ReplyParameters {
                allow_sending_without_reply: Some(true),
                ..ReplyParameters::new(MessageId(original))
            }
        });
        let mut taken: Result<Taken, Failure> = self.api().call(&message).await;
        if let Err(failure) = &taken
            && failure.says(&NO_THREAD)
        {
            message.message_thread_id = None;
            taken = self.api().call(&message).await;
        }
        self.receipt(taken)
    }

    async fn edit(
        &self,
        to: &Destination,
        message: &str,
        part: &Part,
        rich: bool,
    ) -> Result<Sent, SendError> {
        let room = Room::of(to)?;
        let Ok(id) = message.parse() else {
            return Err(SendError::Rejected("the message has no Telegram id".into()));
        };
        let mut edit = EditMessageText::new(room.chat, MessageId(id), words(part, rich));
        edit.parse_mode = (rich && part.rich.is_some()).then_some(ParseMode::Html);
        edit.link_preview_options = Some(no_preview());
        edit.reply_markup = keyboard(&part.choices);
        match self.api().call::<_, Taken>(&edit).await {
            Err(failure) if failure.says(&["message is not modified"]) => self.receipt(Ok(Taken {
                message_id: i64::from(id),
            })),
            taken => self.receipt(taken),
        }
    }

    async fn draft(&self, to: &Destination, turn: u64, text: &str) -> Result<(), SendError> {
        let room = Room::of(to)?;
        let text = clean(text);
        let Some(shown) = chunks(&text, LIMIT).first().map(|&chunk| chunk.to_owned()) else {
            return Ok(());
        };
        let draft = SendMessageDraft {
            chat_id: room.chat.0,
            message_thread_id: room.thread,
            // Any number but 0; the same for the drafts of one turn.
            draft_id: u32::try_from(turn % u64::from(u32::MAX >> 1)).unwrap_or_default() + 1,
            text: shown,
        };
        let _: bool = self.api().call(&draft).await?;
        Ok(())
    }

    async fn typing(&self, to: &Destination) -> Result<(), SendError> {
        let room = Room::of(to)?;
        let mut action = SendChatAction::new(room.chat, ChatAction::Typing);
        action.message_thread_id = room.thread();
        let _: bool = self.api().call(&action).await?;
        Ok(())
    }

    async fn health(&self) -> Health {
        self.status().health(self.now())
    }
}

impl Telegram {
    fn receipt(&self, taken: Result<Taken, Failure>) -> Result<Sent, SendError> {
        let Taken { message_id } = taken?;
        self.status().event(self.now());
        Ok(Sent {
            message: Some(message_id.to_string()),
        })
    }
}

fn words(part: &Part, rich: bool) -> &str {
    part.rich.as_deref().filter(|_| rich).unwrap_or(&part.plain)
}

/// A helpline's preview would push its number off the screen.
fn no_preview() -> LinkPreviewOptions {
    LinkPreviewOptions {
        is_disabled: true,
        url: None,
        prefer_small_media: false,
        prefer_large_media: false,
        show_above_text: false,
    }
}

/// One button a row, so that none is cut short. Telegram takes 1 to 64 bytes of data and at most
/// 100 buttons.
fn keyboard(choices: &[Choice]) -> Option<InlineKeyboardMarkup> {
    let rows: Vec<_> = choices
        .iter()
        .filter(|choice| (1..=64).contains(&choice.id.len()))
        .take(100)
        .map(|choice| {
            let label = if is_blank(&choice.label) {
                &choice.id
            } else {
                &choice.label
            };
            [InlineKeyboardButton::callback(label, &choice.id)]
        })
        .collect();
    (!rows.is_empty()).then(|| InlineKeyboardMarkup::new(rows))
}
