//! Messages, outcomes and shorthands that the suites share, and that other tests may use.

use std::time::Duration;

use super::Store;
use crate::{
    seams::{
        Accepted, Arrival, Claim, Committed, Emergency, Fence, OutboxStore, Outcome, TurnStore,
    },
    words::{
        Action, Address, AnsweredBy, Attachment, Audience, Block, ChurchId, ConversationId,
        CrisisReading, Destination, Effect, EffectId, EmotionReading, Entry, EntryBody, EntryId,
        HolderId, Inbound, InboundId, InboundKind, Lane, Lease, NewEffect, Part, PersonId, Place,
        PlaceRole, Reply, Timestamp,
    },
};

/// The moment at which every story begins.
pub const START: Timestamp = Timestamp(1_790_000_000_000);

/// The church of every fixture; a store under test must be opened for it.
pub const CHURCH: &str = "grace";

/// So many seconds after the start.
pub fn at(seconds: u64) -> Timestamp {
    START + Duration::from_secs(seconds)
}

/// Days in seconds, for [`at`].
pub const DAY: u64 = 24 * 60 * 60;

/// Holder `name` wants something until then.
pub fn until(name: &str, seconds: u64) -> Lease {
    Lease {
        holder: HolderId::from(name),
        until: at(seconds),
    }
}

/// A person's address on the fixtures' channel.
pub fn address(who: &str) -> Address {
    Address {
        channel: "telegram".into(),
        account: "bot".into(),
        id: who.to_owned(),
    }
}

/// A room that is private to `who`, or public if the name begins with `#`.
pub fn place(room: &str) -> Place {
    Place {
        room: room.to_owned(),
        thread: None,
        reply_to: None,
        role: PlaceRole::Person,
        audience: if room.starts_with('#') {
            Audience::Public
        } else {
            Audience::Private
        },
    }
}

/// The conversation of a room.
pub fn conversation(room: &str) -> ConversationId {
    ConversationId(format!("conversation-{room}"))
}

/// `who` writes `words` in `room` as message `key`, so many seconds after the start.
pub fn said(who: &str, room: &str, key: &str, words: &str, seconds: u64) -> Arrival {
    let received = at(seconds);
    Arrival {
        church: CHURCH.into(),
        conversation: conversation(room),
        id: InboundId::new(received),
        inbound: Inbound {
            sender: address(who),
            place: place(room),
            provider_id: key.to_owned(),
            text: words.to_owned(),
            locale: None,
            at: received,
            kind: InboundKind::Text,
        },
        digest: format!("digest of {who}: {words}"),
        received,
        expires: received + Duration::from_secs(DAY),
        stranger: PersonId::random(),
        emergency: None,
        claim: None,
    }
}

/// Ana writes in her own room at the start.
pub fn ana(key: &str) -> Arrival {
    said("ana", "ana", key, &format!("words of {key}"), 0)
}

/// The same arrival, of another sort.
pub fn of_kind(kind: InboundKind, arrival: Arrival) -> Arrival {
    Arrival {
        inbound: Inbound {
            kind,
            ..arrival.inbound
        },
        ..arrival
    }
}

/// A command.
pub fn command() -> InboundKind {
    InboundKind::Command {
        name: "verse".to_owned(),
        args: String::new(),
    }
}

/// A tapped button.
pub fn choice() -> InboundKind {
    InboundKind::Choice {
        id: "yes".to_owned(),
    }
}

/// A photo.
pub fn photo() -> InboundKind {
    InboundKind::Attachment {
        what: Attachment::Photo,
    }
}

/// A line that `person` said.
pub fn line_of_person(text: &str, inbound: &InboundId) -> Entry {
    Entry {
        id: EntryId::new(START),
        conversation: conversation("set by the store"),
        person: "set by the store".into(),
        at: START,
        body: EntryBody::Person {
            text: text.to_owned(),
            inbound: inbound.clone(),
        },
    }
}

/// A reply to messages.
pub fn line_of_muykol(text: &str, answers: &[InboundId]) -> Entry {
    let id = EntryId::new(START);
    Entry {
        id: id.clone(),
        conversation: conversation("set by the store"),
        person: "set by the store".into(),
        at: START,
        body: EntryBody::Muykol {
            reply: Reply {
                id,
                conversation_id: conversation("any"),
                text: text.to_owned(),
                blocks: vec![Block::text(text)],
                emotion: EmotionReading::unclear(),
                crisis: CrisisReading::default(),
                prayer_offered: false,
                answered_by: AnsweredBy::Curated,
            },
            answers: answers.to_vec(),
            pieces: Vec::new(),
        },
    }
}

/// A message to `who` in `room`.
pub fn send(lane: Lane, who: &str, room: &str, text: &str) -> NewEffect {
    NewEffect {
        id: EffectId::new(START),
        lane,
        action: Action::Send {
            to: Destination {
                address: address(who),
                place: place(room),
            },
            part: Part {
                rich: None,
                plain: text.to_owned(),
                choices: Vec::new(),
            },
            otherwise: None,
        },
    }
}

