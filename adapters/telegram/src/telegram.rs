//! The channel: the bot introduces itself, then listens.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use muykol_core::{
    path::{Door, Received},
    seams::{Capabilities, Leases},
    words::{Account, Clock, HolderId, Inbound, Timestamp},
};
use teloxide_core::{
    payloads::{
        AnswerCallbackQuery, DeleteWebhook, GetMe, GetWebhookInfo, SetMyCommands, SetWebhook,
    },
    types::{AllowedUpdate, BotCommand, CallbackQueryId},
};
use tokio::sync::watch;

use crate::{
    api::{Api, Failure, Me, WebhookInfo},
    courier::capabilities,
    hear::{COMMANDS, Ears, Heard},
    incoming::Update,
    poll,
    settings::{Mode, Settings, SettingsError, Timing},
    status::{Phase, Status},
};

/// Says whether words speak of danger: core's assessment, for messages that were edited.
pub type Alarm = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// The updates we ask for.
pub(crate) const ALLOWED: [AllowedUpdate; 3] = [
    AllowedUpdate::Message,
    AllowedUpdate::EditedMessage,
    AllowedUpdate::CallbackQuery,
];

/// How long `setWebhook` may take: Telegram looks the address up before it answers.
const SETTING_UP: Duration = Duration::from_secs(20);

/// The channel "telegram".
pub struct Telegram {
    settings: Settings,
    api: Arc<Api>,
    account: Account,
    bot_id: u64,
    clock: Arc<dyn Clock>,
    alarm: Alarm,
    status: Status,
    me: OnceLock<Me>,
    unnamed: Capabilities,
    named: OnceLock<Capabilities>,
}

impl Telegram {
    /// The channel with these settings. Nothing is sent yet.
    ///
    /// # Errors
    /// Settings that cannot work: a token or URL that is none, webhook mode without a secret.
    pub fn new(
        settings: Settings,
        clock: Arc<dyn Clock>,
        alarm: Alarm,
    ) -> Result<Self, SettingsError> {
        let bot_id = settings.bot_id()?;
        settings.webhook()?;
        Ok(Self {
            api: Arc::new(Api::new(&settings)?),
            account: Account(bot_id.to_string()),
            bot_id,
            clock,
            alarm,
            status: Status::new(),
            me: OnceLock::new(),
            unnamed: capabilities(None),
            named: OnceLock::new(),
            settings,
        })
    }

