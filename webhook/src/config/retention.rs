//! `[retention]`: how long each kind of row is kept.

use std::time::Duration;

use muykol_core::seams;

use super::reader::Reader;

/// How long each kind of row is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Conversations of those who have not agreed to more.
    pub unconsented: Duration,
    /// Everything else, as the store's sweep takes it.
    pub kinds: seams::Retention,
}

impl Retention {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            unconsented: reader.hours(("retention", "unconsented_hours"), 1..=24),
            kinds: seams::Retention {
                history: reader.days(("retention", "history_days"), 1..=3_650),
                dedupe: reader.days(("retention", "dedupe_days"), 2..=365),
                receipts: reader.days(("retention", "receipts_days"), 1..=365),
                audit: reader.days(("retention", "audit_days"), 30..=3_650),
            },
        }
    }
}
