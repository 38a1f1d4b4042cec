//! Compiles the embedded Bible texts and the tables of book names into `OUT_DIR`.
//!
//! Bad data stops the build with a message, so that nothing is parsed or checked at start-up.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    collections::BTreeMap,
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use bible_lib as _; // only its data files are read: see `source`

// The modules that the build and the crate share.
#[path = "src/scripture/compile.rs"]
mod compile;
#[path = "src/scripture/wording.rs"]
mod wording;

/// The languages of the book names, the first wins where two claim one abbreviation.
const LANGUAGES: [&str; 5] = ["en", "es", "fr", "pt", "de"];

struct Book {
    osis: String,
    name: String,
    held: bool,
}

fn main() {
    let data = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap()).join("data/scripture");
    let out = PathBuf::from(env::var("OUT_DIR").unwrap());
    println!("cargo::rerun-if-changed=data/scripture");
    println!("cargo::rerun-if-changed=src/scripture/wording.rs");
    println!("cargo::rerun-if-changed=src/scripture/compile.rs");
    println!("cargo::rerun-if-changed=build.rs");

    let books = books(&data.join("books.tsv"));
    let source = source();
    let asv = verses(&source.join("asv.txt"), &books);
    let kjv = verses(&source.join("kjv.txt"), &books);
    let chapters = chapters(&[&asv, &kjv]);
    for (id, verses) in [("asv", &asv), ("kjv", &kjv)] {
        let blob = compile::compile(&in_order(verses, &chapters));
        fs::write(
            out.join(format!("{id}.text")),
            blob.expect("the text is small enough"),
        )
        .unwrap();
    }
    fs::write(out.join("canon.rs"), canon(&books, &chapters)).unwrap();
    fs::write(out.join("names.rs"), names(&data, &books)).unwrap();
    for lists in ["connectives", "attributions"] {
        let code = word_lists(&data.join(format!("{lists}.tsv")));
        fs::write(out.join(format!("{lists}.rs")), code).unwrap();
    }
}

/// The lines of a data file without comments, each cut at its tabs.
fn rows(path: &Path) -> Vec<Vec<String>> {
    fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(|line| {
            line.split('\t')
                .map(|cell| cell.trim().to_owned())
                .collect()
        })
        .collect()
}

fn books(path: &Path) -> Vec<Book> {
    let books: Vec<Book> = rows(path)
        .into_iter()
        .map(|row| Book {
            osis: row[0].clone(),
            name: row[1].clone(),
            held: match row[2].as_str() {
                "held" => true,
                "other" => false,
                wrong => panic!("{}: `{wrong}` is neither held nor other", path.display()),
            },
        })
        .collect();
    assert!(books[..66].iter().all(|book| book.held));
    assert!(books[66..].iter().all(|book| !book.held));
    books
}