    /// Introduces the bot and listens until `stop` turns true. Every failure is tried again for ever, with
    /// jitter and a cap; what goes on is in the health of the channel.
    pub async fn run(
        &self,
        door: Arc<dyn Door>,
        leases: Arc<dyn Leases>,
        holder: HolderId,
        mut stop: watch::Receiver<bool>,
    ) {
        tokio::select! {
            () = self.introduce() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        match self.settings.mode {
            Mode::Poll => poll::poll(self, door.as_ref(), leases.as_ref(), &holder, stop).await,
            Mode::Webhook { .. } => tokio::select! {
                () = self.keep_webhook() => {}
                _ = stop.wait_for(|stop| *stop) => {}
            },
        }
    }

    /// One plain line for the start-up summary.
    pub fn describe(&self) -> String {
        let how = match self.settings.mode {
            Mode::Poll => "polling",
            Mode::Webhook { .. } => "webhook",
        };
        match self.me.get() {
            None => format!(
                "bot {}, {how}; it has not introduced itself to Telegram yet",
                self.bot_id
            ),
            Some(me) => format!("@{}, {how}; {}", me.username, privacy(me)),
        }
    }

    /// Waits at most `patience` for the bot to introduce itself, for the summary's sake.
    pub async fn introduced(&self, patience: Duration) -> bool {
        let known = async {
            while self.me.get().is_none() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(patience, known).await.is_ok()
    }

    pub(crate) fn api(&self) -> &Api {
        &self.api
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn status(&self) -> &Status {
        &self.status
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn account(&self) -> &Account {
        &self.account
    }

    pub(crate) fn known_capabilities(&self) -> &Capabilities {
        self.named.get().unwrap_or(&self.unnamed)
    }

    /// `getMe`, the commands, and the webhook or its removal: each until it has worked.
    async fn introduce(&self) {
        let ask = GetMe::new();
        let me: Me = self.insist(|| self.api.call(&ask)).await;
        if !me.can_read_all_group_messages {
            tracing::info!("Telegram: {}", privacy(&me));
        }
        self.status.note(privacy(&me));
        let _ = self.named.set(capabilities(Some(&me.username)));
        let _ = self.me.set(me);
        let commands = SetMyCommands::new(COMMANDS.lines().filter_map(|line| {
            let (name, description) = line.split_once('\t')?;
            Some(BotCommand::new(name, description))
        }));
        // A menu is a comfort: without it people are answered all the same.
        if let Err(failure) = self.api.call::<_, bool>(&commands).await {
            tracing::warn!(failure = %failure.plain(), "Telegram did not take the menu of commands");
        }
        self.place_webhook().await;
    }

    /// Sets the webhook, or removes one that would keep us from polling; nothing pending is lost.
    async fn place_webhook(&self) {
        if let Ok(Some((url, secret))) = self.settings.webhook() {
            let mut webhook = SetWebhook::new(url);
            webhook.secret_token = Some(secret.0);
            webhook.allowed_updates = Some(ALLOWED.to_vec());
            let _: bool = self
                .insist(|| self.api.call_within(&webhook, SETTING_UP))
                .await;
            self.status.enter(Phase::Webhook);
        } else {
            let removal = DeleteWebhook::new();
            let _: bool = self.insist(|| self.api.call(&removal)).await;
        }
    }

    /// Asks Telegram now and then how its calls fare: another program with the same token may have
    /// taken the webhook away, or Telegram may not get through to us, which nobody here would see.
    async fn keep_webhook(&self) {
        let ours = self
            .settings
            .webhook()
            .ok()
            .flatten()
            .map(|(url, _)| url.to_string());
        let ask = GetWebhookInfo::new();
        loop {
            tokio::time::sleep(2 * self.settings.timing.backoff_cap).await;
            let info: WebhookInfo = self.insist(|| self.api.call(&ask)).await;
            match info.last_error_message {
                _ if Some(&info.url) != ours.as_ref() => self.place_webhook().await,
                Some(error) if info.pending_update_count > 0 => {
                    let waiting = info.pending_update_count;
                    let why = format!(
                        "Telegram does not get through to the webhook ({error}); {waiting} updates wait"
                    );
                    if self.status.enter(Phase::Failing(why.clone())) {
                        tracing::warn!(why, "Telegram");
                    }
                }
                _ => {
                    self.status.enter(Phase::Webhook);
                }
            }
        }
    }

    /// Calls until it works.
    async fn insist<T, F>(&self, call: impl Fn() -> F) -> T
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let mut backoff = self.backoff();
        loop {
            match call().await {
                Ok(value) => {
                    self.status.event(self.now());
                    return value;
                }
                Err(failure) => {
                    self.failing(&failure);
                    backoff.wait(&failure).await;
                }
            }
        }
    }

    /// Notes a failure in health, and in the log when it is a new one.
    pub(crate) fn failing(&self, failure: &Failure) {
        let why = match failure {
            Failure::Refused { code: 401 | 404, .. } => {
                "Telegram does not know this token: compare TELEGRAM_BOT_TOKEN with what BotFather shows".to_owned()
            }
            other => other.plain(),
        };
        if self.status.enter(Phase::Failing(why.clone())) {
            tracing::warn!(why, "Telegram: trying again");
        }
    }

    pub(crate) fn backoff(&self) -> Backoff {
        let Timing {
            backoff: first,
            backoff_cap: cap,
            ..
        } = self.settings.timing;
        Backoff {
            next: first,
            first,
            cap,
        }
    }

    /// What an update means to us.
    pub(crate) fn hear(&self, update: &Update<'_>) -> Heard {
        self.status.event(self.now());
        let ears = Ears {
            account: &self.account,
            bot_id: i64::try_from(self.bot_id).unwrap_or_default(),
            me: self.me.get(),
            now: self.now(),
        };
        match ears.hear(update) {
            Heard::Edited(inbound) if !self.is_danger(&inbound) => Heard::Nothing,
            heard => heard,
        }
    }

    pub(crate) fn is_danger(&self, inbound: &Inbound) -> bool {
        (self.alarm)(&inbound.text)
    }

    /// Takes what was heard to the door; false if it must come again.
    pub(crate) async fn take(&self, heard: Heard, door: &dyn Door) -> bool {
        let inbound = match heard {
            Heard::Message(inbound) | Heard::Edited(inbound) => inbound,
            Heard::Nothing => return true,
            Heard::TooEarly => return false,
            Heard::Tap { query, inbound } => {
                self.answer_tap(query);
                match inbound {
                    Some(inbound) => inbound,
                    None => return true,
                }
            }
            Heard::Unreadable => {
                metrics::counter!("muykol_telegram_unreadable_total").increment(1);
                tracing::warn!("Telegram sent an update that cannot be read; it is passed over");
                return true;
            }
        };
        !matches!(door.receive(inbound).await, Received::NotStored { .. })
    }

    /// The clock on the button stops at once, whatever the answer will take.
    fn answer_tap(&self, query: String) {
        let api = self.api.clone();
        tokio::spawn(async move {
            let answer = AnswerCallbackQuery::new(CallbackQueryId(query));
            if let Err(failure) = api.call::<_, bool>(&answer).await {
                tracing::debug!(failure = %failure.plain(), "a tap was not acknowledged");
            }
        });
    }
}

fn privacy(me: &Me) -> &'static str {
    if me.can_read_all_group_messages {
        "in groups it reads everything and answers to its name and to replies"
    } else {
        "in groups privacy mode shows it only what is meant for it (its name, replies, commands)"
    }
}

/// Waits that double, with jitter, up to a cap.
pub(crate) struct Backoff {
    next: Duration,
    first: Duration,
    cap: Duration,
}

impl Backoff {
    /// It worked: the next failure begins anew.
    pub(crate) fn reset(&mut self) {
        self.next = self.first;
    }

    /// Waits; as long as Telegram asks, where it asks.
    pub(crate) async fn wait(&mut self, failure: &Failure) {
        let asked = match failure {
            Failure::Refused {
                retry_after: Some(seconds),
                ..
            } => Duration::from_secs(*seconds),
            _ => Duration::ZERO,
        };
        tokio::time::sleep(asked.max(self.next.mul_f64(jitter()))).await;
        self.next = (self.next * 2).min(self.cap);
    }
}

/// Between a half and one, so that instances do not try in step. The fraction of the present
/// second is random enough for that.
fn jitter() -> f64 {
    let nanos = std::time::UNIX_EPOCH
        .elapsed()
        .map_or(0, |since| since.subsec_nanos());
    0.5 + f64::from(nanos % 1000) / 2000.0
}
