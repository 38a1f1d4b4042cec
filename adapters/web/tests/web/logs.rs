//! What reaches the log, and what never does.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use crate::support::{Browser, World};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Everything is logged, from every crate, and nothing of anybody is in it.
#[tokio::test]
async fn no_words_no_token_and_no_address_reach_the_log() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .init();

    let world = World::new().await;
    let token = world.session().await;
    let secret = "Zerubbabel told me so";
    let response = world.say(&token, secret, "client-Id-Zerubbabel").await;
    let id = response.headers()["x-request-id"]
        .to_str()
        .unwrap()
        .to_owned();
    world
        .get(&token, "/v1/scripture/Zerubbabel")
        .send()
        .await
        .unwrap();
    world
        .get(&token, "/v1/chat/messages?before=Zerubbabel")
        .send()
        .await
        .unwrap();
    let mut browser = Browser::new(&world);
    browser.say("I want to kill myself, Zerubbabel").await;
    world.store.fails();
    browser.say("I want to kill myself, Zerubbabel").await;
    world.say(&token, secret, "2").await;

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains(&id), "the request can be found");
    let cookie = browser
        .cookie
        .unwrap()
        .split_once('=')
        .unwrap()
        .1
        .to_owned();
    for private in ["Zerubbabel", token.as_str(), cookie.as_str()] {
        // The HTTP client of this test logs on its own side; its lines are not ours.
        let told = log
            .lines()
            .filter(|line| {
                !["reqwest", "hyper", "mio"]
                    .iter()
                    .any(|them| line.contains(them))
            })
            .any(|line| line.contains(private));
        assert!(!told, "{private} is in the log");
    }
}
