//! A program under test: the real muykol, or the bare handler.

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use serde::Deserialize;
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::{machine, model::Model, phones::Phones, wire::Connection};

/// What Telegram shows with each call of the webhook.
pub const SECRET: &str = "bench-secret";
/// How long a program may take to start or stop.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running program.
pub struct Subject {
    child: Child,
    id: u32,
    /// Where it listens.
    pub address: SocketAddr,
}

/// How muykol is run.
pub struct Muykol {
    /// The program.
    pub binary: PathBuf,
    /// Where it keeps its store and its log.
    pub folder: PathBuf,
}

impl Muykol {
    /// As it comes, with nothing configured but where it listens.
    pub async fn alone(&self) -> io::Result<Subject> {
        self.start(&[]).await
    }

    /// With Telegram's webhook, the provider's and the people's limits lifted.
    pub async fn with_telegram(
        &self,
        phones: &Phones,
        model: Option<&Model>,
    ) -> io::Result<Subject> {
        let (api, base) = (phones.url(), model.map(Model::base_url));
        let mut settings = vec![
            ("TELEGRAM_BOT_TOKEN", "123456:bench"),
            ("MUYKOL_TELEGRAM__API_URL", api.as_str()),
            ("MUYKOL_TELEGRAM__MODE", "webhook"),
            ("MUYKOL_TELEGRAM__WEBHOOK_SECRET", SECRET),
            ("MUYKOL_TELEGRAM__MESSAGES_PER_SECOND", "0"),
            ("MUYKOL_TELEGRAM__PRIVATE_PER_SECOND", "0"),
            ("MUYKOL_LIMITS__MESSAGES_PER_MINUTE", "1000000"),
        ];
        if let Some(base) = &base {
            settings.extend([
                ("MUYKOL_LLM__BASE_URL", base.as_str()),
                ("MUYKOL_LLM__MODEL", "stub"),
            ]);
        }
        self.start(&settings).await
    }

    async fn start(&self, settings: &[(&str, &str)]) -> io::Result<Subject> {
        let log = std::fs::File::create(self.folder.join("muykol.log"))?;
        let mut command = Command::new(&self.binary);
        command
            .current_dir(&self.folder)
            .env_clear()
            .env("MUYKOL_SERVER__BIND", "127.0.0.1:0")
            .envs(settings.iter().copied())
            .stderr(log);
        Subject::start(command).await
    }
}

impl Subject {
    /// Starts a program that prints the address it listens on as `http://ADDRESS/`.
    async fn start(mut command: Command) -> io::Result<Self> {
        let mut child = command
            .stdout(Stdio::piped())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let id = child.id().unwrap_or_default();
        let output = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut lines = BufReader::new(output).lines();
        let first = timeout(PATIENCE, lines.next_line()).await??;
        let address = first
            .as_deref()
            .and_then(|line| {
                line.split_once("http://")?
                    .1
                    .split_once('/')?
                    .0
                    .parse()
                    .ok()
            })
            .ok_or_else(|| io::Error::other("it did not say where it listens; see its log"))?;
        // What else it says is read, so that it never blocks on a full pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { child, id, address })
    }

    /// The bare handler: this program in another process.
    pub async fn bare(store: &Path) -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("bare").arg(store);
        Self::start(command).await
    }

    /// Its processor time so far.
    pub fn cpu(&self) -> Duration {
        machine::cpu_of(self.id)
    }

    /// Its memory in use and at its peak, in MiB.
    pub fn memory(&self) -> (f64, f64) {
        (
            machine::memory_of(self.id, "VmRSS"),
            machine::memory_of(self.id, "VmHWM"),
        )
    }

    /// Ends it in order.
    pub async fn stop(mut self) -> io::Result<()> {
        let told = Command::new("kill").arg(self.id.to_string()).status();
        if told.await?.success() && timeout(PATIENCE, self.child.wait()).await.is_ok() {
            return Ok(());
        }
        self.child.kill().await
    }
}

#[derive(Deserialize)]
struct Session {
    token: String,
}

/// How long from the start of the program to the first answer somebody reads on the web.
pub async fn first_answer(muykol: &Muykol) -> io::Result<Duration> {
    let begun = Instant::now();
    let subject = muykol.alone().await?;
    let mut connection = Connection::open(subject.address).await?;
    let opened = connection.post("/v1/sessions", "", b"").await?;
    let session: Session = serde_json::from_slice(&opened.body)?;
    let message = json!({ "text": "I can't sleep, I'm so worried", "client_id": "first" });
    let bearer = format!("authorization: Bearer {}\r\n", session.token);
    let answer = connection
        .post("/v1/chat/messages", &bearer, message.to_string().as_bytes())
        .await?;
    let took = begun.elapsed();
    subject.stop().await?;
    if answer.status() == Some(200) {
        Ok(took)
    } else {
        Err(io::Error::other(format!(
            "no answer: {}",
            answer.first_line
        )))
    }
}
