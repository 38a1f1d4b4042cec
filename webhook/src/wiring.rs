//! What is put together from the configuration: one `match` per choice of backing.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use muykol_core::{
    answer::{CuratedAnswerer, ModelAnswerer, ModelLimits},
    care::{self, ChurchCare, CountryClues, ReplyContext},
    path::{Couriers, RecentCrises, Settings, Watchers, Wiring},
    scripture::Library,
    seams::{Answerer, Model, Operations, Patience},
    words::{Block, Channel, Clock, HolderId},
};
use muykol_governor::GovernorLimiter;
use muykol_llm::OpenAiModel;
use muykol_sqlite::{Options, SqliteStore};
use muykol_telegram::Telegram;
use muykol_web::{CHANNEL as WEB, Care, WebCourier};

use crate::{
    clock::SystemClock,
    config::{self, Config, TelegramMode},
};

/// Whatever kept muykol from starting, in words for the operator.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Everything that a running muykol leans on.
pub struct Parts {
    pub wiring: Arc<Wiring>,
    pub store: Arc<SqliteStore>,
    pub limiter: Arc<GovernorLimiter>,
    pub clock: Arc<dyn Clock>,
    pub telegram: Option<Arc<Telegram>>,
}

/// Opens the store of the configuration.
pub fn store(config: &Config) -> Result<SqliteStore, Failure> {
    match &config.store {
        config::Store::Sqlite(path) => Ok(SqliteStore::open(
            path,
            Options::new(config.church.id.clone()),
        )?),
    }
}

/// The model of the configuration, if one is set.
pub fn model(config: &Config) -> Result<Option<Arc<OpenAiModel>>, Failure> {
    Ok(match config.llm.settings() {
        Some(settings) => Some(Arc::new(OpenAiModel::new(settings)?)),
        None => None,
    })
}

/// The Telegram channel, if it has its token.
pub fn telegram(config: &Config, clock: &Arc<dyn Clock>) -> Result<Option<Arc<Telegram>>, Failure> {
    let Some(token) = &config.telegram.token else {
        return Ok(None);
    };
    let secret = |secret: &config::Secret| muykol_telegram::Secret(secret.reveal().to_owned());
    let settings = muykol_telegram::Settings {
        token: secret(token),
        api_url: config.telegram.api_url.clone(),
        mode: match config.telegram.mode {
            TelegramMode::Poll => muykol_telegram::Mode::Poll,
            TelegramMode::Webhook => muykol_telegram::Mode::Webhook {
                public_url: config.server.public_base(),
                secret: config
                    .telegram
                    .webhook_secret
                    .as_ref()
                    .map_or_else(|| muykol_telegram::Secret(String::new()), secret),
            },
        },
        pace: config.telegram.pace,
        timing: muykol_telegram::Timing::default(),
    };
    let alarm: muykol_telegram::Alarm = Arc::new(|text| {
        let heard = care::assess(text, &care::Context::default());
        heard.crisis.level.takes_emergency_lane()
    });
    let telegram = Telegram::new(settings, Arc::clone(clock), alarm)?;
    Ok(Some(Arc::new(telegram)))
}

/// Puts everything together on this store.
pub async fn assemble(config: &Config, store: SqliteStore) -> Result<Parts, Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = Arc::new(store);
    let limiter = Arc::new(GovernorLimiter::new());
    let model = model(config)?;
    let telegram = telegram(config, &clock)?;
    let library = Arc::new(Library::embedded());

    let mut couriers: Couriers = BTreeMap::new();
    couriers.insert(
        Channel::from(WEB),
        Arc::new(WebCourier::new(Arc::clone(&clock))),
    );
    if let Some(telegram) = &telegram {
        couriers.insert(Channel::from("telegram"), telegram.clone());
    }

    let wiring = Wiring {
        store: store.clone(),
        couriers,
        limiter: limiter.clone(),
        events: Arc::new(Watchers::default()),
        clock: clock.clone(),
        curated: Arc::new(CuratedAnswerer::new()?),
        model: model.clone().map(|model| {
            let limits = ModelLimits {
                tokens_per_day: u64::from(config.llm.daily_tokens_per_person),
                answer_tokens: config.llm.max_tokens,
                patience: patience(&config.llm),
                ..ModelLimits::default()
            };
            Arc::new(ModelAnswerer::new(model, limits)) as Arc<dyn Answerer>
        }),
        second_look: model.map(|model| model as Arc<dyn Model>),
        library,
        holder: HolderId::random(),
        key: store.installation_key().await?,
        settings: settings(config),
        crises: RecentCrises::default(),
    };
    Ok(Parts {
        wiring: Arc::new(wiring),
        store,
        limiter,
        clock,
        telegram,
    })
}

/// The model's own time-outs, with a little for the way there and back.
fn patience(llm: &config::Llm) -> Patience {
    let way = Duration::from_millis(200);
    Patience {
        first: llm.first_token_timeout + way,
        next: llm.idle_timeout + way,
        whole: llm.total_timeout + way,
    }
}

/// The church's choices as the path reads them.
fn settings(config: &Config) -> Settings {
    let church = &config.church;
    Settings {
        church: church.id.clone(),
        care: church_care(config),
        country: church.country.clone(),
        language: church.language.clone(),
        translation: church.translation.clone(),
        greeting: stated(&church.greeting),
        uses_model: config.llm.base_url.is_some(),
        history: config.retention.kinds.history,
        unconsented: config.retention.unconsented,
        per_person: config.limits.messages,
    }
}

fn church_care(config: &Config) -> ChurchCare {
    ChurchCare {
        name: config.church.name.clone(),
        pastor: None,
        pastor_contact: stated(&config.church.pastor_contact),
        local_resources: config.church.local_resources.clone(),
    }
}

fn stated(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// Help that the web can show without the path.
pub struct SiteCare {
    church: ChurchCare,
    country: Option<String>,
    language: String,
}

impl SiteCare {
    /// The help of this church and country.
    pub fn new(config: &Config) -> Self {
        Self {
            church: church_care(config),
            country: config.church.country.clone(),
            language: config.church.language.clone(),
        }
    }
}

impl Care for SiteCare {
    fn helplines(&self, country: Option<&str>) -> Block {
        let country = CountryClues {
            stated: country,
            phone: None,
            site: self.country.as_deref(),
        }
        .country();
        Block::Resources {
            items: care::resources_for(country.as_deref(), Some(&self.language), &[]),
        }
    }

    fn crisis_card(&self, text: &str) -> Option<Vec<Block>> {
        let crisis = care::assess(text, &care::Context::default()).crisis;
        let context = ReplyContext {
            country: self.country.as_deref(),
            language: Some(&self.language),
            church: Some(&self.church),
            ..ReplyContext::default()
        };
        crisis
            .level
            .takes_emergency_lane()
            .then(|| care::crisis_reply(&crisis, &context))
    }
}

/// How long a stopping process lets its turns end; what is cut off is taken up at the next start.
pub const GRACE: Duration = Duration::from_secs(10);
