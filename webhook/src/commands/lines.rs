//! Commands that read standard input, one message a line, and write one JSON a line.

use std::{
    io::{self, BufRead, Write},
    process::ExitCode,
};

use muykol_core::{
    care,
    scripture::{Library, TranslationId, verify as verified},
};
use serde::Serialize;
use serde_json::json;

use crate::{config::Config, wiring::Failure};

/// `muykol assess`.
pub fn assess() -> Result<ExitCode, Failure> {
    each_line(|line| {
        let heard = care::assess(line, &care::Context::default());
        json!({
            "emotion": {
                "primary": heard.emotion.primary,
                "secondary": heard.emotion.secondary,
                "confidence": heard.emotion.confidence,
            },
            "scores": heard.emotion.scores,
            "crisis": { "level": heard.crisis.level, "kinds": heard.crisis.kinds },
        })
    })
}

/// `muykol verify`.
pub fn verify(config: &Config) -> Result<ExitCode, Failure> {
    let library = Library::embedded();
    let translation = TranslationId::from(config.church.translation.as_str());
    each_line(|line| verified(line, &library, &translation))
}

/// Prints a text as it is.
pub fn print(text: &str) -> Result<ExitCode, Failure> {
    io::stdout().write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// Answers each line of standard input with one line of JSON. What is not UTF-8 is read with its
/// broken bytes replaced: a line in, a line out, always.
pub fn each_line<T: Serialize>(mut answer: impl FnMut(&str) -> T) -> Result<ExitCode, Failure> {
    let mut input = io::stdin().lock();
    let mut output = io::BufWriter::new(io::stdout().lock());
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        while line
            .last()
            .is_some_and(|byte| matches!(byte, b'\n' | b'\r'))
        {
            line.pop();
        }
        serde_json::to_writer(&mut output, &answer(&String::from_utf8_lossy(&line)))?;
        output.write_all(b"\n")?;
        // Whoever talks to us line by line waits for this one.
        output.flush()?;
        line.clear();
    }
    Ok(ExitCode::SUCCESS)
}
