//! The pieces that answers are made of, and how each is said.

use super::Composer;
use crate::{
    answer::curated::{
        choose::Situation,
        content::{ANY, Passage, Pools, Said},
        mirror,
    },
    seams::Piece,
    words::Block,
};

/// Translations whose words are English, for the sentence that says so to others.
const ENGLISH: [&str; 6] = ["ASV", "KJV", "WEB", "BSB", "YLT", "DBY"];

impl Composer<'_> {
    /// The passage and what joins it to the day. Left out when nothing fits that has rested.
    pub(super) fn passage(&mut self, situation: &Situation<'_>) -> bool {
        let Some(passage) = self.chooser.passage(self.content, situation) else {
            return false;
        };
        self.show(&passage.reference);
        self.reflect(passage, situation);
        true
    }

    pub(super) fn show(&mut self, reference: &str) {
        let language = self.language;
        if ENGLISH.contains(&self.context.translation.as_str()) {
            self.optional(&language.replies, &["scripture_note"]);
        }
        self.pieces.push(Piece::Passage(reference.to_owned()));
        self.pieces
            .push(Piece::Used(format!("passage/{reference}")));
    }

    fn reflect(&mut self, passage: &Passage, situation: &Situation<'_>) {
        // Reflections are written in English; elsewhere the opening and the step carry it.
        if !self.speaks_english() {
            return;
        }
        let own = situation
            .topic
            .and_then(|(name, _)| passage.for_topic.get(name));
        self.pieces.push(Piece::Block(Block::Reflection {
            text: own.unwrap_or(&passage.reflection).clone(),
        }));
    }

    pub(super) fn action(&mut self, situation: &Situation<'_>) {
        let mut keys = situation.keys();
        if !situation.strict() && !situation.grieves() {
            keys.push(ANY);
        }
        if let Some(said) = self.chooser.piece(&self.language.actions, &keys) {
            self.pieces.push(Piece::Block(Block::Action {
                text: self.fill(&said.text),
            }));
            self.pieces.push(Piece::Used(said.id.clone()));
        }
    }

    pub(super) fn question(&mut self, situation: &Situation<'_>) {
        let language = self.language;
        if let Some((name, _)) = situation.topic.filter(|_| situation.strict()) {
            // "Are you safe right now?" comes before everything else.
            if let Some(said) = self.chooser.first(&language.questions, name) {
                self.say(said);
            }
            return;
        }
        let mut keys = situation.keys();
        keys.push(ANY);
        self.optional(&language.questions, &keys);
    }

    pub(super) fn speaks_english(&self) -> bool {
        std::ptr::eq(self.language, &raw const self.content.english)
    }

    /// What the matter is called back as.
    pub(super) fn call(&mut self, situation: &Situation<'_>) {
        self.thing = match situation.topic {
            Some((_, topic)) => Some(topic.thing.clone()),
            None => situation
                .feelings
                .first()
                .and_then(|feeling| self.content.feelings.get(feeling))
                .cloned(),
        };
    }

    /// A sentence before something else: left out when all of its kind have been said lately.
    pub(super) fn lead(&mut self, key: &str) {
        let language = self.language;
        self.optional(&language.replies, &[key]);
    }

    pub(super) fn always(&mut self, key: &str) {
        self.always_of(&[key]);
    }

    pub(super) fn always_of(&mut self, keys: &[&str]) {
        let language = self.language;
        if let Some(said) = self.chooser.always(&language.replies, keys) {
            self.say(said);
        }
    }

    pub(super) fn optional(&mut self, pools: &Pools, keys: &[&str]) -> bool {
        let Some(said) = self.chooser.piece(pools, keys) else {
            return false;
        };
        self.say(said);
        true
    }

    pub(super) fn say(&mut self, said: &Said) {
        self.pieces
            .push(Piece::Block(Block::text(self.fill(&said.text))));
        self.pieces.push(Piece::Used(said.id.clone()));
    }

    fn fill(&self, text: &str) -> String {
        let clause = self.clause.as_deref().unwrap_or_default();
        text.replace("{Clause}", &mirror::begin(clause))
            .replace("{clause}", clause)
            .replace("{thing}", self.thing.as_deref().unwrap_or("this"))
    }
}
