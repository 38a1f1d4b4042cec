//! The verifier: examples of every kind, and the two bars over all verses.
#![allow(clippy::unwrap_used)] // to fail is its way of saying no

use muykol_core::scripture::{Book, Library, Reference, TranslationId, Verdict, Verified, verify};

fn check(text: &str) -> Verified {
    verify(text, &Library::embedded(), &"ASV".into())
}

fn verdicts(verified: &Verified) -> Vec<Verdict> {
    verified
        .findings
        .iter()
        .map(|finding| finding.verdict)
        .collect()
}

const JOHN_3_16: &str = "For God so loved the world, that he gave his only begotten Son, that \
    whosoever believeth on him should not perish, but have eternal life.";
const JOHN_3_16_KJV: &str = "For God so loved the world, that he gave his only begotten Son, that \
    whosoever believeth in him should not perish, but have everlasting life.";

#[test]
fn what_is_quoted_from_a_book_that_is_in_no_bible_goes() {
    for invented in [
        "It also says in Hezekiah 3:16, \"God helps those who help themselves.\"",
        "Hezekiah 3:16 says \"God helps those who help themselves.\"",
        "“God helps those who help themselves.” (Hezekiah 3:16)",
        "As Second Opinions 1:2 puts it: 'Be strong and never doubt yourself.'",
    ] {
        let verified = check(&format!("I hear you. {invented} Be well."));
        assert_eq!(verified.text, "I hear you. Be well.", "{invented}");
        assert_eq!(verdicts(&verified), [Verdict::NotScripture], "{invented}");
    }
    // A time of day is no reference.
    let meeting = "On Monday 9:30 they will tell you. You said \"I dread it\".";
    assert_eq!(check(meeting).text, meeting);
}

#[test]
fn text_without_scripture_is_untouched() {
    for text in [
        "",
        "I'm so sorry. That sounds heavy, and you don't have to carry it alone.",
        "You said \"I feel like giving up\", and I heard you.",
        "You wrote 'I can't sleep' at 3:16 am. Mark 2 items on the list; job 2 can wait.",
        "*Breathe* in for 4, hold for 7, out for 8. “You matter,” as your friend says.",
        "Psalm 34:18 comes to mind for a night like this one.",
        "You said \"I feel so alone\" and Psalm 34:18 comes to mind.",
        "Psalm 34:18 is close to what you said: \"I feel so alone\".",
        "John 3:16 — what a promise to hold on to!",
        "The Bible says that God loves us, and I believe it.",
        "  odd   spaces\n\n\n and [brackets] [[ and > signs\n> quoted mail\n",
    ] {
        let verified = check(text);
        assert_eq!(verified.text, text);
        assert_eq!(verified.findings, [], "{text}");
    }
}

#[test]
fn true_quotations_are_exact_in_the_translation_they_come_from() {
    for (before, after) in [
        ("“", "” (John 3:16)"),
        ("\"", "\" - John 3:16"),
        ("John 3:16 says, \"", "\" Rest in that."),
        ("In John 3:16, Jesus tells Nicodemus: “", "”"),
        ("\n\n> ", "\n> — John 3:16"),
        ("*", "* (John 3:16)"),
        ("_", "_\n— John 3:16"),
        ("«", "» (Juan 3:16)"),
        ("‘", "’ (John 3:16)"),
        ("John 3:16 says, ", " Rest in that."),
        ("John 3:16: ", ""),
        ("", " (John 3:16)"),
        ("", "\n— John 3:16"),
        ("\n\n**John 3:16**\n> ", ""),
        ("The Bible says, “", "”"),
    ] {
        for (verse, translation) in [(JOHN_3_16, "ASV"), (JOHN_3_16_KJV, "KJV")] {
            let text = format!("You are loved. {before}{verse}{after}");
            let verified = check(&text);
            assert_eq!(
                verdicts(&verified),
                [Verdict::Exact],
                "{text}\n{verified:?}"
            );
            assert_eq!(verified.text, text);
            let finding = &verified.findings[0];
            assert_eq!(finding.reference.as_deref(), Some("John 3:16"));
            assert_eq!(finding.translation.as_ref().unwrap().0, translation);
        }
    }
}

#[test]
fn spelling_and_punctuation_become_those_of_the_held_text() {
    let verified = check("“the lord is my shepherd I shall not want” (Psalm 23:1)");
    assert_eq!(verdicts(&verified), [Verdict::Exact]);
    assert_eq!(
        verified.text,
        "“The LORD is my shepherd; I shall not want.” (Psalm 23:1)"
    );
    let verified = check("“For God so loved the world … should not perish” (John 3:16, NIV)");
    assert_eq!(verdicts(&verified), [Verdict::Exact]);
    assert_eq!(
        verified.text,
        "“For God so loved the world … should not perish” (John 3:16, ASV)"
    );
}

