//! The seam of the outbox.

use async_trait::async_trait;
use muykol_core::{
    seams::{OutboxStore, Settlement, StoreError},
    words::{
        Action, ConversationId, Destination, Effect, EffectId, Lane, Lease, PersonId, Timestamp,
    },
};
use rusqlite::{Row, params};

use crate::{
    db::{Db, from_json, limit, to_json},
    failure::Failure,
    store::SqliteStore,
};

/// Why an effect that this version cannot read is parked.
const UNREADABLE: &str = "its action cannot be read by this version";

/// Whether effect `e` is due at `?2`: it is ready, and so is every earlier one of its lane.
macro_rules! is_due {
    () => {
        "e.parked IS NULL AND e.due <= ?2 AND (e.lease_until IS NULL OR e.lease_until <= ?2)
         AND NOT EXISTS (SELECT 1 FROM effects AS b
              WHERE b.church = e.church AND b.conversation = e.conversation AND b.lane = e.lane
                AND b.seq < e.seq AND b.parked IS NULL AND (b.due > ?2 OR b.lease_until > ?2))"
    };
}

#[async_trait]
impl OutboxStore for SqliteStore {
    async fn due(
        &self,
        shard: u16,
        request: Lease,
        now: Timestamp,
        rows: usize,
    ) -> Result<Vec<Effect>, StoreError> {
        if shard != 0 {
            return Ok(Vec::new());
        }
        // Looking costs the writer nothing; most of the time there is nothing to lease.
        let seen = self.read(move |db| candidates(db, now, rows)).await?;
        if seen.is_empty() {
            return Ok(Vec::new());
        }
        let ours = request.clone();
        let leased = self
            .write(move |db| lease(db, &seen, &request, now))
            .await?;
        let mut due = Vec::with_capacity(leased.len());
        let mut unreadable = Vec::new();
        for leased in leased {
            let id = leased.effect.id.clone();
            match leased.read() {
                Ok(effect) => due.push(effect),
                Err(_) => unreadable.push(id),
            }
        }
        if !unreadable.is_empty() {
            self.park_unreadable(unreadable, ours, now).await;
        }
        Ok(due)
    }

    async fn settle(
        &self,
        effect: &Effect,
        settlement: Settlement,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (id, lease) = (effect.id.clone(), effect.lease.clone());
        self.write(move |db| settle(db, &id, &lease, settlement, now))
            .await
    }
}

impl SqliteStore {
    /// Parks what a newer version has written, or a fault has damaged, so that the rest goes on.
    async fn park_unreadable(&self, effects: Vec<EffectId>, lease: Lease, now: Timestamp) {
        for effect in &effects {
            tracing::error!(%effect, "the action of an effect cannot be read; it is parked");
        }
        let parked = self
            .write(move |db| {
                effects.iter().try_for_each(|effect| {
                    let parked = Settlement::Parked {
                        reason: UNREADABLE.to_owned(),
                    };
                    settle(db, effect, &lease, parked, now)
                })
            })
            .await;
        // What could be read is delivered all the same; the rest comes again after its lease.
        if let Err(error) = parked {
            tracing::warn!(%error, "effects that cannot be read were not parked");
        }
    }
}

fn candidates(db: &Db, now: Timestamp, rows: usize) -> Result<Vec<i64>, Failure> {
    db.all(
        concat!(
            "SELECT e.seq FROM effects AS e WHERE e.church = ?1 AND ",
            is_due!(),
            " ORDER BY e.lane, e.seq LIMIT ?3"
        ),
        params![db.church, now.0, limit(rows)],
        |row| row.get(0),
    )
}

/// An effect whose action is still as the row holds it.
struct Leased {
    effect: Effect,
    action: String,
}

impl Leased {
    fn read(self) -> Result<Effect, Failure> {
        Ok(Effect {
            action: from_json(&self.action, "action")?,
            ..self.effect
        })
    }
}

