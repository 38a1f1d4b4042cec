//! `[log]`: what is logged, and how it looks.

use tracing::Level;

use super::reader::Reader;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// To read.
    Text,
    /// For machines.
    Json,
}

/// What is logged, and how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Log {
    /// The least pressing level that is logged.
    pub level: Level,
    /// How lines look.
    pub format: LogFormat,
}

impl Log {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let levels = [
            ("error", Level::ERROR),
            ("warn", Level::WARN),
            ("info", Level::INFO),
            ("debug", Level::DEBUG),
            ("trace", Level::TRACE),
        ];
        let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
        Self {
            level: reader.one_of(("log", "level"), &levels, Level::INFO),
            format: reader.one_of(("log", "format"), &formats, LogFormat::Text),
        }
    }
}
