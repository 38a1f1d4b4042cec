//! What is delivered again is not answered again.

use muykol_telegram_counterpart::Incoming;

use crate::{
    SOON,
    support::{becomes_true, binary::Setup, crowd::telegram, kept::Kept},
    within,
};

const PEOPLE: i64 = 20;
const MESSAGES: i64 = 100;

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_redeliveries_bring_no_second_answer() {
    within(150, async {
        let telegram = telegram().await;
        let setup = Setup::new().webhook(&telegram).unlimited();
        let mut muykol = setup.start().await;
        let updates: Vec<i64> = (0..MESSAGES)
            .map(|number| {
                let text = format!("I feel so tired this week, number {number}");
                let done = telegram.act(&Incoming::text(100 + number % PEOPLE, text));
                done.update_id.unwrap()
            })
            .collect();
        becomes_true("all is delivered", SOON, || telegram.pending() == 0).await;
        let kept = Kept::in_file(&setup.store());
        kept.settles(SOON).await;
        let sends = telegram.counters().sends;

        for round in 0..10 {
            // Half of them come to a process that has forgotten everything but its file.
            if round == 5 {
                muykol.kill_9();
                muykol = setup.start().await;
            }
            let calls = telegram.counters().webhook_calls;
            for update in &updates {
                assert!(telegram.redeliver(*update));
            }
            becomes_true("all is delivered again", SOON, || {
                telegram.pending() == 0
                    && telegram.counters().webhook_calls >= calls + updates.len() as u64
            })
            .await;
        }
        kept.settles(SOON).await;
        assert!(telegram.counters().webhook_calls >= 1_100);
        assert_eq!(telegram.counters().sends, sends, "no second answer");
        let said = kept.said();
        assert_eq!(said.len(), MESSAGES as usize);
        assert!(said.values().all(|times| *times == 1), "{said:?}");
        assert!(kept.answers().values().all(|replies| *replies == 1));
        drop(muykol);
    })
    .await;
}
