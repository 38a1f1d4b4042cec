//! Killed and paused at any moment under load: nothing is lost, nothing is answered twice, and
//! nobody sees more than one message twice for each time.
//!
//! `E2E_KILLS=50 E2E_PAUSES=20` are the numbers of the long run.

use std::{sync::Arc, time::Duration};

use muykol_model_stub::{ModelStub, Script};
use muykol_telegram_counterpart::Counterpart;

use crate::{
    support::{
        becomes_true,
        binary::Setup,
        crowd::{Crowd, Outcome, telegram},
        parameter, random,
    },
    within,
};

/// How many messages come in a second.
const LOAD: u32 = 30;
/// Longer than a turn's lease (10 s) and an effect's (14 s).
const PAUSE: Duration = Duration::from_secs(15);

async fn model() -> ModelStub {
    let mut script = Script::default().after(Duration::from_millis(50));
    script.pieces = 4;
    ModelStub::start(script).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_under_load_by_webhook() {
    let kills = parameter("E2E_KILLS", 5);
    within(120 + 8 * kills as u64, async {
        let (telegram, model) = (telegram().await, model().await);
        let setup = Setup::new().webhook(&telegram).model(&model).unlimited();
        let outcome = is_killed(&telegram, &setup, kills, Mercy::CatchesUp).await;
        report(
            &format!("{kills} kills by webhook"),
            &outcome,
            kills,
            "E2E_KILLS",
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_under_load_while_polling() {
    let kills = parameter("E2E_KILLS", 5).div_ceil(2);
    within(120 + 8 * kills as u64, async {
        let (telegram, model) = (telegram().await, model().await);
        let setup = Setup::new().polling(&telegram).model(&model).unlimited();
        let outcome = is_killed(&telegram, &setup, kills, Mercy::CatchesUp).await;
        report(
            &format!("{kills} kills while polling"),
            &outcome,
            kills,
            "E2E_KILLS",
        );
    })
    .await;
}

/// Everything that came while it was down is then being sent at once, and every message that was
/// sent and not yet settled is seen twice: how many that are is told, not bounded.
#[tokio::test(flavor = "multi_thread")]
async fn killed_again_before_it_has_caught_up() {
    let kills = parameter("E2E_KILLS", 5);
    within(120 + 8 * kills as u64, async {
        let (telegram, model) = (telegram().await, model().await);
        let setup = Setup::new().webhook(&telegram).model(&model).unlimited();
        let outcome = is_killed(&telegram, &setup, kills, Mercy::None).await;
        println!("{kills} kills in a row: {outcome:?}, none unanswered, none twice in history");
    })
    .await;
}

/// When the next kill comes.
enum Mercy {
    /// At a random moment of its ordinary work.
    CatchesUp,
    /// While it still makes good what was left behind.
    None,
}

async fn is_killed(
    telegram: &Arc<Counterpart>,
    setup: &Setup,
    kills: usize,
    mercy: Mercy,
) -> Outcome {
    let mut muykol = setup.start().await;
    let crowd = Crowd::writes(telegram, LOAD);
    for _ in 0..kills {
        if matches!(mercy, Mercy::CatchesUp) {
            catches_up(telegram).await;
        }
        crowd
            .writes_on(5 + usize::try_from(random(25)).unwrap())
            .await;
        // Not on the beat of the messages.
        tokio::time::sleep(Duration::from_micros(random(50_000))).await;
        muykol.kill_9();
        muykol = setup.start().await;
    }
    crowd.writes_on(10).await;
    let outcome = crowd.end(&setup.store()).await;
    assert!(muykol.is_alive());
    outcome
}

#[tokio::test(flavor = "multi_thread")]
async fn paused_past_its_leases() {
    let pauses = parameter("E2E_PAUSES", 1);
    within(120 + 40 * pauses as u64, async {
        let (telegram, model) = (telegram().await, model().await);
        let setup = Setup::new().webhook(&telegram).model(&model).unlimited();
        let muykol = setup.start().await;
        let crowd = Crowd::writes(&telegram, LOAD);
        for _ in 0..pauses {
            catches_up(&telegram).await;
            crowd
                .writes_on(20 + usize::try_from(random(20)).unwrap())
                .await;
            muykol.signal("STOP");
            tokio::time::sleep(PAUSE).await;
            muykol.signal("CONT");
        }
        crowd.writes_on(30).await;
        let outcome = crowd.end(&setup.store()).await;
        report(&format!("{pauses} pauses"), &outcome, pauses, "E2E_PAUSES");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paused_past_its_leases_while_another_takes_over() {
    let pauses = parameter("E2E_PAUSES", 1);
    within(120 + 40 * pauses as u64, async {
        let (telegram, model) = (telegram().await, model().await);
        let setup = Setup::new().polling(&telegram).model(&model).unlimited();
        // The first has the lease on polling, the second stands by; the next time it is the other
        // way round.
        let beside = setup.beside();
        let mut both = [setup.start().await, beside.start().await];
        let crowd = Crowd::writes(&telegram, LOAD);
        for _ in 0..pauses {
            catches_up(&telegram).await;
            crowd
                .writes_on(20 + usize::try_from(random(20)).unwrap())
                .await;
            both[0].signal("STOP");
            tokio::time::sleep(PAUSE).await;
            both[0].signal("CONT");
            crowd.writes_on(30).await;
            both.swap(0, 1);
        }
        let outcome = crowd.end(&setup.store()).await;
        report(
            &format!("{pauses} pauses with take-over"),
            &outcome,
            pauses,
            "E2E_PAUSES",
        );
    })
    .await;
}

/// Waits until it does its ordinary work, and not what was left behind.
async fn catches_up(telegram: &Counterpart) {
    becomes_true("it catches up", Duration::from_secs(60), || {
        telegram.pending() <= 2
    })
    .await;
}

/// Tells what came of it. A message that was sent and not yet settled when the process ended is
/// seen twice. In the long run, on a machine that has nothing else to do, these are at most one
/// for each end; a busy machine settles later, and a short run has little to even that out.
fn report(what: &str, outcome: &Outcome, ends: usize, long: &str) {
    println!("{what}: {outcome:?}, none unanswered, none twice in history");
    let bound = if std::env::var_os(long).is_some() {
        ends
    } else {
        5 * ends
    };
    let doubles = outcome.doubles;
    assert!(
        doubles <= bound,
        "{doubles} were seen twice, at most {bound} may be"
    );
}
