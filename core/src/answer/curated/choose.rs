//! Choosing among pieces: what fits best and has rested, and among equals by the turn's seed.

use super::{
    content::{Content, Passage, Pools, Said, Topic},
    hear::{Heard, feelings_of, hear},
    memory::Memory,
};
use crate::{
    care::Assessment,
    seams::TurnContext,
    words::{CrisisKind, CrisisLevel, Emotion},
};

/// What the choice goes by.
#[derive(Debug)]
pub(crate) struct Situation<'a> {
    /// The situation that is the matter, and its name.
    pub topic: Option<(&'a str, &'a Topic)>,
    /// Another one that was heard.
    pub second: Option<(&'a str, &'a Topic)>,
    /// The feelings, strongest first.
    pub feelings: Vec<Emotion>,
}

impl<'a> Situation<'a> {
    /// The situation of a turn, by its own messages alone.
    pub(crate) fn of(content: &'a Content, turn: &TurnContext) -> Self {
        let (language, _) = content.language(&turn.language);
        let heard = hear(content, language, &turn.messages.join("\n"));
        Self::heard(content, &heard, &turn.assessment)
    }

    /// The situation in what was heard. What the crisis reading says goes before the words.
    pub(crate) fn heard(content: &'a Content, heard: &Heard, assessment: &Assessment) -> Self {
        let crisis = &assessment.crisis;
        let told = crisis
            .kinds
            .iter()
            .filter(|_| crisis.level >= CrisisLevel::Concern)
            .find_map(|kind| match kind {
                CrisisKind::Abuse | CrisisKind::Violence => Some("abuse"),
                CrisisKind::ThirdParty => Some("friend_danger"),
                CrisisKind::Past => Some("survived"),
                CrisisKind::Suicide | CrisisKind::SelfHarm | CrisisKind::Medical => None,
            });
        // "My friend died by suicide": nobody is in danger any more; somebody is missed.
        let bereaved = heard
            .topics
            .iter()
            .filter_map(|name| content.topics.get(name))
            .any(|topic| topic.tags.iter().any(|tag| tag == "bereavement"));
        let mut topics = told
            .into_iter()
            .chain(
                heard
                    .topics
                    .iter()
                    .map(String::as_str)
                    .filter(|name| !(bereaved && *name == "friend_danger")),
            )
            .filter_map(|name| content.topics.get_key_value(name))
            .map(|(name, topic)| (name.as_str(), topic));
        let topic = topics.next();
        let second = topics.find(|(name, _)| Some(*name) != topic.map(|(name, _)| name));
        Self {
            feelings: feelings_of(heard, topic.map(|(_, topic)| topic), &assessment.emotion),
            topic,
            second,
        }
    }

    /// What must be minded here.
    pub(crate) fn tags(&self) -> impl Iterator<Item = &str> {
        self.topic
            .iter()
            .chain(&self.second)
            .flat_map(|(_, topic)| topic.tags.iter().map(String::as_str))
            .chain(self.grieves().then_some("bereavement"))
    }

    /// Whether somebody mourns: no preaching, no fixing.
    pub(crate) fn grieves(&self) -> bool {
        self.feelings.first() == Some(&Emotion::Grief)
            || self
                .topic
                .is_some_and(|(_, topic)| topic.tags.iter().any(|tag| tag == "bereavement"))
    }

    /// Whether only words written for this situation may be said.
    pub(crate) fn strict(&self) -> bool {
        self.topic.is_some_and(|(_, topic)| topic.strict)
    }

    /// The keys of pools that fit, most fitting first.
    pub(crate) fn keys(&self) -> Vec<&str> {
        let topic = self.topic.iter().map(|(name, _)| *name);
        if self.strict() {
            return topic.collect();
        }
        let feelings = self.feelings.iter().take(2).map(|feeling| feeling.name());
        let second = self.second.iter().map(|(name, _)| *name);
        // "My boss humiliated me and I could scream" is about the anger more than about the job.
        let usual = self.feelings.first().is_none_or(|feeling| {
            self.topic
                .is_none_or(|(_, topic)| topic.emotions.contains(feeling))
        });
        if usual {
            topic.chain(second).chain(feelings).collect()
        } else {
            feelings.take(1).chain(topic).chain(second).collect()
        }
    }
}

