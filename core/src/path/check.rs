//! Nothing is shown that has not passed: Scripture first, then the rules of what may be said.

use crate::{
    scripture::{Library, TranslationId},
    words::Block,
};

/// A piece that has passed.
pub(super) struct Passed {
    pub block: Block,
    /// For text: whether a paragraph begins here.
    pub paragraph: bool,
}

/// Checks an answer as it comes and gathers what passed.
pub(super) struct Check<'a> {
    library: &'a Library,
    translation: TranslationId,
    blocks: Vec<Block>,
    words: String,
}

impl<'a> Check<'a> {
    pub fn new(library: &'a Library, translation: &str) -> Self {
        Self {
            library,
            translation: TranslationId::from(translation),
            blocks: Vec::new(),
            words: String::new(),
        }
    }

    /// Raw words, cut anywhere.
    pub fn words(&mut self, words: &str) -> Vec<Passed> {
        self.words.push_str(words);
        Vec::new()
    }

    /// A passage by its reference.
    pub fn passage(&mut self, reference: &str) -> Vec<Passed> {
        match self.library.search_reference(reference, &self.translation) {
            Ok(passage) => self.pass(passage.into()),
            Err(error) => {
                tracing::warn!(%error, "a passage was named that is not there");
                Vec::new()
            }
        }
    }

    /// A whole block.
    pub fn block(&mut self, block: Block) -> Vec<Passed> {
        self.pass(block)
    }

    /// What was held back, and everything that passed.
    pub fn finish(mut self) -> (Vec<Passed>, Vec<Block>) {
        let words = std::mem::take(&mut self.words);
        let passed = if words.is_empty() {
            Vec::new()
        } else {
            self.pass(Block::text(words))
        };
        (passed, self.blocks)
    }

    fn pass(&mut self, block: Block) -> Vec<Passed> {
        self.blocks.push(block.clone());
        vec![Passed {
            block,
            paragraph: true,
        }]
    }
}