/// Leases those of the candidates that are still due.
fn lease(
    db: &Db,
    candidates: &[i64],
    request: &Lease,
    now: Timestamp,
) -> Result<Vec<Leased>, Failure> {
    let mut due = Vec::with_capacity(candidates.len());
    for seq in candidates {
        due.extend(db.one(
            concat!(
                "SELECT e.id, e.conversation, e.person, e.lane, e.action, e.attempts,
                        e.maybe_sent OR e.lease_until IS NOT NULL, e.created
                   FROM effects AS e WHERE e.seq = ?3 AND e.church = ?1 AND ",
                is_due!()
            ),
            params![db.church, now.0, seq],
            |row| Ok((*seq, leased(row, request)?)),
        )?);
    }
    // Leased only now: the first of a lane would else keep the others from being due.
    due.into_iter()
        .map(|(seq, leased)| {
            db.run(
                "UPDATE effects SET holder = ?2, lease_until = ?3, maybe_sent = ?4 WHERE seq = ?1",
                params![
                    seq,
                    request.holder.0,
                    request.until.0,
                    leased.effect.maybe_sent
                ],
            )?;
            Ok(leased)
        })
        .collect()
}

fn leased(row: &Row<'_>, lease: &Lease) -> rusqlite::Result<Leased> {
    Ok(Leased {
        effect: Effect {
            id: EffectId(row.get(0)?),
            conversation: ConversationId(row.get(1)?),
            person: PersonId(row.get(2)?),
            lane: lane(row.get(3)?),
            action: Action::Alert {
                code: String::new(),
            },
            attempts: row.get(5)?,
            maybe_sent: row.get(6)?,
            created: Timestamp(row.get(7)?),
            lease: lease.clone(),
        },
        action: row.get(4)?,
    })
}

/// What settling needs to know of an effect.
struct Open {
    seq: i64,
    conversation: String,
    vanishes: bool,
    /// Whether whoever settles it still holds it.
    held: bool,
}

fn settle(
    db: &Db,
    effect: &EffectId,
    lease: &Lease,
    settlement: Settlement,
    now: Timestamp,
) -> Result<(), Failure> {
    let open = db.one(
        "SELECT seq, conversation, vanishes, holder IS ?3 AND lease_until IS ?4 FROM effects
          WHERE church = ?1 AND id = ?2 AND parked IS NULL",
        params![db.church, effect.0, lease.holder.0, lease.until.0],
        |row| {
            Ok(Open {
                seq: row.get(0)?,
                conversation: row.get(1)?,
                vanishes: row.get(2)?,
                held: row.get(3)?,
            })
        },
    )?;
    let Some(open) = open else {
        return Ok(());
    };
    // That it was sent is true whoever says it; anything else is for its present holder to say.
    if !open.held && !matches!(settlement, Settlement::Sent { .. }) {
        return Ok(());
    }
    match settlement {
        Settlement::Sent { receipt } => finish(db, open.seq, receipt.as_deref(), now),
        Settlement::Retry { at, maybe_sent } => try_again(db, &open, at, maybe_sent),
        Settlement::Moved { room } => {
            try_again(db, &open, now, false)?;
            redirect(db, &open, &room, now)
        }
        Settlement::Blocked => block(db, &open, now),
        Settlement::Parked { .. } if open.vanishes => finish(db, open.seq, None, now),
        Settlement::Parked { reason } => {
            db.run(
                "UPDATE effects SET parked = ?2, holder = NULL, lease_until = NULL WHERE seq = ?1",
                params![open.seq, reason],
            )?;
            Ok(())
        }
    }
}

/// Drops the content and keeps the receipt.
fn finish(db: &Db, seq: i64, receipt: Option<&str>, now: Timestamp) -> Result<(), Failure> {
    db.run(
        "INSERT INTO receipts (church, effect, person, receipt, settled)
         SELECT church, id, person, ?2, ?3 FROM effects WHERE seq = ?1 AND vanishes = 0",
        params![seq, receipt, now.0],
    )?;
    db.run("DELETE FROM effects WHERE seq = ?1", [seq])?;
    Ok(())
}

