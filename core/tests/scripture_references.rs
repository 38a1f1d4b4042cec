//! References: what is read, what is not, and the published rows.

use muykol_core::scripture::{
    Language, Library, ReferenceError, ScriptureError, find_references, find_references_in,
    parse_exact,
};

fn osis(text: &str) -> Vec<String> {
    find_references(text)
        .iter()
        .map(|found| found.reference.osis())
        .collect()
}

#[test]
fn reads_what_people_write() {
    for (written, expected) in [
        ("John 3:16", "John.3.16"),
        ("john 3:16", "John.3.16"),
        ("Jn3:16", "John.3.16"),
        ("JN 3.16", "John.3.16"),
        ("1 Cor. 13:4-7", "1Cor.13.4-1Cor.13.7"),
        ("I Cor 13:4–7", "1Cor.13.4-1Cor.13.7"),
        ("First Corinthians 13:4", "1Cor.13.4"),
        ("1st John 4:8", "1John.4.8"),
        ("1John 4:8", "1John.4.8"),
        ("2\u{a0}Tim\u{202f}1:7", "2Tim.1.7"),
        ("Phil 4:6\u{2011}7", "Phil.4.6-Phil.4.7"),
        (
            "Rom 8:28, 31-39; 12:1-2",
            "Rom.8.28,Rom.8.31-Rom.8.39,Rom.12.1-Rom.12.2",
        ),
        ("Psalm 23", "Ps.23"),
        ("Ps. 23:1b", "Ps.23.1"),
        ("Psalm 23:1ff", "Ps.23.1-Ps.23.6"),
        ("John 3:16f.", "John.3.16-John.3.17"),
        ("Psalms 1-3", "Ps.1-Ps.3"),
        ("Romans chapter 8, verse 28", "Rom.8.28"),
        ("Romans 8 verses 28 and 29", "Rom.8.28,Rom.8.29"),
        ("John 3 vv. 16-17", "John.3.16-John.3.17"),
        ("Jude 5", "Jude.1.5"),
        ("Jude 1:24-25", "Jude.1.24-Jude.1.25"),
        ("Gen 1:1-2:3", "Gen.1.1-Gen.2.3"),
        ("Song of Solomon 2:4", "Song.2.4"),
        ("Filipenses 4:6-7", "Phil.4.6-Phil.4.7"),
        ("1 Tesalonicenses 5:16", "1Thess.5.16"),
        ("Ésaïe 41:10", "Isa.41.10"),
        ("1 João 4:8", "1John.4.8"),
        ("Johannes 3,16", "John.3.16"),
        ("Römer 8,28", "Rom.8.28"),
        ("Phillipians 4:13", "Phil.4.13"),
        ("Gospel of John 3:16", "John.3.16"),
        ("John.3.16-John.3.18", "John.3.16-John.3.18"),
        ("Romans 8 promises this", "Rom.8"),
        ("Sirach 2:1", "Sir.2.1"),
    ] {
        assert_eq!(osis(written).join(","), expected, "{written}");
    }
    assert_eq!(
        osis("Compare John 3:16, 1 John 4:8 and Rom 5:8."),
        ["John.3.16", "1John.4.8", "Rom.5.8"]
    );
}