#[test]
fn wrong_words_become_the_true_ones() {
    for text in [
        "“For God so hated the world, that he gave his only begotten Son, that whosoever believeth on him should not perish, but have eternal life.” (John 3:16)",
        "“For God so loved the world that he gave his one and only Son, that whoever believes in him shall not perish but have eternal life.” (John 3:16)",
        "John 3:16 says, For God so loved the church, that he gave his only begotten Son, that whosoever believeth on him should not perish, but have eternal life.",
        "For God so loved the world, that he gave his only begotten Son, that whosoever believeth on him should not suffer, but have eternal life. (John 3:16)",
        "John 3:16 says, God so loved the world, that he gave his only begotten Son, that whosoever believeth on him should not perish, but have eternal life.",
    ] {
        let verified = check(text);
        assert_eq!(
            verdicts(&verified),
            [Verdict::Corrected],
            "{text}\n{verified:?}"
        );
        assert!(verified.text.contains(JOHN_3_16), "{}", verified.text);
    }
    let verified =
        check("“Cast all your anxiety on him because he cares for you.” (1 Peter 5:7 NIV)");
    assert_eq!(
        verified.text,
        "“casting all your anxiety upon him, because he careth for you.” (1 Peter 5:7 ASV)"
    );
}

#[test]
fn true_words_under_a_wrong_reference_get_the_right_one() {
    let verified = check(&format!("Listen: “{JOHN_3_16}” (Mark 3:16)"));
    assert_eq!(verdicts(&verified), [Verdict::Corrected]);
    assert_eq!(verified.text, format!("Listen: “{JOHN_3_16}” (John 3:16)"));
    let verified = check("“Jehovah is nigh unto them that are of a broken heart” (Psalm 43:18)");
    assert_eq!(verdicts(&verified), [Verdict::UnknownReference]);
    assert_eq!(verified.text, "");
}

#[test]
fn what_is_not_scripture_goes_with_its_sentence() {
    for (text, left) in [
        (
            "You matter. The Bible says, “God helps those who help themselves.” Rest now.",
            "You matter. Rest now.",
        ),
        (
            "You matter. “You will be rich beyond every dream by Friday” (Hosea 9:14). Rest now.",
            "You matter. Rest now.",
        ),
        (
            "You matter.\n\nAs it is written: “Money buys a quiet night for everyone.”\n\nRest now.",
            "You matter.\n\nRest now.",
        ),
        (
            "Hold on. The Bible tells us God will never give you more than you can handle. Breathe.",
            "Hold on. Breathe.",
        ),
    ] {
        let verified = check(text);
        assert_eq!(
            verdicts(&verified),
            [Verdict::NotScripture],
            "{text}\n{verified:?}"
        );
        assert_eq!(verified.text, left);
    }
}

#[test]
fn impossible_references_go_with_their_sentence() {
    for (text, left) in [
        (
            "You matter. Psalm 151 comes to mind. Rest now.",
            "You matter. Rest now.",
        ),
        (
            "You matter. “God is near.” (John 3:99) Rest now.",
            "You matter. Rest now.",
        ),
        (
            "You matter. John 3:99 says, “God is near. Always.” Rest now.",
            "You matter. Rest now.",
        ),
    ] {
        let verified = check(text);
        assert_eq!(
            verdicts(&verified),
            [Verdict::UnknownReference],
            "{text}\n{verified:?}"
        );
        assert_eq!(verified.text, left);
    }
}

#[test]
fn marked_lines_become_passages() {
    let verified = check("Here is a word for tonight.\n\n[[John 3:16]]\n\nRest now.");
    assert_eq!(
        verified.text,
        format!("Here is a word for tonight.\n\n“{JOHN_3_16}”\n— John 3:16 (ASV)\n\nRest now.")
    );
    assert_eq!(verdicts(&verified), [Verdict::Exact]);
    let verified = check("A word.\n\n[[John 3:99]]\n\nRest now.");
    assert_eq!(verified.text, "A word.\n\nRest now.");
    assert_eq!(verdicts(&verified), [Verdict::UnknownReference]);
}

/// Found by fuzzing.
#[test]
fn quotations_that_cross_are_no_trouble() {
    check(
        "> Jesus wep`.\n> — John 1:1anhea3, he said; ‘Gods+++ r”, he said; ‘God’s++*aee cp cp’ *is* here,",
    );
}

#[test]
fn the_json_form_is_stable() {
    let verified = check("“Jesus wept.” (John 11:35)");
    assert_eq!(
        serde_json::to_value(&verified).unwrap(),
        serde_json::json!({
            "text": "“Jesus wept.” (John 11:35)",
            "findings": [{
                "reference": "John 11:35",
                "verdict": "exact",
                "quoted": "Jesus wept.",
                "shown": "Jesus wept.",
                "translation": "ASV",
            }],
        })
    );
}

/// Every verse of a translation, with its reference.
fn every_verse(library: &Library, id: &TranslationId) -> Vec<(Reference, String)> {
    let mut verses = Vec::new();
    for book in Book::all().filter(|book| book.is_held()) {
        for chapter in 1..=book.chapters() {
            for verse in 1..=book.verses(chapter).unwrap_or(0) {
                let reference = Reference::verse_range(book, chapter, verse, verse);
                if let Ok(passage) = library.passage(&reference, id) {
                    verses.push((reference, passage.text));
                }
            }
        }
    }
    verses
}

