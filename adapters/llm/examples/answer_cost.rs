//! What an answer of 20 pieces costs this process, against the stub in its own process:
//!
//! ```text
//! cargo run --release -p muykol-model-stub -- --bind 127.0.0.1:9090
//! cargo run --release -p muykol-llm --example answer_cost -- http://127.0.0.1:9090/v1 5000 16
//! ```
//!
//! (address, answers, at once). CPU time is read from `/proc/self/stat`, so on Linux only.

use std::{
    env,
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::StreamExt;
use muykol_core::{
    seams::{Model, ModelError, ModelEvent, Prompt, PromptTurn},
    words::Role,
};
use muykol_llm::{OpenAiModel, Settings};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let url = arguments
        .next()
        .unwrap_or_else(|| "http://127.0.0.1:9090/v1".to_owned());
    let answers: usize = arguments.next().map_or(Ok(5_000), |text| text.parse())?;
    let at_once: usize = arguments.next().map_or(Ok(16), |text| text.parse())?;

    let start = Instant::now();
    let model = Arc::new(OpenAiModel::new(Settings::new(url.parse()?, "stub"))?);
    println!("set up in {:?}", start.elapsed());
    for _ in 0..100 {
        answer(&model).await?;
    }

    let pieces = Arc::new(AtomicUsize::new(0));
    let (start, cpu) = (Instant::now(), cpu_time()?);
    let mut tasks = Vec::new();
    for _ in 0..at_once {
        let (model, pieces) = (Arc::clone(&model), Arc::clone(&pieces));
        tasks.push(tokio::spawn(async move {
            for _ in 0..answers / at_once {
                let heard = answer(&model).await?;
                pieces.fetch_add(heard, Ordering::Relaxed);
            }
            Ok::<_, ModelError>(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    let (took, cpu) = (start.elapsed(), cpu_time()?.saturating_sub(cpu));
    let done = u32::try_from(answers / at_once * at_once)?;
    println!(
        "{done} answers, {at_once} at once: {:?} CPU and {:?} wall each, {} events each",
        cpu / done,
        took / done,
        pieces.load(Ordering::Relaxed) / answers,
    );
    Ok(())
}

async fn answer(model: &OpenAiModel) -> Result<usize, ModelError> {
    let mut stream = model
        .stream(Prompt {
            system: "You are a wise and kind friend who knows Scripture. ".repeat(40),
            turns: vec![PromptTurn {
                role: Role::Person,
                text: "I can't sleep, I'm so worried about losing my job".to_owned(),
            }],
            max_tokens: 500,
        })
        .await?;
    let mut events = 0;
    while let Some(event) = stream.next().await {
        if let ModelEvent::Text(_) = event? {
            events += 1;
        }
    }
    Ok(events)
}

/// User and system time of this process. The kernel counts in hundredths of a second.
fn cpu_time() -> Result<Duration, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit_once(") ").ok_or("no process statistics")?.1;
    let ticks: u64 = after_name
        .split(' ')
        .skip(11)
        .take(2)
        .map(str::parse::<u64>)
        .sum::<Result<u64, _>>()?;
    Ok(Duration::from_millis(ticks * 10))
}
