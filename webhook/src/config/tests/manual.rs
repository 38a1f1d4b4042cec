//! The compiled-in file: default, manual and schema.

use std::collections::BTreeSet;

use super::*;
use crate::config::{layers::Layers, reader::Reader, variables as names};

#[test]
fn the_manual_is_the_default() {
    let of_file = Config {
        files: Vec::new(),
        ..config(&file(MANUAL))
    };
    let default = config(&Sources::default());
    assert_eq!(format!("{of_file:?}"), format!("{default:?}"));
    assert_eq!(default.server.bind.to_string(), "127.0.0.1:8080");
    assert_eq!(default.store, Store::Sqlite("muykol.db".into()));
    assert_eq!(default.telegram.api_url, "https://api.telegram.org");
    assert_eq!(default.telegram.mode, TelegramMode::Poll);
    assert_eq!(default.church.translation, "ASV");
    assert!(default.llm.settings().is_none());
    assert_eq!(default.limits.messages.burst, 20);
    assert_eq!(default.retention.unconsented.as_secs(), 24 * 60 * 60);
    assert_eq!(
        default.retention.kinds.history.as_secs(),
        365 * 24 * 60 * 60
    );
}

#[test]
fn the_models_defaults_are_the_adapters() {
    let url = "http://localhost/v1";
    let sources = variables(&[("MUYKOL_LLM__BASE_URL", url), ("MUYKOL_LLM__MODEL", "m")]);
    let configured = config(&sources).llm.settings().unwrap();
    let adapters = muykol_llm::Settings::new(url.parse().unwrap(), "m");
    assert_eq!(format!("{configured:?}"), format!("{adapters:?}"));
}

#[test]
fn every_key_is_read_and_explained() {
    let mut reader = Reader::new(Layers::defaults());
    Config::read(&mut reader, Vec::new());
    assert_eq!(reader.unread(), Vec::<String>::new());

    let mut above = "";
    for line in MANUAL.lines() {
        if let Some((key, value)) = line.split_once(" = ")
            && !line.starts_with('#')
        {
            assert!(above.starts_with("# "), "{key} has no explanation");
            if value.starts_with(|c: char| c.is_ascii_digit()) {
                let (explanation, _) = MANUAL.split_once(line).unwrap();
                let comment = explanation.rsplit("\n\n").next().unwrap();
                let own: Vec<_> = comment
                    .lines()
                    .rev()
                    .take_while(|line| line.starts_with('#'))
                    .collect();
                assert!(
                    own.iter().any(|line| line.contains(" to ")),
                    "{key} has no range"
                );
            }
        }
        assert!(line.len() <= 100, "{line}");
        above = line;
    }
}

#[test]
fn the_ranges_of_the_manual_are_the_ranges() {
    // Every "N to M" beside a number: both ends pass, one beyond either does not.
    let mut comment = String::new();
    let mut section = String::new();
    let mut checked = 0;
    for line in MANUAL.lines() {
        if let Some(text) = line.strip_prefix('#') {
            comment.push_str(text);
            continue;
        }
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').to_owned();
        }
        if let Some((key, value)) = line.split_once(" = ")
            && value.parse::<u32>().is_ok()
            && key != "messages_burst"
        {
            let words: Vec<&str> = comment
                .split(|c: char| c.is_whitespace() || ",.:;".contains(c))
                .collect();
            let (low, high) = words
                .windows(3)
                .filter_map(|three| match three {
                    [low, "to", high] => {
                        Some((low.parse::<u32>().ok()?, high.parse::<u32>().ok()?))
                    }
                    _ => None,
                })
                .next_back()
                .unwrap_or_else(|| panic!("{key} has no range"));
            let load = |value: u32| Config::load(&file(&format!("[{section}]\n{key} = {value}\n")));
            for good in [low, high] {
                assert!(load(good).is_ok(), "{key} = {good}");
            }
            assert!(load(high + 1).is_err(), "{key} = {high} + 1");
            if low > 0 {
                assert!(load(low - 1).is_err(), "{key} = {low} - 1");
            }
            checked += 1;
        }
        comment.clear();
    }
    assert!(checked >= 18, "{checked}");
}

#[test]
fn the_manual_and_the_example_name_only_what_exists() {
    let known: BTreeSet<String> = Layers::defaults()
        .keys()
        .map(|(section, key)| names::name(section, key))
        .collect();
    for line in include_str!("../../../../.env.example").lines() {
        if let Some((name, _)) = line.trim_start_matches('#').split_once('=')
            && !name.contains(' ')
        {
            assert!(
                known.contains(name) || names::vendor_key(name).is_some(),
                "{name}"
            );
        }
    }
}
