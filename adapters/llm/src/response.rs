//! What a server sends back: an event of a stream, a whole answer, an error.

use serde::Deserialize;
use serde_json::Value;

use crate::failure::Failure;

/// One event of a stream, or a whole answer: they differ in `delta` and `message` only.
#[derive(Debug, Deserialize)]
struct Completion {
    choices: Option<Vec<Choice>>,
    usage: Option<Usage>,
    error: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    #[serde(alias = "message")]
    delta: Option<Delta>,
    finish_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Delta {
    content: Option<String>,
}

/// What an answer cost, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct Usage {
    #[serde(default)]
    pub(crate) prompt_tokens: u64,
    #[serde(default)]
    pub(crate) completion_tokens: u64,
}

/// What one event says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct News {
    pub(crate) text: Option<String>,
    pub(crate) usage: Option<Usage>,
    pub(crate) finish: Option<Finish>,
}

/// Why the model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finish {
    /// It had said everything.
    Stop,
    /// The token limit cut it off, perhaps in the middle of a sentence.
    Length,
    /// The provider's filter did.
    Filtered,
    /// The server says that it failed.
    Failed,
}

impl News {
    /// Reads an event's data or a whole body.
    pub(crate) fn read(json: &[u8]) -> Result<Self, Failure> {
        // The parser's own words may quote the text: they are kept back.
        let completion: Completion = serde_json::from_slice(json)
            .map_err(|_| Failure::unavailable("an answer that is not understood"))?;
        if let Some(error) = completion.error {
            let code = code(&error).unwrap_or_else(|| "without a code".to_owned());
            return Err(Failure::unavailable(format!("an error event {code}")));
        }
        let first = completion.choices.unwrap_or_default().into_iter().next();
        let (delta, finish) =
            first.map_or((None, None), |choice| (choice.delta, choice.finish_reason));
        Ok(Self {
            text: delta.and_then(|delta| delta.content),
            usage: completion.usage,
            finish: finish.and_then(|reason| match reason.as_str() {
                "" => None,
                "length" => Some(Finish::Length),
                "content_filter" => Some(Finish::Filtered),
                "error" => Some(Finish::Failed),
                _ => Some(Finish::Stop),
            }),
        })
    }
}

/// The code in an error body, and the parameter it is about.
pub(crate) fn error_code(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    code(body.get("error")?)
}

fn code(error: &Value) -> Option<String> {
    let name = |key| error.get(key).and_then(Value::as_str).filter(is_name);
    let code = name("code").or_else(|| name("type"))?;
    Some(match name("param") {
        Some(param) => format!("{code} ({param})"),
        None => code.to_owned(),
    })
}

/// Whether it is an identifier; anything else might quote a person or a key.
fn is_name(text: &&str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_events_as_servers_really_send_them() {
        for (file, text, finish) in [
            (
                include_str!("../tests/data/openai.json"),
                Some("Peace"),
                None,
            ),
            (
                include_str!("../tests/data/openai_role.json"),
                Some(""),
                None,
            ),
            (
                include_str!("../tests/data/azure_filter_results.json"),
                None,
                None,
            ),
            (
                include_str!("../tests/data/llama_cpp_last.json"),
                None,
                Some(Finish::Stop),
            ),
            (
                include_str!("../tests/data/whole.json"),
                Some("Peace to you."),
                Some(Finish::Length),
            ),
        ] {
            let news = News::read(file.as_bytes()).unwrap();
            assert_eq!(
                (news.text.as_deref(), news.finish),
                (text, finish),
                "{file}"
            );
        }
        let usage = News::read(include_bytes!("../tests/data/usage.json")).unwrap();
        assert_eq!(
            usage.usage,
            Some(Usage {
                prompt_tokens: 412,
                completion_tokens: 88
            })
        );
    }

    #[test]
    fn errors_say_their_code_and_nothing_else() {
        for (body, said) in [
            (
                r#"{"error":{"message":"a secret","code":"overloaded"}}"#,
                "an error event overloaded",
            ),
            (
                r#"{"error":{"message":"a secret","code":502}}"#,
                "an error event without a code",
            ),
            (r#"{"error":"a secret"}"#, "an error event without a code"),
            (
                r#"{"choices":["a secret"]}"#,
                "an answer that is not understood",
            ),
        ] {
            let failure = News::read(body.as_bytes()).unwrap_err();
            assert_eq!(
                failure.error.to_string(),
                format!("the model is unavailable: {said}")
            );
        }
    }

    proptest! {
        #[test]
        fn any_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..200), json in "[{}\\[\\]:,\"a-z0-9]{0,80}") {
            let _ = News::read(&bytes);
            let _ = News::read(json.as_bytes());
            let _ = error_code(json.as_bytes());
        }
    }
}
