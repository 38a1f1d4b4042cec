//! The chat page, as a browser without JavaScript sees it.

use std::time::Duration;

use crate::support::{Browser, World};

#[tokio::test]
async fn a_message_is_sent_answered_and_shown() {
    let world = World::new().await;
    let mut browser = Browser::new(&world);
    let sent = browser
        .say("I can't sleep, I'm so worried about losing my job")
        .await;
    assert_eq!((sent.status, sent.header("location")), (303, "/#latest"));
    let page = browser.open("/").await;
    assert_eq!(page.status, 200);
    assert!(
        page.html
            .contains("<p class=\"words\" dir=\"auto\">I can&#39;t sleep")
    );
    assert!(
        page.html
            .contains("<blockquote dir=\"auto\"><p>In nothing be anxious")
    );
    assert!(page.html.contains("Philippians 4:6-7"));
    assert!(page.html.contains("id=\"latest\""));
    assert!(page.html.contains("name=\"choice\""), "choices are buttons");
    assert!(
        !page.html.contains("<script")
            && !page.html.contains(" style=")
            && !page.html.contains("<style")
    );
}

#[tokio::test]
async fn a_choice_is_a_button() {
    let world = World::new().await;
    let mut browser = Browser::new(&world);
    browser.say("Hello").await;
    let page = browser.open("/").await;
    let (token, form) = (page.field("form_token"), page.field("form_id"));
    let choice = page.field("choice");
    let fields = [
        ("choice", choice.as_str()),
        ("form_token", &token),
        ("form_id", &form),
    ];
    let chosen = browser.submit("/chat", &fields).await;
    assert_eq!(chosen.status, 303);
    let page = browser.open("/").await;
    assert!(
        page.html.contains("remember our conversation"),
        "consent was taken"
    );
}

#[tokio::test]
async fn the_same_form_sent_twice_says_one_thing_and_with_other_words_another() {
    let world = World::new().await;
    let mut browser = Browser::new(&world);
    browser.say("Hello").await;
    let page = browser.open("/").await;
    let (token, form) = (page.field("form_token"), page.field("form_id"));
    for text in ["again", "again", "something else"] {
        let fields = [("text", text), ("form_token", &token), ("form_id", &form)];
        assert_eq!(browser.submit("/chat", &fields).await.status, 303);
    }
    let page = browser.open("/").await;
    assert_eq!(page.html.matches("line mine").count(), 3);
}

#[tokio::test]
async fn a_form_that_did_not_come_from_the_page_is_refused() {
    let world = World::new().await;
    let mut browser = Browser::new(&world);
    browser.say("Hello").await;
    let page = browser.open("/").await;
    let token = page.field("form_token");
    let mut other = Browser::new(&world);
    let others = other.open("/").await.field("form_token");
    let missing = browser.submit("/chat", &[("text", "forged")]).await;
    let foreign = browser
        .submit("/chat", &[("text", "forged"), ("form_token", &others)])
        .await;
    for refused in [missing, foreign] {
        assert_eq!(refused.status, 403);
        assert_eq!(refused.header("content-type"), "text/html; charset=utf-8");
        assert!(
            refused.html.contains(">forged</textarea>"),
            "what was written is not lost"
        );
    }
    for path in ["/feedback", "/leave"] {
        assert_eq!(other.submit(path, &[("form_token", "x")]).await.status, 403);
    }
    let mut thief = Browser::new(&world);
    let cookieless = thief
        .submit("/chat", &[("text", "x"), ("form_token", &token)])
        .await;
    assert_eq!(cookieless.status, 403);
    let page = browser.open("/").await;
    assert_eq!(page.html.matches("line mine").count(), 1, "nothing stored");
}

#[tokio::test]
async fn a_browser_that_says_the_form_is_foreign_is_believed() {
    let world = World::new().await;
    let mut browser = Browser::new(&world);
    let page = browser.open("/").await;
    let (token, form) = (page.field("form_token"), page.field("form_id"));
    let response = world
        .http
        .post(world.at_path("/chat"))
        .header("cookie", browser.cookie.clone().unwrap())
        .header("sec-fetch-site", "cross-site")
        .form(&[("text", "x"), ("form_token", &token), ("form_id", &form)])
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 403);
}

#[tokio::test]
async fn a_foreign_form_cannot_end_a_session() {
    let world = World::new().await;
    let send = |origin: &str| {
        world
            .http
            .post(world.at_path("/chat"))
            .header("accept", "text/html")
            .header("origin", origin)
            .form(&[("text", "forged")])
            .send()
    };
    let foreign = send("https://evil.example").await.unwrap();
    assert_eq!(foreign.status(), 403);
    assert!(!foreign.headers().contains_key("set-cookie"));
    let own = send(&world.url).await.unwrap();
    assert_eq!(own.status(), 403);
    assert!(
        own.headers().contains_key("set-cookie"),
        "so that it can be sent again"
    );
}