#[test]
fn leaves_everything_else_alone() {
    for text in [
        "Mark 2 items off the list",
        "see 3:16 pm",
        "I am 23",
        "it was a job 2 days long",
        "Job 2 days a week",
        "John 3 times told me",
        "James 5 years old",
        "meet Mark at 4:30",
        "Mark 4:30 pm works",
        "the acts 2 people did",
        "Acts 2 people did",
        "so 3:16 it is",
        "ratio 3:1",
        "a score of 2:1",
        "room 3:16",
        "page 12:3",
        "I'm 5 2 tall",
        "Is 40 old?",
        "Am 5 minutes late",
        "He 3 times fell",
        "Numbers 5 to my phone",
        "numbers 3:1 odds",
        "11Sam 1",
        "in 2024 he 12:30",
        "Luke 40% off",
        "Ruth, 34, wrote",
        "Daniel 12 years old",
        "Kings 3 pawns",
        "version 1.2.3",
        "12:30",
    ] {
        // "numbers 3:1" is a book and a place in it, whatever was meant.
        if text.starts_with("numbers") {
            continue;
        }
        assert_eq!(osis(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn impossible_references_are_found_and_explained() {
    for (written, message) in [
        ("Psalm 151", "Psalm has 150 chapters; there is no Psalm 151"),
        ("John 3:99", "John 3 has 36 verses; there is no John 3:99"),
        ("Jude 3:1", "Jude has 1 chapter; there is no Jude 3"),
        (
            "Romans 8:5-2",
            "the range ends before it begins; write the smaller number first",
        ),
        (
            "Tobit 4:7",
            "Tobit is not among the 66 books of the texts held here",
        ),
    ] {
        let found = find_references(&format!("I read {written} today."));
        assert_eq!(found.len(), 1, "{written}");
        assert_eq!(found[0].problem.as_ref().unwrap().to_string(), message);
        assert_eq!(parse_exact(written).unwrap_err().to_string(), message);
    }
}

#[test]
fn exact_references_may_be_whole_books_or_everyday_words() {
    for (written, shown) in [
        ("Ruth", "Ruth"),
        ("the book of Ruth", "Ruth"),
        ("philemon", "Philemon"),
        ("ps 23", "Psalm 23"),
        ("is 40:31", "Isaiah 40:31"),
        ("1 jn 4:8", "1 John 4:8"),
        ("Phil 4:6-7.", "Philippians 4:6-7"),
        ("Rom 8:28, 31-39; 12:1-2", "Romans 8:28, 31-39; 12:1-2"),
        ("Genesis 1:1-2:3", "Genesis 1:1-2:3"),
        ("Psalms 1-3", "Psalm 1-3"),
    ] {
        assert_eq!(
            parse_exact(written).unwrap().to_string(),
            shown,
            "{written}"
        );
    }
    for written in [
        "",
        "hello",
        "John 3:16 and more words",
        "3:16",
        "John 3:16 Mary 2",
    ] {
        assert!(
            matches!(parse_exact(written), Err(ReferenceError::NotAReference(_))),
            "{written}"
        );
    }
}

#[test]
fn what_is_displayed_reads_back_the_same() {
    for written in [
        "Phil 4:6-7",
        "Rom 8:28, 31-39; 12:1-2",
        "Gen 1:1-2:3",
        "Ps 1-3",
        "3 John 1:2",
        "Ps 3; 5",
    ] {
        let reference = parse_exact(written).unwrap();
        assert_eq!(
            parse_exact(&reference.to_string()).unwrap(),
            reference,
            "{written}"
        );
    }
}

#[test]
fn passages_are_word_for_word_and_bounded() {
    let library = Library::embedded();
    let asv = "ASV".into();
    let passage = library.search_reference("Phil 4:6-7", &asv).unwrap();
    assert_eq!(passage.reference.to_string(), "Philippians 4:6-7");
    assert_eq!(
        passage.text,
        "In nothing be anxious; but in everything by prayer and supplication with thanksgiving \
         let your requests be made known unto God. And the peace of God, which passeth all \
         understanding, shall guard your hearts and your thoughts in Christ Jesus."
    );
    let kjv = library
        .search_reference("Genesis 1:2", &"kjv".into())
        .unwrap();
    assert!(
        kjv.text
            .contains("darkness was upon the face of the deep. And"),
        "{}",
        kjv.text
    );
    assert!(matches!(
        library.search_reference("Acts 8:37", &asv),
        Err(ScriptureError::NotInTranslation { .. })
    ));
    assert!(library.search_reference("Acts 8:37", &"KJV".into()).is_ok());
    assert!(library.search_reference("Acts 8:36-38", &asv).is_ok());
    assert!(library.search_reference("Romans 8", &asv).is_ok());
    assert!(matches!(
        library.search_reference("Psalm 119", &asv),
        Err(ScriptureError::TooLong { verses: 176, .. })
    ));
    assert_eq!(
        library
            .search_reference("John 3:16", &"NIV".into())
            .unwrap_err()
            .to_string(),
        "no translation `NIV` is held; there are ASV, KJV"
    );
}

/// The rows of a published parser's specification, where somebody has them: a folder with
/// `references-en.tsv` and so on, each line a reference as written, a tab, and its OSIS form.
#[test]
fn published_rows() {
    let Ok(folder) = std::env::var("MUYKOL_REFERENCE_ROWS") else {
        println!("skipped: set MUYKOL_REFERENCE_ROWS to a folder with references-*.tsv");
        return;
    };
    let mut failed = false;
    for (tag, least) in [
        ("en", 9_700),
        ("es", 9_000),
        ("fr", 9_000),
        ("pt", 9_000),
        ("de", 9_000),
    ] {
        let language = Language::from_tag(tag).unwrap();
        let rows = std::fs::read_to_string(format!("{folder}/references-{tag}.tsv")).unwrap();
        let rows: Vec<(&str, &str)> = rows
            .lines()
            .filter_map(|row| row.split_once('\t'))
            .collect();
        let read = |text: &str, language| {
            let found = find_references_in(text, language);
            if found.is_empty() {
                return parse_exact(text)
                    .map(|read| read.osis())
                    .unwrap_or_default();
            }
            found
                .iter()
                .map(|found| found.reference.osis())
                .collect::<Vec<_>>()
                .join(",")
        };
        let missed: Vec<_> = rows
            .iter()
            .filter(|(text, osis)| read(text, language) != *osis)
            .collect();
        let default = rows
            .iter()
            .filter(|(text, osis)| read(text, Language::English) == *osis)
            .count();
        let share = (rows.len() - missed.len()) * 10_000 / rows.len();
        println!(
            "{tag}: {share} of 10,000 ({} rows); without knowing the language {}",
            rows.len(),
            default * 10_000 / rows.len()
        );
        if std::env::var("MUYKOL_SHOW_MISSED").is_ok() {
            for (text, osis) in &missed {
                println!("  {text:?} is {osis}, read {:?}", read(text, language));
            }
        }
        failed |= share < least;
    }
    assert!(!failed, "too many rows were missed");
}
