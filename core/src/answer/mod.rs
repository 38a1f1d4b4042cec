//! Who writes the reply: the curated composer and the model-backed answerer.
//!
//! Both give pieces of an answer in the same shape: an opening that names what the person feels,
//! a passage by its reference, a reflection, one small step, and often a question. [`rules`] says
//! what neither of them may ever say.

pub mod curated;
//MODEL
mod phrase;
//RULES

pub use curated::{ContentError, CuratedAnswerer};
//UM
//UR
