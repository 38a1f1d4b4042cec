//! What is true of muykol on every channel.
//!
//! Core holds the domain ([`words`]), the promises its backings keep ([`seams`]), the way a
//! message travels ([`path`]), and the three things muykol exists for: [`care`], [`scripture`]
//! and [`answer`]. It opens no socket and no file, reads no environment and has no wall clock of
//! its own: time comes in through [`words::Clock`].

pub mod answer;
pub mod care;
#[cfg(any(test, feature = "contract"))]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
pub mod contract;
pub mod path;
pub mod scripture;
pub mod seams;
pub mod words;