/// What an effect says; empty for one that says nothing.
pub fn text_of(effect: &Effect) -> &str {
    match &effect.action {
        Action::Send { part, .. } | Action::Edit { part, .. } => &part.plain,
        Action::Alert { .. } => "",
    }
}

/// What effects say, in order.
pub fn texts(effects: &[Effect]) -> Vec<&str> {
    effects.iter().map(text_of).collect()
}

/// The words of lines, in order.
pub fn words(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(Entry::text).collect()
}

/// An outcome whose lines are kept for a day and whose effects are leased for a minute from then.
pub fn outcome(seconds: u64) -> Outcome {
    Outcome {
        expires: Some(at(seconds + DAY)),
        effects_until: at(seconds + 60),
        ..Outcome::default()
    }
}

/// A whole answer to a claim: every message as a line, one reply, and one effect for each part.
pub fn answer(claim: &Claim, parts: &[&str], seconds: u64) -> Outcome {
    let mut entries: Vec<Entry> = claim
        .messages
        .iter()
        .map(|message| line_of_person(&message.inbound.text, &message.id))
        .collect();
    entries.push(line_of_muykol(&parts.concat(), &ids(claim)));
    let to = &claim.messages[0].inbound;
    Outcome {
        entries,
        effects: parts
            .iter()
            .map(|part| send(Lane::Normal, &to.sender.id, &to.place.room, part))
            .collect(),
        ..outcome(seconds)
    }
}

/// A crisis reply in two parts to `who` in `room`, sent by holder `one`.
pub fn crisis_reply(who: &str, room: &str, seconds: u64) -> Emergency {
    Emergency {
        outcome: Outcome {
            entries: vec![line_of_muykol("help", &[])],
            effects: vec![
                send(Lane::Emergency, who, room, "help 1"),
                send(Lane::Emergency, who, room, "help 2"),
            ],
            ..outcome(seconds)
        },
        holder: "one".into(),
    }
}

/// The ids of the messages of a claim.
pub fn ids(claim: &Claim) -> Vec<InboundId> {
    claim
        .messages
        .iter()
        .map(|message| message.id.clone())
        .collect()
}

/// Accepts a message that must be new, and says whose it is.
pub async fn accept(store: &impl TurnStore, arrival: Arrival) -> PersonId {
    match store.accept(arrival).await.unwrap() {
        Accepted::New { person, .. } => person,
        other => panic!("expected a new message: {other:?}"),
    }
}

/// Claims a conversation that must be claimable, as holder `one`, for a minute.
pub async fn claim(store: &impl TurnStore, room: &str, seconds: u64) -> Claim {
    store
        .claim(&conversation(room), until("one", seconds + 60), at(seconds))
        .await
        .unwrap()
        .expect("something to claim")
}

/// Commits an outcome that must be taken, and returns the effects.
pub async fn commit(
    store: &impl TurnStore,
    fence: &Fence,
    answered: &[InboundId],
    outcome: Outcome,
    seconds: u64,
) -> Vec<Effect> {
    match store
        .commit(fence, answered, outcome, at(seconds))
        .await
        .unwrap()
    {
        Committed::Done { effects, .. } => effects,
        Committed::Lost => panic!("the fence should stand"),
    }
}

/// Whether a commit is refused.
pub async fn is_lost(store: &impl TurnStore, claim: &Claim, outcome: Outcome) -> bool {
    matches!(
        store
            .commit(&claim.fence, &ids(claim), outcome, START)
            .await
            .unwrap(),
        Committed::Lost
    )
}

/// One whole exchange: accepted, claimed, answered in parts. Returns whose it is and the effects,
/// leased for a minute to holder `one`.
pub async fn exchange(
    store: &impl TurnStore,
    arrival: Arrival,
    parts: &[&str],
    seconds: u64,
) -> (PersonId, Vec<Effect>) {
    let room = arrival.inbound.place.room.clone();
    let person = accept(store, arrival).await;
    let claim = claim(store, &room, seconds).await;
    let outcome = answer(&claim, parts, seconds);
    let effects = commit(store, &claim.fence, &ids(&claim), outcome, seconds).await;
    (person, effects)
}

/// Everything of a person that has not expired at the start.
pub async fn lines(store: &impl Store, person: &PersonId) -> Vec<Entry> {
    store.after(person, None, 1000, START).await.unwrap()
}

/// What is due then, leased for a minute by holder `two`.
pub async fn due(store: &impl OutboxStore, seconds: u64) -> Vec<Effect> {
    store
        .due(0, until("two", seconds + 60), at(seconds), 1000)
        .await
        .unwrap()
}

/// The church of every fixture.
pub fn church() -> ChurchId {
    CHURCH.into()
}
