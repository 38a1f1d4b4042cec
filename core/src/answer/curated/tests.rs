use std::collections::{HashMap, HashSet};

use futures_util::StreamExt;
use proptest::prelude::*;

use super::{choose::Situation, *};
use crate::{
    care::Assessment,
    scripture::{Library, verify},
    words::{
        Audience, Block, ConversationId, CrisisKind, CrisisLevel, CrisisReading, Emotion,
        EmotionReading, Entry, EntryBody, EntryId, InboundId, PersonId, Profile, Reply, Timestamp,
    },
};

/// A message of a person and the reply to it, as history holds them.
pub(crate) fn said_before(person: &str, reply: &str, pieces: &[String]) -> [Entry; 2] {
    lines(
        person,
        vec![Block::text(reply)],
        pieces.to_vec(),
        Emotion::Neutral,
    )
}

fn lines(person: &str, blocks: Vec<Block>, pieces: Vec<String>, heard: Emotion) -> [Entry; 2] {
    let entry = |body| Entry {
        id: EntryId::from("e"),
        conversation: ConversationId::from("c"),
        person: PersonId::from("p"),
        at: Timestamp(0),
        body,
    };
    [
        entry(EntryBody::Person {
            text: person.to_owned(),
            inbound: InboundId::from("i"),
        }),
        entry(EntryBody::Muykol {
            reply: Reply {
                id: EntryId::from("e"),
                conversation_id: ConversationId::from("c"),
                text: Block::plain_all(&blocks),
                blocks,
                emotion: reading(heard),
                crisis: CrisisReading::default(),
                prayer_offered: false,
                answered_by: AnsweredBy::Curated,
            },
            answers: vec![InboundId::from("i")],
            pieces,
        }),
    ]
}

fn reading(heard: Emotion) -> EmotionReading {
    EmotionReading {
        primary: heard,
        confidence: if heard == Emotion::Neutral { 0.2 } else { 0.7 },
        ..EmotionReading::unclear()
    }
}

fn context(text: &str, heard: Emotion, seed: u64) -> TurnContext {
    TurnContext {
        messages: vec![text.to_owned()],
        assessment: Assessment {
            emotion: reading(heard),
            crisis: CrisisReading::default(),
        },
        profile: Profile::new(PersonId::from("p")),
        recent: Vec::new(),
        audience: Audience::Private,
        translation: "ASV".to_owned(),
        language: "en".to_owned(),
        care_mode: false,
        now: Timestamp(0),
        seed,
    }
}

fn answerer() -> CuratedAnswerer {
    CuratedAnswerer::new().unwrap()
}

fn blocks(pieces: &[Piece]) -> Vec<Block> {
    pieces
        .iter()
        .filter_map(|piece| match piece {
            Piece::Block(block) => Some(block.clone()),
            Piece::Passage(reference) => Some(Block::Verse {
                reference: reference.clone(),
                text: String::new(),
                translation: "ASV".to_owned(),
            }),
            _ => None,
        })
        .collect()
}

fn used(pieces: &[Piece]) -> Vec<String> {
    pieces
        .iter()
        .filter_map(|piece| match piece {
            Piece::Used(id) => Some(id.clone()),
            _ => None,
        })
        .collect()
}

fn passages(pieces: &[Piece]) -> Vec<String> {
    pieces
        .iter()
        .filter_map(|piece| match piece {
            Piece::Passage(reference) => Some(reference.clone()),
            _ => None,
        })
        .collect()
}

fn plain(pieces: &[Piece]) -> String {
    Block::plain_all(&blocks(pieces))
}

/// What is true about muykol itself is said each time it is asked, even if it repeats.
fn may_repeat(id: &str) -> bool {
    [
        "identity",
        "privacy",
        "real_person",
        "advice",
        "suicide_question",
        "bible_question",
        "disputed",
        "help",
    ]
    .iter()
    .any(|kind| id.contains(&format!("/reply/{kind}/")))
}

