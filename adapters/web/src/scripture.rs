//! The held texts, as far as `/v1/scripture` and the settings need them.

use muykol_core::words::Block;

/// Looks up passages. The binary joins it to core's scripture room.
pub trait Scripture: Send + Sync + 'static {
    /// A passage, "Phil 4:6-7", as a [`Block::Verse`]; in the default translation if none is
    /// named.
    fn passage(
        &self,
        reference: &str,
        translation: Option<&str>,
    ) -> Result<Block, ScriptureProblem>;

    /// The short names of the held translations, the default first.
    fn translations(&self) -> Vec<String>;
}

/// Why there is no passage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScriptureProblem {
    /// The words are no reference to a book, chapter and verse.
    #[error("“{0}” is not a reference; write it like “Phil 4:6-7” or “Psalm 23”")]
    NotAReference(String),
    /// A well-formed reference to a passage that does not exist.
    #[error("there is no {0} in the Bible")]
    NoSuchPassage(String),
    /// The passage is longer than may be shown at once.
    #[error("{0} is too long to show at once; ask for fewer verses")]
    TooLong(String),
    /// The translation is not held.
    #[error("the translation “{0}” is not held here")]
    NoSuchTranslation(String),
}
