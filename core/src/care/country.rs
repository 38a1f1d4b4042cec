//! The country a person names, when they were asked or say so themselves.

use std::sync::LazyLock;

/// Country codes with the names people use.
static COUNTRIES: LazyLock<Vec<(&'static str, Vec<&'static str>)>> = LazyLock::new(|| {
    include_str!("../../data/care/countries.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .map(|(code, names)| (code, names.split('|').collect()))
        .collect()
});

/// The country (ISO 3166-1 alpha-2) that a text names, if it names exactly one. Never guessed from
/// a language.
pub fn country_named(text: &str) -> Option<&'static str> {
    let text = format!(" {} ", spaced(text));
    let mut named = COUNTRIES.iter().filter(|(_, names)| {
        names
            .iter()
            .any(|name| text.contains(&format!(" {} ", spaced(name))))
    });
    match (named.next(), named.next()) {
        (Some((code, _)), None) => Some(code),
        _ => None,
    }
}

/// Lower case, with one space for everything that is no letter or digit.
fn spaced(text: &str) -> String {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric() && c != '.');
    words
        .map(|word| word.trim_end_matches('.'))
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_named_in_many_ways_and_never_guessed() {
        for (text, code) in [
            ("USA", Some("US")),
            ("I am in Germany.", Some("DE")),
            ("the U.S.", Some("US")),
            ("vivo en España", Some("ES")),
            ("South Africa", Some("ZA")),
            ("tell us more", None),
            ("I moved from France to Spain", None),
            ("je suis fatigué", None),
        ] {
            assert_eq!(country_named(text), code, "{text}");
        }
    }
}
