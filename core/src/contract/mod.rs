//! Contract suites: what every implementation of a seam must pass.

mod memory;

pub use memory::MemoryStore;
