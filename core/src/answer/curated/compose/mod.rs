//! Putting an answer together.
//!
//! What kind of answer a message gets is decided here; each kind, and the pieces that all of them
//! are made of, have a file of their own.

mod asked;
mod heard_out;
mod say;

use super::{
    choose::{Chooser, Situation},
    content::{Content, Language},
    hear::{Heard, Intent, hear},
    memory::{Concern, Memory},
};
use crate::{
    seams::{Piece, TurnContext},
    words::{Audience, CrisisKind, CrisisLevel},
};

/// The answer to a turn. Never empty.
pub(crate) fn compose(content: &Content, turn: &TurnContext) -> Vec<Piece> {
    let (language, held) = content.language(&turn.language);
    let text = turn.messages.join("\n");
    let memory = Memory::read(content, language, &turn.recent);
    let chooser = Chooser {
        memory: &memory,
        seed: turn.seed,
    };
    let mut composer = Composer {
        content,
        language,
        context: turn,
        heard: hear(content, language, &text),
        memory: &memory,
        chooser,
        clause: None,
        thing: None,
        pieces: Vec::new(),
    };
    if !held {
        composer.optional(&language.replies, &["language_note"]);
    }
    composer.answer();
    composer.pieces
}

struct Composer<'a> {
    content: &'a Content,
    language: &'a Language,
    context: &'a TurnContext,
    heard: Heard,
    memory: &'a Memory<'a>,
    chooser: Chooser<'a>,
    clause: Option<String>,
    thing: Option<String>,
    pieces: Vec<Piece>,
}

impl<'a> Composer<'a> {
    fn answer(&mut self) {
        if self.context.care_mode || self.at_risk() {
            return self.care();
        }
        let strict = self.situation().strict();
        if let Some(reference) = self.named().filter(|_| !strict) {
            self.lead("named");
            self.show(&reference);
            return self.lead("verse_after");
        }
        match self.heard.intent {
            Some(
                intent @ (Intent::SuicideQuestion
                | Intent::Advice
                | Intent::RealPerson
                | Intent::Privacy
                | Intent::Identity
                | Intent::Help),
            ) => {
                self.always(intent.name());
                // "Are you a bot? My wife left me": both are answered.
                if !self.heard.topics.is_empty() && intent != Intent::SuicideQuestion {
                    self.heard_out();
                }
            }
            Some(Intent::Disputed) if !strict => self.always(Intent::Disputed.name()),
            Some(Intent::BibleQuestion) => self.always(Intent::BibleQuestion.name()),
            Some(Intent::Pray) => self.pray(),
            Some(Intent::Verse) if !strict => self.verse(),
            Some(Intent::More) if self.memory.asked.is_some() || self.concern().is_some() => {
                self.more();
            }
            Some(Intent::WhatNow) if self.concern().is_some() => self.what_now(),
            Some(Intent::WhatNow) if !self.heard.topics.is_empty() => self.heard_out(),
            Some(intent) if intent >= Intent::DidNotHelp => self.follow(intent),
            _ => self.heard_out(),
        }
    }

    /// Danger for themselves was heard, though not so near that the emergency lane took it.
    fn at_risk(&self) -> bool {
        let crisis = &self.context.assessment.crisis;
        crisis.level >= CrisisLevel::Concern
            && crisis.kinds.iter().any(|kind| {
                matches!(
                    kind,
                    CrisisKind::Suicide | CrisisKind::SelfHarm | CrisisKind::Medical
                )
            })
    }

    fn situation(&self) -> Situation<'a> {
        Situation::heard(self.content, &self.heard, &self.context.assessment)
    }

    /// What the person spoke of before; in a public place nothing is called back.
    fn concern(&self) -> Option<&'a Concern> {
        self.memory.concern.as_ref().filter(|_| self.private())
    }

    fn private(&self) -> bool {
        self.context.audience == Audience::Private
    }

    fn remembered(&self, concern: &'a Concern) -> Situation<'a> {
        Situation {
            topic: concern
                .topic
                .as_deref()
                .and_then(|name| Some((name, self.content.topics.get(name)?))),
            second: None,
            feelings: concern.feelings.clone(),
        }
    }

    fn care(&mut self) {
        let own = self
            .heard
            .intent
            .map(|intent| format!("care_{}", intent.name()))
            .unwrap_or_default();
        let language = self.language;
        if let Some(said) = self.chooser.always(&language.replies, &["care"]) {
            let said = self
                .chooser
                .piece(&language.replies, &[&own])
                .unwrap_or(said);
            self.say(said);
        }
    }

    /// A short reply in an ongoing talk, or with nothing before it.
    fn follow(&mut self, intent: Intent) {
        if let Some(concern) = self.concern() {
            let situation = self.remembered(concern);
            self.call(&situation);
            // Where safety comes first it stays the matter, whatever the short reply.
            let own = situation
                .topic
                .filter(|_| !matches!(intent, Intent::Goodbye | Intent::Greeting))
                .map(|(name, _)| format!("follow_{name}"))
                .unwrap_or_default();
            self.always_of(&[&own, intent.name(), "go_on"]);
        } else {
            let new = format!("{}_new", intent.name());
            self.always_of(&[&new, "unclear"]);
        }
    }
}
