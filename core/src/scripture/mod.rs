//! Bible texts, references and the check that nothing is invented.

mod book;
mod compile;
mod library;
mod names;
mod parse;
mod reference;
mod text;
mod token;
mod wording;

pub use book::Book;
pub use library::{LONGEST_PASSAGE, Library, Passage, ScriptureError, Translation, TranslationId};
pub use names::Language;
pub use parse::{Found, find_references, find_references_in, parse_exact};
pub use reference::{Place, Reference, ReferenceError, Span};
pub use text::HeldText;
