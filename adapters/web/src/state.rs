//! What the handlers share.

use std::sync::Arc;

use muykol_core::{
    path::Door,
    scripture::Library,
    seams::{Events, History, Limiter, People, Sessions},
    words::{Clock, Timestamp},
};
use tokio_util::sync::CancellationToken;

use crate::{
    care::Care,
    config::{ConfigError, WebConfig},
    sessions::SessionDesk,
    streams::StreamGate,
};

/// What the web channel leans on.
#[derive(Clone)]
pub struct Seams {
    /// Where messages come in.
    pub door: Arc<dyn Door>,
    /// Where replies are read.
    pub history: Arc<dyn History>,
    /// Settings, export and erasure.
    pub people: Arc<dyn People>,
    /// Anonymous sessions.
    pub sessions: Arc<dyn Sessions>,
    /// What wakes those who wait.
    pub events: Arc<dyn Events>,
    /// How often sessions may be opened.
    pub limiter: Arc<dyn Limiter>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The held texts.
    pub library: Arc<Library>,
    /// Helplines, and the crisis reply for what never reaches the door.
    pub care: Arc<dyn Care>,
    /// Cancelled when the process stops: every event stream then ends.
    pub closing: CancellationToken,
}

/// The state of the web channel's router. Cheap to clone.
#[derive(Clone)]
pub struct WebState(Arc<Inner>);

struct Inner {
    seams: Seams,
    config: Arc<WebConfig>,
    desk: SessionDesk,
    streams: Arc<StreamGate>,
}

impl WebState {
    /// The state, if the settings can be used.
    pub fn new(seams: Seams, config: WebConfig) -> Result<Self, ConfigError> {
        config.check()?;
        let config = Arc::new(config);
        Ok(Self(Arc::new(Inner {
            desk: SessionDesk::new(&seams, &config),
            streams: StreamGate::new(config.streams, config.streams_per_session),
            seams,
            config,
        })))
    }

    pub(crate) fn seams(&self) -> &Seams {
        &self.0.seams
    }

    pub(crate) fn config(&self) -> &Arc<WebConfig> {
        &self.0.config
    }

    pub(crate) fn desk(&self) -> &SessionDesk {
        &self.0.desk
    }

    pub(crate) fn streams(&self) -> &Arc<StreamGate> {
        &self.0.streams
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.seams.clock.now()
    }
}
