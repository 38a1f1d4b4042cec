//! What has been said to a person lately, so that an answer follows on and never repeats.

use std::collections::HashSet;

use super::{
    content::{Content, Language},
    hear::{feelings_of, hear},
    mirror,
};
use crate::words::{Block, Emotion, EmotionReading, Entry, EntryBody};

/// For how many replies a piece rests after it was used.
const REST: usize = 10;

/// How many of a person's messages are read back to find what they spoke of.
const BACK: usize = 6;

/// What is remembered.
#[derive(Debug, Default)]
pub(crate) struct Memory<'a> {
    /// Ids of pieces that rest.
    pub resting: HashSet<&'a str>,
    /// References that rest.
    pub shown: HashSet<&'a str>,
    /// Ids in the order of their last use, oldest first.
    pub order: Vec<&'a str>,
    /// What the person spoke of.
    pub concern: Option<Concern>,
    /// Whether the last reply held a passage.
    pub just_shown: bool,
    /// Whether anything was said before.
    pub spoken: bool,
}

/// What a person spoke of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Concern {
    /// The situation.
    pub topic: Option<String>,
    /// The feelings, strongest first.
    pub feelings: Vec<Emotion>,
    /// In their words.
    pub clause: Option<String>,
}

impl<'a> Memory<'a> {
    /// Reads the recent lines, oldest first.
    pub(crate) fn read(content: &Content, language: &Language, recent: &'a [Entry]) -> Self {
        let mut memory = Self::default();
        for (age, (reply, pieces)) in recent
            .iter()
            .rev()
            .filter_map(|entry| match &entry.body {
                EntryBody::Muykol { reply, pieces, .. } => Some((reply, pieces)),
                EntryBody::Person { .. } => None,
            })
            .enumerate()
        {
            memory.spoken = true;
            memory.order.extend(pieces.iter().map(String::as_str));
            if age < REST {
                memory.resting.extend(pieces.iter().map(String::as_str));
                memory.shown.extend(reply.blocks.iter().filter_map(shown));
            }
            if age == 0 {
                memory.just_shown = reply.blocks.iter().any(|block| shown(block).is_some());
            }
        }
        memory.order.reverse();
        memory.concern = concern(content, language, recent);
        memory
    }
}

fn shown(block: &Block) -> Option<&str> {
    match block {
        Block::Verse { reference, .. } => Some(reference),
        _ => None,
    }
}

/// What the person spoke of last: the latest message that says it, helped by what was heard then.
fn concern(content: &Content, language: &Language, recent: &[Entry]) -> Option<Concern> {
    let unread = EmotionReading::unclear();
    let mut reading = &unread;
    let mut left = BACK;
    for entry in recent.iter().rev() {
        match &entry.body {
            EntryBody::Muykol { reply, .. } => reading = &reply.emotion,
            EntryBody::Person { text, .. } => {
                let heard = hear(content, language, text);
                let topic = heard.topics.first();
                let feelings =
                    feelings_of(&heard, topic.and_then(|name| content.topics.get(name)), reading);
                if heard.intent.is_none() && (topic.is_some() || !feelings.is_empty()) {
                    return Some(Concern {
                        topic: topic.cloned(),
                        feelings,
                        clause: mirror::clause(language, &heard.words),
                    });
                }
                reading = &unread;
                left -= 1;
                if left == 0 {
                    return None;
                }
            }
        }
    }
    None
}