/// One person's turns; nothing comes twice within ten.
fn talk(turns: &[(String, Emotion)], language: &str, care: bool, seed: u64) {
    let mut recent: Vec<Entry> = Vec::new();
    let mut last: HashMap<String, usize> = HashMap::new();
    for (turn, (text, heard)) in turns.iter().enumerate() {
        let mut context = context(
            text,
            *heard,
            seed.wrapping_mul(31).wrapping_add(turn as u64),
        );
        language.clone_into(&mut context.language);
        context.care_mode = care;
        context.recent = recent[recent.len().saturating_sub(40)..].to_vec();
        let pieces = answerer().compose(&context);
        assert!(!blocks(&pieces).is_empty(), "silence to {text:?}");
        assert!(!plain(&pieces).contains('{'), "{}", plain(&pieces));
        let here: Vec<String> = used(&pieces).into_iter().chain(passages(&pieces)).collect();
        assert_eq!(here.len(), here.iter().collect::<HashSet<_>>().len());
        for id in here {
            if let Some(before) = last.insert(id.clone(), turn) {
                assert!(
                    turn - before > 10 || may_repeat(&id),
                    "{id} came in turn {before} and again in {turn}, to {text:?} ({language})"
                );
            }
        }
        recent.extend(lines(text, blocks(&pieces), used(&pieces), *heard));
    }
}

#[test]
fn the_content_reads_whole_and_is_enough() {
    let content = Content::held().unwrap();
    assert!(content.passages().len() >= 120);
    for emotion in Emotion::ALL {
        if emotion == Emotion::Neutral {
            continue;
        }
        let fit = content
            .passages()
            .iter()
            .filter(|passage| passage.emotions.contains(&emotion))
            .count();
        assert!(fit >= 11, "{emotion}: {fit} passages");
    }
    for (name, topic) in content.topics() {
        let fit = content
            .passages()
            .iter()
            .filter(|passage| {
                passage.topics.contains(name)
                    && !topic.tags.iter().any(|tag| passage.not_for.contains(tag))
            })
            .count();
        assert!(fit >= 1 || name == "church", "{name} has no passage");
        assert!(
            content.english.topics.iter().any(|(cue, _)| cue == name),
            "{name} is never heard"
        );
        assert!(
            content.english.openings.contains_key(name)
                || content.english.mirrors.contains_key(name),
            "{name} has no opening"
        );
    }
}

#[test]
fn references_have_a_shape_and_stand_once() {
    let content = Content::held().unwrap();
    let mut seen = HashSet::new();
    for passage in content.passages() {
        assert!(
            seen.insert(&passage.reference),
            "{} twice",
            passage.reference
        );
        assert!(!passage.context.is_empty());
        for tag in &passage.not_for {
            assert!(
                ["abuse", "bereavement", "outcome", "blame"].contains(&tag.as_str()),
                "{tag}"
            );
        }
    }
    for reference in content.references() {
        let (book, verses) = reference.rsplit_once(' ').unwrap();
        let (chapter, verses) = verses.split_once(':').unwrap();
        let (first, last) = verses.split_once('-').unwrap_or((verses, verses));
        let [chapter, first, last] = [chapter, first, last].map(|n| n.parse::<u32>().unwrap());
        assert!(
            chapter >= 1 && first >= 1 && last >= first && last - first <= 8,
            "{reference}"
        );
        assert!(book.chars().next().is_some_and(char::is_alphanumeric));
    }
}

#[test]
fn every_passage_stands_in_the_embedded_texts() {
    let library = Library::embedded();
    let translations: Vec<_> = library.translations().map(|held| held.id.clone()).collect();
    for reference in Content::held().unwrap().references() {
        for translation in &translations {
            let passage = library
                .search_reference(reference, translation)
                .unwrap_or_else(|error| panic!("{reference}: {error}"));
            // As it was written here, so that a shown reference is found again in history.
            assert_eq!(passage.reference.to_string(), *reference);
            let words = passage.text.split_whitespace().count();
            assert!((5..=260).contains(&words), "{reference}: {words} words");
        }
    }
}

/// Reflections and steps speak for themselves: the verifier finds nothing quoted in them.
#[test]
fn no_piece_quotes_scripture() {
    let library = Library::embedded();
    let preferred = library.translations().next().unwrap().id.clone();
    let content = Content::held().unwrap();
    for text in content
        .pieces()
        .map(|(_, said)| said.text.as_str())
        .chain(content.sentences())
    {
        let verified = verify(text, &library, &preferred);
        assert!(
            verified.findings.is_empty(),
            "{text:?}: {:?}",
            verified.findings
        );
    }
}

