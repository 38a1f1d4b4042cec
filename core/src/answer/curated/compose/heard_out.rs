//! Somebody speaks of what moves them: they are listened to, or answered whole.

use super::Composer;
use crate::answer::curated::{choose::Situation, content::ANY, mirror};

/// Up to this many words a message in an ongoing talk is listened to rather than answered whole.
const BRIEF: usize = 14;

/// Above this many words a message is a story: it is thanked for, and no single clause stands
/// for it.
const LONG: usize = 45;

impl Composer<'_> {
    /// Somebody speaks of what moves them, or of nothing that can be told.
    pub(super) fn heard_out(&mut self) {
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
