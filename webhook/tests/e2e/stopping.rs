//! Told to stop, it finishes what it is answering.

use std::time::Duration;

use muykol_model_stub::{ModelStub, Script};
use muykol_telegram_counterpart::Incoming;

use crate::{
    SOON,
    support::{becomes_true, binary::Setup, crowd::telegram, kept::Kept, site::Site},
    within,
};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_being_answered_is_finished() {
    within(60, async {
        let telegram = telegram().await;
        let model = ModelStub::start(Script::default().after(Duration::from_millis(800)))
            .await
            .unwrap();
        let setup = Setup::new().webhook(&telegram).model(&model);
        let muykol = setup.start().await;
        let site = Site::of(&muykol);
        let token = site.session().await;
        let asking = {
            let (site, token) = (site.clone(), token.clone());
            tokio::spawn(async move { site.ask(&token, "I'm worried about tomorrow").await })
        };
        telegram.act(&Incoming::text(81, "I'm worried about tomorrow as well"));
        becomes_true("both are being answered", SOON, || model.requests() == 2).await;

        let status = muykol.stop().await;
        assert_eq!(status.code(), Some(0), "{}", setup.printed());
        let reply = asking.await.unwrap();
        assert_eq!(reply["answered_by"], "model");
        assert_eq!(
            telegram.by_bot(81).len(),
            1,
            "the answer was sent before the end"
        );
        assert!(setup.printed().contains("muykol stops"));

        // The next start has nothing to make good.
        let _muykol = setup.start().await;
        Kept::in_file(&setup.store()).settles(SOON).await;
        telegram.act(&Incoming::text(81, "Good morning"));
        assert!(telegram.wait(81, 2, SOON).await);
        assert_eq!(telegram.by_bot(81).len(), 2);
    })
    .await;
}
