//! The scenarios in `data/care/scenarios` are read as labelled, and no trick of typing hides
//! danger.
#![allow(clippy::unwrap_used)] // to fail is its way of saying no

use std::time::{Duration, Instant};

use muykol_core::{
    care::{Context, assess, check_rules},
    words::CrisisLevel,
};
use proptest::prelude::*;

const SCENARIOS: &str = include_str!("../data/care/scenarios/crisis.tsv");
const FEELINGS: &str = include_str!("../data/care/scenarios/feelings.tsv");

/// Bytes of the long messages: a megabyte in a release build, less where nothing is optimised.
const LONG: usize = if cfg!(debug_assertions) {
    100_000
} else {
    1_000_000
};

struct Scenario {
    category: &'static str,
    level: &'static str,
    kind: &'static str,
    text: String,
}

fn scenarios() -> impl Iterator<Item = Scenario> {
    SCENARIOS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let mut columns = line.split('\t');
            let mut next = || columns.next().unwrap();
            Scenario {
                category: next(),
                level: next(),
                kind: next(),
                text: next().replace("\\n", "\n"),
            }
        })
}

fn level(text: &str) -> CrisisLevel {
    assess(text, &Context::default()).crisis.level
}

#[test]
fn every_scenario_is_read_as_labelled() {
    check_rules().unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    for Scenario {
        category,
        level,
        kind,
        text,
    } in scenarios()
    {
        count += 1;
        let crisis = assess(&text, &Context::default()).crisis;
        let fits = match level {
            "danger" | "danger+" => crisis.level >= CrisisLevel::Danger,
            "below" => crisis.level < CrisisLevel::Danger,
            exact => crisis.level.name() == exact,
        };
        let kinds = serde_json::to_string(&crisis.kinds).unwrap();
        if !fits || !kinds.contains(kind) {
            wrong.push(format!("{category} {level} {kind}: {crisis:?} {text}"));
        }
        if crisis.level > CrisisLevel::None && crisis.language.is_none() {
            wrong.push(format!("no language: {text}"));
        }
        if (crisis.level > CrisisLevel::None)
            != (!crisis.reasons.is_empty() && !crisis.kinds.is_empty())
        {
            wrong.push(format!("no reason or kind: {text}"));
        }
    }
    assert!(count >= 600, "{count} scenarios");
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn danger_is_heard_in_its_own_language() {
    for (text, language) in [
        ("quiero morir", "es"),
        ("quero morrer", "pt"),
        ("je veux mourir", "fr"),
        ("ich will sterben", "de"),
        ("nataka kufa", "sw"),
        ("मैं मरना चाहता हूँ", "hi"),
        ("khudkushi karna chahti hoon", "hi-Latn"),
        ("ayoko nang mabuhay", "tl"),
        ("죽고 싶어", "ko"),
        ("我想死", "zh"),
        ("أريد أن أموت", "ar"),
        ("я хочу умереть", "ru"),
        ("mo fẹ́ kú", "yo"),
        ("I want to die", "en"),
    ] {
        let crisis = assess(text, &Context::default()).crisis;
        assert_eq!(crisis.language.as_deref(), Some(language), "{text}");
    }
}

#[test]
fn feelings_are_heard_in_at_least_85_of_100() {
    let (mut heard, mut count) = (0_u32, 0_u32);
    let mut missed = Vec::new();
    for line in FEELINGS.lines().filter(|line| !line.starts_with('#')) {
        let (feeling, rest) = line.split_once('\t').unwrap();
        let (_, text) = rest.split_once('\t').unwrap();
        let emotion = assess(text, &Context::default()).emotion;
        count += 1;
        if emotion.primary.name() == feeling
            || emotion.secondary.is_some_and(|e| e.name() == feeling)
        {
            heard += 1;
        } else {
            missed.push(text);
        }
    }
    assert!(count >= 200);
    assert!(
        heard * 100 >= count * 85,
        "{heard} of {count}\n{}",
        missed.join("\n")
    );
}

#[test]
fn what_is_unclear_is_neutral_and_unsure() {
    let emotion = assess("the blue one over there", &Context::default()).emotion;
    assert_eq!(emotion.primary.name(), "neutral");
    assert!(emotion.confidence <= 0.3);
    let denied = assess("I am not happy", &Context::default()).emotion;
    assert_ne!(denied.primary.name(), "joy");
}

#[test]
fn context_only_raises() {
    let recent = ["I want to die", "I can't sleep"];
    let context = Context {
        recent: &recent,
        locale: None,
    };
    let taken_back = assess("never mind, just kidding", &context).crisis;
    assert_eq!(taken_back.level, CrisisLevel::Concern);
    let goes_on = assess("thank you for everything. goodbye", &context).crisis;
    assert!(goes_on.level >= CrisisLevel::Danger);
    assert_eq!(level("never mind, just kidding"), CrisisLevel::None);
    for Scenario { text, .. } in scenarios().step_by(7) {
        assert!(
            assess(&text, &context).crisis.level >= level(&text),
            "{text}"
        );
    }
}

/// One way of typing the same words.
fn disguise(text: &str, trick: usize, seed: usize) -> String {
    let nth = |index: usize| (index.wrapping_mul(31).wrapping_add(seed)).is_multiple_of(3);
    let mapped = |f: &dyn Fn(usize, char) -> String| -> String {
        text.chars()
            .enumerate()
            .map(|(index, c)| f(index, c))
            .collect()
    };
    match trick {
        0 => text.replace('\'', "\u{2019}"),
        1 => mapped(&|i, c| {
            if nth(i) {
                format!("{c}\u{200b}")
            } else {
                c.to_string()
            }
        }),
        2 => text.to_uppercase(),
        3 => text.replace(
            ' ',
            if seed.is_multiple_of(2) {
                "\n"
            } else {
                "  \u{a0} "
            },
        ),
        4 => mapped(&|i, c| {
            if nth(i) && c.is_alphabetic() {
                format!("{c}\u{336}")
            } else {
                c.to_string()
            }
        }),
        5 => text
            .chars()
            .map(|c| {
                if c.is_ascii_alphabetic() {
                    char::from_u32(c as u32 + 0xfee0).unwrap()
                } else {
                    c
                }
            })
            .collect(),
        6 => text
            .replace("kill", "k1ll")
            .replace("die", "d1e")
            .replace("suicide", "su1c1de")
            .replace("end", "3nd"),
        7 => text
            .replace("kill", "k i l l")
            .replace("die", "d i e")
            .replace("suicide", "s u i c i d e"),
        8 => format!(
            "{text}{}",
            text.chars()
                .last()
                .unwrap_or('!')
                .to_string()
                .repeat(seed % 5 + 2)
        ),
        9 => text.replace('\'', ""),
        10 => text
            .replace('\'', "\u{b4}")
            .replace('i', if seed.is_multiple_of(2) { "і" } else { "i" }),
        _ => format!("\u{202e}{text}\u{202c} \u{1f622}"),
    }
}

#[test]
fn no_disguise_hides_a_direct_statement() {
    let direct = [
        "I want to die",
        "I want to kill myself",
        "I don't want to live anymore",
        "I'm going to kill myself",
        "I'm thinking about suicide",
        "I can't live anymore, I want to die",
        "I want to end my life",
        "I wish I would die",
        "I'm going to end it all tonight, I will kill myself",
    ];
    for text in direct {
        for trick in 0..12 {
            for seed in 0..6 {
                let written = disguise(text, trick, seed);
                assert!(
                    level(&written) >= CrisisLevel::Danger,
                    "trick {trick}: {written:?}"
                );
            }
        }
    }
}

/// A long message is read whole, and its cost grows with its length and no faster: ten times the
/// text may take some fifteen times as long, whatever is repeated.
#[test]
fn a_long_message_is_read_to_its_end_at_a_cost_in_its_length() {
    let filler = "The garden was quiet and the children played until the evening came. ";
    let mut text = filler.repeat(LONG / filler.len());
    text.push_str("I want to kill myself.");
    assert!(level(&text) >= CrisisLevel::Danger);
    let hostile = [
        filler,
        "i want to ",
        "a ",
        "no no ",
        "k i l l ",
        "ا",
        "💊",
        "if i was ",
        "1",
        "kill myself ",
        "i am tired. ",
        "die of ",
    ];
    for repeated in hostile {
        let time = |length: usize| {
            let text = repeated.repeat(length / repeated.len());
            let start = Instant::now();
            let _ = level(&text);
            start.elapsed()
        };
        let short = time(LONG / 10);
        let long = time(LONG);
        println!("{repeated:?}: {short:?}, {long:?}");
        // A busy machine may stretch one of the two; the square would be a hundred times.
        assert!(
            long < short * 60 + Duration::from_millis(500),
            "{repeated:?}: {short:?}, {long:?}"
        );
    }
}

/// What one message costs, printed for the record; run with `--release -- --nocapture`.
#[test]
fn what_a_message_costs() {
    let start = Instant::now();
    check_rules().unwrap();
    println!("rules compiled in {:?}", start.elapsed());
    let text = "I don't know who else to tell. My boss let me go on Monday and I can't sleep, I keep \
        thinking about the rent and the kids, and I feel so far from God. Please pray for me, I am \
        so tired of it all tonight.";
    let start = Instant::now();
    for _ in 0..200 {
        assert!(level(text) <= CrisisLevel::Concern);
    }
    println!("{} characters in {:?}", text.len(), start.elapsed() / 200);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text_is_read(text in any::<String>()) {
        let reading = assess(&text, &Context { recent: &[&text], locale: Some("en") });
        prop_assert!((0.0..=1.0).contains(&reading.emotion.confidence));
    }

    #[test]
    fn danger_is_heard_among_other_words(
        before in "[a-z ]{0,40}\\. ",
        trick in 0_usize..12,
        seed in 0_usize..99,
    ) {
        let text = format!("{before}{}", disguise("I want to kill myself", trick, seed));
        prop_assert!(level(&text) >= CrisisLevel::Danger, "{text:?}");
    }
}

/// Measures false alarms on other people's messages: one text a line in the file that
/// `CARE_ORDINARY` names. Nothing of it is kept in the repository.
#[test]
fn ordinary_messages_are_left_alone() {
    let Ok(path) = std::env::var("CARE_ORDINARY") else {
        return;
    };
    let text = std::fs::read_to_string(path).unwrap();
    let alarms: Vec<&str> = text
        .lines()
        .filter(|line| level(line) >= CrisisLevel::Danger)
        .collect();
    for line in &alarms {
        println!("{line}");
    }
    let count = text.lines().count();
    println!("{} alarms in {count}", alarms.len());
    assert!(
        alarms.len() * 100 <= count,
        "{} alarms in {count}",
        alarms.len()
    );
}