#[test]
fn a_passage_asked_for_by_name_is_shown() {
    for (text, reference) in [
        ("John 3:16", "John 3:16"),
        (
            "what does the bible say in phil 4:6-7?",
            "Philippians 4:6-7",
        ),
        ("Psalm 23 please", "Psalm 23"),
    ] {
        let pieces = answerer().compose(&context(text, Emotion::Neutral, 1));
        assert_eq!(passages(&pieces), [reference], "{text}");
    }
    for text in ["John 3:99", "I have 2 sons and 16 cats", "Psalm 151"] {
        let pieces = answerer().compose(&context(text, Emotion::Neutral, 1));
        assert!(passages(&pieces).is_empty(), "{text}");
    }
}

#[test]
fn every_intent_has_an_answer() {
    let content = Content::held().unwrap();
    for (tag, language) in content.languages() {
        for (intent, _) in &language.intents {
            let keys = [
                intent.clone(),
                format!("{intent}_new"),
                format!("{intent}_lead"),
            ];
            assert!(
                keys.iter().any(|key| language.replies.contains_key(key))
                    || language.replies.contains_key("prayer"),
                "{tag}: {intent}"
            );
        }
        for key in [
            "unclear",
            "go_on",
            "listening",
            "care",
            "prayer",
            "verse_ask",
            "verse_for_you",
            "more",
            "identity",
        ] {
            assert!(language.replies.contains_key(key), "{tag}: {key}");
        }
    }
}

/// Words of a sentence that a tired person can follow.
const LONGEST_SENTENCE: usize = 26;

#[test]
fn the_language_is_plain() {
    let content = Content::held().unwrap();
    let texts: Vec<&str> = content
        .pieces()
        .map(|(_, said)| said.text.as_str())
        .chain(content.sentences())
        .collect();
    let mut all = 0;
    let mut count = 0;
    for text in texts {
        assert!(
            !text.contains(['"', '\u{201c}', '\u{201d}', '*', '_', '<', '#']),
            "marks in {text:?}"
        );
        assert!(text.split_whitespace().count() <= 75, "long: {text:?}");
        for sentence in text.split(['.', '!', '?', ':', ';']) {
            let words = sentence.split_whitespace().count();
            assert!(words <= LONGEST_SENTENCE, "{words} words: {sentence:?}");
            if words > 0 {
                all += words;
                count += 1;
            }
        }
    }
    let mean = f64::from(u32::try_from(all).unwrap()) / f64::from(u32::try_from(count).unwrap());
    assert!(mean < 11.0, "mean sentence {mean:.1} words");
}

/// Flesch reading ease (Flesch 1948), with syllables guessed from groups of vowels.
#[test]
fn the_english_reads_easily() {
    let content = Content::held().unwrap();
    let text: String = content
        .pieces()
        .filter(|(tag, _)| *tag == "en")
        .map(|(_, said)| said.text.clone())
        .chain(content.sentences().map(str::to_owned))
        .collect::<Vec<_>>()
        .join(" ");
    let words: Vec<&str> = text.split_whitespace().collect();
    let sentences = text.matches(['.', '!', '?', ':']).count();
    let syllables: usize = words.iter().map(|word| syllables(word)).sum();
    let count = |n: usize| f64::from(u32::try_from(n).unwrap());
    let ease = 206.835
        - 1.015 * count(words.len()) / count(sentences)
        - 84.6 * count(syllables) / count(words.len());
    assert!(ease > 85.0, "reading ease {ease:.0}");
}

fn syllables(word: &str) -> usize {
    let word = word.to_lowercase();
    let word = word.trim_matches(|ch: char| !ch.is_alphabetic());
    let vowel = |ch: char| "aeiouy".contains(ch);
    let groups = word
        .chars()
        .zip(word.chars().skip(1).chain([' ']))
        .filter(|(ch, next)| vowel(*ch) && !vowel(*next))
        .count();
    let silent = word.ends_with('e') && !word.ends_with("le") && groups > 1;
    (groups - usize::from(silent)).max(1)
}

