//! Who may write a turn, and what they are given for it.

use muykol_core::{
    seams::{COALESCE, Claim, Draft, Fence, Held, RECENT, Waiting},
    words::{ConversationId, Epoch, InboundId, Lease, PersonId, Profile, Timestamp},
};
use rusqlite::params;

use crate::{
    db::{Db, from_column, from_json, limit, to_column},
    failure::Failure,
};

/// A message in the queue, as its row holds it.
pub(crate) struct Queued {
    pub(crate) id: InboundId,
    pub(crate) person: PersonId,
    pub(crate) private: bool,
    pub(crate) received: Timestamp,
    pub(crate) message: String,
}

/// A claim whose texts are still as the rows hold them: reading them is left to the caller's
/// thread, for the writer's time is everybody's.
pub(crate) struct RawClaim {
    fence: Fence,
    run: Vec<Queued>,
    attempts: u32,
    profile: Profile,
    recent: Vec<String>,
    draft: Option<String>,
}

impl RawClaim {
    /// The claim without what cannot be read: lines are left out, messages are named beside it.
    pub(crate) fn read(self) -> (Claim, Vec<InboundId>) {
        let mut messages = Vec::with_capacity(self.run.len());
        let mut unreadable = Vec::new();
        for queued in self.run {
            match from_json(&queued.message, "message") {
                Ok(inbound) => messages.push(Waiting {
                    inbound,
                    id: queued.id,
                    received: queued.received,
                }),
                Err(_) => unreadable.push(queued.id),
            }
        }
        let recent = self.recent.iter().filter_map(|line| {
            let line = from_json(line, "entry");
            if line.is_err() {
                tracing::error!("a line of history cannot be read; it is left out");
            }
            line.ok()
        });
        let claim = Claim {
            fence: self.fence,
            messages,
            attempts: self.attempts,
            profile: self.profile,
            recent: recent.collect(),
            draft: self.draft.map(|message| Draft { message }),
        };
        (claim, unreadable)
    }
}

/// Takes messages that this version cannot read out of their conversation, so that the rest of it
/// goes on. They stay on disk, under a conversation that nobody claims.
pub(crate) fn set_aside(
    db: &Db,
    conversation: &ConversationId,
    messages: &[InboundId],
) -> Result<(), Failure> {
    for id in messages {
        metrics::counter!("muykol_store_unreadable_total").increment(1);
        tracing::error!(inbound = %id, "a waiting message cannot be read; it is set aside unanswered");
        db.run(
            "UPDATE waiting SET conversation = 'unreadable:' || conversation
              WHERE church = ?1 AND conversation = ?2 AND id = ?3",
            params![db.church, conversation.0, id.0],
        )?;
    }
    Ok(())
}

/// Claims a conversation for the messages that are to be answered together.
pub(crate) fn claim(
    db: &Db,
    conversation: &ConversationId,
    request: &Lease,
    now: Timestamp,
) -> Result<Option<RawClaim>, Failure> {
    let run = leading_run(db, conversation)?;
    claim_run(db, conversation, run, request, now)
}

fn leading_run(db: &Db, conversation: &ConversationId) -> Result<Vec<Queued>, Failure> {
    let mut statement = db.connection.prepare_cached(
        "SELECT id, person, kind = 'alone', private, received, message FROM waiting
          WHERE church = ?1 AND conversation = ?2 ORDER BY seq LIMIT ?3",
    )?;
    let mut rows = statement.query(params![db.church, conversation.0, limit(COALESCE)])?;
    let mut run: Vec<Queued> = Vec::new();
    while let Some(row) = rows.next()? {
        let queued = Queued {
            id: InboundId(row.get(0)?),
            person: PersonId(row.get(1)?),
            private: row.get(3)?,
            received: Timestamp(row.get(4)?),
            message: row.get(5)?,
        };
        let alone: bool = row.get(2)?;
        if let Some(first) = run.first()
            && (alone || first.person != queued.person)
        {
            break;
        }
        run.push(queued);
        if alone {
            break;
        }
    }
    Ok(run)
}