#[tokio::test]
async fn the_cookie_is_out_of_reach() {
    let world = World::new().await;
    let plain = Browser::new(&world).open("/").await;
    let cookie = plain.header("set-cookie");
    assert!(cookie.starts_with("muykol="));
    assert!(cookie.contains("; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000"));
    assert!(
        !cookie.contains("Secure"),
        "over plain HTTP browsers would drop it"
    );

    let world =
        World::with(|config| config.public_url = Some("https://care.example.org".to_owned())).await;
    let secure = Browser::new(&world).open("/").await;
    let cookie = secure.header("set-cookie");
    assert!(
        cookie.starts_with("__Host-muykol=") && cookie.ends_with("; Secure"),
        "{cookie}"
    );
}

#[tokio::test]
async fn a_planted_token_is_replaced_when_the_session_opens() {
    let world = World::new().await;
    let mut browser = Browser::new(&world);
    browser.open("/").await;
    let before = browser.cookie.clone();
    let sent = browser.say("Hello").await;
    assert!(sent.headers.contains_key("set-cookie"));
    assert_ne!(browser.cookie, before);
    let again = browser.say("Hello again").await;
    assert!(!again.headers.contains_key("set-cookie"), "and then stays");
}

#[tokio::test]
async fn visiting_leaves_no_trace() {
    let world = World::with(|config| config.session_quota.burst = 1).await;
    for _ in 0..5 {
        assert_eq!(Browser::new(&world).open("/").await.status, 200);
    }
    world.session().await;
}

#[tokio::test]
async fn what_cannot_be_sent_is_kept_in_the_form() {
    let world = World::new().await;
    let mut browser = Browser::new(&world);
    let empty = browser.say("  ").await;
    assert_eq!(empty.status, 422);
    assert!(empty.html.contains("role=\"alert\""));
    let long = "word ".repeat(2000);
    let refused = browser.say(&long).await;
    assert_eq!(refused.status, 422);
    assert!(refused.html.contains(long.trim()));
    let wrong = world
        .http
        .post(world.at_path("/chat"))
        .header("accept", "text/html")
        .body("x")
        .send()
        .await
        .unwrap();
    assert_eq!(wrong.status(), 415);
}

#[tokio::test]
async fn a_late_reply_is_waited_for_on_the_page() {
    let world = World::with(|config| config.reply_wait = Duration::from_millis(100)).await;
    let mut browser = Browser::new(&world);
    browser.say("Hello").await;
    world.gate.shut();
    let sent = browser.say("Are you there?").await;
    let location = sent.header("location").to_owned();
    let waiting = location.strip_suffix("#waiting").unwrap();
    let page = browser.open(waiting).await;
    assert!(page.html.contains("still writing"));
    let look = format!("{waiting}&look=1");
    assert_eq!(browser.open(&look).await.status, 200, "not yet");
    world.gate.open();
    let mut there = browser.open(&look).await;
    for _ in 0..50 {
        if there.status == 303 {
            break;
        }
        there = browser.open(&look).await;
    }
    assert_eq!((there.status, there.header("location")), (303, "/#latest"));
}

#[tokio::test]
async fn a_reply_can_be_rated() {
    let world = World::new().await;
    let mut browser = Browser::new(&world);
    browser.say("Hello").await;
    let page = browser.open("/").await;
    let (token, id) = (page.field("form_token"), page.field("id"));
    let fields = [
        ("form_token", token.as_str()),
        ("id", &id),
        ("rating", "2"),
        ("wrong", "yes"),
    ];
    let rated = browser.submit("/feedback", &fields).await;
    assert_eq!(rated.status, 303);
    let thanked = browser
        .open(rated.header("location").split('#').next().unwrap())
        .await;
    assert!(thanked.html.contains("Thank you."));
    let nothing = browser.submit("/feedback", &fields[..2]).await;
    assert_eq!(nothing.status, 422);
    assert_eq!(nothing.header("content-type"), "text/html; charset=utf-8");
    let strange = [
        ("form_token", token.as_str()),
        ("id", "nothing"),
        ("rating", "2"),
    ];
    assert_eq!(browser.submit("/feedback", &strange).await.status, 404);
}

#[tokio::test]
async fn leaving_shows_nothing_to_the_next_person() {
    let world = World::new().await;
    let mut browser = Browser::new(&world);
    browser.say("only for me").await;
    let page = browser.open("/").await;
    assert!(page.html.contains("only for me"));
    let left = browser
        .submit("/leave", &[("form_token", &page.field("form_token"))])
        .await;
    assert_eq!(left.status, 303);
    assert!(left.header("set-cookie").contains("Max-Age=0"));
    assert!(!browser.open("/").await.html.contains("only for me"));
}

