//! Every crisis reply says what it must and nothing it must not, in every language.

use muykol_core::{
    care::{
        ChurchCare, ReplyContext, care_mode_note, check_replies, check_resources, crisis_reply,
        reply_languages, reply_warnings,
    },
    words::{Block, CrisisKind, CrisisLevel, CrisisReading, Resource},
};

const KINDS: [CrisisKind; 7] = [
    CrisisKind::Suicide,
    CrisisKind::SelfHarm,
    CrisisKind::ThirdParty,
    CrisisKind::Past,
    CrisisKind::Abuse,
    CrisisKind::Violence,
    CrisisKind::Medical,
];
const LEVELS: [CrisisLevel; 3] = [
    CrisisLevel::Concern,
    CrisisLevel::Danger,
    CrisisLevel::Imminent,
];

/// "Automated", "a trusted person" and "doctor" in each language, lower case.
const MUST_SAY: [(&str, &str, &str, &str); 12] = [
    ("en", "automated", "trust", "doctor"),
    ("es", "automático", "confianza", "médico"),
    ("pt", "automático", "confia", "médico"),
    ("fr", "automatique", "confiance", "médecin"),
    ("de", "automatisch", "vertrau", "arzt"),
    ("ru", "автоматический", "довер", "врач"),
    ("zh", "自动", "信任", "医生"),
    ("ko", "자동", "믿을", "의사"),
    ("ar", "آلي", "تثق", "طبيب"),
    ("hi", "स्वचालित", "भरोसेमंद", "डॉक्टर"),
    ("sw", "kiotomatiki", "unayemwamini", "daktari"),
    ("tl", "awtomatiko", "pinagkakatiwalaan", "doktor"),
];

/// Scripture and theology, methods, diagnosis, blame, promises demanded, farewells.
const MUST_NOT_SAY: [&str; 34] = [
    "god",
    "bible",
    "scripture",
    "verse",
    "psalm",
    "jesus",
    "sins",
    "hell",
    "heaven",
    "faith",
    "pills",
    "rope",
    "gun",
    "knife",
    "bridge",
    "depression",
    "bipolar",
    "disorder",
    "promise me",
    "you must",
    "selfish",
    "your fault.",
    "goodbye",
    "cannot talk",
    "overreact",
    "dios",
    "bibel",
    "biblia",
    "bíblia",
    "dieu",
    "gott",
    "pecado",
    "péché",
    "sünde",
];

fn reading(kind: CrisisKind, level: CrisisLevel, language: &str) -> CrisisReading {
    CrisisReading {
        level,
        kinds: vec![kind],
        language: Some(language.to_owned()),
        reasons: vec![],
    }
}

fn plain(blocks: &[Block]) -> String {
    Block::plain_all(blocks).to_lowercase()
}

#[test]
fn every_kind_level_and_language_has_a_whole_reply() {
    check_replies().unwrap();
    check_resources().unwrap();
    let languages: Vec<&str> = reply_languages().collect();
    assert_eq!(languages.len(), MUST_SAY.len());
    for (language, automated, trusted, doctor) in MUST_SAY {
        assert!(languages.contains(&language));
        for kind in KINDS {
            for level in LEVELS {
                let context = ReplyContext {
                    country: Some("US"),
                    ..ReplyContext::default()
                };
                let blocks = crisis_reply(&reading(kind, level, language), &context);
                let what = format!("{language} {kind:?} {level:?}");
                assert_eq!(blocks.len(), 4, "{what}");
                assert!(
                    matches!(&blocks[0], Block::Text { text } if text.chars().count() < 330),
                    "{what}"
                );
                assert!(
                    matches!(&blocks[1], Block::Resources { items } if items.len() >= 2),
                    "{what}"
                );
                let text = plain(&blocks);
                let english = MUST_SAY[0];
                let short_language = !["en", "es", "pt", "fr", "de"].contains(&language);
                let in_english = short_language && text.contains(english.1);
                let (automated, trusted, doctor) = if in_english {
                    (english.1, english.2, english.3)
                } else {
                    (automated, trusted, doctor)
                };
                assert!(
                    text.contains(automated),
                    "{what}: says it is automated\n{text}"
                );
                assert!(text.contains(trusted), "{what}: a trusted person\n{text}");
                assert!(text.contains(doctor), "{what}: a professional\n{text}");
                if level == CrisisLevel::Imminent && kind != CrisisKind::Past {
                    assert!(
                        plain(&blocks[..1]).contains("911"),
                        "{what}: the emergency number first\n{text}"
                    );
                }
                let Block::Text { text: question } = &blocks[3] else {
                    panic!("{what}")
                };
                let asks = question.ends_with(['?', '？', '؟']);
                assert!(asks, "{what}: asks, last of all: {question}");
                for bad in MUST_NOT_SAY {
                    // What was done is "not your fault"; only blame is barred.
                    let text = text
                        .replace("is not your fault", "")
                        .replace("this is not your fault.", "");
                    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
                    let said = if bad.contains([' ', '.']) {
                        text.contains(bad)
                    } else {
                        words.contains(&bad)
                    };
                    assert!(!said, "{what} says `{bad}`\n{text}");
                }
                assert!(
                    !text.contains('{'),
                    "{what}: everything is filled in\n{text}"
                );
            }
        }
    }
}

