//! A backup taken while people write, and what comes of it elsewhere.

use std::time::Duration;

use muykol_model_stub::{ModelStub, Script};
use muykol_telegram_counterpart::{Fault, FaultRule, Incoming};

use crate::{
    SOON,
    support::{becomes_true, binary::Setup, crowd::telegram, kept::Kept},
    within,
};

/// Somebody who was answered.
const ANSWERED: i64 = 91;
/// Somebody whose answer cannot be sent.
const UNSENT: i64 = 92;
/// Somebody who is still being answered.
const WAITING: i64 = 93;

#[tokio::test(flavor = "multi_thread")]
async fn what_time_has_overtaken_is_kept_and_not_sent() {
    within(120, async {
        let telegram = telegram().await;
        let model = ModelStub::start(Script::default()).await.unwrap();
        let setup = Setup::new().webhook(&telegram).model(&model);
        let muykol = setup.start().await;
        telegram.act(&Incoming::text(ANSWERED, "I feel alone"));
        assert!(telegram.wait(ANSWERED, 1, SOON).await);
        telegram.fail(FaultRule::on("sendMessage", 1000, Fault::ServerError).in_chat(UNSENT));
        telegram.act(&Incoming::text(UNSENT, "I feel tired"));
        let kept = Kept::in_file(&setup.store());
        becomes_true("the answer is there and cannot be sent", SOON, || {
            kept.count("SELECT count(*) FROM effects WHERE attempts > 0") == 1
        })
        .await;
        model.play([Script::default().after(Duration::from_millis(2500))]);
        telegram.act(&Incoming::text(WAITING, "I feel worried"));
        becomes_true("the third is being answered", SOON, || {
            kept.count("SELECT count(*) FROM waiting") == 1
        })
        .await;

        let backup = setup.path("backup.db");
        let copy = backup.to_str().unwrap();
        let done = setup.run(&["backup", copy]).await;
        assert_eq!(done.code, Some(0), "{done:?}");
        assert_ne!(
            setup.run(&["backup", copy]).await.code,
            Some(0),
            "it is not written over"
        );
        assert_ne!(
            setup.run(&["restore", copy, "--force"]).await.code,
            Some(0),
            "not while it runs"
        );
        muykol.kill_9();
        telegram.heal();

        let elsewhere = Setup::new().webhook(&telegram).model(&model);
        let done = elsewhere.run(&["restore", copy]).await;
        assert_eq!(done.code, Some(0), "{done:?}");
        assert!(
            done.stdout.contains("1 messages had not been answered"),
            "{}",
            done.stdout
        );
        assert!(
            done.stdout.contains("1 messages had not been sent"),
            "{}",
            done.stdout
        );
        assert_ne!(
            elsewhere.run(&["restore", copy]).await.code,
            Some(0),
            "not over another"
        );

        let seen: Vec<usize> = [ANSWERED, UNSENT, WAITING]
            .map(|user| telegram.by_bot(user).len())
            .into();
        let _muykol = elsewhere.start().await;
        model.play([Script::default()]);
        telegram.act(&Incoming::text(ANSWERED, "Hello again"));
        assert!(telegram.wait(ANSWERED, seen[0] + 1, SOON).await);
        let kept = Kept::in_file(&elsewhere.store());
        kept.settles(SOON).await;
        let said = kept.said();
        for text in [
            "I feel alone",
            "I feel tired",
            "I feel worried",
            "Hello again",
        ] {
            assert_eq!(said.get(text), Some(&1), "{text}");
        }
        assert_eq!(
            telegram.by_bot(UNSENT).len(),
            seen[1],
            "nothing is sent late"
        );
        assert_eq!(
            telegram.by_bot(WAITING).len(),
            seen[2],
            "nothing is answered late"
        );

        the_operator_decides(&elsewhere).await;
        assert!(
            telegram.wait(UNSENT, seen[1] + 1, SOON).await,
            "sent when asked to"
        );
    })
    .await;
}

async fn the_operator_decides(setup: &Setup) {
    let doctor = setup.run(&["doctor"]).await;
    assert_eq!(doctor.code, Some(1));
    assert!(
        doctor.stdout.contains("muykol outbox list"),
        "{}",
        doctor.stdout
    );
    let list = setup.run(&["outbox", "list"]).await;
    assert_eq!(list.stdout.lines().count(), 1, "{list:?}");
    let columns: Vec<&str> = list.stdout.trim_end().split('\t').collect();
    assert_eq!(columns[1], "telegram");
    assert!(!list.stdout.contains("tired"), "no words in the list");
    let unknown = setup.run(&["outbox", "retry", "no-such-id"]).await;
    assert_eq!(unknown.code, Some(1));
    let retried = setup.run(&["outbox", "retry", columns[0]]).await;
    assert_eq!(retried.code, Some(0), "{retried:?}");
    assert!(setup.run(&["outbox", "list"]).await.stdout.is_empty());
}
