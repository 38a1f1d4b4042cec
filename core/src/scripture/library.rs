//! The held texts and the passages in them.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};

use super::{HeldText, Reference, ReferenceError, parse_exact};
use crate::words::Block;

/// The most verses that one passage may have: the longest chapter people are often sent to,
/// Romans 8 with its 39 verses, still fits.
pub const LONGEST_PASSAGE: usize = 40;

/// The short name of a translation, "ASV". Compared without regard to case.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TranslationId(pub String);

impl PartialEq for TranslationId {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for TranslationId {}

impl From<&str> for TranslationId {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

impl fmt::Display for TranslationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is known about a translation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Translation {
    /// Its short name.
    pub id: TranslationId,
    /// Its full name.
    pub name: String,
    /// Which edition the text is.
    pub edition: String,
    /// Under which terms it may be shown.
    pub licence: String,
}

/// Verses, word for word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Passage {
    /// Which verses.
    pub reference: Reference,
    /// The held text; parts that do not follow one another are joined by " … ".
    pub text: String,
    /// The translation it is taken from.
    pub translation: TranslationId,
}

impl From<Passage> for Block {
    fn from(passage: Passage) -> Self {
        Self::Verse {
            reference: passage.reference.to_string(),
            text: passage.text,
            translation: passage.translation.0,
        }
    }
}

/// Why a passage cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScriptureError {
    /// The reference names nothing.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// The verse exists in other translations only.
    #[error("{reference} is not in this translation ({translation}): its editors left it out")]
    NotInTranslation {
        /// The verse.
        reference: String,
        /// The translation.
        translation: TranslationId,
    },
    /// No such translation is held.
    #[error("no translation `{asked}` is held; there are {held}")]
    UnknownTranslation {
        /// The id asked for.
        asked: TranslationId,
        /// The ids there are, separated by commas.
        held: String,
    },
    /// More than [`LONGEST_PASSAGE`] verses.
    #[error("{reference} has {verses} verses; ask for at most {LONGEST_PASSAGE}")]
    TooLong {
        /// The reference.
        reference: String,
        /// How many verses it has.
        verses: usize,
    },
}

/// The texts that are held. Only these are ever shown as Scripture.
#[derive(Debug, Clone)]
pub struct Library {
    texts: Vec<HeldText>,
}

/// The rows of `editions.tsv`: id, name, edition, licence, SHA-256.
pub(super) fn editions() -> impl Iterator<Item = [&'static str; 5]> {
    include_str!("../../data/scripture/editions.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split('\t').collect::<Vec<_>>().try_into().ok())
}

impl Library {
    /// The American Standard Version, the default, and the King James Version.
    ///
    /// Costs nothing: the texts are compiled at build time and read where they lie.
    pub fn embedded() -> Self {
        let blobs: [&'static [u8]; 2] = [
            include_bytes!(concat!(env!("OUT_DIR"), "/asv.text")),
            include_bytes!(concat!(env!("OUT_DIR"), "/kjv.text")),
        ];
        let texts = editions()
            .zip(blobs)
            .filter_map(|([id, name, edition, licence, _], blob)| {
                let translation = Translation {
                    id: id.into(),
                    name: name.to_owned(),
                    edition: edition.to_owned(),
                    licence: licence.to_owned(),
                };
                HeldText::open(translation, Cow::Borrowed(blob))
            })
            .collect();
        Self { texts }
    }

    /// Adds a text, or replaces the one with the same id. The first text is the default.
    pub fn add(&mut self, text: HeldText) {
        match self
            .texts
            .iter_mut()
            .find(|held| held.translation().id == text.translation().id)
        {
            Some(held) => *held = text,
            None => self.texts.push(text),
        }
    }

    /// The translations that are held, the default first.
    pub fn translations(&self) -> impl Iterator<Item = &Translation> {
        self.texts.iter().map(HeldText::translation)
    }

    /// Every held text.
    pub fn texts(&self) -> &[HeldText] {
        &self.texts
    }

    /// The text of a translation.
    pub fn text(&self, id: &TranslationId) -> Result<&HeldText, ScriptureError> {
        self.texts
            .iter()
            .find(|text| text.translation().id == *id)
            .ok_or_else(|| {
                let held: Vec<&str> = self.translations().map(|held| held.id.0.as_str()).collect();
                ScriptureError::UnknownTranslation {
                    asked: id.clone(),
                    held: held.join(", "),
                }
            })
    }

    /// The held texts with `preferred` first; an unknown id leaves the order as it is.
    pub(super) fn preferring(&self, preferred: &TranslationId) -> Vec<&HeldText> {
        let mut texts: Vec<&HeldText> = self.texts.iter().collect();
        texts.sort_by_key(|text| text.translation().id != *preferred);
        texts
    }

    /// The words of `reference` in the translation `id`.
    ///
    /// Verses that the translation does not have are left out of a longer passage; asked for
    /// alone they are [`ScriptureError::NotInTranslation`].
    pub fn passage(
        &self,
        reference: &Reference,
        id: &TranslationId,
    ) -> Result<Passage, ScriptureError> {
        let text = self.text(id)?;
        let spans = reference.verses()?;
        let verses = spans.iter().map(ExactSizeIterator::len).sum();
        if verses > LONGEST_PASSAGE {
            return Err(ScriptureError::TooLong {
                reference: reference.to_string(),
                verses,
            });
        }
        let mut passage = String::new();
        let mut end = None;
        for span in spans {
            let part = text.passage(span.clone());
            if !passage.is_empty() && !part.is_empty() {
                passage.push_str(if end == Some(span.start) {
                    " "
                } else {
                    " … "
                });
            }
            passage.push_str(&part);
            end = Some(span.end);
        }
        if passage.is_empty() {
            return Err(ScriptureError::NotInTranslation {
                reference: reference.to_string(),
                translation: text.translation().id.clone(),
            });
        }
        Ok(Passage {
            reference: reference.clone(),
            text: passage,
            translation: text.translation().id.clone(),
        })
    }

    /// Reads `asked`, which must be a reference and nothing else, and looks it up.
    pub fn search_reference(
        &self,
        asked: &str,
        id: &TranslationId,
    ) -> Result<Passage, ScriptureError> {
        self.passage(&parse_exact(asked)?, id)
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::{Library, editions};
    use crate::words::hex;

    #[test]
    fn the_embedded_texts_are_the_editions_that_are_named() {
        let library = Library::embedded();
        assert_eq!(library.texts().len(), 2);
        for (text, [id, _, _, _, pinned]) in library.texts().iter().zip(editions()) {
            let mut hash = Sha256::new();
            for verse in 0..text.verse_count() {
                hash.update(text.verse(verse));
                hash.update("\n");
            }
            assert_eq!(hex(&hash.finalize()), pinned, "{id}");
        }
        let empty = |at: usize| {
            let text = &library.texts()[at];
            (0..text.verse_count())
                .filter(|verse| text.verse(*verse).is_empty())
                .count()
        };
        assert_eq!((empty(0), empty(1)), (16, 0));
    }
}
