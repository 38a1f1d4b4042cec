//! Bible texts, references and the check that nothing is invented.

mod book;
mod compare;
mod compile;
mod judge;
mod library;
mod names;
mod page;
mod parse;
mod quotation;
mod reference;
mod sentence;
mod stream;
mod text;
mod token;
mod verify;
mod wording;

pub use book::Book;
pub use library::{LONGEST_PASSAGE, Library, Passage, ScriptureError, Translation, TranslationId};
pub use names::Language;
pub use parse::{Found, find_references, find_references_in, parse_exact};
pub use reference::{Place, Reference, ReferenceError, Span};
pub use stream::{Checked, StreamVerifier};
pub use text::HeldText;
pub use verify::{Finding, Verdict, Verified, verify};