#[test]
fn full_languages_answer_every_kind_themselves() {
    for language in ["es", "pt", "fr", "de"] {
        for kind in KINDS {
            for level in LEVELS {
                let blocks =
                    crisis_reply(&reading(kind, level, language), &ReplyContext::default());
                assert!(
                    !plain(&blocks).contains("automated"),
                    "{language} {kind:?} {level:?}"
                );
            }
        }
    }
}

#[test]
fn an_unknown_country_is_asked_for_and_help_is_worldwide() {
    let blocks = crisis_reply(
        &reading(CrisisKind::Suicide, CrisisLevel::Danger, "en"),
        &ReplyContext::default(),
    );
    let text = plain(&blocks);
    assert!(text.contains("which country") && text.contains("findahelpline.com"));
    assert!(text.contains("your local emergency number"));
}

#[test]
fn the_church_and_the_prayer_team_come_beside_the_help() {
    let church = ChurchCare {
        name: "Grace Church".into(),
        pastor: Some("Pastor Ana".into()),
        pastor_contact: Some("+1 555 0100".into()),
        local_resources: vec![Resource {
            name: "Town counselling centre".into(),
            phone: Some("555 0101".into()),
            sms: None,
            url: None,
            country: "US".into(),
        }],
    };
    let context = ReplyContext {
        country: Some("US"),
        church: Some(&church),
        may_offer_prayer: true,
        ..ReplyContext::default()
    };
    let reading = reading(CrisisKind::Suicide, CrisisLevel::Danger, "en");
    let blocks = crisis_reply(&reading, &context);
    let Block::Resources { items } = &blocks[1] else {
        panic!()
    };
    assert_eq!(items[0].phone.as_deref(), Some("988"));
    assert!(
        items
            .iter()
            .any(|item| item.name == "Town counselling centre")
    );
    let text = plain(&blocks);
    assert!(text.contains("pastor ana at grace church") && text.contains("prayer team"));
    let without = ReplyContext {
        may_offer_prayer: false,
        ..context
    };
    assert!(!plain(&crisis_reply(&reading, &without)).contains("prayer"));
}

#[test]
fn a_public_room_gets_one_neutral_line_and_a_repeat_a_short_form() {
    for (language, ..) in MUST_SAY {
        let reading = reading(CrisisKind::Suicide, CrisisLevel::Imminent, language);
        let context = ReplyContext {
            public_room: true,
            country: Some("GB"),
            ..ReplyContext::default()
        };
        let blocks = crisis_reply(&reading, &context);
        assert_eq!(blocks.len(), 1, "{language}");
        assert!(
            !plain(&blocks).contains("life"),
            "nothing personal is said in public"
        );
        let context = ReplyContext {
            short_form: true,
            country: Some("GB"),
            ..ReplyContext::default()
        };
        let blocks = crisis_reply(&reading, &context);
        assert_eq!(blocks.len(), 2, "{language}");
        assert!(
            plain(&blocks).contains("999") && plain(&blocks).contains("116 123"),
            "{language}"
        );
    }
}

#[test]
fn care_mode_notes_do_not_repeat_and_keep_help_at_hand() {
    for (language, ..) in MUST_SAY {
        let context = ReplyContext {
            country: Some("GB"),
            language: Some(language),
            ..ReplyContext::default()
        };
        let notes: Vec<_> = (0..3)
            .map(|turn| care_mode_note(turn, &[CrisisKind::Suicide], &context))
            .collect();
        assert!(
            notes[0][0] != notes[1][0] && notes[1][0] != notes[2][0] && notes[0][0] != notes[2][0]
        );
        assert!(
            notes
                .iter()
                .all(|blocks| matches!(blocks.last(), Some(Block::Resources { .. })))
        );
    }
}

#[test]
fn an_unknown_language_is_answered_in_the_persons_else_in_english() {
    let reading = reading(CrisisKind::Suicide, CrisisLevel::Danger, "yo");
    assert!(plain(&crisis_reply(&reading, &ReplyContext::default())).contains("automated"));
    let french = ReplyContext {
        language: Some("fr-CA"),
        ..ReplyContext::default()
    };
    assert!(plain(&crisis_reply(&reading, &french)).contains("automatique"));
}

#[test]
fn doctor_is_told_that_nobody_has_signed() {
    assert!(
        reply_warnings()
            .iter()
            .any(|warning| warning.what == "en.suicide.danger")
    );
}