/// Gives back the lease of an effect, and those of the later ones that were leased with it.
fn try_again(db: &Db, open: &Open, at: Timestamp, maybe_sent: bool) -> Result<(), Failure> {
    db.run(
        "UPDATE effects SET holder = NULL, lease_until = NULL
           FROM (SELECT conversation, lane, holder, lease_until FROM effects WHERE seq = ?1) AS own
          WHERE effects.church = ?2 AND effects.conversation = own.conversation
            AND effects.lane = own.lane AND effects.seq > ?1
            AND effects.holder = own.holder AND effects.lease_until = own.lease_until",
        params![open.seq, db.church],
    )?;
    db.run(
        "UPDATE effects SET holder = NULL, lease_until = NULL, attempts = attempts + 1, due = ?2,
                maybe_sent = maybe_sent OR ?3
          WHERE seq = ?1",
        params![open.seq, at.0, maybe_sent],
    )?;
    Ok(())
}

/// An effect or a later one of its conversation.
struct Later {
    seq: i64,
    lane: Lane,
    parked: bool,
    action: Action,
}

/// An effect and the later ones of its conversation, parked ones included; without those that
/// cannot be read.
fn from_here_on(db: &Db, open: &Open) -> Result<Vec<Later>, Failure> {
    let rows = db.all(
        "SELECT seq, lane, parked IS NOT NULL, action FROM effects
          WHERE church = ?1 AND conversation = ?2 AND seq >= ?3 ORDER BY seq",
        params![db.church, open.conversation, open.seq],
        |row| {
            Ok((
                row.get(0)?,
                lane(row.get(1)?),
                row.get(2)?,
                row.get::<_, String>(3)?,
            ))
        },
    )?;
    let readable = rows.into_iter().filter_map(|(seq, lane, parked, action)| {
        Some(Later {
            seq,
            lane,
            parked,
            action: from_json(&action, "action").ok()?,
        })
    });
    Ok(readable.collect())
}

fn redirect(db: &Db, open: &Open, room: &str, now: Timestamp) -> Result<(), Failure> {
    let mut effects = from_here_on(db, open)?;
    let Some(old) = effects
        .first()
        .filter(|own| own.seq == open.seq)
        .and_then(|own| own.action.destination().cloned())
    else {
        return Ok(());
    };
    for later in &mut effects {
        let to = later.action.destination_mut();
        let Some(to) = to.filter(|to| same_room(to, &old)) else {
            continue;
        };
        room.clone_into(&mut to.place.room);
        db.run(
            "UPDATE effects SET action = ?2, due = ?3 WHERE seq = ?1",
            params![later.seq, to_json(&later.action, "action")?, now.0],
        )?;
    }
    Ok(())
}

fn same_room(one: &Destination, other: &Destination) -> bool {
    one.address.channel == other.address.channel
        && one.address.account == other.address.account
        && one.place.room == other.place.room
}

fn block(db: &Db, open: &Open, now: Timestamp) -> Result<(), Failure> {
    let effects = from_here_on(db, open)?;
    let to = effects
        .first()
        .filter(|own| own.seq == open.seq)
        .and_then(|own| own.action.destination());
    if let Some(Destination { address, .. }) = to {
        db.run(
            "UPDATE addresses SET paused = ?5
              WHERE church = ?1 AND channel = ?2 AND account = ?3 AND id = ?4",
            params![
                db.church,
                address.channel.0,
                address.account.0,
                address.id,
                now.0
            ],
        )?;
    }
    for later in &effects {
        let same_door = to
            .zip(later.action.destination())
            .is_some_and(|(to, other)| {
                to.address == other.address && to.place.room == other.place.room
            });
        let dropped = later.lane == Lane::Normal && !later.parked && same_door;
        if later.seq == open.seq || dropped {
            finish(db, later.seq, None, now)?;
        }
    }
    Ok(())
}

fn lane(column: i64) -> Lane {
    if column == 0 {
        Lane::Emergency
    } else {
        Lane::Normal
    }
}
