//! `muykol doctor`: everything that is configured, tried for real.

use std::{process::ExitCode, time::Duration};

use muykol_core::{
    answer::curated::Content,
    care,
    scripture::{Library, parse_exact},
    seams::{Model, Operations},
    words::Clock,
};
use tokio::time::timeout;

use crate::{
    clock::SystemClock,
    config::{Config, Store},
    telemetry,
    wiring::{self, Failure},
};

/// How long anything outside may take to answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// What was found, in plain words.
#[derive(Default)]
struct Findings {
    broken: usize,
}

impl Findings {
    fn good(what: &str, how: &str) {
        println!("ok    {what}: {how}");
    }

    fn note(what: &str, how: &str) {
        println!("note  {what}: {how}");
    }

    fn bad(&mut self, what: &str, how: &str) {
        self.broken += 1;
        println!("WRONG {what}: {how}");
    }

    fn judge(&mut self, what: &str, good: &str, tried: Result<(), String>) {
        match tried {
            Ok(()) => Self::good(what, good),
            Err(why) => self.bad(what, &why),
        }
    }
}

pub async fn run(config: Config) -> Result<ExitCode, Failure> {
    telemetry::start_logs(&config.log);
    let mut findings = Findings::default();
    Findings::good("configuration", "read; nothing in it is unknown");
    for line in config.summary() {
        Findings::note("setting", &line);
    }
    store(&config, &mut findings).await;
    content(&mut findings);
    model(&config, &mut findings).await;
    telegram(&config, &mut findings).await;
    if findings.broken == 0 {
        println!("Nothing is wrong. Read the notes above before anybody in need writes.");
        return Ok(ExitCode::SUCCESS);
    }
    println!("{} to mend.", findings.broken);
    Ok(ExitCode::FAILURE)
}

async fn store(config: &Config, findings: &mut Findings) {
    let Store::Sqlite(path) = &config.store;
    let name = format!("store {}", path.display());
    let store = match wiring::store(config) {
        Ok(store) => store,
        Err(error) => return findings.bad(&name, &error.to_string()),
    };
    let tried = store.probe(SystemClock.now()).await;
    findings.judge(
        &name,
        "written and read",
        tried.map_err(|error| error.to_string()),
    );
    match store.outbox_stats().await {
        Ok(stats) if stats.parked > 0 => findings.bad(
            "outbox",
            &format!(
                "{} messages could not be sent; see `muykol outbox list`",
                stats.parked
            ),
        ),
        Ok(stats) => Findings::good("outbox", &format!("{} waiting, none parked", stats.due)),
        Err(error) => findings.bad("outbox", &error.to_string()),
    }
}

/// The words muykol says: whole, and signed for by those who can judge them.
fn content(findings: &mut Findings) {
    let rules = care::check_rules().map_err(ToString::to_string);
    findings.judge("care rules", "all files read", rules);
    findings.judge("crisis replies", "all files read", care::check_replies());
    findings.judge("helplines", "all files read", care::check_resources());
    let warnings = care::warnings(SystemClock.now().day());
    let unsigned = warnings.len() + care::reply_warnings().len();
    if unsigned > 0 {
        Findings::note(
            "care content",
            &format!(
                "{unsigned} points on helplines and crisis replies await a source, a recent check, or \
                 the signature of a clinician and a pastor"
            ),
        );
    }
    let library = Library::embedded();
    match Content::held() {
        Err(error) => findings.bad("curated answers", &error.to_string()),
        Ok(content) => {
            let missing: Vec<&str> = content
                .references()
                .filter(|reference| {
                    parse_exact(reference).is_err()
                        || library
                            .translations()
                            .all(|held| library.search_reference(reference, &held.id).is_err())
                })
                .collect();
            if missing.is_empty() {
                Findings::good(
                    "curated answers",
                    &format!(
                        "{} passages, all in the held texts",
                        content.passages().len()
                    ),
                );
            } else {
                findings.bad("curated answers", &format!("not in the texts: {missing:?}"));
            }
        }
    }
}

async fn model(config: &Config, findings: &mut Findings) {
    match wiring::model(config) {
        Ok(None) => {}
        Ok(Some(model)) => {
            let tried = timeout(PATIENCE, model.probe()).await;
            let tried = tried.map_or_else(
                |_| Err("no answer in time".to_owned()),
                |tried| tried.map_err(|error| error.to_string()),
            );
            findings.judge("model", "it answered", tried);
        }
        Err(error) => findings.bad("model", &error.to_string()),
    }
}

async fn telegram(config: &Config, findings: &mut Findings) {
    let clock = std::sync::Arc::new(SystemClock) as std::sync::Arc<dyn Clock>;
    match wiring::telegram(config, &clock) {
        Ok(None) => {}
        Ok(Some(telegram)) => {
            let tried = timeout(PATIENCE, telegram.probe()).await;
            match tried {
                Ok(Ok(described)) => Findings::good("telegram", &described),
                Ok(Err(why)) => findings.bad("telegram", &why),
                Err(_) => findings.bad("telegram", "no answer in time"),
            }
        }
        Err(error) => findings.bad("telegram", &error.to_string()),
    }
}