/// The folder with the texts of the crate `bible-lib`.
///
/// Its own parser cannot be used: version 1.2.2 cuts every verse off at its second colon (8,683
/// verses of the ASV, 11,463 of the KJV). So Cargo is asked where the crate lies, and the files
/// are read from there.
fn source() -> PathBuf {
    let metadata = |offline: &[&str]| {
        let output = Command::new(env::var("CARGO").unwrap())
            .args(["metadata", "--format-version", "1", "--locked"])
            .args(["--filter-platform", &env::var("HOST").unwrap()])
            .args(offline)
            .current_dir(env::var("CARGO_MANIFEST_DIR").unwrap())
            .output()
            .expect("cargo can be run");
        let listed: Option<serde_json::Value> = serde_json::from_slice(&output.stdout).ok();
        listed.ok_or_else(|| String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let listed = metadata(&["--offline"])
        .or_else(|_| metadata(&[]))
        .unwrap_or_else(|error| panic!("`cargo metadata` cannot list the packages: {error}"));
    let manifest = listed["packages"]
        .as_array()
        .and_then(|packages| {
            packages
                .iter()
                .find(|package| package["name"] == "bible-lib")
        })
        .and_then(|package| package["manifest_path"].as_str())
        .expect("bible-lib is a build dependency");
    Path::new(manifest).with_file_name("src/bible_translations")
}

/// Verses by book, chapter and verse.
type Verses = BTreeMap<(usize, u32, u32), String>;

/// Reads lines like "1 John 4:8 He that loveth not…".
fn verses(path: &Path, books: &[Book]) -> Verses {
    let mut verses = Verses::new();
    for line in fs::read_to_string(path)
        .unwrap()
        .lines()
        .filter(|line| !line.trim().is_empty())
    {
        let wrong = || panic!("{}: `{line}` is not a verse", path.display());
        let (place, rest) = line.split_once(':').unwrap_or_else(wrong);
        let (name, chapter) = place.rsplit_once(' ').unwrap_or_else(wrong);
        let (verse, text) = rest.split_once(' ').unwrap_or((rest, ""));
        let book = books
            .iter()
            .position(|book| book.held && (book.name == name || format!("{}s", book.name) == name))
            .unwrap_or_else(|| panic!("{}: unknown book `{name}`", path.display()));
        let key = (
            book,
            chapter.parse().unwrap(),
            verse.trim().parse().unwrap(),
        );
        let text = clean(text);
        if let Some(before) = verses.insert(key, text.clone()) {
            assert_eq!(before, text, "{}: {place}:{verse} twice", path.display());
        }
    }
    verses
}

/// How many verses each chapter of the held books has in any of the texts.
fn chapters(texts: &[&Verses]) -> Vec<Vec<u32>> {
    let mut chapters: Vec<Vec<u32>> = Vec::new();
    for (book, chapter, verse) in texts.iter().flat_map(|text| text.keys()) {
        let (book, chapter) = (*book, *chapter as usize);
        chapters.resize_with(chapters.len().max(book + 1), Vec::new);
        let book = &mut chapters[book];
        book.resize(book.len().max(chapter), 0);
        book[chapter - 1] = book[chapter - 1].max(*verse);
    }
    assert_eq!(chapters.len(), 66);
    chapters
}

/// Every verse in canonical order; empty where the translation has none.
fn in_order(verses: &Verses, chapters: &[Vec<u32>]) -> Vec<String> {
    let mut ordered = Vec::new();
    for (book, chapters) in chapters.iter().enumerate() {
        for (chapter, last) in (1..).zip(chapters) {
            for verse in 1..=*last {
                ordered.push(
                    verses
                        .get(&(book, chapter, verse))
                        .cloned()
                        .unwrap_or_default(),
                );
            }
        }
    }
    ordered
}

/// Takes the editor's signs out and keeps every word: `[was]` marks words that the translators
/// supplied, `‹…›` the words of Christ. White space becomes single spaces.
fn clean(verse: &str) -> String {
    let mut cleaned = String::new();
    for c in verse.chars() {
        match c {
            // "in God.[Selah" lacks the space that the bracket stood for.
            '[' if cleaned.ends_with(|c: char| !c.is_whitespace() && !"(—’".contains(c)) => {
                cleaned.push(' ');
            }
            '[' | ']' | '‹' | '›' => {}
            c => cleaned.push(c),
        }
    }
    cleaned.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn canon(books: &[Book], chapters: &[Vec<u32>]) -> String {
    let mut code = String::new();
    writeln!(code, "pub(super) static BOOKS: &[(&str, &str)] = &[").unwrap();
    for book in books {
        writeln!(code, "    ({:?}, {:?}),", book.osis, book.name).unwrap();
    }
    writeln!(code, "];").unwrap();
    let firsts = chapters.iter().scan(0, |next, book| {
        let first = *next;
        *next += book.len();
        Some(first)
    });
    let mut firsts: Vec<usize> = firsts.collect();
    firsts.push(chapters.iter().map(Vec::len).sum());
    writeln!(
        code,
        "pub(super) static FIRST_CHAPTER: &[u16] = &{firsts:?};"
    )
    .unwrap();
    let mut next = 0;
    let mut starts = vec![0];
    for last in chapters.iter().flatten() {
        next += last;
        starts.push(next);
    }
    writeln!(code, "pub(super) static FIRST_VERSE: &[u16] = &{starts:?};").unwrap();
    code
}

/// One name: where it may be read, and the books it means, by ordinal.
struct Name {
    language: usize,
    strength: &'static str,
    books: Vec<usize>,
}

fn names(data: &Path, books: &[Book]) -> String {
    let mut table: BTreeMap<String, Vec<Name>> = BTreeMap::new();
    for (language, code) in LANGUAGES.iter().enumerate() {
        let path = data.join(format!("books-{code}.tsv"));
        for row in rows(&path) {
            let meant: Vec<usize> = row[0]
                .split(',')
                .map(|osis| {
                    books
                        .iter()
                        .position(|book| book.osis == osis)
                        .unwrap_or_else(|| panic!("{}: unknown book `{osis}`", path.display()))
                })
                .collect();
            for written in row[1].split(',').map(str::trim) {
                let name = written.trim_end_matches(['?', '~', '!']);
                let strength = match written.chars().last() {
                    Some('?') => "Strength::Everyday",
                    Some('~') => "Strength::Weak",
                    Some('!') => "Strength::Full",
                    _ if name.chars().filter(|c| c.is_alphanumeric()).count() <= 2 => {
                        "Strength::Weak"
                    }
                    _ => "Strength::Full",
                };
                let meanings = table.entry(name.to_owned()).or_default();
                let numbered = meant.len() > 1;
                let doubled = meanings
                    .iter()
                    .any(|other| other.language == language && (other.books.len() > 1) == numbered);
                if !doubled {
                    meanings.push(Name {
                        language,
                        strength,
                        books: meant.clone(),
                    });
                }
            }
        }
    }
    let mut code = String::from("pub(super) static NAMES: &[Name] = &[\n");
    for (name, meanings) in &table {
        for meaning in meanings {
            writeln!(
                code,
                "    Name {{ folded: {name:?}, language: {}, strength: {}, books: &{:?} }},",
                meaning.language, meaning.strength, meaning.books
            )
            .unwrap();
        }
    }
    code.push_str("];\n");
    let mut ordinals: Vec<(String, String)> = rows(&data.join("ordinals.tsv"))
        .iter()
        .flat_map(|row| {
            row[1]
                .split(',')
                .map(|word| (word.trim().to_owned(), row[0].clone()))
        })
        .collect();
    ordinals.sort();
    code.push_str("pub(super) static ORDINALS: &[(&str, u8)] = &[\n");
    for (word, number) in ordinals {
        writeln!(code, "    ({word:?}, {number}),").unwrap();
    }
    code.push_str("];\n");
    code
}

/// Lists of words or phrases, one a row: the list's name, then what is in it.
fn word_lists(path: &Path) -> String {
    let mut code = String::new();
    for row in rows(path) {
        let mut words: Vec<&str> = row[1].split(',').map(str::trim).collect();
        words.sort_unstable();
        words.dedup();
        let name = row[0].to_uppercase();
        writeln!(code, "pub static {name}: &[&str] = &{words:?};").unwrap();
    }
    code
}