#[test]
fn the_same_context_gives_the_same_answer_and_seeds_differ() {
    let ask = |seed| {
        answerer().compose(&context(
            "I'm so worried about losing my job",
            Emotion::Anxiety,
            seed,
        ))
    };
    assert_eq!(ask(5), ask(5));
    let different: HashSet<String> = (0..20).map(|seed| plain(&ask(seed))).collect();
    assert!(different.len() > 10);
}

#[tokio::test]
async fn the_stream_is_the_composed_answer() {
    let answerer = answerer();
    let context = context("I'm lonely", Emotion::Loneliness, 3);
    let streamed: Vec<_> = answerer.answer(&context).await.unwrap().collect().await;
    let composed: Vec<_> = answerer.compose(&context).into_iter().map(Ok).collect();
    assert_eq!(streamed, composed);
    assert_eq!(answerer.name(), AnsweredBy::Curated);
}

#[test]
fn a_worry_is_answered_whole() {
    for seed in 0..50 {
        let pieces = answerer().compose(&context(
            "I can't sleep, I'm so worried about losing my job",
            Emotion::Anxiety,
            seed,
        ));
        let blocks = blocks(&pieces);
        assert!(
            blocks[0]
                .plain()
                .starts_with("You can't sleep, and you're so worried about losing your job. "),
            "{}",
            blocks[0].plain()
        );
        assert!(matches!(blocks[1], Block::Verse { .. }));
        assert!(matches!(blocks[2], Block::Reflection { .. }));
        assert!(matches!(blocks[3], Block::Action { .. }));
        let words = plain(&pieces).split_whitespace().count();
        assert!(words <= 130, "{words} words");
    }
}

#[test]
fn nothing_clear_is_asked_about_without_a_verse() {
    for text in [
        "hi",
        "asdf",
        "??",
        "",
        "ok",
        "I don't know",
        "🙏",
        "so yeah",
    ] {
        for seed in 0..10 {
            let pieces = answerer().compose(&context(text, Emotion::Neutral, seed));
            assert!(passages(&pieces).is_empty(), "{text}");
            assert!(!blocks(&pieces).is_empty(), "{text}");
        }
    }
}

#[test]
fn grief_is_not_preached_at() {
    for text in [
        "My mum died last week",
        "we lost our baby",
        "my dog died",
        "I miss my late husband",
    ] {
        for seed in 0..30 {
            let pieces = answerer().compose(&context(text, Emotion::Sadness, seed));
            for reference in passages(&pieces) {
                let content = Content::held().unwrap();
                let passage = content
                    .passages()
                    .iter()
                    .find(|passage| passage.reference == reference)
                    .unwrap();
                assert!(
                    !passage.not_for.iter().any(|not| not == "bereavement"),
                    "{reference}"
                );
            }
            assert!(
                plain(&pieces).contains("orry") || plain(&pieces).contains("grief"),
                "{}",
                plain(&pieces)
            );
            assert!(plain(&pieces).split_whitespace().count() <= 110);
        }
    }
}

#[test]
fn the_matter_is_heard_behind_the_words() {
    let content = Content::held().unwrap();
    for (text, read, topic, feeling) in [
        (
            "my friend died by suicide",
            Emotion::Sadness,
            Some("death_friend"),
            Emotion::Grief,
        ),
        (
            "my son killed himself last year and I still can't breathe",
            Emotion::Sadness,
            Some("death_child"),
            Emotion::Grief,
        ),
        (
            "my phone died and I want to throw it out the window",
            Emotion::Anger,
            None,
            Emotion::Anger,
        ),
        (
            "Jesus died for me and I want to die to self",
            Emotion::PeaceHope,
            None,
            Emotion::PeaceHope,
        ),
        (
            "thank you so much for that, but honestly I cried all day",
            Emotion::Gratitude,
            None,
            Emotion::Sadness,
        ),
        (
            "thanks, my boss was cruel today",
            Emotion::Gratitude,
            Some("workplace"),
            Emotion::Sadness,
        ),
        (
            "no one came to my birthday 😔",
            Emotion::Neutral,
            Some("lonely"),
            Emotion::Loneliness,
        ),
        (
            "I drink every night and can't stop",
            Emotion::Neutral,
            Some("addiction"),
            Emotion::GuiltShame,
        ),
        (
            "I won the lottery!",
            Emotion::Neutral,
            Some("good_news"),
            Emotion::Joy,
        ),
    ] {
        let situation = Situation::of(content, &context(text, read, 1));
        assert_eq!(situation.topic.map(|(name, _)| name), topic, "{text}");
        assert_eq!(situation.feelings.first(), Some(&feeling), "{text}");
    }
    let pieces = answerer().compose(&context("what do you keep about me?", Emotion::Neutral, 1));
    assert!(plain(&pieces).contains("/privacy"));
    for text in ["Who was Melchizedek?", "did Judas kill himself?"] {
        let pieces = answerer().compose(&context(text, Emotion::Neutral, 1));
        assert!(plain(&pieces).contains("study Bible"), "{text}");
    }
}

