//! Turns as stories: what a person writes, and what comes of it.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use futures_util::stream;
use tokio::sync::Notify;

use crate::{
    care::ChurchCare,
    contract::MemoryStore,
    path::{Received, RecentCrises, Settings, Watchers, Wiring, Work},
    scripture::Library,
    seams::{
        AnswerError, Answerer, Capabilities, Courier, Decision, Health, History, Limiter, Pace,
        People, Piece, Pieces, Quota, SendError, Sent, Streaming, TextLimit, TextUnit, TurnContext,
        TurnStore,
    },
    words::{
        Account, Action, Address, AnsweredBy, Audience, Block, Channel, ChurchId, Clock,
        CrisisKind, CrisisLevel, CrisisReading, Destination, EffectId, EntryBody, HolderId,
        Inbound, InboundId, InboundKind, Lease, Part, Place, PlaceRole, Reply, Timestamp,
    },
};

struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(1, Ordering::SeqCst))
    }
}

/// Lets so many events of every key pass, then none.
struct Ration(AtomicU32);

#[async_trait]
impl Limiter for Ration {
    async fn check(&self, key: &str, _: Quota) -> Decision {
        if key.starts_with("send:") {
            return Decision::Allowed;
        }
        let left = self
            .0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            });
        match left {
            Ok(_) => Decision::Allowed,
            Err(_) => Decision::Denied {
                retry_after: Duration::from_secs(20),
            },
        }
    }
}

/// Says what it was given to say.
struct Says(AnsweredBy, Mutex<Vec<Piece>>);

#[async_trait]
impl Answerer for Says {
    async fn answer<'a>(&'a self, _: &'a TurnContext) -> Result<Pieces<'a>, AnswerError> {
        let pieces = self.1.lock().unwrap().clone();
        Ok(Box::pin(stream::iter(pieces.into_iter().map(Ok))))
    }

    fn name(&self) -> AnsweredBy {
        self.0
    }
}

/// A phone that keeps what it is sent.
struct Phone {
    capabilities: Capabilities,
    sent: Mutex<Vec<(String, String)>>,
    blocked: Mutex<Vec<String>>,
}

#[async_trait]
impl Courier for Phone {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn render(&self, blocks: &[Block], _: &Place) -> Vec<Part> {
        vec![Part {
            rich: Some("rich".to_owned()),
            plain: Block::plain_all(blocks),
            choices: Vec::new(),
        }]
    }

    fn private_place(&self, address: &Address) -> Option<Place> {
        Some(place(&address.id, Audience::Private))
    }

    async fn send(
        &self,
        to: &Destination,
        part: &Part,
        rich: bool,
        _: &EffectId,
    ) -> Result<Sent, SendError> {
        if rich {
            return Err(SendError::Rejected("can't parse entities".to_owned()));
        }
        if self.blocked.lock().unwrap().contains(&to.place.room) {
            return Err(SendError::Blocked);
        }
        let message = (to.place.room.clone(), part.plain.clone());
        self.sent.lock().unwrap().push(message);
        Ok(Sent { message: None })
    }

    async fn edit(&self, _: &Destination, _: &str, _: &Part, _: bool) -> Result<Sent, SendError> {
        Err(SendError::Rejected("message to edit not found".to_owned()))
    }

    async fn draft(&self, _: &Destination, _: u64, _: &str) -> Result<(), SendError> {
        Ok(())
    }

    async fn typing(&self, _: &Destination) -> Result<(), SendError> {
        Ok(())
    }

    async fn health(&self) -> Health {
        Health {
            ok: true,
            last_event: None,
            detail: String::new(),
        }
    }
}

struct House {
    wiring: Wiring,
    phone: Arc<Phone>,
    store: MemoryStore,
    written: AtomicU32,
}

impl House {
    fn new() -> Self {
        Self::with_model(None)
    }

