//! The verifier on a stream.

use std::sync::Arc;

use muykol_core::scripture::{
    Checked, Finding, Library, Reference, StreamVerifier, Verdict, find_references, parse_exact,
    verify,
};
use proptest::prelude::*;

fn stream<'t>(pieces: impl IntoIterator<Item = &'t str>) -> (Vec<Checked>, Vec<Finding>) {
    let mut stream = StreamVerifier::new(Arc::new(Library::embedded()), "ASV".into());
    let mut released = Vec::new();
    for piece in pieces {
        released.extend(stream.push(piece));
    }
    released.extend(stream.finish());
    (released, stream.findings().to_vec())
}

/// Cuts `text` into pieces of the lengths given, again and again.
fn pieces<'t>(text: &'t str, lengths: &[usize]) -> Vec<&'t str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    for length in lengths.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let end = rest
            .char_indices()
            .nth(*length)
            .map_or(rest.len(), |(at, _)| at);
        pieces.push(&rest[..end]);
        rest = &rest[end..];
    }
    pieces
}

fn shown(released: &[Checked]) -> String {
    let mut text = String::new();
    for piece in released {
        match piece {
            Checked::Text {
                text: words,
                starts_paragraph,
            } => {
                if !text.is_empty() {
                    text.push_str(if *starts_paragraph { "\n\n" } else { " " });
                }
                text.push_str(words);
            }
            Checked::Passage(passage) => {
                text.extend(["\n\n“", &passage.text, "” ", &passage.reference.to_string()]);
            }
        }
    }
    text
}

const REPLY: &str = "I'm so sorry you lie awake again. That is a heavy thing to carry.\n\n\
    Jesus said, “Come unto me, all ye that labor and are heavy laden, and I will give you rest.” \
    (Matthew 11:28) He meant people like you. The Bible says, \"Money will come by Friday.\" \
    Try to breathe slowly.\n\n[[Psalm 34:18]]\n\nWhat would help most tonight?";

#[test]
fn a_reply_is_checked_sentence_by_sentence() {
    let (released, findings) = stream([REPLY]);
    let verdicts: Vec<Verdict> = findings.iter().map(|finding| finding.verdict).collect();
    assert_eq!(
        verdicts,
        [Verdict::Exact, Verdict::NotScripture, Verdict::Exact]
    );
    let text = shown(&released);
    assert!(text.contains("“Come unto me, all ye that labor and are heavy laden, and I will give you rest.” (Matthew 11:28)"), "{text}");
    assert!(!text.contains("Friday"), "{text}");
    assert!(released.iter().any(|piece| matches!(piece, Checked::Passage(passage) if passage.reference.to_string() == "Psalm 34:18")));
    assert!(text.ends_with("What would help most tonight?"));
}

#[test]
fn a_plain_sentence_is_released_before_the_reply_ends() {
    let mut stream = StreamVerifier::new(Arc::new(Library::embedded()), "ASV".into());
    assert_eq!(stream.push("I'm so sorry you lie awake again. "), []);
    let released = stream.push("Tell me what weighs most on your mind right now, if you like.");
    assert_eq!(
        released,
        [Checked::Text {
            text: "I'm so sorry you lie awake again.".into(),
            starts_paragraph: true
        }]
    );
}

#[test]
fn a_reference_alone_on_a_line_becomes_a_passage() {
    let (released, _) = stream(["Here is a word.\n\n", "Psalm 34:18\n\nRest now."]);
    assert_eq!(released.len(), 3, "{released:?}");
    assert!(
        matches!(&released[1], Checked::Passage(passage) if passage.text.starts_with("Jehovah is nigh"))
    );
}

#[test]
fn what_is_wrong_is_marked_in_the_stream_too() {
    let library = Library::embedded();
    for (chapter, verses) in [(3u16, 36u16), (14, 31), (11, 57)] {
        for verse in 1..=verses {
            let book = parse_exact("John").unwrap().book;
            let reference = Reference::verse_range(book, chapter, verse, verse);
            let words = library.passage(&reference, &"ASV".into()).unwrap().text;
            let mut changed: Vec<&str> = words.split(' ').collect();
            let at = usize::from(verse) % changed.len();
            changed[at] = "lantern";
            let changed = changed.join(" ");
            for (before, after) in [
                ("“", "” (REF)"),
                ("REF says, “", "”"),
                ("", " (REF)"),
                ("REF: ", ""),
                ("\n\n> ", "\n> — REF\n\n"),
            ] {
                let reference = reference.to_string();
                let text = |words: &str| {
                    format!(
                        "You are loved. I mean it. {}{words}{} You are not alone in this. Rest now.",
                        before.replace("REF", &reference),
                        after.replace("REF", &reference)
                    )
                };
                let (_, findings) = stream(pieces(&text(&changed), &[7]));
                assert!(
                    findings
                        .iter()
                        .any(|finding| finding.verdict != Verdict::Exact),
                    "{}\n{findings:?}",
                    text(&changed)
                );
                let (released, findings) = stream(pieces(&text(&words), &[5, 11]));
                assert!(
                    findings
                        .iter()
                        .all(|finding| finding.verdict == Verdict::Exact),
                    "{}\n{findings:?}",
                    text(&words)
                );
                assert!(shown(&released).contains(&words), "{}", shown(&released));
            }
        }
    }
}

fn prose() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("I hear you. ".to_owned()),
        Just("You said \"I can't sleep\" and I believe you. ".to_owned()),
        Just("“For God so loved the world” (John 3:16). ".to_owned()),
        Just("John 3:16 says, For God so hated the world. ".to_owned()),
        Just("For God so loved the world. (John 3:99) ".to_owned()),
        Just("The Bible says, 'You will be rich.' ".to_owned()),
        Just("\n\n[[Psalm 34:18]]\n\n".to_owned()),
        Just("\n\nPsalm 23:1\n\n".to_owned()),
        Just("\n> Jesus wept.\n> — John 11:35\n".to_owned()),
        Just("*Jesus cried.* — John 11:35\n\n".to_owned()),
        Just("He said “never” and left".to_owned()),
        Just("‘God’s peace’ ".to_owned()),
        Just("see 1 ".to_owned()),
        Just("Cor 13:4–7; ".to_owned()),
        "\\PC{0,12}",
        "[\\s\"'“”‘’«»*_>()\\[\\]…:;.,—-]{0,6}",
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn how_a_text_is_cut_does_not_matter(
        text in prose(),
        lengths in proptest::collection::vec(1usize..40, 1..6),
    ) {
        prop_assert_eq!(stream([text.as_str()]), stream(pieces(&text, &lengths)));
    }

    #[test]
    fn arbitrary_text_is_no_trouble(text in any::<String>(), wild in prose()) {
        let library = Library::embedded();
        for text in [text, wild] {
            for found in find_references(&text) {
                prop_assert!(text.get(found.range.clone()).is_some());
                let _ = library.passage(&found.reference, &"KJV".into());
            }
            let _ = parse_exact(&text);
            let verified = verify(&text, &library, &"ASV".into());
            if verified.findings.is_empty() {
                prop_assert_eq!(verified.text, text);
            }
        }
    }
}
