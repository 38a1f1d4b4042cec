//! How fast muykol is on this machine: the real program, over real HTTP, from the update that
//! Telegram posts to the message that arrives, beside the limit of the machine itself.
//!
//! ```text
//! cargo build --release -p muykol
//! cargo run --release -p muykol-bench
//! ```
//!
//! Load, phones and model run in this process and share the cores with muykol; CPU figures are
//! those of the measured process alone.

mod bare;
mod load;
mod machine;
mod model;
mod phones;
mod report;
mod subject;
mod wire;

use std::{error::Error, fs, path::PathBuf, sync::Arc, time::Duration};

use clap::{Parser, Subcommand};

use load::{Outcome, Target, saturated, steady};
use machine::{Machine, millis};
use model::Model;
use phones::Phones;
use report::{Bar, Notes, Report};
use subject::{Muykol, Subject, first_answer};

type Failure = Box<dyn Error>;

/// Messages a second at which the overhead is measured.
const STEADY: u32 = 20;
/// How many people write at once where it is about the most that can be done.
const AT_ONCE: u32 = 64;
/// How many messages the larger store of the start-up measurement holds.
const LARGE_STORE: u64 = 10_000;
/// How often a start-up is measured; the median counts.
const STARTS: usize = 3;

/// Measures muykol and prints a table and, as the last line, JSON.
#[derive(Parser)]
struct Arguments {
    /// How long each load lasts, in seconds: 2 to 20.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(2..=20))]
    seconds: u64,
    /// Three seconds a load: to see that it works, not to compare.
    #[arg(long)]
    quick: bool,
    /// The muykol to measure; by default the one built beside this program.
    #[arg(long)]
    binary: Option<PathBuf>,
    /// A folder on the disk to measure on; its contents are removed afterwards.
    #[arg(long, default_value = "target")]
    folder: PathBuf,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Subcommand)]
enum Part {
    /// Serves the bare handler; started by the bench itself.
    #[command(hide = true)]
    Bare {
        /// The store's file.
        store: PathBuf,
    },
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    if let Some(Part::Bare { store }) = arguments.part {
        return bare::serve(&store).await;
    }
    let binary = match arguments.binary {
        Some(binary) => binary,
        None => std::env::current_exe()?.with_file_name("muykol"),
    };
    let binary = fs::canonicalize(&binary).map_err(|_| {
        format!(
            "there is no {}: build it with `cargo build --release -p muykol`, or name another \
             with --binary",
            binary.display()
        )
    })?;
    let seconds = if arguments.quick {
        3
    } else {
        arguments.seconds
    };
    fs::create_dir_all(&arguments.folder)?;
    let folder = tempfile::tempdir_in(&arguments.folder)?;
    let bench = Bench {
        binary,
        folder: fs::canonicalize(folder.path())?,
        length: Duration::from_secs(seconds),
        phones: Phones::start().await?,
    };
    let mut report = Report {
        machine: Machine::look(&bench.folder)?,
        seconds,
        measures: Vec::new(),
        load_after: String::new(),
    };
    bench.run(&mut report).await?;
    report.load_after = machine::load();
    println!("{report}");
    println!("{}", serde_json::to_string(&report)?);
    Ok(())
}

struct Bench {
    binary: PathBuf,
    folder: PathBuf,
    length: Duration,
    phones: Phones,
}

impl Bench {
    async fn run(&self, report: &mut Report) -> Result<(), Failure> {
        self.start_up(report, "start-up to first answer, empty store", None)
            .await?;
        self.overhead_with_model(report).await?;
        let store = self.curated(report).await?;
        self.start_up(
            report,
            "start-up to first answer, store of 10,000 messages",
            Some(&store),
        )
        .await?;
        let best = self.saturated_with_model(report).await?;
        let limit = self.bare(report).await?;
        report.under("share of the bare handler").held(
            "messages/s at 0 ms over requests/s",
            100.0 * best / limit,
            "%",
            Some(Bar::AtLeast(40.0)),
        );
        Ok(())
    }

    /// A muykol with a folder of its own.
    fn muykol(&self, name: &str) -> Result<Muykol, Failure> {
        let folder = self.folder.join(name);
        fs::create_dir_all(&folder)?;
        Ok(Muykol {
            binary: self.binary.clone(),
            folder,
        })
    }

    async fn start_up(
        &self,
        report: &mut Report,
        under: &'static str,
        store: Option<&Muykol>,
    ) -> Result<(), Failure> {
        let mut times = Vec::new();
        for index in 0..STARTS {
            let empty;
            let muykol = if let Some(store) = store {
                store
            } else {
                empty = self.muykol(&format!("empty-{index}"))?;
                &empty
            };
            times.push(first_answer(muykol).await?);
        }
        times.sort_unstable();
        let mut notes = report.under(under);
        let bar = Some(Bar::AtMost(300.0));
        notes.held("median", millis(times[STARTS / 2]), "ms", bar);
        notes.note("longest", millis(times[STARTS - 1]), "ms");
        Ok(())
    }

