//! Long polling by a single holder. The lease's row keeps the position, keyed by the bot's id, so
//! that another token never meets this one's offset. A position is confirmed to Telegram only
//! after everything before it is on disk; what comes twice is known by its id.
//!
//! Whatever the store does, somebody in danger is heard within a second: while messages cannot be
//! stored, or the store takes its time, Telegram is asked again several times a second, and while
//! the store cannot even say who may poll, polling goes on without the lease (two who poll at once
//! are harmless; none is not).

use std::{
    collections::{HashMap, HashSet},
    pin::pin,
    time::Duration,
};

use futures_util::future::join_all;
use muykol_core::{
    path::Door,
    seams::{Grant, Leases},
    words::{HolderId, Timestamp},
};
use serde_json::value::RawValue;
use teloxide_core::payloads::GetUpdates;
use tokio::{sync::watch, time::Instant};

use crate::{
    api::Failure,
    hear::Heard,
    incoming::Update,
    status::Phase,
    telegram::{ALLOWED, Backoff, Telegram},
};

/// How much longer than the poll itself its answer may take.
const GRACE: Duration = Duration::from_secs(10);
/// How soon Telegram is asked again while messages are not on disk. Leaves the rest of the second
/// in which danger is answered to the door.
const WATCH: Duration = Duration::from_millis(300);
/// How seldom a message that could not be stored is offered to the door at most.
const OFFER: Duration = Duration::from_secs(1);

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
        match poller.acquire().await {
            Right::Granted(grant) => {
                let term = grant.term;
                poller.hold(grant, stop.clone()).await;
                if *stop.borrow() {
                    let _ = leases.release(&poller.name, term).await;
                }
            }
            Right::Anothers => {}
            Right::Unknown => {
                poller.listen_without_lease(stop.clone()).await;
                continue;
            }
        }
        tokio::select! {
            () = tokio::time::sleep(telegram.settings().timing.lease / 12) => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }
}

/// Who may poll.
enum Right {
    Granted(Grant),
    Anothers,
    /// The store does not say.
    Unknown,
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