#[test]
fn abuse_is_never_told_to_forgive() {
    for text in [
        "my husband hits me, should I forgive him?",
        "my dad beats me and the pastor says I must forgive and go back",
        "he hit me again",
    ] {
        for seed in 0..40 {
            let pieces = answerer().compose(&context(text, Emotion::Fear, seed));
            let said = plain(&pieces);
            let content = Content::held().unwrap();
            for reference in passages(&pieces) {
                let passage = content
                    .passages()
                    .iter()
                    .find(|passage| passage.reference == reference)
                    .unwrap();
                assert!(
                    passage.topics.iter().any(|topic| topic == "abuse"),
                    "{reference}"
                );
                assert!(
                    !passage.not_for.iter().any(|not| not == "abuse"),
                    "{reference}"
                );
            }
            assert!(said.contains("Are you safe right now?"), "{said}");
        }
    }
}

#[test]
fn a_short_reply_goes_on_with_what_was_said() {
    let first = "I'm so worried about losing my job";
    for text in [
        "ok",
        "thanks",
        "yes",
        "no",
        "it didn't help",
        "maybe",
        "good night",
    ] {
        for seed in 0..20 {
            let pieces = answerer().compose(&context(first, Emotion::Anxiety, seed));
            let mut next = context(text, Emotion::Neutral, seed + 1);
            next.recent = lines(first, blocks(&pieces), used(&pieces), Emotion::Anxiety).to_vec();
            let answer = answerer().compose(&next);
            assert!(passages(&answer).is_empty(), "{text}: {}", plain(&answer));
            assert!(!used(&answer)[0].contains("_new/"), "{text}");
            assert!(!used(&answer)[0].contains("/unclear/"), "{text}");
        }
    }
}

#[test]
fn danger_lately_is_asked_about_and_not_taught() {
    for text in [
        "hi",
        "I feel so alone",
        "ok",
        "what does the Bible say about hope?",
        "my mum died",
    ] {
        for seed in 0..10 {
            let mut context = context(text, Emotion::Sadness, seed);
            context.care_mode = true;
            let pieces = answerer().compose(&context);
            assert!(passages(&pieces).is_empty());
            assert!(plain(&pieces).contains('?'), "{}", plain(&pieces));
            context.care_mode = false;
            context.assessment.crisis = CrisisReading {
                level: CrisisLevel::Concern,
                kinds: vec![CrisisKind::Suicide],
                ..CrisisReading::default()
            };
            assert!(passages(&answerer().compose(&context)).is_empty());
        }
    }
}

#[test]
fn in_public_nothing_personal_is_said_back() {
    let mut context = context("my husband left me for my friend Anna", Emotion::Sadness, 1);
    context.audience = Audience::Public;
    let said = plain(&answerer().compose(&context));
    assert!(
        !said.contains("Anna") && !said.contains("husband"),
        "{said}"
    );
}

