/// Why a store could not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// It did not answer, or answered that it cannot now. Nothing may be assumed about whether
    /// the operation took effect; every operation is safe to repeat.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// What it holds cannot be read. The operator must look.
    #[error("the store holds something unreadable: {0}")]
    Corrupt(String),
}
