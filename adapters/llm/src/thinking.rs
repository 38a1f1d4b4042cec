//! Models that think aloud.

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// Takes a model's thoughts out of its answer.
///
/// Open reasoning models write `<think>…</think>` before the answer, and servers that do not know
/// the model pass it on as text. It is not meant for a person in need.
#[derive(Debug, Default)]
pub(crate) enum Thinking {
    /// Nothing but white space and perhaps the beginning of the mark so far.
    #[default]
    Undecided,
    /// Undecided, with this held back.
    Held(String),
    /// In a thought; the last characters, in case they begin the end mark.
    Inside(String),
    /// The thought is over and the white space after it is not.
    Leaving,
    /// In the answer.
    Outside,
}

impl Thinking {
    /// Takes the next text and gives back what of it belongs to the answer.
    pub(crate) fn filter(&mut self, text: &str) -> String {
        match std::mem::take(self) {
            Self::Undecided => self.decide(text.to_owned()),
            Self::Held(held) => self.decide(held + text),
            Self::Inside(tail) => self.think(&(tail + text)),
            Self::Leaving => self.leave(text),
            Self::Outside => {
                *self = Self::Outside;
                text.to_owned()
            }
        }
    }

    /// The answer has ended: what was still held back after all belongs to it.
    pub(crate) fn end(&mut self) -> String {
        match std::mem::take(self) {
            Self::Held(held) => held,
            _ => String::new(),
        }
    }

    fn decide(&mut self, text: String) -> String {
        let begun = text.trim_start();
        if let Some(thought) = begun.strip_prefix(OPEN) {
            return self.think(thought);
        }
        if OPEN.starts_with(begun) {
            *self = Self::Held(text);
            return String::new();
        }
        *self = Self::Outside;
        text
    }

    fn think(&mut self, text: &str) -> String {
        if let Some((_, answer)) = text.split_once(CLOSE) {
            return self.leave(answer);
        }
        let mut keep = text.len().saturating_sub(CLOSE.len() - 1);
        while !text.is_char_boundary(keep) {
            keep -= 1;
        }
        *self = Self::Inside(text[keep..].to_owned());
        String::new()
    }

    fn leave(&mut self, text: &str) -> String {
        let answer = text.trim_start();
        *self = if answer.is_empty() {
            Self::Leaving
        } else {
            Self::Outside
        };
        answer.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same result wherever the text is cut in two, and cut into single characters.
    fn filtered(text: &str) -> String {
        let run = |pieces: &[&str]| {
            let mut thinking = Thinking::default();
            let mut answer: String = pieces.iter().map(|piece| thinking.filter(piece)).collect();
            answer.push_str(&thinking.end());
            answer
        };
        let whole = run(&[text]);
        for (cut, _) in text.char_indices() {
            assert_eq!(run(&[&text[..cut], &text[cut..]]), whole, "cut at {cut}");
        }
        let single: Vec<&str> = text.split_inclusive(|_| true).collect();
        assert_eq!(run(&single), whole);
        whole
    }

    #[test]
    fn thoughts_go_and_answers_stay() {
        assert_eq!(filtered("Peace to you."), "Peace to you.");
        assert_eq!(
            filtered("\n<think>\nshe is sad — </thin\n</think>\n\nPeace."),
            "Peace."
        );
        assert_eq!(filtered("<think>never an end…"), "");
        assert_eq!(filtered("<thin ice"), "<thin ice");
        assert_eq!(filtered("  <th"), "  <th");
        assert_eq!(
            filtered("Say <think> aloud</think>."),
            "Say <think> aloud</think>."
        );
        assert_eq!(filtered(""), "");
    }
}
