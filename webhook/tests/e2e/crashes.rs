//! Killed and paused at any moment under load: nothing is lost, nothing is answered twice, and
//! nobody sees more than one message twice for each time.
//!
//! `E2E_KILLS=50 E2E_PAUSES=20` are the numbers of the long run.

use std::{sync::Arc, time::Duration};

use muykol_model_stub::{ModelStub, Script};
use muykol_telegram_counterpart::Counterpart;

use crate::{
    support::{
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
    within(120 + 6 * kills as u64, async {
        let (telegram, model) = (telegram().await, model().await);
        let setup = Setup::new().webhook(&telegram).model(&model).unlimited();
        is_killed(&telegram, &setup, kills).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_under_load_while_polling() {
    let kills = parameter("E2E_KILLS", 5).div_ceil(2);
    within(120 + 6 * kills as u64, async {
        let (telegram, model) = (telegram().await, model().await);
        let setup = Setup::new().polling(&telegram).model(&model).unlimited();
        is_killed(&telegram, &setup, kills).await;
    })
    .await;
}

async fn is_killed(telegram: &Arc<Counterpart>, setup: &Setup, kills: usize) {
    let mut muykol = setup.start().await;
    let crowd = Crowd::writes(telegram, LOAD);
    for _ in 0..kills {
        crowd
            .writes_on(5 + usize::try_from(random(25)).unwrap())
            .await;
        // Not on the beat of the messages.
        tokio::time::sleep(Duration::from_micros(random(50_000))).await;
        muykol.kill_9();
        muykol = setup.start().await;
    }
    crowd.writes_on(10).await;
    report(
        &format!("{kills} kills"),
        &crowd.is_answered(&setup.store()).await,
        kills,
    );
    assert!(muykol.is_alive());
}

#[tokio::test(flavor = "multi_thread")]
async fn paused_past_its_leases() {
    let pauses = parameter("E2E_PAUSES", 1);
    within(120 + 25 * pauses as u64, async {
        let (telegram, model) = (telegram().await, model().await);
        let setup = Setup::new().webhook(&telegram).model(&model).unlimited();
        let muykol = setup.start().await;
        let crowd = Crowd::writes(&telegram, LOAD);
        for _ in 0..pauses {
            crowd
                .writes_on(20 + usize::try_from(random(20)).unwrap())
                .await;
            muykol.signal("STOP");
            tokio::time::sleep(PAUSE).await;
            muykol.signal("CONT");
        }
        crowd.writes_on(30).await;
        let outcome = crowd.is_answered(&setup.store()).await;
        report(&format!("{pauses} pauses"), &outcome, pauses);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paused_past_its_leases_while_another_takes_over() {
    let pauses = parameter("E2E_PAUSES", 1);
    within(120 + 25 * pauses as u64, async {
        let (telegram, model) = (telegram().await, model().await);
        let setup = Setup::new().polling(&telegram).model(&model).unlimited();
        // The first has the lease on polling, the second stands by; the next time it is the other
        // way round.
        let beside = setup.beside();
        let mut both = [setup.start().await, beside.start().await];
        let crowd = Crowd::writes(&telegram, LOAD);
        for _ in 0..pauses {
            crowd
                .writes_on(20 + usize::try_from(random(20)).unwrap())
                .await;
            both[0].signal("STOP");
            tokio::time::sleep(PAUSE).await;
            both[0].signal("CONT");
            crowd.writes_on(30).await;
            both.swap(0, 1);
        }
        let outcome = crowd.is_answered(&setup.store()).await;
        report(&format!("{pauses} pauses with take-over"), &outcome, pauses);
    })
    .await;
}

fn report(what: &str, outcome: &Outcome, bound: usize) {
    println!("{what}: {outcome:?}, none unanswered, none twice in history");
    assert!(
        outcome.doubles <= bound,
        "{} messages were seen twice, at most {bound} may be",
        outcome.doubles
    );
}
