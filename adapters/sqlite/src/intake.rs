//! A message is put on disk, once.

use muykol_core::{
    seams::Arrival,
    words::{
        Audience, Effect, Entry, EntryBody, EntryId, Inbound, InboundId, InboundKind, PersonId,
        Profile, Timestamp,
    },
};
use rusqlite::{OptionalExtension as _, params};

use crate::{
    commit::{Writing, enqueue, write},
    db::{Db, from_json, to_column, to_json},
    failure::Failure,
    turns::{Queued, RawClaim, claim_run, set_aside},
};

/// An arrival, with all that can be worked out before it is the writer's turn.
pub(crate) struct Intake {
    pub(crate) arrival: Arrival,
    /// The keyed hash of the idempotency key, cut to 128 bits.
    pub(crate) key: [u8; 16],
    /// The message as its column holds it.
    pub(crate) message: String,
}

/// What intake found.
pub(crate) enum Taken {
    New {
        person: PersonId,
        claim: Option<Box<RawClaim>>,
        effects: Vec<Effect>,
    },
    Duplicate {
        id: InboundId,
        person: PersonId,
    },
    Conflict,
}

/// How a kind is kept: what matters to the queue and no more.
fn kind(kind: &InboundKind) -> &'static str {
    match kind {
        InboundKind::Text => "text",
        InboundKind::Command { .. } | InboundKind::Choice { .. } => "alone",
        InboundKind::Attachment { .. } => "attachment",
    }
}

pub(crate) fn accept(db: &Db, intake: Intake) -> Result<Taken, Failure> {
    let Intake {
        arrival,
        key,
        message,
    } = intake;
    let new = db.run(
        "INSERT INTO dedupe (church, key, digest, inbound, received) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO NOTHING",
        params![
            db.church,
            key,
            arrival.digest,
            arrival.id.0,
            arrival.received.0
        ],
    )?;
    if new == 0 {
        return seen_before(db, arrival, key);
    }

    let person = resolve(db, &arrival)?;
    let private = arrival.inbound.place.audience == Audience::Private;
    let conversation = &arrival.conversation;
    db.run(
        "INSERT INTO conversations (church, id, private) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET private = excluded.private
          WHERE private <> excluded.private",
        params![db.church, conversation.0, private],
    )?;
    let is_first = !waits(db, &conversation.0)?;
    db.run(
        "INSERT INTO waiting (church, conversation, id, person, kind, private, received, expires,
                              message)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            db.church,
            conversation.0,
            arrival.id.0,
            person.0,
            kind(&arrival.inbound.kind),
            private,
            arrival.received.0,
            arrival.expires.0,
            message
        ],
    )?;

    let mut claim = None;
    let mut effects = Vec::new();
    if arrival.emergency.is_some() {
        effects = answer_emergency(db, arrival, &person)?;
    } else if let Some(request) = &arrival.claim
        && is_first
    {
        let run = vec![Queued {
            id: arrival.id.clone(),
            person: person.clone(),
            private,
            received: arrival.received,
            message,
        }];
        claim = claim_run(db, conversation, run, request, arrival.received)?.map(Box::new);
    }
    Ok(Taken::New {
        person,
        claim,
        effects,
    })
}

/// Whether messages wait in a conversation.
pub(crate) fn waits(db: &Db, conversation: &str) -> Result<bool, Failure> {
    db.any(
        "SELECT 1 FROM waiting WHERE church = ?1 AND conversation = ?2",
        params![db.church, conversation],
    )
}

