//! A turn is written whole or not at all.

use muykol_core::{
    seams::{Committed, Fence, Outcome, SHORT_KEEPING},
    words::{
        ConversationId, Effect, Entry, EntryBody, HolderId, InboundId, Lane, Lease, PersonId, Role,
        Timestamp,
    },
};
use rusqlite::params;

use crate::{
    audit,
    db::{Db, to_json},
    erase::{Ledger, erase},
    failure::Failure,
    intake::waits,
    people::change,
    turns::{profile, put_down, stands},
};

/// For whom, where and by whom something is written.
pub(crate) struct Writing<'a> {
    pub(crate) conversation: &'a ConversationId,
    pub(crate) person: &'a PersonId,
    pub(crate) private: bool,
    pub(crate) holder: &'a HolderId,
    pub(crate) now: Timestamp,
}

/// Writes the outcome and completes what it answers, if the fence still stands.
pub(crate) fn commit(
    db: &Db,
    fence: &Fence,
    answered: &[InboundId],
    outcome: Outcome,
    ledger: &Ledger,
    now: Timestamp,
) -> Result<Committed, Failure> {
    let Some(private) = stands(db, fence)? else {
        return Ok(Committed::Lost);
    };
    for id in answered {
        db.run(
            "DELETE FROM waiting
              WHERE church = ?1 AND conversation = ?2 AND id = ?3 AND person = ?4",
            params![db.church, fence.conversation.0, id.0, fence.person.0],
        )?;
    }
    let at = Writing {
        conversation: &fence.conversation,
        person: &fence.person,
        private,
        holder: &fence.holder,
        now,
    };
    let vanishes = outcome.erase;
    if vanishes {
        // Noted first, so that the notes lose their details with all the others.
        audit::append(db, &fence.person, &outcome.audit, now)?;
        erase(db, &fence.person, ledger, now)?;
    } else {
        write(db, &at, &outcome)?;
    }
    put_down(db, &fence.conversation)?;
    let effects = enqueue(db, &at, outcome, vanishes)?;
    let more = waits(db, &fence.conversation.0)?;
    Ok(Committed::Done { effects, more })
}

/// Writes the changes to the person, then the lines, then the audit.
pub(crate) fn write(db: &Db, at: &Writing<'_>, outcome: &Outcome) -> Result<(), Failure> {
    if !outcome.profile.is_empty() {
        change(db, at.person, &outcome.profile)?;
    }
    let expires = if outcome.entries.is_empty() {
        None
    } else {
        expiry(db, at.person, outcome.expires, at.now)?
    };
    for entry in &outcome.entries {
        let entry = Entry {
            conversation: at.conversation.clone(),
            person: at.person.clone(),
            ..entry.clone()
        };
        insert_line(db, &entry, at.private, expires)?;
    }
    audit::append(db, at.person, &outcome.audit, at.now)
}

/// When lines of a person may be forgotten: under consent as it stands now, by the retention of
/// histories; without it, when it was said, or else after the short keeping.
pub(crate) fn expiry(
    db: &Db,
    person: &PersonId,
    otherwise: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<Timestamp>, Failure> {
    let consented = profile(db, person)?
        .and_then(|profile| profile.history_consent)
        .is_some_and(|consent| consent.given);
    Ok((!consented).then(|| otherwise.unwrap_or(now + SHORT_KEEPING)))
}

/// Writes a line of history.
pub(crate) fn insert_line(
    db: &Db,
    entry: &Entry,
    private: bool,
    expires: Option<Timestamp>,
) -> Result<(), Failure> {
    db.run(
        "INSERT INTO entries (church, id, conversation, person, private, of_muykol, at, expires,
                              body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            db.church,
            entry.id.0,
            entry.conversation.0,
            entry.person.0,
            private,
            entry.role() == Role::Muykol,
            entry.at.0,
            expires.map(|expires| expires.0),
            to_json(entry, "entry")?
        ],
    )?;
    if let EntryBody::Muykol { answers, .. } = &entry.body {
        let seq = db.connection.last_insert_rowid();
        for inbound in answers {
            db.run(
                "INSERT INTO answers (church, inbound, entry) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO NOTHING",
                params![db.church, inbound.0, seq],
            )?;
        }
    }
    Ok(())
}

/// Puts effects into the outbox and leases those that need not wait.
pub(crate) fn enqueue(
    db: &Db,
    at: &Writing<'_>,
    outcome: Outcome,
    vanishes: bool,
) -> Result<Vec<Effect>, Failure> {
    if outcome.effects.is_empty() {
        return Ok(Vec::new());
    }
    let older_wait = db.any(
        "SELECT 1 FROM effects
          WHERE church = ?1 AND conversation = ?2 AND lane = 1 AND parked IS NULL",
        params![db.church, at.conversation.0],
    )?;
    let lease = Lease {
        holder: at.holder.clone(),
        until: outcome.effects_until,
    };
    let mut leased = Vec::with_capacity(outcome.effects.len());
    for new in outcome.effects {
        let goes_now = new.lane == Lane::Emergency || !older_wait;
        db.run(
            "INSERT INTO effects (church, id, conversation, person, lane, action, created, due,
                                  holder, lease_until, vanishes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, ?9, ?10)",
            params![
                db.church,
                new.id.0,
                at.conversation.0,
                at.person.0,
                lane(new.lane),
                to_json(&new.action, "action")?,
                at.now.0,
                goes_now.then_some(&lease.holder.0),
                goes_now.then_some(lease.until.0),
                vanishes
            ],
        )?;
        if goes_now {
            leased.push(Effect {
                id: new.id,
                conversation: at.conversation.clone(),
                person: at.person.clone(),
                lane: new.lane,
                action: new.action,
                attempts: 0,
                maybe_sent: false,
                created: at.now,
                lease: lease.clone(),
            });
        }
    }
    Ok(leased)
}

fn lane(lane: Lane) -> i64 {
    match lane {
        Lane::Emergency => 0,
        Lane::Normal => 1,
    }
}
