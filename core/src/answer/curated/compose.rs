//! Putting an answer together.

use super::{
    choose::{Chooser, Situation},
    content::{ANY, Content, Language, Passage, Place, Pools, Said, Theme},
    hear::{Heard, Intent, hear},
    memory::{Concern, Memory},
    mirror,
};
use crate::{
    scripture::{LONGEST_PASSAGE, find_references},
    seams::{Piece, TurnContext},
    words::{Audience, Block, CrisisKind, CrisisLevel},
};

/// Up to this many words a message in an ongoing talk is listened to rather than answered whole.
const BRIEF: usize = 14;

/// Above this many words a message is a story: it is thanked for, and no single clause stands
/// for it.
const LONG: usize = 45;

/// Up to this many words a message that holds a reference asks for it.
const NAMED: usize = 6;

/// Translations whose words are English, for the sentence that says so to others.
const ENGLISH: [&str; 6] = ["ASV", "KJV", "WEB", "BSB", "YLT", "DBY"];

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

    /// Somebody speaks of what moves them, or of nothing that can be told.
    fn heard_out(&mut self) {
        let mut situation = self.situation();
        if let Some(concern) = self.concern().filter(|_| situation.topic.is_none()) {
            let before = self.remembered(concern);
            // "She was 62" still belongs to the loss.
            let belongs = before.topic.is_some_and(|(_, topic)| {
                situation.feelings.first().is_some_and(|feeling| {
                    topic.emotions.contains(feeling) || before.feelings.contains(feeling)
                })
            });
            if belongs {
                situation.topic = before.topic;
            }
        }
        if situation.topic.is_none() && situation.feelings.is_empty() {
            match self.concern() {
                Some(concern) => {
                    self.call(&self.remembered(concern));
                    self.always("go_on");
                }
                None => self.always("unclear"),
            }
            return;
        }
        self.call(&situation);
        if self.private() && !situation.strict() && self.heard.length <= LONG {
            self.clause = mirror::clause(self.language, &self.heard.words)
                .filter(|clause| situation.topic.is_none() || !mirror::is_bare(clause));
        }
        if self.goes_on(&situation) {
            self.listen(&situation);
        } else {
            self.whole(&situation);
        }
    }

    /// Whether this follows closely on what was answered with a passage just now.
    fn goes_on(&self, situation: &Situation<'_>) -> bool {
        self.memory.just_shown
            && !situation.strict()
            && self.heard.length <= BRIEF
            && self.concern().is_some_and(|before| {
                situation.topic.map_or_else(
                    || before.feelings.first() == situation.feelings.first(),
                    |(name, _)| before.topic.as_deref() == Some(name),
                )
            })
    }

    /// No second passage at once: the person is let speak.
    fn listen(&mut self, situation: &Situation<'_>) {
        let language = self.language;
        let new = self.clause.is_some()
            && self.clause != self.concern().and_then(|concern| concern.clause.clone());
        if !(new && self.optional(&language.mirrors, &mirror_keys(situation))) {
            self.always_of(&["listening", "go_on"]);
        }
        self.question(situation);
    }

    /// Opening, passage, reflection, one small step, and often a question.
    fn whole(&mut self, situation: &Situation<'_>) {
        let language = self.language;
        self.opening(situation);
        if situation.strict() && self.heard.topics.iter().any(|topic| topic == "forgiving") {
            self.optional(&language.replies, &["safety_first"]);
        }
        self.passage(situation);
        let step = !situation.grieves() || self.chooser.chance("step", 1, 3);
        if step {
            self.action(situation);
        }
        let ask = situation.grieves() || situation.strict() || self.chooser.chance("ask", 4, 5);
        if ask {
            self.question(situation);
        }
        if self.pieces.is_empty() {
            self.optional(&language.openings, &[ANY]);
        }
    }

    fn opening(&mut self, situation: &Situation<'_>) {
        let language = self.language;
        if self.heard.length > LONG {
            self.optional(&language.replies, &["long"]);
        }
        if self.clause.is_some() && self.optional(&language.mirrors, &mirror_keys(situation)) {
            return;
        }
        let mut keys = situation.keys();
        keys.push(ANY);
        if let Some(said) = self.chooser.always(&language.openings, &keys) {
            self.say(said);
        }
    }

    /// The passage and what joins it to the day. Left out when nothing fits that has rested.
    fn passage(&mut self, situation: &Situation<'_>) -> bool {
        let Some(passage) = self.chooser.passage(self.content, situation) else {
            return false;
        };
        self.show(&passage.reference);
        self.reflect(passage, situation);
        true
    }

    fn show(&mut self, reference: &str) {
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

    fn action(&mut self, situation: &Situation<'_>) {
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

    fn question(&mut self, situation: &Situation<'_>) {
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

    fn pray(&mut self) {
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
    fn named(&self) -> Option<String> {
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

    fn verse(&mut self) {
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

    /// "What should I do?": no decision taken for them, one small step.
    fn what_now(&mut self) {
        let Some(concern) = self.concern() else {
            return;
        };
        let situation = self.remembered(concern);
        self.call(&situation);
        self.lead("what_now");
        self.action(&situation);
        self.question(&situation);
    }

    fn speaks_english(&self) -> bool {
        std::ptr::eq(self.language, &raw const self.content.english)
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

    /// "Another one", "go on": once more for what was spoken of.
    fn more(&mut self) {
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

    /// What the matter is called back as.
    fn call(&mut self, situation: &Situation<'_>) {
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
    fn lead(&mut self, key: &str) {
        let language = self.language;
        self.optional(&language.replies, &[key]);
    }

    fn always(&mut self, key: &str) {
        self.always_of(&[key]);
    }

    fn always_of(&mut self, keys: &[&str]) {
        let language = self.language;
        if let Some(said) = self.chooser.always(&language.replies, keys) {
            self.say(said);
        }
    }

    fn optional(&mut self, pools: &Pools, keys: &[&str]) -> bool {
        let Some(said) = self.chooser.piece(pools, keys) else {
            return false;
        };
        self.say(said);
        true
    }

    fn say(&mut self, said: &Said) {
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

/// What somebody asks the Bible about.
fn theme<'a>(content: &'a Content, heard: &Heard) -> Option<&'a Theme> {
    content
        .themes
        .iter()
        .find(|theme| theme.cues.iter().any(|cue| cue.is_in(&heard.words)))
}

/// The pools of openings that say the person's words back.
fn mirror_keys<'s>(situation: &Situation<'s>) -> Vec<&'s str> {
    let mut keys: Vec<&'s str> = situation.topic.iter().map(|(name, _)| *name).collect();
    keys.extend(
        situation
            .feelings
            .iter()
            .take(1)
            .map(|feeling| feeling.name()),
    );
    keys.push(ANY);
    keys
}
