//! What keeps the path moving: starts each step, and finds again what was left behind.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use tokio::{
    sync::{Notify, Semaphore, watch},
    task::JoinSet,
    time::{sleep, timeout},
};
use tracing::{Instrument, Span, field};

use crate::{
    path::{Door, Received, Wiring, Work, outbox::Delivered},
    seams::StoreError,
    words::{Action, Channel, ConversationId, Effect, Inbound, Lane, Lease},
};

/// How many turns run at once. Beyond it messages wait on disk.
const TURNS: usize = 512;
/// How many deliveries of one channel run at once, so that a hanging provider cannot use up
/// what the others need.
const DELIVERIES: usize = 128;
/// How often the store is asked what was left behind.
const SWEEP: Duration = Duration::from_secs(1);
/// How many conversations or effects one sweep picks up at most.
const SWEPT: usize = 256;

/// Runs the path. Cheap to clone through its `Arc`.
pub struct Engine {
    wiring: Arc<Wiring>,
    turns: Arc<Semaphore>,
    deliveries: HashMap<Channel, Arc<Semaphore>>,
    /// The turns of this process, to have one look at its fence at once.
    running: Mutex<HashMap<ConversationId, Arc<Notify>>>,
    /// Asks for a sweep before its time.
    wake: Notify,
    tasks: Mutex<JoinSet<()>>,
    itself: std::sync::Weak<Self>,
}

#[async_trait]
impl Door for Engine {
    async fn receive(&self, inbound: Inbound) -> Received {
        let channel = &inbound.sender.channel;
        // What this message leads to inherits the span, so that its lines can be told together.
        let span = tracing::info_span!("message", %channel, inbound = field::Empty);
        async {
            let room = self.turns.available_permits() > 0;
            let (received, work) = self.wiring.receive(inbound, room).await;
            if let Received::Accepted { id, new, .. } = &received {
                Span::current().record("inbound", &id.0);
                tracing::debug!(new, "on disk");
            }
            self.start_all(work);
            received
        }
        .instrument(span)
        .await
    }
}

impl Engine {
    /// An engine at rest; [`Engine::run`] sets it going.
    pub fn new(wiring: Arc<Wiring>) -> Arc<Self> {
        Arc::new_cyclic(|itself| Self {
            deliveries: wiring
                .couriers
                .keys()
                .map(|channel| (channel.clone(), Arc::new(Semaphore::new(DELIVERIES))))
                .collect(),
            wiring,
            turns: Arc::new(Semaphore::new(TURNS)),
            running: Mutex::default(),
            wake: Notify::new(),
            tasks: Mutex::default(),
            itself: itself.clone(),
        })
    }

    /// Sweeps until `stop` turns true, then lets running steps end for at most `grace`. Whatever
    /// is cut off then is found by the next start.
    pub async fn run(&self, mut stop: watch::Receiver<bool>, grace: Duration) {
        loop {
            if let Err(error) = self.sweep().await {
                tracing::error!(%error, "sweep failed");
            }
            tokio::select! {
                () = sleep(SWEEP) => {}
                () = self.wake.notified() => {}
                _ = stop.wait_for(|stop| *stop) => break,
            }
        }
        let mut tasks = std::mem::take(&mut *self.tasks());
        let _ = timeout(grace, async { while tasks.join_next().await.is_some() {} }).await;
    }

    /// Starts what the store still holds: conversations that wait and effects that are due.
    async fn sweep(&self) -> Result<(), StoreError> {
        let wiring = &self.wiring;
        for shard in 0..wiring.store.shards() {
            let now = wiring.clock.now();
            let free = self.turns.available_permits().min(SWEPT);
            for conversation in wiring.store.waiting(shard, now, free).await? {
                self.start(Work::Claim(conversation));
            }
            let until = now + Wiring::EFFECT_LEASE;
            let request = Lease {
                holder: wiring.holder.clone(),
                until,
            };
            let due = wiring.store.due(shard, request, now, SWEPT).await?;
            for lane in lanes(due) {
                self.start(Work::Deliver(lane));
            }
        }
        Ok(())
    }

