//! The binary as a process of its own.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    net::{SocketAddr, TcpListener},
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    time::{Duration, Instant},
};

use muykol_model_stub::ModelStub;
use muykol_telegram_counterpart::Counterpart;
use serde_json::Value;
use tempfile::TempDir;

/// How long a start may take on a machine that has much else to do.
const START: Duration = Duration::from_secs(30);
/// How long a command may take there.
const COMMAND: Duration = Duration::from_secs(60);

/// What the webhook shows in these tests.
pub const WEBHOOK_SECRET: &str = "e2e-webhook-secret-0123456789abcdef";

/// A folder with a store in it, and how the binary is run there.
#[derive(Clone)]
pub struct Setup {
    folder: Arc<TempDir>,
    variables: BTreeMap<String, String>,
    bind: SocketAddr,
    survives_full_disk: bool,
}

impl Setup {
    /// An empty folder and a free port, nothing configured but the address.
    pub fn new() -> Self {
        Self {
            folder: Arc::new(TempDir::with_prefix("muykol-e2e-").unwrap()),
            variables: BTreeMap::new(),
            bind: free_address(),
            survives_full_disk: false,
        }
        .at(free_address())
    }

    fn at(mut self, bind: SocketAddr) -> Self {
        self.bind = bind;
        self.set("MUYKOL_SERVER__BIND", bind)
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl ToString) -> Self {
        self.variables.insert(name.to_owned(), value.to_string());
        self
    }

    /// Polls this Telegram, as fast as it can.
    #[must_use]
    pub fn polling(self, telegram: &Counterpart) -> Self {
        self.set("TELEGRAM_BOT_TOKEN", telegram.token())
            .set("MUYKOL_TELEGRAM__API_URL", telegram.url())
            .set("MUYKOL_TELEGRAM__MESSAGES_PER_SECOND", 0)
            .set("MUYKOL_TELEGRAM__PRIVATE_PER_SECOND", 0)
            .set("MUYKOL_TELEGRAM__GROUP_PER_MINUTE", 0)
    }

    /// Is called by this Telegram.
    #[must_use]
    pub fn webhook(self, telegram: &Counterpart) -> Self {
        self.polling(telegram)
            .set("MUYKOL_TELEGRAM__MODE", "webhook")
            .set("MUYKOL_TELEGRAM__WEBHOOK_SECRET", WEBHOOK_SECRET)
    }

    /// Asks this model.
    #[must_use]
    pub fn model(self, model: &ModelStub) -> Self {
        self.set("MUYKOL_LLM__BASE_URL", model.base_url())
            .set("MUYKOL_LLM__MODEL", "stub")
            .set("MUYKOL_LLM__DAILY_TOKENS_PER_PERSON", 10_000_000)
    }

    /// Limits nobody.
    #[must_use]
    pub fn unlimited(self) -> Self {
        self.set("MUYKOL_LIMITS__MESSAGES_PER_MINUTE", 1_000_000)
            .set("MUYKOL_LIMITS__SESSIONS_PER_IP_PER_MINUTE", 1_000_000)
    }

    /// A write beyond the limit on file sizes is an error then, and not the end of the process.
    #[must_use]
    pub fn surviving_a_full_disk(mut self) -> Self {
        self.survives_full_disk = true;
        self
    }

    /// The same folder and store, at another address: a second process.
    #[must_use]
    pub fn beside(&self) -> Self {
        self.clone().at(free_address())
    }

    /// Where it keeps what it keeps.
    pub fn store(&self) -> PathBuf {
        self.path("muykol.db")
    }

    /// A file in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Everything that was printed and logged by the processes of this folder so far.
    pub fn printed(&self) -> String {
        ["stdout", "stderr"]
            .map(|name| std::fs::read_to_string(self.path(name)).unwrap_or_default())
            .concat()
    }

