//! Long polling by a single holder. The lease's row keeps the position, keyed by the bot's id, so
//! that another token never meets this one's offset. A position is confirmed to Telegram only
//! after everything before it is on disk; what comes twice is known by its id.

use std::{collections::HashMap, pin::pin, time::Duration};

use futures_util::future::join_all;
use muykol_core::{
    path::Door,
    seams::{Grant, Leases},
    words::{HolderId, Timestamp},
};
use serde_json::value::RawValue;
use teloxide_core::payloads::GetUpdates;
use tokio::sync::watch;

use crate::{
    api::Failure,
    hear::Heard,
    incoming::Update,
    status::Phase,
    telegram::{ALLOWED, Backoff, Telegram},
};

/// How much longer than the poll itself its answer may take.
const GRACE: Duration = Duration::from_secs(10);

/// Polls until `stop` turns true; whenever the lease is lost, stands by for it.
pub(crate) async fn poll(
    telegram: &Telegram,
    door: &dyn Door,
    leases: &dyn Leases,
    holder: &HolderId,
    mut stop: watch::Receiver<bool>,
) {
    let name = format!("telegram:poll:{}", telegram.account().0);
    let poller = Poller {
        telegram,
        door,
        leases,
        holder,
        name,
    };
    while !*stop.borrow() {
        if let Some(grant) = poller.acquire().await {
            let term = grant.term;
            poller.hold(grant, stop.clone()).await;
            if *stop.borrow() {
                let _ = leases.release(&poller.name, term).await;
            }
        }
        tokio::select! {
            () = tokio::time::sleep(telegram.settings().timing.lease / 12) => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }
}

struct Poller<'a> {
    telegram: &'a Telegram,
    door: &'a dyn Door,
    leases: &'a dyn Leases,
    holder: &'a HolderId,
    name: String,
}

impl Poller<'_> {
    fn until(&self) -> Timestamp {
        self.telegram.now() + self.telegram.settings().timing.lease
    }

    async fn acquire(&self) -> Option<Grant> {
        match self
            .leases
            .acquire(&self.name, self.holder, self.telegram.now(), self.until())
            .await
        {
            Ok(Some(grant)) => Some(grant),
            Ok(None) => {
                self.telegram.status().enter(Phase::Standby);
                None
            }
            Err(error) => {
                if self
                    .telegram
                    .status()
                    .enter(Phase::Failing("the store gives no lease".into()))
                {
                    tracing::warn!(%error, "Telegram: polling waits for the store");
                }
                None
            }
        }
    }

    /// Polls while the lease holds. What has come in is always taken to the door to its end.
    async fn hold(&self, grant: Grant, mut stop: watch::Receiver<bool>) {
        let mut offset: Option<i32> = grant
            .position
            .as_deref()
            .and_then(|position| position.parse().ok());
        let mut backoff = self.telegram.backoff();
        loop {
            let updates = tokio::select! {
                updates = self.ask(offset, &mut backoff) => updates,
                () = self.renew_until_lost(grant.term) => return,
                _ = stop.wait_for(|stop| *stop) => return,
            };
            let mut taking = pin!(self.take_all(&updates));
            let (taken, held) = tokio::select! {
                taken = &mut taking => (taken, true),
                () = self.renew_until_lost(grant.term) => (taking.await, false),
            };
            if !held || !self.confirm(grant.term, taken.next).await {
                return;
            }
            // Never the greater of the two: after a week of silence Telegram may begin to count
            // anywhere.
            offset = taken.next.or(offset);
            if taken.failed {
                backoff
                    .wait(&Failure::NotSent("a message could not be stored".into()))
                    .await;
            } else {
                backoff.reset();
            }
        }
    }

    /// Saves the position; false if the lease is another's. Unsaved, it is asked for again and
    /// what comes twice is known by its id.
    async fn confirm(&self, term: u64, next: Option<i32>) -> bool {
        let Some(next) = next else { return true };
        let saved = self
            .leases
            .advance(&self.name, term, &next.to_string(), self.until())
            .await;
        saved.unwrap_or(true)
    }

    /// Renews the lease at a third of its time; returns when another holds it.
    async fn renew_until_lost(&self, term: u64) {
        loop {
            tokio::time::sleep(self.telegram.settings().timing.lease / 3).await;
            let renewed = self
                .leases
                .acquire(&self.name, self.holder, self.telegram.now(), self.until())
                .await;
            if let Ok(grant) = renewed
                && grant.is_none_or(|grant| grant.term != term)
            {
                tracing::info!("Telegram: another instance has taken over polling");
                return;
            }
        }
    }

    /// Asks until Telegram gives an answer, be it empty.
    async fn ask(&self, offset: Option<i32>, backoff: &mut Backoff) -> Vec<Box<RawValue>> {
        let wait = self.telegram.settings().timing.poll;
        let mut request = GetUpdates::new();
        request.offset = offset;
        request.timeout = u32::try_from(wait.as_secs()).ok();
        request.allowed_updates = Some(ALLOWED.to_vec());
        loop {
            match self
                .telegram
                .api()
                .call_within(&request, wait + GRACE)
                .await
            {
                Ok(updates) => {
                    self.telegram.status().event(self.telegram.now());
                    if self.telegram.status().enter(Phase::Polling) {
                        tracing::info!("Telegram: polling");
                    }
                    return updates;
                }
                Err(failure) => {
                    if matches!(failure, Failure::Refused { code: 409, .. }) {
                        if self.telegram.status().enter(Phase::Conflict) {
                            tracing::warn!(
                                answer = %failure.plain(),
                                "Telegram: another program uses this token; waiting and trying again"
                            );
                        }
                    } else {
                        self.telegram.failing(&failure);
                    }
                    backoff.wait(&failure).await;
                }
            }
        }
    }

    /// Takes updates to the door: chats side by side, the messages of one chat in order, and
    /// danger beside all of them, so that it never waits behind a message that cannot be stored.
    async fn take_all(&self, raw: &[Box<RawValue>]) -> Taken {
        let mut lanes: HashMap<(String, i64), Vec<(i64, Heard)>> = HashMap::new();
        let mut last = None;
        for update in raw
            .iter()
            .filter_map(|raw| serde_json::from_str::<Update<'_>>(raw.get()).ok())
        {
            let id = update.update_id;
            last = Some(id);
            let heard = self.telegram.hear(&update);
            let lane = match &heard {
                Heard::Message(inbound) | Heard::Edited(inbound) => {
                    let apart = raw.len() > 1 && self.telegram.is_danger(inbound);
                    (inbound.place.room.clone(), if apart { id } else { 0 })
                }
                _ => (String::new(), id),
            };
            lanes.entry(lane).or_default().push((id, heard));
        }
        let lanes = lanes.into_values().map(|lane| async move {
            for (id, heard) in lane {
                if !self.telegram.take(heard, self.door).await {
                    return Some(id);
                }
            }
            None
        });
        let failed = join_all(lanes).await.into_iter().flatten().min();
        let next = failed.or_else(|| last.map(|last| last + 1));
        Taken {
            next: next.and_then(|next| i32::try_from(next).ok()),
            failed: failed.is_some() || (last.is_none() && !raw.is_empty()),
        }
    }
}

/// What became of a batch.
struct Taken {
    /// The first update that must come again, or the one after the last.
    next: Option<i32>,
    failed: bool,
}