/// Claims a conversation for a run of messages, if nobody holds it.
pub(crate) fn claim_run(
    db: &Db,
    conversation: &ConversationId,
    run: Vec<Queued>,
    request: &Lease,
    now: Timestamp,
) -> Result<Option<RawClaim>, Failure> {
    let Some(first) = run.first() else {
        return Ok(None);
    };
    let raised = db.one(
        "UPDATE conversations
            SET epoch = epoch + 1, attempts = attempts + 1, holder = ?3, lease_until = ?4
          WHERE church = ?1 AND id = ?2 AND (lease_until IS NULL OR lease_until <= ?5)
         RETURNING epoch, attempts, draft",
        params![
            db.church,
            conversation.0,
            request.holder.0,
            request.until.0,
            now.0
        ],
        |row| Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?)),
    )?;
    let Some((epoch, attempts, draft)) = raised else {
        return Ok(None);
    };
    let person = first.person.clone();
    let profile = profile(db, &person)?.ok_or(Failure::Unreadable("persons"))?;
    let recent = if run.iter().all(|queued| queued.private) {
        recent_of_person(db, &person, now)?
    } else {
        recent_in_room(db, conversation, now)?
    };
    Ok(Some(RawClaim {
        fence: Fence {
            conversation: conversation.clone(),
            epoch: Epoch(from_column(epoch)),
            person,
            generation: profile.generation,
            holder: request.holder.clone(),
        },
        run,
        attempts,
        profile,
        recent,
        draft,
    }))
}

/// A person's settings and state.
pub(crate) fn profile(db: &Db, person: &PersonId) -> Result<Option<Profile>, Failure> {
    db.one(
        "SELECT profile FROM persons WHERE church = ?1 AND id = ?2",
        params![db.church, person.0],
        |row| row.get::<_, String>(0),
    )?
    .map(|json| from_json(&json, "profile"))
    .transpose()
}

fn recent_of_person(db: &Db, person: &PersonId, now: Timestamp) -> Result<Vec<String>, Failure> {
    let mut lines = db.all(
        "SELECT body FROM entries
          WHERE church = ?1 AND person = ?2 AND private = 1 AND (expires IS NULL OR expires > ?3)
          ORDER BY seq DESC LIMIT ?4",
        params![db.church, person.0, now.0, limit(RECENT)],
        |row| row.get(0),
    )?;
    lines.reverse();
    Ok(lines)
}

fn recent_in_room(
    db: &Db,
    conversation: &ConversationId,
    now: Timestamp,
) -> Result<Vec<String>, Failure> {
    let mut lines = db.all(
        "SELECT body FROM entries
          WHERE church = ?1 AND conversation = ?2 AND private = 0
            AND (expires IS NULL OR expires > ?3)
          ORDER BY seq DESC LIMIT ?4",
        params![db.church, conversation.0, now.0, limit(RECENT)],
        |row| row.get(0),
    )?;
    lines.reverse();
    Ok(lines)
}

/// Conversations with waiting messages that nobody holds, oldest message first.
pub(crate) fn waiting(
    db: &Db,
    now: Timestamp,
    rows: usize,
) -> Result<Vec<ConversationId>, Failure> {
    db.all(
        "SELECT c.id FROM (SELECT conversation, min(seq) AS first FROM waiting
                            WHERE church = ?1 GROUP BY conversation) AS w
           JOIN conversations AS c ON c.church = ?1 AND c.id = w.conversation
          WHERE c.lease_until IS NULL OR c.lease_until <= ?2
          ORDER BY w.first LIMIT ?3",
        params![db.church, now.0, limit(rows)],
        |row| Ok(ConversationId(row.get(0)?)),
    )
}

/// Whether a fence still stands; if so, whether its conversation is private. Time plays no part.
pub(crate) fn stands(db: &Db, fence: &Fence) -> Result<Option<bool>, Failure> {
    db.one(
        "SELECT c.private FROM conversations AS c, persons AS p
          WHERE c.church = ?1 AND c.id = ?2 AND c.epoch = ?3 AND c.holder IS NOT NULL
            AND p.church = ?1 AND p.id = ?4 AND p.generation = ?5",
        params![
            db.church,
            fence.conversation.0,
            to_column(fence.epoch.0),
            fence.person.0,
            to_column(fence.generation.0)
        ],
        |row| row.get(0),
    )
}

/// Sets the end of a turn's lease and keeps what it posted.
pub(crate) fn hold(
    db: &Db,
    fence: &Fence,
    until: Timestamp,
    draft: Option<Draft>,
) -> Result<Held, Failure> {
    if stands(db, fence)?.is_none() {
        return Ok(Held::Lost);
    }
    db.run(
        "UPDATE conversations SET lease_until = ?3, draft = coalesce(?4, draft)
          WHERE church = ?1 AND id = ?2",
        params![
            db.church,
            fence.conversation.0,
            until.0,
            draft.map(|draft| draft.message)
        ],
    )?;
    Ok(Held::Yes)
}

/// Ends a turn: nobody holds the conversation any more.
pub(crate) fn put_down(db: &Db, conversation: &ConversationId) -> Result<(), Failure> {
    db.run(
        "UPDATE conversations SET holder = NULL, lease_until = NULL, draft = NULL, attempts = 0
          WHERE church = ?1 AND id = ?2",
        params![db.church, conversation.0],
    )?;
    Ok(())
}