#[test]
fn what_is_hard_on_oneself_is_not_said_back() {
    for text in [
        "I'm a terrible mother and I'm worthless",
        "I feel like God hates me",
        "I'm stupid and ugly",
        "I'm so tired of being a burden to you",
        "i was raped last year",
    ] {
        for seed in 0..10 {
            let said = plain(&answerer().compose(&context(text, Emotion::Sadness, seed)));
            for bad in [
                "worthless",
                "hates",
                "stupid",
                "burden",
                "rape",
                "terrible mother",
            ] {
                assert!(!said.contains(bad), "{text}: {said}");
            }
        }
    }
}

#[test]
fn words_are_turned_to_the_second_person() {
    let content = Content::held().unwrap();
    let (english, _) = content.language("en");
    let said = |text: &str| mirror::clause(english, &crate::answer::phrase::words(text));
    for (text, turned) in [
        ("I can't sleep", Some("you can't sleep")),
        (
            "im so worried about loosing my job",
            Some("you're so worried about losing your job"),
        ),
        ("My mum died on tuesday.", Some("your mum died on Tuesday")),
        ("I WAS FIRED TODAY", Some("you were fired today")),
        ("we lost our baby", Some("you lost your baby")),
        ("my husband left me", Some("your husband left you")),
        (
            "I can't sleep since my brother died",
            Some("you can't sleep since your brother died"),
        ),
        ("I can’t forgive myself", Some("you can't forgive yourself")),
        ("why can't I sleep?", None),
        ("I hate you", None),
        ("you said I'm sad", None),
        ("am I bad", None),
    ] {
        assert_eq!(said(text).as_deref(), turned, "{text}");
    }
}

#[test]
fn no_piece_comes_twice_within_ten_turns_of_a_feeling() {
    for (tag, _) in Content::held().unwrap().languages() {
        for emotion in Emotion::ALL {
            let turns = vec![("…".to_owned(), emotion); 30];
            talk(&turns, tag, false, emotion as u64);
        }
        talk(&vec![("no".to_owned(), Emotion::Neutral); 30], tag, true, 1);
    }
}

#[test]
fn no_piece_comes_twice_within_ten_turns_of_a_situation() {
    let conversations: toml::Table =
        toml::from_str(include_str!("../../../data/curated/conversations.toml")).unwrap();
    for conversation in conversations["conversation"].as_array().unwrap() {
        let language = conversation
            .get("language")
            .and_then(toml::Value::as_str)
            .unwrap_or("en");
        for turn in conversation["turns"].as_array().unwrap() {
            let text = turn["says"].as_str().unwrap().to_owned();
            let heard: Emotion = turn["heard"].as_str().unwrap().parse().unwrap();
            talk(&vec![(text, heard); 16], language, false, 9);
        }
    }
}

#[test]
fn reading_and_composing_are_quick() {
    let started = std::time::Instant::now();
    Content::held().unwrap();
    let read = started.elapsed();
    let context = context(
        "I can't sleep, I'm so worried about losing my job",
        Emotion::Anxiety,
        1,
    );
    let started = std::time::Instant::now();
    for _ in 0..20 {
        answerer().compose(&context);
    }
    let composed = started.elapsed() / 20;
    println!("read {read:?}, composed {composed:?}");
    // Loose, for a busy machine and a debug build.
    assert!(composed.as_millis() < 200);
}

fn messages() -> impl Strategy<Value = (String, Emotion)> {
    let conversations: toml::Table =
        toml::from_str(include_str!("../../../data/curated/conversations.toml")).unwrap();
    let turns: Vec<(String, Emotion)> = conversations["conversation"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|conversation| conversation["turns"].as_array().unwrap())
        .map(|turn| {
            (
                turn["says"].as_str().unwrap().to_owned(),
                turn["heard"].as_str().unwrap().parse().unwrap(),
            )
        })
        .collect();
    proptest::sample::select(turns)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn no_piece_comes_twice_within_ten_turns(
        turns in proptest::collection::vec(messages(), 30),
        seed in any::<u64>(),
    ) {
        talk(&turns, "en", false, seed);
    }

    #[test]
    fn any_words_are_answered(text in "\\PC{0,200}", language in "[a-z]{0,3}", seed in any::<u64>()) {
        let mut context = context(&text, Emotion::Neutral, seed);
        context.language = language;
        prop_assert!(!blocks(&answerer().compose(&context)).is_empty());
    }
}
