//! Nothing is shown that has not passed: Scripture first, then the rules of what may be said.

use std::sync::Arc;

use unicode_segmentation::UnicodeSegmentation;

use crate::{
    answer::breaks,
    scripture::{Checked, Library, StreamVerifier, TranslationId},
    words::Block,
};

/// A piece that has passed.
pub(super) struct Passed {
    pub block: Block,
    /// For text: whether a paragraph begins here.
    pub paragraph: bool,
}

/// Checks an answer as it comes and gathers what passed.
pub(super) struct Check {
    library: Arc<Library>,
    translation: TranslationId,
    words: StreamVerifier,
    blocks: Vec<Block>,
}

impl Check {
    pub fn new(library: &Arc<Library>, translation: &str) -> Self {
        let translation = TranslationId::from(translation);
        Self {
            library: Arc::clone(library),
            words: StreamVerifier::new(Arc::clone(library), translation.clone()),
            translation,
            blocks: Vec::new(),
        }
    }

    /// Raw words, cut anywhere.
    pub fn words(&mut self, words: &str) -> Vec<Passed> {
        let checked = self.words.push(words);
        self.pass_all(checked)
    }

    /// A passage by its reference.
    pub fn passage(&mut self, reference: &str) -> Vec<Passed> {
        match self.library.search_reference(reference, &self.translation) {
            Ok(passage) => self.pass(passage.into(), true).into_iter().collect(),
            Err(error) => {
                tracing::warn!(%error, "a passage was named that is not there");
                Vec::new()
            }
        }
    }

    /// A whole block. Its words pass the same checks as a model's.
    pub fn block(&mut self, block: Block) -> Vec<Passed> {
        match block {
            Block::Text { text } => self.aside(&text, |text| Block::Text { text }),
            Block::Reflection { text } => self.aside(&text, |text| Block::Reflection { text }),
            Block::Action { text } => self.aside(&text, |text| Block::Action { text }),
            // Its words are not ours to trust; only its reference is.
            Block::Verse { reference, .. } => self.passage(&reference),
            Block::Resources { .. } | Block::Choices { .. } => {
                self.pass(block, true).into_iter().collect()
            }
        }
    }

    /// What was held back, and everything that passed.
    pub fn finish(mut self) -> (Vec<Passed>, Vec<Block>) {
        let rest = self.words.finish();
        let passed = self.pass_all(rest);
        (passed, self.blocks)
    }

    /// Checks one closed text and keeps its kind.
    fn aside(&mut self, text: &str, kind: impl Fn(String) -> Block) -> Vec<Passed> {
        let mut verifier = StreamVerifier::new(Arc::clone(&self.library), self.translation.clone());
        let mut checked = verifier.push(text);
        checked.extend(verifier.finish());
        let mut kept = String::new();
        let mut verses = Vec::new();
        for piece in checked {
            match piece {
                Checked::Text { text, .. } => {
                    let text = permitted(text);
                    if !kept.is_empty() && !text.is_empty() {
                        kept.push(' ');
                    }
                    kept.push_str(&text);
                }
                Checked::Passage(passage) => verses.push(Block::from(passage)),
            }
        }
        let words = (!kept.is_empty()).then(|| kind(kept));
        words
            .into_iter()
            .chain(verses)
            .filter_map(|block| self.pass(block, true))
            .collect()
    }

    fn pass_all(&mut self, checked: Vec<Checked>) -> Vec<Passed> {
        checked
            .into_iter()
            .filter_map(|piece| match piece {
                Checked::Text {
                    text,
                    starts_paragraph,
                } => self.pass(Block::text(permitted(text)), starts_paragraph),
                Checked::Passage(passage) => self.pass(passage.into(), true),
            })
            .collect()
    }

    /// Gathers a block: a sentence that goes on joins the text before it.
    fn pass(&mut self, block: Block, paragraph: bool) -> Option<Passed> {
        if matches!(&block, Block::Text { text } if text.is_empty()) {
            return None;
        }
        match (&block, self.blocks.last_mut()) {
            (Block::Text { text: more }, Some(Block::Text { text })) if !paragraph => {
                text.push(' ');
                text.push_str(more);
            }
            _ => self.blocks.push(block.clone()),
        }
        Some(Passed { block, paragraph })
    }
}

/// What the rules let be said of a text: sentences that break them are dropped and counted.
fn permitted(text: String) -> String {
    if breaks(&text).is_none() {
        return text;
    }
    let kept: String = text
        .split_sentence_bounds()
        .filter(|sentence| {
            let broken = breaks(sentence);
            if let Some(rule) = broken {
                tracing::warn!(rule = rule.name(), "a sentence was withheld");
                metrics::counter!("muykol_withheld_total", "rule" => rule.name()).increment(1);
            }
            broken.is_none()
        })
        .collect();
    kept.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(words: &[&str]) -> (Vec<Block>, Vec<Block>) {
        let mut check = Check::new(&Arc::new(Library::embedded()), "ASV");
        let mut shown = Vec::new();
        for word in words {
            shown.extend(check.words(word).into_iter().map(|passed| passed.block));
        }
        let (rest, blocks) = check.finish();
        shown.extend(rest.into_iter().map(|passed| passed.block));
        (shown, blocks)
    }

    #[test]
    fn a_marked_reference_becomes_the_held_words() {
        let (_, blocks) = said(&["I hear you.\n\n[[John ", "11:35]]\n\nRest a while."]);
        let [
            Block::Text { .. },
            Block::Verse { text, .. },
            Block::Text { .. },
        ] = blocks.as_slice()
        else {
            panic!("{blocks:?}");
        };
        assert_eq!(text, "Jesus wept.");
    }

    #[test]
    fn an_invented_verse_and_a_promise_go_and_the_rest_stays() {
        let (shown, blocks) = said(&[
            "I am sorry that it is so hard. ",
            "The Bible says, \"God will give you a new job before the month is over.\" ",
            "God promises you a new job. ",
            "What worries you most?",
        ]);
        let text = Block::plain_all(&blocks);
        assert!(
            text.contains("so hard") && text.contains("worries you most"),
            "{text}"
        );
        assert!(!text.contains("job"), "{text}");
        assert!(!Block::plain_all(&shown).contains("job"));
    }

    #[test]
    fn a_verse_block_is_only_believed_in_its_reference() {
        let mut check = Check::new(&Arc::new(Library::embedded()), "KJV");
        let forged = Block::Verse {
            reference: "John 11:35".to_owned(),
            text: "Jesus laughed.".to_owned(),
            translation: "KJV".to_owned(),
        };
        check.block(forged);
        let (_, blocks) = check.finish();
        assert_eq!(
            Block::plain_all(&blocks),
            "\u{201c}Jesus wept.\u{201d}\n\u{2014} John 11:35 (KJV)"
        );
    }
}
