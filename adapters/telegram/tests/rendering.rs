//! Whatever is written, the counterpart takes every message it is rendered to.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use muykol_core::{
    seams::Courier as _,
    words::{Block, Choice, Resource},
};
use muykol_telegram::render;
use muykol_telegram_counterpart::{Incoming, message_text};
use proptest::prelude::*;
use support::{bot, counterpart, effect, to};

/// Words of every awkward kind: bidi marks, combining marks, emoji families, markup, controls.
fn words() -> impl Strategy<Value = String> {
    let awkward = prop::sample::select(vec![
        "\u{202e}",
        "\u{200f}",
        "\u{2067}",
        "\u{301}",
        "\u{33f}",
        "\u{200b}",
        "\u{feff}",
        "\u{2800}",
        "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
        "\u{1f1f2}\u{1f1fd}",
        "\u{1d54f}",
        "&amp;",
        "<b>",
        "</i>",
        "&#0;",
        "<",
        ">",
        "&",
        "\"",
        "\\",
        "*_[]()~`>#+-=|{}.!",
        "\r\n",
        "\n\n",
        "\0",
        "\u{7}",
        " ",
        "\u{a0}",
        ". ",
        "é",
        "\u{5e9}\u{5dc}",
    ]);
    prop_oneof![
        "(?s).{0,40}",
        prop::collection::vec(awkward, 0..60).prop_map(|parts| parts.concat()),
        ("(?s).{1,9}", 1..2500_usize).prop_map(|(unit, times)| unit.repeat(times)),
    ]
}

fn block() -> impl Strategy<Value = Block> {
    let resource = (
        words(),
        prop::option::of("[0-9 ()+-]{3,14}"),
        prop::option::of(words()),
    )
        .prop_map(|(name, phone, url)| Resource {
            name,
            phone,
            sms: None,
            url,
            country: "INTL".into(),
        });
    prop_oneof![
        words().prop_map(|text| Block::Text { text }),
        words().prop_map(|text| Block::Reflection { text }),
        words().prop_map(|text| Block::Action { text }),
        (words(), words()).prop_map(|(reference, text)| Block::Verse {
            reference,
            text,
            translation: "ASV".into()
        }),
        prop::collection::vec(resource, 0..5).prop_map(|items| Block::Resources { items }),
        prop::collection::vec((".{0,48}", words()), 0..4).prop_map(|items| Block::Choices {
            items: items
                .into_iter()
                .map(|(id, label)| Choice { id, label })
                .collect(),
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_message_is_ever_refused(blocks in prop::collection::vec(block(), 0..8)) {
        let parts = render(&blocks);
        prop_assert!(parts.len() <= 12);
        for part in parts {
            let rich = message_text(part.rich.as_deref().unwrap(), "HTML", false);
            let plain = message_text(&part.plain, "", false);
            prop_assert!(rich.is_ok() && plain.is_ok(), "{rich:?} {plain:?}");
            // Both forms say the same.
            prop_assert_eq!(rich.unwrap().text, plain.unwrap().text);
        }
    }

    #[test]
    fn a_verse_is_not_broken_if_it_fits(before in words(), text in "[a-z]{1,9}( [a-z]{1,9}){1,500}") {
        let verse = Block::Verse { reference: "John 3:16".into(), text: text.clone(), translation: "ASV".into() };
        let whole = verse.plain();
        prop_assume!(whole.len() <= 4096);
        let parts = render(&[Block::Text { text: before }, verse]);
        prop_assert!(parts.iter().any(|part| part.plain.contains(&whole)));
    }
}

#[tokio::test]
async fn a_hundred_kilobytes_of_anything_arrive_over_http() {
    let telegram = counterpart().await;
    telegram.act(&Incoming::text(42, "hi"));
    let bot = bot(&telegram);
    let samples = [
        "<&>\u{202e}\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} e\u{301} ".repeat(3_000),
        "z\u{301}".to_owned() + &"\u{301}".repeat(50_000),
        "\u{1f600}".repeat(25_000),
        "\u{5e9}\u{5dc}\u{5d5}\u{5dd} ".repeat(11_000),
        "a".repeat(100_000),
    ];
    for sample in samples {
        for part in render(&[Block::Verse {
            reference: sample.clone(),
            text: sample,
            translation: "X".into(),
        }]) {
            bot.send(&to(42), &part, true, &effect()).await.unwrap();
            bot.send(&to(42), &part, false, &effect()).await.unwrap();
        }
    }
    assert!(telegram.counters().errors.is_empty());
}
