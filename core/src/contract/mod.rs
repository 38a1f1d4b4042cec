//! Contract suites: what every implementation of a seam must pass.

mod memory;
pub mod simulation;

pub use memory::MemoryStore;