    fn with_model(model: Option<Vec<Piece>>) -> Self {
        let phone = Arc::new(Phone {
            capabilities: Capabilities {
                text: Some(TextLimit {
                    max: 4096,
                    unit: TextUnit::Utf16,
                }),
                buttons: false,
                streaming_private: Streaming::None,
                streaming_public: Streaming::None,
                typing: None,
                pace: Pace::default(),
                private_link: Some("https://phone.example/muykol".to_owned()),
            },
            sent: Mutex::default(),
            blocked: Mutex::default(),
        });
        let store = MemoryStore::new();
        let curated = vec![Piece::Block(Block::text("I hear you."))];
        let wiring = Wiring {
            store: Arc::new(store.clone()),
            couriers: BTreeMap::from([(Channel::from("phone"), phone.clone() as Arc<dyn Courier>)]),
            limiter: Arc::new(Ration(AtomicU32::new(1000))),
            events: Arc::new(Watchers::default()),
            clock: Arc::new(Hands(AtomicI64::new(1_700_000_000_000))),
            curated: Arc::new(Says(AnsweredBy::Curated, Mutex::new(curated))),
            model: model.map(|pieces| {
                Arc::new(Says(AnsweredBy::Model, Mutex::new(pieces))) as Arc<dyn Answerer>
            }),
            second_look: None,
            library: Arc::new(Library::embedded()),
            holder: HolderId::random(),
            key: b"key".to_vec(),
            settings: Settings {
                church: ChurchId::from("church"),
                care: ChurchCare::default(),
                country: Some("US".to_owned()),
                language: "en".to_owned(),
                translation: "ASV".to_owned(),
                greeting: None,
                uses_model: false,
                history: Duration::from_hours(24 * 365),
                unconsented: Duration::from_hours(24),
                per_person: Quota::per_minute(10),
            },
            crises: RecentCrises::default(),
        };
        Self {
            wiring,
            phone,
            store,
            written: AtomicU32::new(0),
        }
    }

    fn inbound(&self, text: &str, kind: InboundKind, audience: Audience) -> Inbound {
        let number = self.written.fetch_add(1, Ordering::SeqCst);
        let room = match audience {
            Audience::Private => "ann",
            Audience::Public => "group",
        };
        Inbound {
            sender: ann(),
            place: place(room, audience),
            provider_id: number.to_string(),
            text: text.to_owned(),
            locale: None,
            at: self.wiring.clock.now(),
            kind,
        }
    }

    /// Takes a message all the way: in, answered, sent.
    async fn hears(&self, inbound: Inbound) -> InboundId {
        let (received, mut work) = self.wiring.receive(inbound, true).await;
        let Received::Accepted { id, .. } = received else {
            panic!("{received:?}");
        };
        while let Some(step) = work.pop() {
            match step {
                Work::Turn(claim) => {
                    work.extend(self.wiring.take_turn(*claim, &Notify::new()).await);
                }
                Work::Deliver(effects) => {
                    self.wiring.deliver(effects).await;
                }
                Work::Direct { delivery, effects } => {
                    self.wiring.send_directly(&delivery, effects).await;
                }
                Work::Claim(_) | Work::Check(_) => {}
            }
        }
        id
    }

    async fn says(&self, text: &str) -> Reply {
        let inbound = self.inbound(text, InboundKind::Text, Audience::Private);
        let id = self.hears(inbound).await;
        self.reply_to(&id).await
    }

    async fn commands(&self, name: &str, args: &str) -> InboundId {
        let kind = InboundKind::Command {
            name: name.to_owned(),
            args: args.to_owned(),
        };
        self.hears(self.inbound("", kind, Audience::Private)).await
    }

    async fn chooses(&self, id: &str) -> InboundId {
        let kind = InboundKind::Choice { id: id.to_owned() };
        self.hears(self.inbound("", kind, Audience::Private)).await
    }

    async fn reply_to(&self, id: &InboundId) -> Reply {
        let entry = self.store.answer(id).await.unwrap().unwrap();
        let EntryBody::Muykol { reply, .. } = entry.body else {
            panic!("not a reply");
        };
        reply
    }

    fn sent(&self) -> Vec<(String, String)> {
        self.phone.sent.lock().unwrap().clone()
    }
}

fn ann() -> Address {
    Address {
        channel: Channel::from("phone"),
        account: Account::from("church"),
        id: "ann".to_owned(),
    }
}

fn place(room: &str, audience: Audience) -> Place {
    Place {
        room: room.to_owned(),
        thread: None,
        reply_to: None,
        role: PlaceRole::Person,
        audience,
    }
}

#[tokio::test]
async fn the_notice_comes_with_the_first_answer_and_never_again() {
    let house = House::new();
    let first = house.says("hello").await;
    assert!(first.text.starts_with("I hear you."));
    assert!(first.text.contains("computer programme"));
    assert!(matches!(first.blocks.last(), Some(Block::Choices { .. })));
    let second = house.says("hello again").await;
    assert_eq!(second.text, "I hear you.");
    // The rich form was refused each time; the words went out all the same.
    assert_eq!(house.sent().len(), 2);
}

#[tokio::test]
async fn a_consent_is_kept_with_its_wording_and_can_be_typed() {
    let house = House::new();
    house.says("hello").await;
    let reply = house.says("yes, remember it").await;
    assert!(reply.text.contains("Thank you"));
    let profile = house.store.find(&ann()).await.unwrap().unwrap();
    let consent = profile.history_consent.unwrap();
    assert!(consent.given);
    assert_eq!(consent.wording, super::HISTORY_WORDING);
}

