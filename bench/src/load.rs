//! The people who write: at a steady rate, whatever becomes of it, or as fast as they are
//! answered.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::{
    task::JoinSet,
    time::{sleep_until, timeout},
};

use crate::{model::Model, phones::Phones, subject::SECRET, wire::Connection};

const MESSAGES: &str = include_str!("../data/messages.txt");
/// How often one person writes: the first time they are also told what muykol keeps.
const LETTERS_EACH: u64 = 8;
/// How long an answer may take before it counts as missing.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a load is put on.
#[derive(Clone)]
pub struct Target {
    /// Where updates are posted.
    pub address: SocketAddr,
    /// Where answers arrive; none where only the acknowledgement counts.
    pub phones: Option<Phones>,
    /// The model whose own time is taken off.
    pub model: Option<Arc<Model>>,
}

/// How it went for one message.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// From the update to its 2xx.
    pub acknowledged: Duration,
    /// From the update to the arrival of the answer, without the model's own time.
    pub answered: Duration,
}

/// What a load came to.
#[derive(Default)]
pub struct Outcome {
    /// Every message that was answered (or, without phones, acknowledged).
    pub samples: Vec<Sample>,
    /// Messages that were refused or not answered in time.
    pub failed: u64,
    /// From the first update to the last answer.
    pub elapsed: Duration,
}

/// Numbers for people and updates that no other load of this run uses.
static NUMBERS: AtomicU64 = AtomicU64::new(1);

fn numbers(count: u64) -> u64 {
    NUMBERS.fetch_add(count, Ordering::Relaxed)
}

/// One message a person writes.
struct Letter {
    person: u64,
    number: u64,
}

impl Letter {
    /// The update, as the Bot API shapes it.
    fn update(&self) -> Vec<u8> {
        let lines = MESSAGES.lines().count().max(1);
        let index = usize::try_from(self.number).unwrap_or_default() % lines;
        let words = MESSAGES.lines().nth(index).unwrap_or_default();
        json!({
            "update_id": self.number,
            "message": {
                "message_id": self.number,
                "from": {
                    "id": self.person, "is_bot": false, "first_name": "Ann",
                    "username": format!("ann{}", self.person), "language_code": "en",
                },
                "chat": {
                    "id": self.person, "type": "private", "first_name": "Ann",
                    "username": format!("ann{}", self.person),
                },
                "date": 1_800_000_000,
                // The number tells the model's requests apart.
                "text": format!("{words}{}{}.", Model::MARK, self.number),
            },
        })
        .to_string()
        .into_bytes()
    }

    async fn send(&self, target: &Target, connection: &mut Connection) -> io::Result<Sample> {
        let update = self.update();
        let headers = format!("x-telegram-bot-api-secret-token: {SECRET}\r\n");
        let person = i64::try_from(self.person).unwrap_or(i64::MAX);
        let arrival = target.phones.as_ref().map(|phones| phones.expect(person));

        let posted = Instant::now();
        let response = connection
            .post("/webhooks/telegram", &headers, &update)
            .await?;
        let acknowledged = posted.elapsed();
        if !matches!(response.status(), Some(200..300)) {
            return Err(io::Error::other(response.first_line));
        }
        let Some(arrival) = arrival else {
            return Ok(Sample {
                acknowledged,
                answered: acknowledged,
            });
        };
        let arrived = timeout(PATIENCE, arrival)
            .await
            .map_err(|_| io::ErrorKind::TimedOut)?
            .map_err(io::Error::other)?;
        let thinking = target
            .model
            .as_ref()
            .map_or(Duration::ZERO, |model| model.time_of(self.number));
        Ok(Sample {
            acknowledged,
            answered: arrived.duration_since(posted).saturating_sub(thinking),
        })
    }
}

/// So many messages a second, each at its time, for so long.
pub async fn steady(target: &Target, per_second: u32, length: Duration) -> io::Result<Outcome> {
    let between = Duration::from_secs(1) / per_second;
    let letters = u64::from(per_second) * length.as_secs();
    let people = letters.div_ceil(LETTERS_EACH).max(u64::from(per_second));
    let (first_person, first) = (numbers(people), numbers(letters));
    let idle: Arc<Mutex<Vec<Connection>>> = Arc::default();

    let begun = tokio::time::Instant::now();
    let mut tasks = JoinSet::new();
    for index in 0..letters {
        let due = begun + between * u32::try_from(index).unwrap_or(u32::MAX);
        sleep_until(due).await;
        let letter = Letter {
            person: first_person + index % people,
            number: first + index,
        };
        let (target, idle) = (target.clone(), idle.clone());
        tasks.spawn(async move {
            let kept = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut connection = match kept {
                Some(connection) => connection,
                None => Connection::open(target.address).await?,
            };
            let sample = letter.send(&target, &mut connection).await?;
            idle.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(connection);
            Ok::<_, io::Error>(sample)
        });
    }
    let mut outcome = Outcome::default();
    while let Some(ended) = tasks.join_next().await {
        outcome.count(ended.map_err(io::Error::other)?);
    }
    outcome.elapsed = begun.elapsed();
    Ok(outcome)
}

/// So many people at once, each writing again as soon as they are answered, until `enough` is
/// reached in time or in messages.
pub async fn saturated(
    target: &Target,
    at_once: u32,
    length: Duration,
    messages: u64,
) -> io::Result<Outcome> {
    let begun = Instant::now();
    let done = Arc::new(AtomicU64::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..at_once {
        let (target, done) = (target.clone(), done.clone());
        tasks.spawn(async move {
            let mut connection = Connection::open(target.address).await?;
            let mut outcome = Outcome::default();
            while begun.elapsed() < length && done.load(Ordering::Relaxed) < messages {
                let (person, first) = (numbers(1), numbers(LETTERS_EACH));
                for number in first..first + LETTERS_EACH {
                    let letter = Letter { person, number };
                    outcome.count(letter.send(&target, &mut connection).await);
                    done.fetch_add(1, Ordering::Relaxed);
                    if begun.elapsed() >= length {
                        break;
                    }
                }
            }
            Ok::<_, io::Error>(outcome)
        });
    }
    let mut outcome = Outcome::default();
    while let Some(ended) = tasks.join_next().await {
        let part = ended.map_err(io::Error::other)??;
        outcome.samples.extend(part.samples);
        outcome.failed += part.failed;
    }
    outcome.elapsed = begun.elapsed();
    Ok(outcome)
}

impl Outcome {
    fn count(&mut self, sent: io::Result<Sample>) {
        match sent {
            Ok(sample) => self.samples.push(sample),
            Err(error) => {
                if self.failed == 0 {
                    eprintln!("a message was refused or not answered: {error}");
                }
                self.failed += 1;
            }
        }
    }

    /// Messages a second.
    #[allow(clippy::cast_precision_loss)] // counts of a run
    pub fn rate(&self) -> f64 {
        self.samples.len() as f64 / self.elapsed.as_secs_f64()
    }
}
