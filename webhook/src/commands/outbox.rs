//! `muykol outbox`: messages that could not be sent.

use std::process::ExitCode;

use muykol_core::{
    seams::Operations,
    words::{Clock, EffectId},
};

use crate::{
    cli::Outbox,
    clock::SystemClock,
    commands::safekeeping::existing,
    config::Config,
    wiring::{self, Failure},
};

/// How many parked effects one call looks at.
const MOST: usize = 1000;

pub async fn run(config: Config, what: Outbox) -> Result<ExitCode, Failure> {
    existing(&config)?;
    let store = wiring::store(&config)?;
    let now = SystemClock.now();
    match what {
        Outbox::List => {
            for parked in store.parked(MOST).await? {
                let hours = now.since(parked.created).as_secs() / 3600;
                println!(
                    "{}\t{}\t{hours} h\t{}",
                    parked.id, parked.channel, parked.reason
                );
            }
            let stats = store.outbox_stats().await?;
            eprintln!("{} parked, {} waiting to be sent.", stats.parked, stats.due);
        }
        Outbox::Retry { id } => {
            let ids = if id == "all" {
                store
                    .parked(MOST)
                    .await?
                    .into_iter()
                    .map(|parked| parked.id)
                    .collect()
            } else {
                vec![EffectId(id)]
            };
            let mut retried = 0;
            for id in &ids {
                retried += usize::from(store.retry(id, now).await?);
            }
            if retried < ids.len() {
                return Err("there is no parked message with this id; `muykol outbox list` shows those there are".into());
            }
            println!("{retried} will be tried again by the running muykol within a second.");
        }
    }
    Ok(ExitCode::SUCCESS)
}