    fn start_all(&self, work: Vec<Work>) {
        for step in work {
            self.start(step);
        }
    }

    fn start(&self, work: Work) {
        if matches!(&work, Work::Deliver(effects) if effects.is_empty()) {
            return;
        }
        if let Work::Check(conversation) = &work {
            if let Some(nudge) = self.running().get(conversation) {
                nudge.notify_one();
            }
            return;
        }
        let Some(engine) = self.itself.upgrade() else {
            return;
        };
        let mut tasks = self.tasks();
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move { engine.step(work).await }.in_current_span());
    }

    async fn step(self: Arc<Self>, work: Work) {
        let mut next = vec![work];
        while let Some(work) = next.pop() {
            match work {
                Work::Claim(conversation) => next.extend(self.claim(&conversation).await),
                Work::Turn(claim) => {
                    let Ok(_permit) = self.turns.acquire().await else {
                        return;
                    };
                    let conversation = claim.fence.conversation.clone();
                    let nudge = Arc::new(Notify::new());
                    self.running()
                        .insert(conversation.clone(), Arc::clone(&nudge));
                    let span =
                        tracing::info_span!("turn", %conversation, epoch = claim.fence.epoch.0);
                    let work = self.wiring.take_turn(*claim, &nudge).instrument(span).await;
                    self.forget(&conversation, &nudge);
                    // Delivery and the next turn of the conversation go on side by side.
                    for step in work {
                        self.start(step);
                    }
                }
                Work::Deliver(effects) => self.deliver(effects).await,
                Work::Direct { delivery, effects } => {
                    self.wiring.send_directly(&delivery, effects).await;
                }
                Work::Check(_) => {}
            }
        }
    }

    async fn claim(&self, conversation: &ConversationId) -> Option<Work> {
        let now = self.wiring.clock.now();
        let request = Lease {
            holder: self.wiring.holder.clone(),
            until: now + Wiring::TURN_LEASE,
        };
        match self.wiring.store.claim(conversation, request, now).await {
            Ok(claim) => claim.map(|claim| Work::Turn(Box::new(claim))),
            Err(error) => {
                tracing::error!(%error, "conversation not claimed");
                None
            }
        }
    }

    async fn deliver(&self, effects: Vec<Effect>) {
        let emergency = effects.iter().any(|effect| effect.lane == Lane::Emergency);
        let lane = effects.first().and_then(|effect| match &effect.action {
            Action::Send { to, .. } | Action::Edit { to, .. } => {
                self.deliveries.get(&to.address.channel)
            }
            Action::Alert { .. } => None,
        });
        // The emergency lane never queues behind a hanging provider's other messages.
        let _permit = match lane {
            Some(lane) if !emergency => lane.acquire().await.ok(),
            _ => None,
        };
        let span = tracing::info_span!("deliver", effects = effects.len());
        if self.wiring.deliver(effects).instrument(span).await == Delivered::Again {
            self.wake.notify_one();
        }
    }

    fn forget(&self, conversation: &ConversationId, nudge: &Arc<Notify>) {
        let mut running = self.running();
        if running
            .get(conversation)
            .is_some_and(|known| Arc::ptr_eq(known, nudge))
        {
            running.remove(conversation);
        }
    }

    fn running(&self) -> std::sync::MutexGuard<'_, HashMap<ConversationId, Arc<Notify>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tasks(&self) -> std::sync::MutexGuard<'_, JoinSet<()>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Cuts effects into runs of one conversation and lane, their order kept.
pub(crate) fn lanes(effects: Vec<Effect>) -> Vec<Vec<Effect>> {
    let mut lanes: Vec<Vec<Effect>> = Vec::new();
    let mut place: HashMap<(ConversationId, Lane), usize> = HashMap::new();
    for effect in effects {
        let key = (effect.conversation.clone(), effect.lane);
        let at = *place.entry(key).or_insert_with(|| {
            lanes.push(Vec::new());
            lanes.len() - 1
        });
        lanes[at].push(effect);
    }
    lanes
}