/// Choices of one turn.
#[derive(Debug)]
pub(crate) struct Chooser<'a> {
    pub memory: &'a Memory<'a>,
    pub seed: u64,
}

impl Chooser<'_> {
    /// A rested piece from the first of these pools that has one.
    pub(crate) fn piece<'p>(&self, pools: &'p Pools, keys: &[&str]) -> Option<&'p Said> {
        keys.iter().find_map(|key| {
            pools
                .get(*key)?
                .iter()
                .filter(|said| self.rested(said))
                .min_by_key(|said| self.lot(&said.id))
        })
    }

    /// The first in the order of the file that has rested: for where the most needed comes first.
    pub(crate) fn first<'p>(&self, pools: &'p Pools, key: &str) -> Option<&'p Said> {
        pools.get(key)?.iter().find(|said| self.rested(said))
    }

    /// A rested piece, or the one that has rested longest if none has rested enough. For what must be
    /// said each time, like what muykol is.
    pub(crate) fn always<'p>(&self, pools: &'p Pools, keys: &[&str]) -> Option<&'p Said> {
        self.piece(pools, keys).or_else(|| {
            keys.iter()
                .find_map(|key| pools.get(*key))?
                .iter()
                .min_by_key(|said| self.memory.order.iter().rposition(|id| *id == said.id))
        })
    }

    /// The passage that fits best and has rested.
    pub(crate) fn passage<'p>(
        &self,
        content: &'p Content,
        situation: &Situation<'_>,
    ) -> Option<&'p Passage> {
        content
            .passages
            .iter()
            .filter(|passage| !self.memory.shown.contains(passage.reference.as_str()))
            .filter(|passage| {
                !situation
                    .tags()
                    .any(|tag| passage.not_for.iter().any(|not| not == tag))
            })
            .filter_map(|passage| Some((fit(passage, situation)?, passage)))
            .min_by_key(|(fit, passage)| (u8::MAX - fit, self.lot(&passage.reference)))
            .map(|(_, passage)| passage)
    }

    /// Yes in `n` of `of` turns.
    pub(crate) fn chance(&self, what: &str, n: u64, of: u64) -> bool {
        self.lot(what) % of < n
    }

    fn rested(&self, said: &Said) -> bool {
        !self.memory.resting.contains(said.id.as_str())
    }

    /// A number that belongs to this turn and this id.
    fn lot(&self, id: &str) -> u64 {
        // FNV-1a over the id, started from the seed, then the finaliser of splitmix64.
        let mut hash = id
            .bytes()
            .fold(self.seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            });
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        hash ^ (hash >> 31)
    }
}

/// How well a passage fits; `None` if it does not.
fn fit(passage: &Passage, situation: &Situation<'_>) -> Option<u8> {
    let about = |name: &str| passage.topics.iter().any(|topic| topic == name);
    let topic = situation.topic.is_some_and(|(name, _)| about(name));
    if situation.strict() {
        return topic.then_some(4);
    }
    let feels = situation
        .feelings
        .first()
        .is_some_and(|feeling| passage.emotions.contains(feeling));
    // In grief a passage that only fits the circumstances is not good enough.
    if !topic && (!feels || (situation.grieves() && !passage.emotions.contains(&Emotion::Grief))) {
        return None;
    }
    // A passage without feelings is meant for its situations whatever is felt in them.
    let feels = feels || passage.emotions.is_empty();
    let second = situation.second.is_some_and(|(name, _)| about(name));
    Some(u8::from(topic) * 3 + u8::from(feels) * 2 + u8::from(second))
}