#[tokio::test]
async fn forgetting_asks_first_and_then_leaves_nothing() {
    let house = House::new();
    house.says("my name is a secret").await;
    let asked = house.commands("forget", "").await;
    assert!(matches!(
        house.reply_to(&asked).await.blocks.last(),
        Some(Block::Choices { .. })
    ));
    let kept = house.chooses("forget:no").await;
    assert!(house.reply_to(&kept).await.text.contains("kept"));
    let erased = house.chooses("forget:yes").await;
    assert!(house.store.find(&ann()).await.unwrap().is_none());
    assert!(house.store.answer(&erased).await.unwrap().is_none());
    let (_, last) = house.sent().pop().unwrap();
    assert!(last.contains("erased"), "{last}");
}

#[tokio::test]
async fn commands_are_answered() {
    let house = House::new();
    house.says("hello").await;
    for (name, args, expected) in [
        ("start", "", "Hello"),
        ("help", "", "/verse"),
        ("privacy", "", "What I keep"),
        ("guidelines", "", "not a person"),
        ("verse", "John 11:35", "Jesus wept."),
        ("verse", "", "Which passage"),
        ("verse", "John 3:99", "John 3 has 36 verses"),
        ("verse", "about hope", "I hear you."),
        ("talk", "I am tired", "I hear you."),
        ("translation", "", "Which translation"),
        ("translation", "kjv", "KJV"),
        ("dance", "", "don't know that command"),
    ] {
        let id = house.commands(name, args).await;
        let reply = house.reply_to(&id).await;
        assert!(
            reply.text.contains(expected),
            "/{name} {args}: {}",
            reply.text
        );
    }
    let profile = house.store.find(&ann()).await.unwrap().unwrap();
    assert_eq!(profile.translation.as_deref(), Some("KJV"));
}

#[tokio::test]
async fn danger_is_answered_at_once_and_shortly_the_second_time() {
    let house = House::new();
    let first = house.says("I want to kill myself").await;
    assert_eq!(first.answered_by, AnsweredBy::Crisis);
    assert!(first.text.contains("988"), "{}", first.text);
    let second = house.says("I want to kill myself tonight").await;
    assert!(second.text.len() < first.text.len());
    assert_eq!(house.sent().len(), 2);
    let after = house.says("I don't know").await;
    assert!(
        after.text.contains("988"),
        "care mode keeps help at hand: {}",
        after.text
    );
}

#[tokio::test]
async fn danger_in_a_public_room_is_answered_in_private() {
    let house = House::new();
    let in_group = || house.inbound("I want to kill myself", InboundKind::Text, Audience::Public);
    house.hears(in_group()).await;
    let (room, text) = house.sent().pop().unwrap();
    assert_eq!(room, "ann");
    assert!(text.contains("988"));

    house.phone.blocked.lock().unwrap().push("ann".to_owned());
    house.hears(in_group()).await;
    let (room, text) = house.sent().pop().unwrap();
    assert_eq!(room, "group");
    assert!(
        text.contains("https://phone.example/muykol") && !text.contains("kill"),
        "{text}"
    );
}

#[tokio::test]
async fn a_model_that_hears_danger_is_replaced_by_the_vetted_reply() {
    let heard = Piece::Heard(CrisisReading {
        level: CrisisLevel::Danger,
        kinds: vec![CrisisKind::Suicide],
        ..CrisisReading::default()
    });
    let house = House::with_model(Some(vec![heard, Piece::Words("Cheer up.".to_owned())]));
    let reply = house.says("the boat leaves at midnight").await;
    assert_eq!(reply.answered_by, AnsweredBy::Crisis);
    assert_eq!(reply.crisis.level, CrisisLevel::Danger);
    assert!(reply.text.contains("988") && !reply.text.contains("Cheer up"));
}

#[tokio::test]
async fn a_model_is_checked_and_its_tokens_are_counted() {
    let words = "That is heavy.\n\n[[John 11:35]]\n\nThe Bible says \"all will be fine by May\".";
    let house = House::with_model(Some(vec![
        Piece::Words(words.to_owned()),
        Piece::Spent(120),
    ]));
    let reply = house.says("it is a hard week").await;
    assert_eq!(reply.answered_by, AnsweredBy::Model);
    assert!(
        reply.text.contains("Jesus wept.") && !reply.text.contains("May"),
        "{}",
        reply.text
    );
    let profile = house.store.find(&ann()).await.unwrap().unwrap();
    assert_eq!(profile.tokens_used, 120);
}

