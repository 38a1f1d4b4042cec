//! `[limits]`: how often is too often.

use std::time::Duration;

use muykol_core::seams::Quota;

use super::reader::Reader;

/// How often is too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Messages of one person.
    pub messages: Quota,
    /// New sessions from one address.
    pub sessions: Quota,
}

impl Limits {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let per_minute = reader.whole(("limits", "messages_per_minute"), 1..=1_000_000);
        let burst = match reader.whole(("limits", "messages_burst"), 0..=1_000_000) {
            0 => per_minute,
            burst => burst,
        };
        if burst > per_minute {
            reader.object(
                ("limits", "messages_burst"),
                format!("is more than limits.messages_per_minute, which is {per_minute}"),
                "Lower it, or write 0 for as many",
            );
        }
        Self {
            messages: Quota {
                burst,
                // So that after the burst it is `per_minute` a minute.
                per: Duration::from_secs(60) * burst / per_minute,
            },
            sessions: Quota::per_minute(
                reader.whole(("limits", "sessions_per_ip_per_minute"), 1..=1_000_000),
            ),
        }
    }
}
