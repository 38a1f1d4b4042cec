//! Many people who write on Telegram at once, and what became of their messages.

use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use muykol_telegram_counterpart::{Counterpart, Incoming, Options};
use tokio::task::JoinHandle;

use super::{becomes_true, kept::Kept};

/// How long what is left over may take to be answered once nothing more comes.
const CALM: Duration = Duration::from_secs(60);
/// How many people write.
const PEOPLE: i64 = 25;
/// The first person's id.
const FIRST: i64 = 5_000_001;

/// A Telegram that redelivers without much patience, so that tests need little of it.
pub async fn telegram() -> Arc<Counterpart> {
    let options = Options {
        webhook_retry: Duration::from_millis(20),
        webhook_retry_cap: Duration::from_millis(250),
        ..Options::default()
    };
    Arc::new(Counterpart::start(options).await.unwrap())
}

/// People writing until they are told to stop.
pub struct Crowd {
    telegram: Arc<Counterpart>,
    written: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    writing: JoinHandle<()>,
}

impl Crowd {
    /// So many messages a second, everybody in their turn.
    pub fn writes(telegram: &Arc<Counterpart>, a_second: u32) -> Self {
        let written = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let writing = {
            let (telegram, written, stop) = (telegram.clone(), written.clone(), stop.clone());
            tokio::spawn(async move {
                let mut beat = tokio::time::interval(Duration::from_secs(1) / a_second);
                while !stop.load(Ordering::Relaxed) {
                    beat.tick().await;
                    let number = written.lock().unwrap().len();
                    let text = format!("I feel so alone these days, number {number}");
                    let user = FIRST + i64::try_from(number).unwrap() % PEOPLE;
                    telegram.act(&Incoming::text(user, &text));
                    written.lock().unwrap().push(text);
                }
            })
        };
        Self {
            telegram: telegram.clone(),
            written,
            stop,
            writing,
        }
    }

    /// How many messages were written so far.
    pub fn written(&self) -> usize {
        self.written.lock().unwrap().len()
    }

    /// Waits until so many more were written.
    pub async fn writes_on(&self, more: usize) {
        let goal = self.written() + more;
        becomes_true("people write", CALM, || self.written() >= goal).await;
    }

    /// Lets everybody come to rest, and holds what they see against what is kept: everything that
    /// was taken is answered, nothing is in the history or answered twice, every reply arrived.
    /// Gives how many messages were seen twice.
    pub async fn end(self, store: &Path) -> Outcome {
        self.stop.store(true, Ordering::Relaxed);
        self.writing.await.unwrap();
        let written = self.written.lock().unwrap().clone();
        // Telegram forgets an update when it was acknowledged, and no sooner.
        becomes_true("Telegram has delivered everything", CALM, || {
            self.telegram.pending() == 0
        })
        .await;
        let kept = Kept::in_file(store);
        kept.settles(CALM).await;
        let (said, answers) = (kept.said(), kept.answers());
        for text in &written {
            assert_eq!(said.get(text), Some(&1), "in history once: {text}");
            assert_eq!(answers.get(text), Some(&1), "answered once: {text}");
        }
        assert_eq!(said.len(), written.len(), "nothing else is in the history");
        assert_eq!(
            kept.count("SELECT count(*) FROM effects WHERE parked IS NOT NULL"),
            0,
            "nothing is parked"
        );
        for (user, replies) in kept.replies_by_user() {
            let seen = self.telegram.by_bot(user).len();
            assert!(seen >= replies, "{user} sees {seen} of {replies} replies");
        }
        let counters = self.telegram.counters();
        let sends = usize::try_from(counters.sends).unwrap();
        Outcome {
            messages: written.len(),
            doubles: sends - kept.receipts(),
            redeliveries: usize::try_from(counters.webhook_failures).unwrap(),
        }
    }
}

/// What came of it; printed whole, asserted in part.
#[derive(Debug)]
#[allow(dead_code)]
pub struct Outcome {
    pub messages: usize,
    /// Messages that a person saw twice.
    pub doubles: usize,
    /// Calls of the webhook that failed and came again.
    pub redeliveries: usize,
}
