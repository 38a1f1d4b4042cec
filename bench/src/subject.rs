//! A program under test: the real muykol, or the bare handler.

use std::{
    io::{self, BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde::Deserialize;
use serde_json::json;
use tokio::task::spawn_blocking;

use crate::{machine, model::Model, phones::Phones, wire::Connection};

/// What Telegram shows with each call of the webhook.
pub const SECRET: &str = "bench-secret";

/// A running program; it is ended when this is dropped.
pub struct Subject {
    child: Child,
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
            .spawn()?;
        let output = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut subject = Self {
            child,
            address: SocketAddr::from(([0; 4], 0)),
        };
        let first = spawn_blocking(move || {
            let mut output = BufReader::new(output);
            let mut line = String::new();
            output.read_line(&mut line)?;
            // What else it says is read, so that it never blocks on a full pipe.
            std::thread::spawn(move || io::copy(&mut output, &mut io::sink()));
            Ok::<_, io::Error>(line)
        });
        subject.address = first
            .await
            .map_err(io::Error::other)??
            .split_once("http://")
            .and_then(|(_, rest)| rest.split_once('/')?.0.parse().ok())
            .ok_or_else(|| io::Error::other("it did not say where it listens; see its log"))?;
        Ok(subject)
    }

    /// The bare handler: this program in another process.
    pub async fn bare(store: &Path) -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("bare").arg(store);
        Self::start(command).await
    }

    /// Its processor time so far.
    pub fn cpu(&self) -> Duration {
        machine::cpu_of(self.child.id())
    }

    /// Its memory in use and at its peak, in MiB.
    pub fn memory(&self) -> (f64, f64) {
        (
            machine::memory_of(self.child.id(), "VmRSS"),
            machine::memory_of(self.child.id(), "VmHWM"),
        )
    }

    /// Ends it in order.
    pub async fn stop(mut self) -> io::Result<()> {
        spawn_blocking(move || {
            let told = Command::new("kill")
                .arg(self.child.id().to_string())
                .status()?;
            if told.success() {
                self.child.wait()?;
            }
            Ok(())
        })
        .await
        .map_err(io::Error::other)?
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        // One that has ended already cannot be ended again.
        let _ = self.child.kill();
        let _ = self.child.wait();
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