/// How people and models quote: what stands before and after the words.
const STYLES: [(&str, &str); 9] = [
    ("“", "” (REF)"),
    ("\"", "\" — REF"),
    ("REF says, “", "”"),
    ("\n\n> ", "\n> — REF"),
    ("*", "* (REF)"),
    ("‘", "’ (REF)"),
    ("REF: ", ""),
    ("REF says, ", " You are not alone."),
    ("", " (REF)"),
];

/// Every how-many-th verse the normal test takes; all with `MUYKOL_EVERY_VERSE` set.
fn step(sample: usize) -> usize {
    if std::env::var("MUYKOL_EVERY_VERSE").is_ok() {
        1
    } else {
        sample
    }
}

fn quote(style: (&str, &str), words: &str, reference: &Reference) -> String {
    let reference = reference.to_string();
    format!(
        "You are loved. {}{words}{}",
        style.0.replace("REF", &reference),
        style.1.replace("REF", &reference)
    )
}

#[test]
fn every_verse_quoted_truly_is_exact_and_undamaged() {
    let library = Library::embedded();
    let mut wrong = 0;
    let mut count = 0;
    for id in ["ASV", "KJV"] {
        let id = TranslationId::from(id);
        for (index, (reference, verse)) in every_verse(&library, &id).into_iter().enumerate() {
            for (number, style) in STYLES.into_iter().enumerate() {
                if (index + number) % step(41) != 0 {
                    continue;
                }
                count += 1;
                let text = quote(style, &verse, &reference);
                let verified = verify(&text, &library, &"ASV".into());
                if verdicts(&verified) != [Verdict::Exact] || verified.text != text {
                    wrong += 1;
                    if wrong < 25 {
                        println!(
                            "{text}\n  became {}\n  {:?}",
                            verified.text,
                            verdicts(&verified)
                        );
                    }
                }
            }
        }
    }
    assert_eq!(wrong, 0, "of {count}");
}

/// The words of a text by the verifier's own rule, spelled without it.
fn plain(text: &str) -> String {
    text.to_lowercase()
        .replace('æ', "ae")
        .chars()
        .filter(|c| !"'’‘".contains(*c))
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect::<String>()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn is_part(words: &str, verse: &str) -> bool {
    format!(" {verse} ").contains(&format!(" {words} "))
}

fn corrupt(verse: &str, kind: usize, at: usize) -> String {
    let mut words: Vec<&str> = verse.split(' ').collect();
    let at = at % words.len();
    match kind {
        0 => words[at] = "lantern",
        1 => {
            words.remove(at);
        }
        2 => words.insert(at, "truly"),
        3 => {
            let next = (at + 1) % words.len();
            words.swap(at, next);
        }
        _ => words[at] = "not",
    }
    words.join(" ")
}

#[test]
fn no_verse_with_one_word_changed_passes_unmarked() {
    let library = Library::embedded();
    let held: std::collections::HashMap<String, std::collections::HashSet<String>> = {
        let mut held: std::collections::HashMap<String, std::collections::HashSet<String>> =
            std::collections::HashMap::new();
        for id in ["ASV", "KJV"] {
            for (reference, verse) in every_verse(&library, &id.into()) {
                held.entry(reference.to_string())
                    .or_default()
                    .insert(plain(&verse));
            }
        }
        held
    };
    let mut wrong = 0;
    let mut count = 0;
    for id in ["ASV", "KJV"] {
        let id = TranslationId::from(id);
        for (index, (reference, verse)) in every_verse(&library, &id).into_iter().enumerate() {
            for (number, style) in STYLES.into_iter().enumerate() {
                for kind in 0..5 {
                    // All of them: every kind in one style, and one kind in every other.
                    let chosen = number == 0 || kind == (index + number) % 5;
                    if !chosen || (index * 45 + number * 5 + kind) % step(53) != 0 {
                        continue;
                    }
                    let changed = corrupt(&verse, kind, index / 3 + number);
                    let (same, plain_verse) = (plain(&changed), plain(&verse));
                    // A part of the verse in the other translation is true as well.
                    let true_elsewhere = held[&reference.to_string()].iter().any(|verse| {
                        *verse == same || (!verse.contains(&plain_verse) && is_part(&same, verse))
                    });
                    if same.is_empty() || same == plain_verse || true_elsewhere {
                        continue;
                    }
                    count += 1;
                    let text = quote(style, &changed, &reference);
                    let verified = verify(&text, &library, &"ASV".into());
                    let marked = verified
                        .findings
                        .iter()
                        .any(|finding| finding.verdict != Verdict::Exact);
                    if !marked {
                        wrong += 1;
                        if wrong < 25 {
                            println!(
                                "{text}\n  became {}\n  {:?}",
                                verified.text, verified.findings
                            );
                        }
                    }
                }
            }
        }
    }
    assert_eq!(wrong, 0, "of {count}");
}