fn seen_before(db: &Db, arrival: Arrival, key: [u8; 16]) -> Result<Taken, Failure> {
    let (digest, id): (String, String) = db
        .one(
            "SELECT digest, inbound FROM dedupe WHERE church = ?1 AND key = ?2",
            params![db.church, key],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?
        .ok_or(Failure::Unreadable("dedupe"))?;
    if digest != arrival.digest {
        return Ok(Taken::Conflict);
    }
    // The digest covers the sender, so the address tells whose it is; erased, nobody's.
    let person = pointer(db, &arrival)?.map_or(arrival.stranger, |(person, _)| person);
    Ok(Taken::Duplicate {
        id: InboundId(id),
        person,
    })
}

fn pointer(db: &Db, arrival: &Arrival) -> Result<Option<(PersonId, bool)>, Failure> {
    let sender = &arrival.inbound.sender;
    db.one(
        "SELECT person, paused IS NOT NULL FROM addresses
          WHERE church = ?1 AND channel = ?2 AND account = ?3 AND id = ?4",
        params![db.church, sender.channel.0, sender.account.0, sender.id],
        |row| Ok((PersonId(row.get(0)?), row.get(1)?)),
    )
}

/// The person of the sender's address, made if it was never seen. Whoever writes can be written to.
fn resolve(db: &Db, arrival: &Arrival) -> Result<PersonId, Failure> {
    let sender = &arrival.inbound.sender;
    let address = params![db.church, sender.channel.0, sender.account.0, sender.id];
    if let Some((person, is_paused)) = pointer(db, arrival)? {
        if is_paused {
            db.run(
                "UPDATE addresses SET paused = NULL
                  WHERE church = ?1 AND channel = ?2 AND account = ?3 AND id = ?4",
                address,
            )?;
        }
        return Ok(person);
    }
    let profile = Profile::new(arrival.stranger.clone());
    db.run(
        "INSERT INTO persons (church, id, generation, profile) VALUES (?1, ?2, ?3, ?4)",
        params![
            db.church,
            profile.id.0,
            to_column(profile.generation.0),
            to_json(&profile, "profile")?
        ],
    )?;
    db.run(
        "INSERT INTO addresses (church, channel, account, id, person) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            db.church,
            sender.channel.0,
            sender.account.0,
            sender.id,
            profile.id.0
        ],
    )?;
    Ok(profile.id)
}

/// Commits the crisis reply with the message that called for it and the words that waited.
fn answer_emergency(db: &Db, arrival: Arrival, person: &PersonId) -> Result<Vec<Effect>, Failure> {
    let Some(mut emergency) = arrival.emergency else {
        return Ok(Vec::new());
    };
    let conversation = arrival.conversation;
    let head = head(db, &conversation.0)?;
    let absorbed = db.all(
        "SELECT seq, id, received, message FROM waiting
          WHERE church = ?1 AND conversation = ?2 AND (id = ?3 OR (person = ?4 AND kind = 'text'))
          ORDER BY seq",
        params![db.church, conversation.0, arrival.id.0, person.0],
        |row| {
            Ok((
                row.get::<_, i64>(0)?,
                InboundId(row.get(1)?),
                Timestamp(row.get(2)?),
                row.get::<_, String>(3)?,
            ))
        },
    )?;
    let mut said = Vec::with_capacity(absorbed.len());
    for (seq, id, received, message) in absorbed {
        let Ok(inbound) = from_json::<Inbound>(&message, "message") else {
            set_aside(db, &conversation, &[id])?;
            continue;
        };
        db.run("DELETE FROM waiting WHERE seq = ?1", [seq])?;
        said.push((id, received, inbound.text));
    }
    // A draft belongs to the message at the head; when that is answered, so is the draft.
    let draft_stays = self::head(db, &conversation.0)? == head;
    db.run(
        "UPDATE conversations SET epoch = epoch + 1, holder = NULL, lease_until = NULL,
                attempts = 0, draft = iif(?3, draft, NULL)
          WHERE church = ?1 AND id = ?2",
        params![db.church, conversation.0, draft_stays],
    )?;

    let outcome = &mut emergency.outcome;
    if let Some(EntryBody::Muykol { answers, .. }) =
        outcome.entries.last_mut().map(|entry| &mut entry.body)
    {
        for (id, _, _) in &said {
            if !answers.contains(id) {
                answers.push(id.clone());
            }
        }
    }
    let said = said.into_iter().map(|(inbound, at, text)| Entry {
        id: EntryId::new(at),
        conversation: conversation.clone(),
        person: person.clone(),
        at,
        body: EntryBody::Person { text, inbound },
    });
    outcome.entries.splice(0..0, said);
    let at = Writing {
        conversation: &conversation,
        person,
        private: arrival.inbound.place.audience == Audience::Private,
        holder: &emergency.holder,
        now: arrival.received,
    };
    write(db, &at, outcome)?;
    enqueue(db, &at, emergency.outcome, false)
}

/// The message whose turn it is.
fn head(db: &Db, conversation: &str) -> Result<Option<i64>, Failure> {
    Ok(db
        .connection
        .prepare_cached(
            "SELECT seq FROM waiting WHERE church = ?1 AND conversation = ?2 ORDER BY seq LIMIT 1",
        )?
        .query_row(params![db.church, conversation], |row| row.get(0))
        .optional()?)
}
