//! Showing an answer while it is being written, in the manner of the channel.
//!
//! What is shown has passed every check, and none of it counts: what is committed counts.

use std::{convert::Infallible, future::pending, sync::PoisonError, time::Duration};

use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use crate::{
    path::{
        Wiring,
        check::Passed,
        speak::{Found, NotFound},
        turn::Turn,
    },
    seams::{Answerer, Courier, Draft, Event, Held, Streaming, TurnContext},
    words::{EffectId, InboundId, Part, PersonId},
};

/// Nobody needs to be told that muykol is writing if it is done sooner than this.
const SOON: Duration = Duration::from_millis(400);
/// A message is posted to be edited only if the answer takes longer than this.
const WORTH_POSTING: Duration = Duration::from_millis(1500);

/// Where checked pieces appear.
pub(super) enum Screen<'a> {
    /// Nowhere.
    Off,
    /// As events, piece by piece.
    Events {
        wiring: &'a Wiring,
        person: &'a PersonId,
        answers: Vec<InboundId>,
        index: usize,
    },
    /// As the growing text of a draft or a posted message.
    Text(watch::Sender<String>),
}

impl Screen<'_> {
    pub async fn show(&mut self, passed: Vec<Passed>) {
        for Passed { block, paragraph } in passed {
            match self {
                Self::Off => {}
                Self::Events {
                    wiring,
                    person,
                    answers,
                    index,
                } => {
                    let delta = Event::Delta {
                        answers: answers.clone(),
                        index: *index,
                        block,
                        paragraph,
                    };
                    wiring.events.publish(person, delta).await;
                    *index += 1;
                }
                Self::Text(text) => text.send_modify(|text| {
                    if !text.is_empty() {
                        text.push_str(if paragraph { "\n\n" } else { " " });
                    }
                    text.push_str(&block.plain());
                }),
            }
        }
    }
}

impl Turn<'_> {
    /// A screen for an answer that is there at once: only channels that follow events see it.
    pub(super) fn events_screen(&self) -> Screen<'_> {
        match self.courier_and_streaming() {
            Some((_, Streaming::Events)) => Screen::Events {
                wiring: self.wiring,
                person: &self.claim.fence.person,
                answers: self.claim.messages.iter().map(|m| m.id.clone()).collect(),
                index: 0,
            },
            _ => Screen::Off,
        }
    }

    /// Seeks an answer that takes its time, showing its progress beside it.
    pub(super) async fn seek_shown(
        &self,
        answerer: &dyn Answerer,
        context: &TurnContext,
    ) -> Result<Found, NotFound> {
        let Some((courier, streaming)) = self.courier_and_streaming() else {
            return self.seek(answerer, context, &mut Screen::Off).await;
        };
        let (sender, text) = watch::channel(String::new());
        let mut screen = match streaming {
            Streaming::None => Screen::Off,
            Streaming::Events => self.events_screen(),
            Streaming::Draft(_) | Streaming::Edits(_) => Screen::Text(sender),
        };
        let seek = async {
            let found = self.seek(answerer, context, &mut screen).await;
            // The text ends here, and with it the posting that follows it.
            drop(screen);
            found
        };
        match streaming {
            Streaming::Events => seek.await,
            Streaming::None => tokio::select! {
                biased;
                found = seek => found,
                never = self.type_on(courier) => match never {},
            },
            Streaming::Draft(every) => tokio::select! {
                biased;
                found = seek => found,
                never = self.draft_on(courier, text, every) => match never {},
            },
            // Joined and not raced: a post on its way must be known before the commit, or it
            // would stay beside the final message.
            Streaming::Edits(every) => tokio::join!(seek, self.edit_on(courier, text, every)).0,
        }
    }

    fn courier_and_streaming(&self) -> Option<(&dyn Courier, Streaming)> {
        let courier = self
            .wiring
            .couriers
            .get(&self.destination().address.channel)?;
        let capabilities = courier.capabilities();
        let streaming = if self.is_private() {
            capabilities.streaming_private
        } else {
            capabilities.streaming_public
        };
        Some((courier.as_ref(), streaming))
    }

    /// Shows the typing mark for as long as it is polled, if the answer is not there soon.
    async fn type_on(&self, courier: &dyn Courier) -> Infallible {
        sleep(SOON).await;
        while let Some(lasts) = courier.capabilities().typing {
            let _ = timeout(Wiring::SEND_TIMEOUT, courier.typing(&self.destination())).await;
            sleep(lasts.mul_f32(0.9)).await;
        }
        pending().await
    }

    /// Shows the growing text as an ephemeral draft for as long as it is polled.
    async fn draft_on(
        &self,
        courier: &dyn Courier,
        mut text: watch::Receiver<String>,
        every: Duration,
    ) -> Infallible {
        let to = self.destination();
        let turn = self.claim.fence.epoch.0.max(1);
        tokio::select! {
            never = self.type_on(courier) => match never {},
            _ = text.changed() => {}
        }
        sleep(SOON).await;
        loop {
            let shown = text.borrow_and_update().clone();
            let drafted = timeout(Wiring::SEND_TIMEOUT, courier.draft(&to, turn, &shown)).await;
            if !matches!(drafted, Ok(Ok(()))) {
                // A draft is a kindness; the final message does not depend on it.
                return pending().await;
            }
            sleep(every).await;
            if text.changed().await.is_err() {
                return pending().await;
            }
        }
    }

    /// Posts the growing text once and edits it, until the text ends. The id of the posted
    /// message is saved at once, so that whoever commits the turn edits it and posts no second.
    async fn edit_on(
        &self,
        courier: &dyn Courier,
        mut text: watch::Receiver<String>,
        every: Duration,
    ) {
        let to = self.destination();
        let early = async {
            tokio::join!(sleep(WORTH_POSTING), async {
                let _ = text.wait_for(|text| !text.is_empty()).await;
            });
        };
        tokio::select! {
            () = early => {}
            never = self.type_on(courier) => match never {}
        }
        while text.has_changed().is_ok() {
            let shown = text.borrow_and_update().clone();
            let part = Part {
                rich: None,
                plain: shown,
                choices: Vec::new(),
            };
            if !self.post(courier, &to, &part).await {
                return;
            }
            sleep(every).await;
            if text.changed().await.is_err() {
                return;
            }
        }
    }

    /// Posts or edits; false if it did not work, in which case the commit has the last word.
    async fn post(
        &self,
        courier: &dyn Courier,
        to: &crate::words::Destination,
        part: &Part,
    ) -> bool {
        if let Some(message) = self.posted_message() {
            let edited = courier.edit(to, &message, part, false);
            return matches!(timeout(Wiring::SEND_TIMEOUT, edited).await, Ok(Ok(_)));
        }
        let id = EffectId::new(self.wiring.clock.now());
        let sent = timeout(Wiring::SEND_TIMEOUT, courier.send(to, part, false, &id)).await;
        let Ok(Ok(sent)) = sent else { return false };
        let Some(message) = sent.message else {
            return false;
        };
        let draft = Draft { message };
        *self.posted.lock().unwrap_or_else(PoisonError::into_inner) = Some(draft.clone());
        let until = self.wiring.clock.now() + Wiring::TURN_LEASE;
        let held = self
            .wiring
            .store
            .hold(&self.claim.fence, until, Some(draft));
        matches!(held.await, Ok(Held::Yes))
    }
}
