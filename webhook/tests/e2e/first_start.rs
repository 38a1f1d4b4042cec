//! Nothing is configured, and a person is answered.

use crate::{
    SOON,
    support::{
        becomes_true,
        binary::Setup,
        browser::Browser,
        kept::Kept,
        site::{Site, kinds},
    },
    within,
};

const WORRIED: &str = "I can't sleep, I'm so worried about losing my job";

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_says_where_to_open_it_and_a_person_is_answered() {
    within(60, async {
        let setup = Setup::new();
        let muykol = setup.start().await;
        let told = format!("Open {}/ and write.", muykol.url);
        becomes_true("it says where to open it", SOON, || {
            setup.printed().contains(&told)
        })
        .await;

        let site = Site::of(&muykol);
        let token = site.session().await;
        let reply = site.ask(&token, WORRIED).await;
        assert_eq!(reply["emotion"]["primary"], "anxiety");
        let kinds = kinds(&reply);
        for kind in ["text", "verse", "reflection", "action"] {
            assert!(kinds.contains(&kind), "{kind} in {kinds:?}");
        }
        // The passage is word for word what the binary itself holds.
        let verse = reply["blocks"]
            .as_array()
            .unwrap()
            .iter()
            .find(|block| block["type"] == "verse")
            .unwrap();
        let reference = verse["reference"].as_str().unwrap();
        let held = setup.run(&["scripture", reference, "--json"]).await;
        assert_eq!(&held.json_lines()[0], verse);

        let again = site.send_as(&token, WORRIED, "the-same-id").await;
        assert_eq!(again.status(), 200);
        let first: serde_json::Value = again.json().await.unwrap();
        let twice: serde_json::Value = site
            .send_as(&token, WORRIED, "the-same-id")
            .await
            .json()
            .await
            .unwrap();
        assert_eq!(first["id"], twice["id"], "the same message, the same reply");
        assert_eq!(site.history(&token).await.len(), 4);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_the_history() {
    within(60, async {
        let setup = Setup::new();
        let muykol = setup.start().await;
        let site = Site::of(&muykol);
        let token = site.session().await;
        site.ask(&token, WORRIED).await;
        let mut browser = Browser::at(&muykol);
        browser
            .say("My sister moved far away and the house is quiet")
            .await;
        let before = site.history(&token).await;
        assert!(muykol.stop().await.success());

        let muykol = setup.start().await;
        let site = Site::of(&muykol);
        assert_eq!(site.history(&token).await, before);
        let mut browser = browser.moved_to(&muykol);
        let page = browser.open("/").await;
        assert!(page.html.contains("My sister moved far away"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_works_without_javascript() {
    within(60, async {
        let setup = Setup::new();
        let muykol = setup.start().await;
        let mut browser = Browser::at(&muykol);
        let page = browser
            .say("I feel so worried about my job these nights")
            .await;
        assert_eq!(page.status, 200);
        assert!(
            page.html
                .contains("I feel so worried about my job these nights")
        );
        assert!(page.html.contains("(ASV)") || page.html.contains("ASV"));
        assert!(!page.html.contains("<script"));

        // A form that another site made up: refused, and nothing of it is kept.
        let rows = Kept::in_file(&setup.store()).rows();
        let page = browser.open("/").await;
        let forged = browser
            .submit("I was never written here", "forged", &page.field("form_id"))
            .await;
        assert_eq!(forged.status, 403);
        let mut stranger = Browser::at(&muykol);
        let planted = stranger
            .submit("I was never written here", &page.field("form_token"), "1")
            .await;
        assert_eq!(planted.status, 403);
        assert_eq!(Kept::in_file(&setup.store()).rows(), rows);

        // Danger is met with help in the page itself.
        let help = browser.say("I want to kill myself tonight").await;
        assert_eq!(help.status, 200);
        assert!(help.html.contains("findahelpline") || help.html.contains("988"));
    })
    .await;
}
