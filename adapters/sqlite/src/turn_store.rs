//! The seam of messages and turns, on top of the single steps.

use async_trait::async_trait;
use muykol_core::{
    seams::{
        Accepted, Arrival, Claim, Committed, Draft, Fence, Held, Outcome, StoreError, TurnStore,
    },
    words::{ConversationId, InboundId, Lease, Timestamp},
};

use crate::{
    commit::commit,
    db::to_json,
    failure::Failure,
    intake::{Intake, Taken, accept},
    store::{SqliteStore, keyed_hash},
    turns,
};

#[async_trait]
impl TurnStore for SqliteStore {
    async fn accept(&self, arrival: Arrival) -> Result<Accepted, StoreError> {
        if arrival.church != *self.church() {
            return Err(StoreError::Unavailable(
                "the store is open for another church".to_owned(),
            ));
        }
        let sender = &arrival.inbound.sender;
        let hash = keyed_hash(
            self.key(),
            &[
                "dedupe",
                &arrival.church.0,
                &sender.channel.0,
                &sender.account.0,
                &arrival.inbound.provider_id,
            ],
        );
        let mut key = [0; 16];
        key.copy_from_slice(&hash[..16]);
        let intake = Intake {
            key,
            message: to_json(&arrival.inbound, "message")?,
            arrival,
        };
        match self.write(move |db| accept(db, intake)).await? {
            Taken::New {
                person,
                claim,
                effects,
            } => Ok(Accepted::New {
                person,
                // Its one message was written just now and can be read.
                claim: claim.map(|raw| Box::new(raw.read().0)),
                effects,
            }),
            Taken::Duplicate { id, person } => Ok(Accepted::Duplicate { id, person }),
            Taken::Conflict => Ok(Accepted::Conflict),
        }
    }

    async fn claim(
        &self,
        conversation: &ConversationId,
        request: Lease,
        now: Timestamp,
    ) -> Result<Option<Claim>, StoreError> {
        loop {
            let (of, request) = (conversation.clone(), request.clone());
            let raw = self
                .write(move |db| turns::claim(db, &of, &request, now))
                .await?;
            let Some((claim, unreadable)) = raw.map(turns::RawClaim::read) else {
                return Ok(None);
            };
            if unreadable.is_empty() {
                return Ok(Some(claim));
            }
            let fence = claim.fence.clone();
            let nothing_left = claim.messages.is_empty();
            self.write(move |db| {
                turns::set_aside(db, &fence.conversation, &unreadable)?;
                if nothing_left && turns::stands(db, &fence)?.is_some() {
                    turns::put_down(db, &fence.conversation)?;
                }
                Ok(())
            })
            .await?;
            if !nothing_left {
                return Ok(Some(claim));
            }
        }
    }

    async fn waiting(
        &self,
        shard: u16,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<ConversationId>, StoreError> {
        if shard != 0 {
            return Ok(Vec::new());
        }
        self.read(move |db| turns::waiting(db, now, limit)).await
    }

    async fn hold(
        &self,
        fence: &Fence,
        until: Timestamp,
        draft: Option<Draft>,
    ) -> Result<Held, StoreError> {
        let fence = fence.clone();
        self.write(move |db| turns::hold(db, &fence, until, draft))
            .await
    }

    async fn commit(
        &self,
        fence: &Fence,
        answered: &[InboundId],
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<Committed, StoreError> {
        let fence = fence.clone();
        let answered = answered.to_vec();
        let ledger = self.ledger();
        self.write(move |db| -> Result<_, Failure> {
            commit(db, &fence, &answered, outcome, &ledger, now)
        })
        .await
    }
}
