//! Saying a person's own words back to them: "my mum died" becomes "your mum died".
//!
//! Only clauses of known shapes are said back, and only when every word in them is harmless in
//! the second person. Whatever is doubtful is left alone: a sentence from the curated content
//! that names the situation is always there instead.

use super::content::Language;
use crate::answer::phrase::Word;

/// How many words a clause that is said back may have.
const LONGEST: usize = 13;

/// How many words two clauses may have together.
const TOGETHER: usize = 20;

/// The person's concern in the second person, without a full stop: "you can't sleep, and you're
/// so worried about losing your job".
pub(crate) fn clause(language: &Language, words: &[Word]) -> Option<String> {
    let mut said = String::new();
    let mut length = 0;
    let mut start = 0;
    let mut follows = false;
    while start < words.len() {
        let end = (start + 1..words.len())
            .find(|at| begins_clause(words, *at))
            .unwrap_or(words.len());
        let turned = mirror(language, &words[start..end], words.get(end));
        match turned {
            Some(clause) if said.is_empty() => {
                length = clause.len();
                said = clause.join(" ");
                follows = true;
            }
            Some(clause)
                if length + clause.len() <= TOGETHER && !said.contains(&clause.join(" ")) =>
            {
                said.push_str(joint(&words[start], follows));
                said.push_str(&clause.join(" "));
                return Some(said);
            }
            _ => follows = false,
        }
        start = end;
    }
    (!said.is_empty()).then_some(said)
}

/// How a second clause is joined on: by the person's own word where it followed at once.
fn joint(first: &Word, follows: bool) -> &'static str {
    match first.plain.as_str() {
        "since" if follows => " since ",
        "because" | "cause" | "cuz" if follows => " because ",
        "but" if follows => ", but ",
        _ => ", and ",
    }
}

/// Whether a new thought begins at a word.
fn begins_clause(words: &[Word], at: usize) -> bool {
    if words[at].after.is_some() {
        return true;
    }
    let next = words.get(at + 1).map(|word| word.plain.as_str());
    match words[at].plain.as_str() {
        "but" | "because" | "cause" | "cuz" | "since" | "though" | "although" | "while" | "who"
        | "which" | "if" | "unless" | "until" => true,
        "and" | "so" | "then" | "when" => next.is_some_and(|next| {
            matches!(
                next,
                "i" | "i'm"
                    | "i've"
                    | "i'd"
                    | "i'll"
                    | "my"
                    | "we"
                    | "he"
                    | "she"
                    | "they"
                    | "it"
                    | "it's"
                    | "now"
                    | "can't"
                    | "don't"
                    | "the"
                    | "there"
                    | "nobody"
                    | "no"
                    | "everyone"
                    | "everything"
                    | "nothing"
                    | "how"
                    | "what"
                    | "people"
                    | "someone"
            )
        }),
        _ => false,
    }
}

fn mirror(language: &Language, clause: &[Word], next: Option<&Word>) -> Option<Vec<String>> {
    // A question is to be answered, not to be said back.
    if next.is_some_and(|word| word.after == Some('?')) {
        return None;
    }
    // "Well, so I think I lost my job": where the shape begins.
    let filler = language.sets.get("filler");
    let lead = clause
        .iter()
        .take_while(|word| filler.is_some_and(|set| set.contains(&word.plain)))
        .count();
    let clause = &clause[lead..];
    if !language
        .clauses
        .iter()
        .any(|shape| shape.end_at(clause, 0).is_some())
    {
        return None;
    }
    let set = |name: &str| language.sets.get(name).map_or(&[][..], Vec::as_slice);
    // "I'm just so tired" is said back without the shrug.
    let mut kept: Vec<&Word> = clause
        .iter()
        .enumerate()
        .filter(|(at, word)| *at != 1 || word.plain != "just")
        .map(|(_, word)| word)
        .collect();
    while kept
        .last()
        .is_some_and(|word| set("dangling").contains(&word.plain))
    {
        kept.pop();
    }
    let harmless = |word: &&Word| {
        !set("unsaid").iter().any(|bad| {
            bad.strip_suffix('*')
                .map_or(word.plain == *bad, |stem| word.plain.starts_with(stem))
        }) && word
            .written
            .chars()
            .all(|ch| ch.is_alphabetic() || ch == '\'')
            && word.written.chars().count() <= 20
    };
    if kept.len() < 2 || kept.len() > LONGEST || !kept.iter().all(harmless) {
        return None;
    }
    // A shape that needed the words that were dropped no longer fits.
    let whole: Vec<Word> = kept.iter().map(|word| (*word).clone()).collect();
    if !language
        .clauses
        .iter()
        .any(|shape| shape.end_at(&whole, 0).is_some())
    {
        return None;
    }
    Some(turn(&kept))
}

/// The clause with the persons exchanged.
fn turn(clause: &[&Word]) -> Vec<String> {
    let shouted = clause
        .iter()
        .filter(|word| word.written.chars().count() > 1)
        .all(|word| !word.written.chars().any(char::is_lowercase));
    let mut before = "";
    clause
        .iter()
        .map(|word| {
            let turned = match word.plain.as_str() {
                "i" | "me" | "we" | "us" => "you",
                "i'm" | "we're" => "you're",
                "i've" | "we've" => "you've",
                "i'd" | "we'd" => "you'd",
                "i'll" | "we'll" => "you'll",
                "my" | "our" => "your",
                "mine" | "ours" => "yours",
                "myself" | "ourselves" => "yourself",
                "am" => "are",
                "was" if before == "i" => "were",
                "wasn't" if before == "i" => "weren't",
                "loosing" => "losing",
                "god" => "God",
                "jesus" => "Jesus",
                "church's" => "church's",
                other => match capital(other) {
                    Some(proper) => proper,
                    // A contraction gets its apostrophe back.
                    None if other.contains('\'') && !word.written.contains('\'') => other,
                    None if shouted => other,
                    None => word.written.as_str(),
                },
            };
            before = word.plain.as_str();
            turned.to_owned()
        })
        .collect()
}

/// Days, months and feasts, which people seldom write with their capital.
fn capital(word: &str) -> Option<&'static str> {
    const PROPER: [&str; 20] = [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
        "January",
        "February",
        "April",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
        "Christmas",
        "Easter",
        "Bible",
    ];
    PROPER
        .into_iter()
        .find(|proper| proper.eq_ignore_ascii_case(word))
}

/// Whether a clause only names a feeling: "you're so tired". Where the situation is known there
/// is more to say than that.
pub(crate) fn is_bare(clause: &str) -> bool {
    clause.split(' ').count() <= 4
        && ["you're ", "you are ", "you feel "]
            .iter()
            .any(|start| clause.starts_with(start))
}

/// A clause with its first letter raised, to begin a sentence.
pub(crate) fn begin(clause: &str) -> String {
    let mut chars = clause.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}
