//! The language somebody writes in, told by its commonest words.

/// The commonest words of each language that muykol answers in, none of them shared.
const WORDS: [(&str, &[&str]); 5] = [
    (
        "en",
        &[
            "the", "and", "i", "my", "is", "to", "of", "it", "that", "you", "im", "not", "with",
            "for", "was", "this", "have",
        ],
    ),
    (
        "es",
        &[
            "el", "los", "las", "estoy", "mi", "muy", "y", "pero", "porque", "yo", "siento",
            "tengo", "con", "mucho", "una", "dios", "hoy",
        ],
    ),
    (
        "pt",
        &[
            "eu", "estou", "meu", "minha", "não", "muito", "e", "mas", "porque", "uma", "com",
            "sinto", "tenho", "deus", "hoje", "você",
        ],
    ),
    (
        "fr",
        &[
            "je", "suis", "ne", "pas", "mon", "ma", "et", "mais", "les", "une", "avec", "très",
            "dieu", "jai", "ai", "mes", "cest",
        ],
    ),
    (
        "de",
        &[
            "ich", "bin", "nicht", "und", "mein", "meine", "ist", "das", "die", "der", "aber",
            "mit", "habe", "sehr", "gott", "mir", "zu",
        ],
    ),
];

/// The language of a text (BCP 47 primary tag), if at least two of its words tell one and no other
/// language is as likely.
pub fn language_written(text: &str) -> Option<&'static str> {
    let mut hits = [0_usize; WORDS.len()];
    for word in text.split_whitespace().take(200) {
        let word: String = word
            .chars()
            .filter(|c| c.is_alphabetic())
            .flat_map(char::to_lowercase)
            .collect();
        for (hits, (_, words)) in hits.iter_mut().zip(WORDS) {
            *hits += usize::from(words.contains(&word.as_str()));
        }
    }
    let most = hits.into_iter().max().filter(|most| *most >= 2)?;
    let mut likeliest = hits.iter().zip(WORDS).filter(|(hits, _)| **hits == most);
    match (likeliest.next(), likeliest.next()) {
        (Some((_, (language, _))), None) => Some(language),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_tell_the_language_and_few_words_tell_none() {
        for (text, language) in [
            ("I can't sleep and my head is full", Some("en")),
            ("estoy muy triste y tengo miedo", Some("es")),
            ("estou muito triste e tenho medo", Some("pt")),
            ("je suis très fatigué et je ne dors pas", Some("fr")),
            ("ich bin sehr müde und habe Angst", Some("de")),
            ("ok", None),
            ("나는 너무 외로워요", None),
        ] {
            assert_eq!(language_written(text), language, "{text}");
        }
    }
}
