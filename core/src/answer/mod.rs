//! Who writes the reply: the curated composer and the model-backed answerer.
//!
//! Both give pieces of an answer in the same shape: an opening that names what the person feels,
//! a passage by its reference, a reflection, one small step, and often a question. [`rules`] says
//! what neither of them may ever say.

pub mod curated;
pub mod model;
mod phrase;
pub mod rules;

pub use curated::{ContentError, CuratedAnswerer};
pub use model::{ModelAnswerer, ModelLimits};
pub use rules::{RuleCode, breaks};