    async fn overhead_with_model(&self, report: &mut Report) -> Result<(), Failure> {
        let model = Arc::new(Model::start(Duration::from_millis(300)).await?);
        let muykol = self.muykol("model-300")?;
        let subject = muykol.with_telegram(&self.phones, Some(&model)).await?;
        let target = self.target(&subject, Some(&model));
        steady(&target, STEADY, Duration::from_secs(1)).await?;
        let outcome = steady(&target, STEADY, self.length).await?;
        let mut notes = report.under("20 messages/s, model with 300 ms to its first token");
        answered(&mut notes, &outcome, Some([2.0, 10.0]));
        acknowledged(&mut notes, &outcome);
        failed(&mut notes, &outcome);
        subject.stop().await?;
        Ok(())
    }

    /// The curated answers, steady and saturated; leaves a large store behind.
    async fn curated(&self, report: &mut Report) -> Result<Muykol, Failure> {
        let muykol = self.muykol("curated")?;
        let subject = muykol.with_telegram(&self.phones, None).await?;
        let target = self.target(&subject, None);
        tokio::time::sleep(Duration::from_secs(1)).await;
        let (idle, _) = subject.memory();

        steady(&target, STEADY, Duration::from_secs(1)).await?;
        let outcome = steady(&target, STEADY, self.length).await?;
        let mut notes = report.under("20 messages/s, curated answers");
        answered(&mut notes, &outcome, None);
        acknowledged(&mut notes, &outcome);
        failed(&mut notes, &outcome);

        let mut notes = report.under("saturated by 64 people, curated answers");
        self.saturate(&mut notes, &subject, &target).await?;
        let (loaded, peak) = subject.memory();
        let mut notes = report.under("memory, curated answers");
        notes.held(
            "idle, a second after the start",
            idle,
            "MiB",
            Some(Bar::AtMost(50.0)),
        );
        notes.note("after the load", loaded, "MiB");
        notes.note("peak", peak, "MiB");

        let missing = LARGE_STORE.saturating_sub(self.phones.messages());
        saturated(&target, AT_ONCE, 6 * self.length, missing).await?;
        subject.stop().await?;
        Ok(muykol)
    }

    async fn saturated_with_model(&self, report: &mut Report) -> Result<f64, Failure> {
        let model = Arc::new(Model::start(Duration::ZERO).await?);
        let muykol = self.muykol("model-0")?;
        let subject = muykol.with_telegram(&self.phones, Some(&model)).await?;
        let target = self.target(&subject, Some(&model));
        let mut notes = report.under("saturated by 64 people, model with 0 ms");
        let rate = self.saturate(&mut notes, &subject, &target).await?;
        #[allow(clippy::cast_precision_loss)] // a count of one run
        notes.note("requests to the model", model.requests() as f64, "");
        subject.stop().await?;
        Ok(rate)
    }

    async fn bare(&self, report: &mut Report) -> Result<f64, Failure> {
        let subject = Subject::bare(&self.folder.join("bare.db")).await?;
        let target = Target {
            address: subject.address,
            phones: None,
            model: None,
        };
        let mut notes = report.under("saturated by 64 people, bare handler on the same writer");
        let rate = self.saturate(&mut notes, &subject, &target).await?;
        subject.stop().await?;
        Ok(rate)
    }

    /// As much as it takes; returns messages a second.
    async fn saturate(
        &self,
        notes: &mut Notes<'_>,
        subject: &Subject,
        target: &Target,
    ) -> Result<f64, Failure> {
        saturated(target, AT_ONCE, Duration::from_millis(500), u64::MAX).await?;
        let (before, own) = (subject.cpu(), machine::cpu_of(std::process::id()));
        let outcome = saturated(target, AT_ONCE, self.length, u64::MAX).await?;
        let each = |spent: Duration| {
            let messages = u32::try_from(outcome.samples.len()).unwrap_or(u32::MAX);
            millis(spent / messages.max(1))
        };
        let spent = each(subject.cpu().saturating_sub(before));
        let bar = target.phones.as_ref().map(|_| Bar::AtMost(0.5));
        notes.note("messages", outcome.rate(), "a second");
        notes.held("CPU for each", spent, "ms", bar);
        let load = machine::cpu_of(std::process::id()).saturating_sub(own);
        notes.note("(CPU of the load for each)", each(load), "ms");
        if target.phones.is_some() {
            answered(notes, &outcome, None);
        }
        acknowledged(notes, &outcome);
        failed(notes, &outcome);
        Ok(outcome.rate())
    }

    fn target(&self, subject: &Subject, model: Option<&Arc<Model>>) -> Target {
        Target {
            address: subject.address,
            phones: Some(self.phones.clone()),
            model: model.cloned(),
        }
    }
}

fn answered(notes: &mut Notes<'_>, outcome: &Outcome, bars: Option<[f64; 2]>) {
    let times = outcome.samples.iter().map(|sample| sample.answered);
    let what = [
        "update to answer, less the model's time, p50",
        "  p95",
        "  p99",
    ];
    notes.spread(what, times.collect(), bars);
}

fn acknowledged(notes: &mut Notes<'_>, outcome: &Outcome) {
    let times = outcome.samples.iter().map(|sample| sample.acknowledged);
    let what = ["update to its 2xx, p50", "  p95", "  p99"];
    notes.spread(what, times.collect(), None);
}

#[allow(clippy::cast_precision_loss)] // a count of one run
fn failed(notes: &mut Notes<'_>, outcome: &Outcome) {
    let failed = outcome.failed as f64;
    notes.held("refused or unanswered", failed, "", Some(Bar::AtMost(0.0)));
}
