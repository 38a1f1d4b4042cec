//! Whoever writes too much hears it once, kindly; danger is heard however much was written.

use muykol_telegram_counterpart::Incoming;

use crate::{
    SOON,
    support::{binary::Setup, crowd::telegram, kept::Kept, site::Site},
    within,
};

const LIMITED: &str = "You've written a lot in a short time";

#[tokio::test(flavor = "multi_thread")]
async fn on_telegram() {
    within(60, async {
        let telegram = telegram().await;
        let setup = Setup::new()
            .webhook(&telegram)
            .set("MUYKOL_LIMITS__MESSAGES_PER_MINUTE", 3);
        let _muykol = setup.start().await;
        let kept = Kept::in_file(&setup.store());
        let user = 71;
        for number in 1..=4 {
            telegram.act(&Incoming::text(user, format!("I miss home, day {number}")));
            assert!(telegram.wait(user, number, SOON).await);
        }
        let seen = telegram.by_bot(user);
        assert!(
            seen[..3]
                .iter()
                .all(|answer| !answer.text.contains(LIMITED))
        );
        let told = &seen[3].text;
        assert!(told.contains(LIMITED) && told.contains("seconds"), "{told}");

        telegram.act(&Incoming::text(user, "I miss home, day 5"));
        kept.settles(SOON).await;
        telegram.act(&Incoming::text(user, "I want to kill myself"));
        assert!(telegram.wait(user, 5, SOON).await, "danger is not limited");
        kept.settles(SOON).await;
        let seen = telegram.by_bot(user);
        assert_eq!(seen.len(), 5, "limited once: {seen:?}");
        assert!(seen[4].text.contains("findahelpline"));
        assert_eq!(kept.said().len(), 6, "everything is kept");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_web() {
    within(60, async {
        let setup = Setup::new()
            .set("MUYKOL_LIMITS__MESSAGES_PER_MINUTE", 2)
            .set("MUYKOL_LIMITS__SESSIONS_PER_IP_PER_MINUTE", 2);
        let muykol = setup.start().await;
        let site = Site::of(&muykol);
        let (ann, ben) = (site.session().await, site.session().await);
        for _ in 0..2 {
            assert!(!text(&site.ask(&ann, "I miss home").await).contains(LIMITED));
        }
        assert!(text(&site.ask(&ann, "I miss home").await).contains(LIMITED));
        let danger = site.ask(&ann, "I want to kill myself").await;
        assert_eq!(danger["answered_by"], "crisis");
        assert!(!text(&site.ask(&ben, "I miss home").await).contains(LIMITED));

        let more = site.post("/v1/sessions").send().await.unwrap();
        assert_eq!(more.status(), 429);
        let wait: u64 = more.headers()["retry-after"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((1..=60).contains(&wait));
    })
    .await;
}

fn text(reply: &serde_json::Value) -> String {
    reply["text"].as_str().unwrap().to_owned()
}
