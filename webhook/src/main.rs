//! The `muykol` binary.
fn main() {}
