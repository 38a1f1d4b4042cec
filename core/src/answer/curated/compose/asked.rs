//! Somebody asks for something: a prayer, a verse, another one, what to do now.

use super::Composer;
use crate::{
    answer::curated::{
        content::{Content, Place, Theme},
        hear::{Heard, Intent},
    },
    scripture::{LONGEST_PASSAGE, find_references},
    seams::Piece,
    words::Block,
};

/// Up to this many words a message that holds a reference asks for it.
const NAMED: usize = 6;

impl<'a> Composer<'a> {
    pub(super) fn pray(&mut self) {
        let mut situation = self.situation();
        if let Some(concern) = self.concern()
            && situation.topic.is_none()
            && situation.feelings.is_empty()
        {
            situation = self.remembered(concern);
        }
        self.call(&situation);
        let own: Vec<String> = situation
            .keys()
            .into_iter()
            .map(|key| format!("prayer_{key}"))
            .collect();
        let mut keys: Vec<&str> = own.iter().map(String::as_str).collect();
        keys.push("prayer");
        let language = self.language;
        self.optional(&language.replies, &["prayer_lead"]);
        if let Some(said) = self.chooser.always(&language.replies, &keys) {
            self.say(said);
        }
        self.optional(&language.replies, &["prayer_after"]);
    }

    /// A passage that is asked for by its reference: "John 3:16", "what does Psalm 23 say?".
    pub(super) fn named(&self) -> Option<String> {
        let asked = self.heard.intent == Some(Intent::Verse)
            || (self.heard.length <= NAMED && self.heard.topics.is_empty());
        if !asked {
            return None;
        }
        self.context
            .messages
            .iter()
            .flat_map(|message| find_references(message))
            .find(|found| found.problem.is_none())
            .map(|found| found.reference)
            .filter(|reference| {
                reference.verses().is_ok_and(|spans| {
                    spans.iter().map(ExactSizeIterator::len).sum::<usize>() <= LONGEST_PASSAGE
                })
            })
            .map(|reference| reference.to_string())
    }

    pub(super) fn verse(&mut self) {
        let situation = self.situation();
        let tender = situation.grieves();
        if let Some(theme) = theme(self.content, &self.heard).filter(|_| !tender) {
            self.thing = Some(theme.name.clone());
            self.lead("verse_lead");
            return self.theme(theme);
        }
        let known = situation.topic.is_some() || !situation.feelings.is_empty();
        let situation = match self.concern() {
            _ if known => situation,
            Some(concern) => self.remembered(concern),
            None => return self.always_of(&["verse_ask", "unclear"]),
        };
        self.call(&situation);
        self.lead("verse_for_you");
        if !self.passage(&situation) {
            self.question(&situation);
        }
    }

    /// "Another one", "go on": once more for what was spoken of.
    pub(super) fn more(&mut self) {
        if let Some(asked) = &self.memory.asked
            && let Some(theme) = theme(self.content, asked)
        {
            self.lead("more");
            return self.theme(theme);
        }
        let Some(concern) = self.concern() else {
            return self.always("unclear");
        };
        let situation = self.remembered(concern);
        self.call(&situation);
        self.lead("more");
        if !self.passage(&situation) {
            self.question(&situation);
        }
    }

    /// "What should I do?": no decision taken for them, one small step.
    pub(super) fn what_now(&mut self) {
        let Some(concern) = self.concern() else {
            return;
        };
        let situation = self.remembered(concern);
        self.call(&situation);
        self.lead("what_now");
        self.action(&situation);
        self.question(&situation);
    }

    fn theme(&mut self, theme: &'a Theme) {
        if let Some(place) = self.place(&theme.places) {
            self.show(&place.reference);
            if self.speaks_english() {
                self.pieces
                    .push(Piece::Block(Block::text(place.context.clone())));
            }
        }
        let language = self.language;
        self.optional(&language.replies, &["verse_after"]);
    }

    /// A place that has not been shown lately.
    fn place(&self, places: &'a [Place]) -> Option<&'a Place> {
        let rested: Vec<&Place> = places
            .iter()
            .filter(|place| !self.memory.shown.contains(place.reference.as_str()))
            .collect();
        let count = u64::try_from(rested.len()).unwrap_or(u64::MAX);
        let at = usize::try_from(self.context.seed.checked_rem(count)?).unwrap_or(0);
        rested.get(at).copied()
    }
}

/// What somebody asks the Bible about.
fn theme<'a>(content: &'a Content, heard: &Heard) -> Option<&'a Theme> {
    content
        .themes
        .iter()
        .find(|theme| theme.cues.iter().any(|cue| cue.is_in(&heard.words)))
}