#[tokio::test]
async fn an_erasure_is_confirmed_and_nothing_is_left_in_the_browser() {
    let world = World::new().await;
    let mut browser = Browser::new(&world);
    browser.say("only for me").await;
    browser.say("/forget").await;
    let page = browser.open("/").await;
    assert!(page.html.contains("value=\"forget:yes\""), "{}", page.html);
    let fields = [
        ("choice", "forget:yes"),
        ("form_token", &page.field("form_token")),
        ("form_id", &page.field("form_id")),
    ];
    let begun = std::time::Instant::now();
    let erased = browser.submit("/chat", &fields).await;
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(erased.status, 200);
    assert!(erased.html.contains("Everything is erased"));
    assert!(erased.html.contains("just as welcome"));
    assert!(erased.html.contains("tel:988"), "help stays at hand");
    assert!(erased.header("set-cookie").contains("Max-Age=0"));
    assert!(!browser.open("/").await.html.contains("only for me"));
}

#[tokio::test]
async fn danger_puts_help_on_top() {
    let world = World::new().await;
    let mut browser = Browser::new(&world);
    let sent = browser.say("I want to kill myself tonight").await;
    assert_eq!(sent.header("location"), "/#help");
    let page = browser.open("/").await;
    let urgent = page.html.find("class=\"urgent\"").unwrap();
    assert!(urgent < page.html.find("<h1>").unwrap());
}

#[tokio::test]
async fn the_page_is_there_while_the_store_is_not() {
    let world = World::new().await;
    let mut browser = Browser::new(&world);
    browser.say("Hello").await;
    world.store.fails();
    let page = browser.open("/").await;
    assert_eq!(page.status, 200);
    assert!(page.html.contains("<details open>"));
    assert!(page.html.contains("name=\"text\""));
    world.store.works();
    assert!(
        browser.open("/").await.html.contains("line mine"),
        "nothing lost"
    );
}

#[tokio::test]
async fn a_store_that_hangs_does_not_hold_the_page() {
    let world = World::new().await;
    let mut browser = Browser::new(&world);
    browser.say("Hello").await;
    world.store.hangs();
    let page = browser.open("/").await;
    assert!(page.html.contains("<details open>"));
}

#[tokio::test]
async fn earlier_lines_are_a_link_away() {
    let world = World::new().await;
    let mut browser = Browser::new(&world);
    for index in 0..21 {
        browser.say(&format!("message number {index}.")).await;
    }
    let page = browser.open("/").await;
    assert!(!page.html.contains("number 0."));
    let (_, after) = page.html.split_once("href=\"/?before=").unwrap();
    let older = after.split('"').next().unwrap();
    let page = browser.open(&format!("/?before={older}")).await;
    assert!(page.html.contains("number 0."));
    assert!(page.html.contains("Back to the latest"));
}

#[tokio::test]
async fn files_may_be_kept_and_are_named_by_what_is_in_them() {
    let world = World::new().await;
    let page = Browser::new(&world).open("/").await;
    let (_, after) = page.html.split_once("rel=\"stylesheet\" href=\"").unwrap();
    let path = after.split('"').next().unwrap();
    let css = world.http.get(world.at_path(path)).send().await.unwrap();
    assert_eq!(
        css.headers()["cache-control"],
        "public, max-age=31536000, immutable"
    );
    assert_eq!(css.headers()["content-type"], "text/css; charset=utf-8");
    let css = css.text().await.unwrap();
    assert!(
        !css.contains("url(") && !css.contains("@import"),
        "nothing from elsewhere"
    );
    let gone = world
        .http
        .get(world.at_path("/assets/page.0.css"))
        .send()
        .await
        .unwrap();
    assert_eq!(gone.status(), 404);
}

#[tokio::test]
async fn hostile_words_stay_words() {
    let world = World::new().await;
    let mut browser = Browser::new(&world);
    for hostile in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "</textarea><form action=//evil.example>",
        "{{ 7*7 }}{% include \"/etc/passwd\" %}",
        "javascript:alert(1)\u{202e}&lt;b&gt;",
    ] {
        assert_eq!(browser.say(hostile).await.status, 303);
        let page = browser.open("/").await;
        assert!(!page.html.contains(hostile), "{hostile}");
        assert!(!page.html.contains("<script") && !page.html.contains("<img"));
        let refused = browser.submit("/chat", &[("text", hostile)]).await;
        assert_eq!(refused.status, 403);
        assert_eq!(refused.html.matches("</textarea>").count(), 1);
        assert!(!refused.html.contains("<script") && !refused.html.contains("<img"));
    }
}