#[tokio::test]
async fn a_model_that_says_nothing_usable_is_stood_in_for() {
    let house = House::with_model(Some(vec![Piece::Words(
        "God promises you a new job.".to_owned(),
    )]));
    let reply = house.says("it is a hard week").await;
    assert_eq!(reply.answered_by, AnsweredBy::Curated);
}

#[tokio::test]
async fn who_writes_too_much_is_told_once_and_danger_is_never_limited() {
    let mut house = House::new();
    house.wiring.limiter = Arc::new(Ration(AtomicU32::new(1)));
    house.says("one").await;
    house.wiring.limiter = Arc::new(Ration(AtomicU32::new(0)));
    let limited = house.says("two").await;
    assert!(limited.text.contains("20 seconds"), "{}", limited.text);
    assert_eq!(
        house.sent().len(),
        1,
        "the second telling is kept, not sent"
    );
    let danger = house.says("I want to kill myself").await;
    assert_eq!(danger.answered_by, AnsweredBy::Crisis);
    assert_eq!(house.sent().len(), 2);
}

#[tokio::test]
async fn a_photo_is_not_met_with_silence() {
    let house = House::new();
    let kind = InboundKind::Attachment {
        what: crate::words::Attachment::Photo,
    };
    let photo = house.inbound("", kind, Audience::Private);
    let id = house.hears(photo).await;
    let reply = house.reply_to(&id).await;
    assert!(reply.text.contains("only read words"));
    assert!(
        reply
            .blocks
            .iter()
            .any(|block| matches!(block, Block::Resources { .. }))
    );
}

#[tokio::test]
async fn a_turn_that_keeps_dying_is_parked_with_a_kind_word_and_the_operator_is_told() {
    let house = House::with_model(Some(vec![Piece::Words("From the model.".to_owned())]));
    let inbound = house.inbound("hello there", InboundKind::Text, Audience::Private);
    let (received, _) = house.wiring.receive(inbound, false).await;
    let Received::Accepted {
        id, conversation, ..
    } = received
    else {
        panic!("{received:?}");
    };
    // Three holders die over it, one lease after the other.
    let mut now = house.wiring.clock.now();
    let mut claim = None;
    for _ in 0..4 {
        let request = Lease {
            holder: HolderId::random(),
            until: now + Wiring::TURN_LEASE,
        };
        claim = house
            .store
            .claim(&conversation, request, now)
            .await
            .unwrap();
        now = now + Wiring::TURN_LEASE;
    }
    let claim = claim.unwrap();
    assert_eq!(claim.attempts, 4);
    let work = house.wiring.take_turn(claim, &Notify::new()).await;
    let reply = house.reply_to(&id).await;
    assert!(
        reply.text.contains("trouble finding an answer"),
        "{}",
        reply.text
    );
    let Some(Work::Deliver(effects)) = work.first() else {
        panic!("{work:?}");
    };
    assert!(effects.iter().any(|effect| {
        matches!(&effect.action, Action::Alert { code } if code == "turn_parked")
    }));
}

#[tokio::test]
async fn the_second_try_is_curated() {
    let house = House::with_model(Some(vec![Piece::Words("From the model.".to_owned())]));
    let inbound = house.inbound("hello there", InboundKind::Text, Audience::Private);
    let (received, work) = house.wiring.receive(inbound, true).await;
    let (
        Received::Accepted {
            id, conversation, ..
        },
        [Work::Turn(_)],
    ) = (received, work.as_slice())
    else {
        panic!("{work:?}");
    };
    let now = house.wiring.clock.now() + Wiring::TURN_LEASE;
    let request = Lease {
        holder: HolderId::random(),
        until: now + Wiring::TURN_LEASE,
    };
    let claim = house
        .store
        .claim(&conversation, request, now)
        .await
        .unwrap()
        .unwrap();
    house.wiring.take_turn(claim, &Notify::new()).await;
    assert_eq!(house.reply_to(&id).await.answered_by, AnsweredBy::Curated);

    // The first holder wakes: its fence is gone and it writes nothing.
    let Some(Work::Turn(stale)) = work.into_iter().next() else {
        panic!("no claim");
    };
    assert!(
        house
            .wiring
            .take_turn(*stale, &Notify::new())
            .await
            .is_empty()
    );
    assert_eq!(house.reply_to(&id).await.answered_by, AnsweredBy::Curated);
}

#[tokio::test]
async fn nothing_of_a_person_is_used_in_public() {
    let house = House::new();
    house.says("my secret is blue").await;
    let group = house.inbound("hello all", InboundKind::Text, Audience::Public);
    let id = house.hears(group).await;
    let reply = house.reply_to(&id).await;
    assert_eq!(
        reply.text, "I hear you.",
        "no notice and no help in a public room"
    );
}