    fn command(&self) -> Command {
        let binary = env!("CARGO_BIN_EXE_muykol");
        let mut command = if self.survives_full_disk {
            let mut shell = Command::new("sh");
            shell.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\"", binary]);
            shell
        } else {
            Command::new(binary)
        };
        command.env_clear().current_dir(self.folder.path());
        // Where coverage is measured, of this process too.
        if let Some(profile) = std::env::var_os("LLVM_PROFILE_FILE") {
            command.env("LLVM_PROFILE_FILE", profile);
        }
        command.envs(&self.variables);
        command
    }

    /// Starts it and waits until it answers.
    pub async fn start(&self) -> Muykol {
        let log = |name| {
            OpenOptions::new()
                .create(true)
                .append(true)
                .open(self.path(name))
                .unwrap()
        };
        let child = self
            .command()
            .stdin(Stdio::null())
            .stdout(log("stdout"))
            .stderr(log("stderr"))
            .spawn()
            .unwrap();
        let mut muykol = Muykol {
            child,
            url: format!("http://{}", self.bind),
        };
        let http = reqwest::Client::new();
        let begun = Instant::now();
        loop {
            let health = http.get(format!("{}/healthz", muykol.url)).send().await;
            if health.is_ok_and(|health| health.status().is_success()) {
                return muykol;
            }
            assert!(
                muykol.is_alive() && begun.elapsed() < START,
                "it did not start: {}",
                self.printed()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Runs a command to its end.
    pub async fn run(&self, arguments: &[&str]) -> Finished {
        self.run_on(arguments, b"").await
    }

    /// Runs a command on this input to its end.
    pub async fn run_on(&self, arguments: &[&str], input: &[u8]) -> Finished {
        let name = uuid::Uuid::new_v4().simple().to_string();
        let [stdin, stdout, stderr] =
            ["in", "out", "err"].map(|kind| self.path(&format!("{name}.{kind}")));
        std::fs::write(&stdin, input).unwrap();
        let mut child = self
            .command()
            .args(arguments)
            .stdin(File::open(&stdin).unwrap())
            .stdout(File::create(&stdout).unwrap())
            .stderr(File::create(&stderr).unwrap())
            .spawn()
            .unwrap();
        let status = ended(&mut child, COMMAND).await;
        let read = |path: &Path| std::fs::read_to_string(path).unwrap();
        Finished {
            code: status.code(),
            stdout: read(&stdout),
            stderr: read(&stderr),
        }
    }
}

/// What a command said.
#[derive(Debug)]
pub struct Finished {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Finished {
    /// Each line of its output as JSON.
    pub fn json_lines(&self) -> Vec<Value> {
        self.stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}")))
            .collect()
    }
}

/// A running muykol; killed when it is dropped.
pub struct Muykol {
    child: Child,
    /// Where it is reached, without a slash at the end.
    pub url: String,
}

impl Muykol {
    /// Whether the process still runs.
    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Sends it a signal by its short name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("sh")
            .args(["-c", &format!("kill -{name} {}", self.child.id())])
            .status()
            .unwrap();
        assert!(sent.success(), "SIG{name} was not sent");
    }

    /// Its disk is full from now on: every write to a file fails. Needs a process that survives
    /// a full disk.
    pub fn fill_disk(&self) {
        self.limit_files("1");
    }

    /// Its disk has room again.
    pub fn free_disk(&self) {
        self.limit_files("unlimited");
    }

    fn limit_files(&self, bytes: &str) {
        let limited = Command::new("prlimit")
            .args([
                format!("--pid={}", self.child.id()),
                format!("--fsize={bytes}:unlimited"),
            ])
            .status()
            .expect("prlimit is part of util-linux");
        assert!(limited.success());
    }

    /// `kill -9`, at once.
    pub fn kill_9(mut self) {
        self.child.kill().unwrap();
        let status = self.child.wait().unwrap();
        assert_eq!(status.signal(), Some(9), "it was gone before: {status}");
    }

    /// Asks it to stop; gives how it ended.
    pub async fn stop(mut self) -> ExitStatus {
        self.signal("TERM");
        ended(&mut self.child, Duration::from_secs(30)).await
    }
}

impl Drop for Muykol {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn ended(child: &mut Child, limit: Duration) -> ExitStatus {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if begun.elapsed() > limit {
            let _ = child.kill();
            let _ = child.wait();
            panic!("it did not end within {limit:?}");
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A free port below those that systems hand out for outgoing connections, so that nobody takes it
/// while the process is being restarted.
fn free_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Test processes that run at once begin elsewhere.
    let base = 20_000 + u16::try_from(std::process::id() % 100).unwrap() * 100;
    loop {
        let address =
            SocketAddr::from(([127, 0, 0, 1], base + NEXT.fetch_add(1, Ordering::Relaxed)));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}
