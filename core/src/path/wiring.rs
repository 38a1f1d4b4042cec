//! Everything a message meets on its way, in one place.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use crate::{
    care::ChurchCare,
    path::RecentCrises,
    scripture::Library,
    seams::{
        Answerer, Courier, Events, History, Limiter, Model, OutboxStore, People, Quota, TurnStore,
    },
    words::{Channel, ChurchId, Clock, HolderId},
};

/// A store that can carry the whole path.
pub trait Store: TurnStore + OutboxStore + People + History {}

impl<S: TurnStore + OutboxStore + People + History> Store for S {}

/// The couriers by channel.
pub type Couriers = BTreeMap<Channel, Arc<dyn Courier>>;

/// What the path is built from; made once by the binary.
pub struct Wiring {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// The ways out.
    pub couriers: Couriers,
    /// How often is too often.
    pub limiter: Arc<dyn Limiter>,
    /// Who wakes those who wait.
    pub events: Arc<dyn Events>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The composer that needs nothing and never fails.
    pub curated: Arc<dyn Answerer>,
    /// The model-backed answerer, if a model is configured.
    pub model: Option<Arc<dyn Answerer>>,
    /// The model for a second look at what the rules call concern, if one is configured.
    pub second_look: Option<Arc<dyn Model>>,
    /// The held Bible texts.
    pub library: Arc<Library>,
    /// This process.
    pub holder: HolderId,
    /// The installation's secret, for keyed ids and digests.
    pub key: Vec<u8>,
    /// The church's choices.
    pub settings: Settings,
    /// Crises answered lately by this process.
    pub crises: RecentCrises,
}

/// The church's choices, as far as the path needs them.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The church's id.
    pub church: ChurchId,
    /// How the church is named and helped in replies.
    pub care: ChurchCare,
    /// ISO 3166-1 alpha-2 country of the site, if stated.
    pub country: Option<String>,
    /// Language of the site, BCP 47 primary tag.
    pub language: String,
    /// Short name of the church's Bible translation.
    pub translation: String,
    /// A greeting of the church's own for `/start`.
    pub greeting: Option<String>,
    /// Whether messages leave this machine for a model, for the notice.
    pub uses_model: bool,
    /// How long a conversation is kept under consent, for the notice and the privacy text.
    pub history: Duration,
    /// How long it is kept without consent.
    pub unconsented: Duration,
    /// Messages of one person.
    pub per_person: Quota,
}

impl Wiring {
    /// How long a turn's lease lasts. Renewed every third of it; a dead turn is taken over
    /// within this and one sweep, which keeps the promise of 15 seconds.
    pub const TURN_LEASE: Duration = Duration::from_secs(10);
    /// How long effects stay with the process that committed them.
    pub const EFFECT_LEASE: Duration = Duration::from_secs(14);
    /// How long one request to a provider may take.
    pub const SEND_TIMEOUT: Duration = Duration::from_secs(5);
}