    async fn acquire(&self) -> Right {
        match self
            .leases
            .acquire(&self.name, self.holder, self.telegram.now(), self.until())
            .await
        {
            Ok(Some(grant)) => Right::Granted(grant),
            Ok(None) => {
                self.telegram.status().enter(Phase::Standby);
                Right::Anothers
            }
            Err(error) => {
                if self
                    .telegram
                    .status()
                    .enter(Phase::Failing("the store gives no lease".into()))
                {
                    tracing::warn!(%error, "Telegram: polling without a lease until the store is back");
                }
                Right::Unknown
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
        let mut unstored = Unstored::new();
        let mut lost = pin!(self.renew_until_lost(grant.term));
        loop {
            let updates = tokio::select! {
                updates = self.ask(offset, &mut backoff) => updates,
                () = &mut lost => return,
                _ = stop.wait_for(|stop| *stop) => return,
            };
            backoff.reset();
            let (taken, held) = {
                let taking = async {
                    let taken = self.take_all(&updates, &unstored).await;
                    let moves = taken.next.filter(|next| offset != Some(*next));
                    let held = self.confirm(grant.term, moves).await;
                    (taken, held)
                };
                let mut taking = pin!(self.watching(offset, &updates, taking));
                tokio::select! {
                    taken = &mut taking => taken,
                    () = &mut lost => (taking.await.0, false),
                }
            };
            if !held {
                return;
            }
            // Never the greater of the two: after a week of silence Telegram may begin to count
            // anywhere.
            offset = taken.next.or(offset);
            unstored = taken.unstored;
            if taken.failed {
                tokio::time::sleep(WATCH).await;
            }
        }
    }

    /// Polls while the store does not say who may. Nothing is confirmed to Telegram, so that
    /// whoever holds the lease afterwards hears it all again.
    async fn listen_without_lease(&self, mut stop: watch::Receiver<bool>) {
        let mut backoff = self.telegram.backoff();
        let mut unstored = Unstored::new();
        let mut back = pin!(self.store_is_back());
        loop {
            let updates = tokio::select! {
                updates = self.ask(None, &mut backoff) => updates,
                () = &mut back => return,
                _ = stop.wait_for(|stop| *stop) => return,
            };
            backoff.reset();
            let taking = self.take_all(&updates, &unstored);
            let taken = self.watching(None, &updates, taking).await;
            unstored = taken.unstored;
            tokio::select! {
                () = tokio::time::sleep(WATCH) => {}
                () = &mut back => return,
            }
        }
    }

    /// Returns when the store says again who may poll.
    async fn store_is_back(&self) {
        loop {
            tokio::time::sleep(OFFER).await;
            let said = self
                .leases
                .acquire(&self.name, self.holder, self.telegram.now(), self.until())
                .await;
            if said.is_ok() {
                return;
            }
        }
    }

    /// Sees `taking` to its end, and for as long as that takes hands to the door whoever turns out
    /// to be in danger in what has come in since.
    async fn watching<T>(
        &self,
        offset: Option<i32>,
        taken: &[Box<RawValue>],
        taking: impl Future<Output = T>,
    ) -> T {
        let mut taking = pin!(taking);
        let mut seen: HashSet<i64> = updates(taken).map(|update| update.update_id).collect();
        let mut request = GetUpdates::new();
        request.offset = offset;
        request.timeout = Some(0);
        request.allowed_updates = Some(ALLOWED.to_vec());
        loop {
            let look = async {
                tokio::time::sleep(WATCH).await;
                self.telegram.api().call_within(&request, GRACE).await
            };
            let raw: Vec<Box<RawValue>> = tokio::select! {
                done = &mut taking => return done,
                looked = look => looked.unwrap_or_default(),
            };
            let new = updates(&raw).filter(|update| seen.insert(update.update_id));
            let danger: Vec<Heard> = new
                .map(|update| self.telegram.hear(&update))
                .filter(|heard| self.is_danger(heard))
                .collect();
            if danger.is_empty() {
                continue;
            }
            let told = danger
                .into_iter()
                .map(|heard| self.telegram.take(heard, self.door));
            // Not to be dropped half-way: both are seen to their end.
            let mut told = pin!(join_all(told));
            tokio::select! {
                done = &mut taking => {
                    told.await;
                    return done;
                }
                _ = &mut told => {}
            }
        }
    }

    fn is_danger(&self, heard: &Heard) -> bool {
        matches!(heard, Heard::Message(inbound) | Heard::Edited(inbound)
            if self.telegram.is_danger(inbound))
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
    async fn take_all(&self, raw: &[Box<RawValue>], unstored: &Unstored) -> Taken {
        let mut lanes: HashMap<(String, i64), Vec<(i64, Heard)>> = HashMap::new();
        let mut last = None;
        for update in updates(raw) {
            let id = update.update_id;
            last = Some(id);
            let heard = self.telegram.hear(&update);
            let apart = raw.len() > 1 && self.is_danger(&heard);
            let lane = match &heard {
                Heard::Message(inbound) | Heard::Edited(inbound) => {
                    (inbound.place.room.clone(), if apart { id } else { 0 })
                }
                _ => (String::new(), id),
            };
            lanes.entry(lane).or_default().push((id, heard));
        }
        let lanes = lanes.into_values().map(|lane| async move {
            for (id, heard) in lane {
                let before = unstored.get(&id);
                if let Some(offer) = before
                    && Instant::now() < offer.next
                {
                    return Some((id, *offer));
                }
                if !self.telegram.take(heard, self.door).await {
                    return Some((id, Offer::after(before)));
                }
            }
            None
        });
        let unstored: Unstored = join_all(lanes).await.into_iter().flatten().collect();
        let first = unstored.keys().min().copied();
        let next = first.or_else(|| last.map(|last| last + 1));
        Taken {
            next: next.and_then(|next| i32::try_from(next).ok()),
            failed: first.is_some() || (last.is_none() && !raw.is_empty()),
            unstored,
        }
    }
}

/// The updates that can be read at all.
fn updates(raw: &[Box<RawValue>]) -> impl Iterator<Item = Update<'_>> {
    raw.iter()
        .filter_map(|raw| serde_json::from_str(raw.get()).ok())
}

/// Updates that could not be stored, by their id, and when each is to be offered again.
type Unstored = HashMap<i64, Offer>;

/// When a message is offered to the door again.
#[derive(Clone, Copy)]
struct Offer {
    next: Instant,
    pause: Duration,
}

impl Offer {
    /// Each time half as long again, up to [`OFFER`].
    fn after(before: Option<&Self>) -> Self {
        let pause = before.map_or(WATCH, |before| before.pause.mul_f64(1.5).min(OFFER));
        Self {
            next: Instant::now() + pause,
            pause,
        }
    }
}

/// What became of a batch.
struct Taken {
    /// The first update that must come again, or the one after the last.
    next: Option<i32>,
    failed: bool,
    unstored: Unstored,
}
