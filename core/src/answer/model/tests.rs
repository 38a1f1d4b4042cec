use std::sync::{Arc, Mutex};

use futures_util::{StreamExt, stream};

use super::*;
use crate::{
    answer::curated::said_before,
    care::Assessment,
    words::{CrisisReading, EmotionReading, PersonId, Profile, Timestamp},
};

/// A model that says what it was told to say, a word counting as a token.
#[derive(Clone, Default)]
struct Script {
    events: Vec<Result<ModelEvent, ModelError>>,
    asked: Arc<Mutex<Vec<Prompt>>>,
}

#[async_trait]
impl Model for Script {
    async fn stream(&self, prompt: Prompt) -> Result<ModelStream, ModelError> {
        self.asked.lock().unwrap().push(prompt);
        Ok(Box::pin(stream::iter(self.events.clone())))
    }

    async fn assess(&self, _: &str) -> Result<Assessment, ModelError> {
        Err(ModelError::Resting)
    }

    fn count_tokens(&self, text: &str) -> u64 {
        text.split_whitespace().count() as u64
    }

    async fn probe(&self) -> Result<(), ModelError> {
        Ok(())
    }
}

fn context(text: &str) -> TurnContext {
    TurnContext {
        messages: vec![text.to_owned()],
        assessment: Assessment {
            emotion: EmotionReading::unclear(),
            crisis: CrisisReading::default(),
        },
        profile: Profile::new(PersonId::from("p")),
        recent: Vec::new(),
        audience: Audience::Private,
        translation: "ASV".to_owned(),
        language: "en".to_owned(),
        care_mode: false,
        now: Timestamp(86_400_000 * 20_000 + 5),
        seed: 1,
    }
}

async fn answer(
    events: Vec<Result<ModelEvent, ModelError>>,
    context: &TurnContext,
) -> Result<Vec<Result<Piece, AnswerError>>, AnswerError> {
    let model = Script {
        events,
        ..Script::default()
    };
    let answerer = ModelAnswerer::new(model, ModelLimits::default());
    Ok(answerer.answer(context).await?.collect().await)
}

#[allow(clippy::unnecessary_wraps)] // an event of a script
fn text(text: &str) -> Result<ModelEvent, ModelError> {
    Ok(ModelEvent::Text(text.to_owned()))
}

#[tokio::test]
async fn words_come_through_and_what_was_spent_comes_last() {
    let pieces = answer(
        vec![
            text("I'm here."),
            Ok(ModelEvent::Usage {
                input: 70,
                output: 5,
            }),
        ],
        &context("hello"),
    )
    .await
    .unwrap();
    assert_eq!(
        pieces,
        [
            Ok(Piece::Words("I'm here.".to_owned())),
            Ok(Piece::Spent(75))
        ]
    );
}

#[tokio::test]
async fn without_a_bill_the_tokens_are_counted() {
    let pieces = answer(vec![text("one two")], &context("hello"))
        .await
        .unwrap();
    let Some(Ok(Piece::Spent(spent))) = pieces.last() else {
        panic!("no bill: {pieces:?}");
    };
    assert!(*spent > 100, "{spent}");
}

#[tokio::test]
async fn an_error_ends_the_answer_and_silence_is_an_error() {
    let pieces = answer(vec![text("I'm"), Err(ModelError::Resting)], &context("hi"))
        .await
        .unwrap();
    assert_eq!(
        pieces.last(),
        Some(&Err(AnswerError::Model(ModelError::Resting)))
    );
    let pieces = answer(vec![text("  ")], &context("hi")).await.unwrap();
    assert!(matches!(
        pieces.last(),
        Some(Err(AnswerError::Model(ModelError::Unavailable(_))))
    ));
}

#[tokio::test]
async fn a_used_up_budget_is_refused_until_the_day_is_over() {
    let mut context = context("hello");
    context.profile.tokens_day = 20_000;
    context.profile.tokens_used = ModelLimits::default().tokens_per_day;
    assert_eq!(
        answer(vec![text("x")], &context).await.unwrap_err(),
        AnswerError::OverBudget
    );
    context.profile.tokens_day = 19_999;
    assert!(answer(vec![text("x")], &context).await.is_ok());
}

fn prompt(context: &TurnContext, prompt_tokens: u64) -> Prompt {
    ModelAnswerer::new(
        Script::default(),
        ModelLimits {
            prompt_tokens,
            ..ModelLimits::default()
        },
    )
    .prompt(context)
}

#[test]
fn the_prompt_has_its_parts() {
    let base = prompt(&context("hello"), 4000).system;
    assert!(base.contains("Answer in English"));
    assert!(!base.contains('{'));
    assert_eq!(ModelAnswerer::<Script>::prompt_version(), "2");
    for (name, context) in [
        ("grief", context("my mum died last week")),
        ("care", {
            let mut context = context("hello");
            context.care_mode = true;
            context
        }),
        ("public", {
            let mut context = context("hello");
            context.audience = Audience::Public;
            context
        }),
    ] {
        let part = COMPANION.part(name);
        assert!(!part.is_empty());
        assert!(prompt(&context, 4000).system.contains(part), "{name}");
        assert!(!base.contains(part), "{name}");
    }
    let mut german = context("hallo");
    german.language = "de-AT".to_owned();
    german.assessment.emotion.primary = Emotion::SpiritualDryness;
    let german = prompt(&german, 4000).system;
    assert!(german.contains("Answer in German") && german.contains("spiritual dryness"));
}

#[test]
fn the_oldest_words_are_left_out_first_and_the_person_begins() {
    let mut context = context("and now?");
    for at in 0..20 {
        context.recent.extend(said_before(
            &format!("message {at}"),
            "an answer of five words",
            &[],
        ));
    }
    let system = prompt(&context, 4000).system.split_whitespace().count() as u64;
    let whole = prompt(&context, 4000);
    assert_eq!(whole.turns.len(), 41);
    let short = prompt(&context, system + 30);
    assert!(short.turns.len() < 12 && short.turns.len() > 2);
    assert!(short.turns[0].role == Role::Person);
    assert_eq!(short.turns.last().unwrap().text, "and now?");
    let none = prompt(&context, 10);
    assert_eq!(none.turns.len(), 1);
}

#[test]
fn neighbours_of_one_speaker_become_one() {
    let mut context = context("third");
    let [first, _] = said_before("first", "", &[]);
    let [second, _] = said_before("second", "", &[]);
    context.recent = vec![first, second];
    let prompt = prompt(&context, 4000);
    assert_eq!(prompt.turns.len(), 1);
    assert_eq!(prompt.turns[0].text, "first\n\nsecond\n\nthird");
}

#[tokio::test]
async fn a_model_that_hears_danger_says_so_and_nothing_else() {
    let pieces = answer(
        vec![text(" [[dan"), text("ger]] I am"), text(" sorry.")],
        &context("I can't be here any longer"),
    )
    .await
    .unwrap();
    let [Ok(Piece::Heard(reading))] = pieces.as_slice() else {
        panic!("{pieces:?}");
    };
    assert_eq!(reading.level, CrisisLevel::Danger);
}

#[tokio::test]
async fn an_answer_that_opens_with_a_passage_is_an_answer() {
    let pieces = answer(vec![text("[["), text("Psalm 23:1]] Rest.")], &context("hi"))
        .await
        .unwrap();
    assert_eq!(
        pieces[0],
        Ok(Piece::Words("[[Psalm 23:1]] Rest.".to_owned()))
    );
}
