//! What has been said to a person lately, so that an answer follows on and never repeats.

use std::collections::HashSet;

use super::{
    content::{Content, Language, Topic},
    hear::{Heard, Intent, feelings_of, hear},
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
    /// The last message, if it asked what the Bible says.
    pub asked: Option<Heard>,
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
        memory.asked = recent
            .iter()
            .rev()
            .find_map(|entry| match &entry.body {
                EntryBody::Person { text, .. } => Some(hear(content, language, text)),
                EntryBody::Muykol { .. } => None,
            })
            .filter(|heard| heard.intent == Some(Intent::Verse));
        memory
    }
}

fn shown(block: &Block) -> Option<&str> {
    match block {
        Block::Verse { reference, .. } => Some(reference),
        _ => None,
    }
}

/// What the person spoke of last, helped by what was heard then. A later message that only says
/// more about it ("there is a meeting on Monday") leaves the situation as it was.
fn concern(content: &Content, language: &Language, recent: &[Entry]) -> Option<Concern> {
    let unread = EmotionReading::unclear();
    let mut reading = &unread;
    let mut left = BACK;
    let mut last: Option<Concern> = None;
    for entry in recent.iter().rev() {
        let text = match &entry.body {
            EntryBody::Muykol { reply, .. } => {
                reading = &reply.emotion;
                continue;
            }
            EntryBody::Person { text, .. } => text,
        };
        let heard = hear(content, language, text);
        let topic = heard.topics.first();
        let known = topic.and_then(|name| content.topics.get(name));
        let feelings = feelings_of(&heard, known, reading);
        if heard.intent.is_none() && (topic.is_some() || !feelings.is_empty()) {
            match &mut last {
                None => {
                    last = Some(Concern {
                        topic: topic.cloned(),
                        feelings,
                        clause: mirror::clause(language, &heard.words),
                    });
                }
                Some(concern) if concern.topic.is_none() && concern.belongs(known) => {
                    concern.topic = topic.cloned();
                }
                Some(_) => {}
            }
            if last.as_ref().is_some_and(|concern| concern.topic.is_some()) {
                break;
            }
        }
        reading = &unread;
        left -= 1;
        if left == 0 {
            break;
        }
    }
    last
}

impl Concern {
    /// Whether its feelings go with a situation that was spoken of before.
    fn belongs(&self, topic: Option<&Topic>) -> bool {
        topic.is_some_and(|topic| {
            self.feelings
                .first()
                .is_some_and(|feeling| topic.emotions.contains(feeling))
        })
    }
}
