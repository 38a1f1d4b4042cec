//! What the web needs of care beside the door.

use muykol_core::words::Block;

/// Help that can be shown without a store, a turn or a network.
pub trait Care: Send + Sync + 'static {
    /// The helplines of a country (ISO 3166-1 alpha-2), or the worldwide ones: a
    /// [`Block::Resources`]. Stands on every error page.
    fn helplines(&self, country: Option<&str>) -> Block;

    /// The vetted crisis reply if the text speaks of danger. Used only where a message is turned
    /// away before the door (no session, too long, a forged form), so that no danger is met with
    /// a bare error. Pure; never fails.
    fn crisis_card(&self, text: &str) -> Option<Vec<Block>>;
}
