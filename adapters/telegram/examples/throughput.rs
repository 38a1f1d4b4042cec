//! How much a message costs: sends through the courier and updates through the webhook, adapter
//! and counterpart each on a thread of their own.
//!
//! `cargo run -p muykol-telegram --example throughput`

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::{Duration, Instant, UNIX_EPOCH},
};

use async_trait::async_trait;
use muykol_core::{
    path::{Door, Received},
    seams::Courier as _,
    words::{
        Address, Audience, Block, Clock, ConversationId, Destination, EffectId, Inbound, InboundId,
        PersonId, Place, PlaceRole, Timestamp,
    },
};
use muykol_telegram::{Mode, Secret, Settings, Telegram, render};
use muykol_telegram_counterpart::{Counterpart, Incoming, Options};

const MESSAGES: usize = 20_000;
const AT_ONCE: usize = 64;

struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        Timestamp(
            UNIX_EPOCH
                .elapsed()
                .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(0)),
        )
    }
}

#[derive(Default)]
struct Counting(AtomicUsize);

#[async_trait]
impl Door for Counting {
    async fn receive(&self, _inbound: Inbound) -> Received {
        self.0.fetch_add(1, Ordering::Relaxed);
        Received::Accepted {
            id: InboundId("i".into()),
            person: PersonId("p".into()),
            conversation: ConversationId("c".into()),
            new: true,
        }
    }
}

/// The CPU time of this thread, by the kernel's accounting.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(
        stat.split(' ')
            .next()
            .and_then(|ns| ns.parse().ok())
            .unwrap_or(0),
    )
}

fn report(what: &str, wall: Duration, cpu: Duration) {
    let each = cpu / u32::try_from(MESSAGES).unwrap_or(1);
    let rate = MESSAGES * 1000 / usize::try_from(wall.as_millis()).unwrap_or(1).max(1);
    println!("{what}: {rate}/s, {each:?} CPU of the adapter each");
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (ready, started) = mpsc::channel();
    std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
        else {
            return;
        };
        runtime.block_on(async {
            if let Ok(counterpart) = Counterpart::start(Options::default()).await {
                let _ = ready.send(Arc::new(counterpart));
                std::future::pending::<()>().await;
            }
        });
    });
    let counterpart = started.recv()?;
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(measure(&counterpart))
}

async fn measure(counterpart: &Counterpart) -> Result<(), Box<dyn std::error::Error>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let mut settings = Settings::polling(counterpart.token());
    settings.api_url = counterpart.url();
    settings.mode = Mode::Webhook {
        public_url: url.clone(),
        secret: Secret("secret".into()),
    };
    let telegram = Arc::new(Telegram::new(
        settings,
        Arc::new(WallClock),
        Arc::new(|_| false),
    )?);
    let door = Arc::new(Counting::default());
    let routes = telegram.routes(door.clone());
    tokio::spawn(async move { axum::serve(listener, routes).await });

    for user in 0..i64::try_from(AT_ONCE)? {
        counterpart.act(&Incoming::text(user + 1, "hi"));
    }
    let parts = render(&[
        Block::text("That sounds heavy. You are not alone with it."),
        Block::Verse {
            reference: "Philippians 4:6-7".into(),
            text: "In nothing be anxious; but in everything by prayer and supplication with thanksgiving let \
                   your requests be made known unto God."
                .into(),
            translation: "ASV".into(),
        },
        Block::Action { text: "Write down the one worry that is loudest.".into() },
    ]);
    let (wall, spent) = (Instant::now(), cpu());
    let senders = (0..AT_ONCE).map(|sender| {
        let (telegram, part) = (telegram.clone(), parts[0].clone());
        tokio::spawn(async move {
            let person = (sender + 1).to_string();
            let to = Destination {
                address: Address {
                    channel: "telegram".into(),
                    account: "123456".into(),
                    id: person.clone(),
                },
                place: Place {
                    room: person,
                    thread: None,
                    reply_to: None,
                    role: PlaceRole::Person,
                    audience: Audience::Private,
                },
            };
            for _ in 0..MESSAGES / AT_ONCE {
                let _ = telegram.send(&to, &part, true, &EffectId("e".into())).await;
            }
        })
    });
    for sender in senders.collect::<Vec<_>>() {
        sender.await?;
    }
    report("sends", wall.elapsed(), cpu().saturating_sub(spent));
    println!(
        "counted by the counterpart: {}",
        counterpart.counters().sends
    );

    let before = counterpart.pending();
    let (wall, spent) = (Instant::now(), cpu());
    let client = reqwest::Client::new();
    let api = format!(
        "{}/bot{}/setWebhook",
        counterpart.url(),
        counterpart.token()
    );
    for index in before..MESSAGES {
        let user = i64::try_from(index % AT_ONCE)? + 1;
        counterpart.act(&Incoming::text(
            user,
            "I can't sleep, I'm so worried about losing my job",
        ));
    }
    let webhook = [
        ("url", format!("{url}/webhooks/telegram")),
        ("secret_token", "secret".into()),
        ("max_connections", "64".into()),
    ];
    client.post(api).form(&webhook).send().await?;
    while door.0.load(Ordering::Relaxed) < MESSAGES {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    report("updates", wall.elapsed(), cpu().saturating_sub(spent));
    Ok(())
}
