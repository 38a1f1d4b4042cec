//! One line of a rule file: what it is about, its alternatives, and what is wrong with it.

use std::str::FromStr as _;

use super::{Circumstance, Effect};
use crate::words::{CrisisKind, CrisisLevel, Emotion};

/// What is wrong in a rule file, with the line to mend.
#[derive(Debug, thiserror::Error)]
#[error("rule file `{file}`, line {line}: {reason}")]
pub struct RuleError {
    file: String,
    line: usize,
    reason: String,
}

/// One logical line of a rule file.
pub(super) struct Line<'a> {
    file: &'a str,
    number: usize,
    pub language: String,
    pub head: Vec<&'a str>,
    pub body: String,
}

impl Line<'_> {
    pub fn error(&self, reason: String) -> RuleError {
        RuleError {
            file: self.file.to_owned(),
            line: self.number,
            reason,
        }
    }

    pub fn alternatives(&self) -> impl Iterator<Item = &str> {
        self.body
            .split('|')
            .map(str::trim)
            .filter(|phrase| !phrase.is_empty())
    }

    pub fn effect<'h>(&self, head: &[&'h str]) -> Result<(Effect, &'h str), RuleError> {
        let crisis = |level: &str, kind: &str, tenseless| {
            Ok(Effect::Crisis {
                level: match level {
                    "concern" => CrisisLevel::Concern,
                    "danger" => CrisisLevel::Danger,
                    "imminent" => CrisisLevel::Imminent,
                    _ => return Err(self.error(format!("`{level}` does not begin a rule"))),
                },
                kind: kind_named(kind)
                    .ok_or_else(|| self.error(format!("`{kind}` is not a kind of crisis")))?,
                tenseless,
            })
        };
        match *head {
            ["veto", code] => Ok((Effect::Veto, code)),
            ["weak", code] => Ok((Effect::Weak, code)),
            ["context", name] => {
                let circumstance = match name {
                    "past" => Circumstance::Past,
                    "present" => Circumstance::Present,
                    "reported" => Circumstance::Reported,
                    "fiction" => Circumstance::Fiction,
                    "turn" => Circumstance::Turn,
                    "negated" => Circumstance::Negated,
                    "joking" => Circumstance::Joking,
                    "trifle" => Circumstance::Trifle,
                    "withdrawn" => Circumstance::Withdrawn,
                    _ => return Err(self.error(format!("`{name}` is not a context"))),
                };
                Ok((Effect::Context(circumstance), name))
            }
            ["feel", emotion, weight] => {
                let emotion =
                    Emotion::from_str(emotion).map_err(|error| self.error(error.to_string()))?;
                let weight = weight
                    .parse()
                    .map_err(|_| self.error(format!("`{weight}` is not a weight")))?;
                Ok((Effect::Feel(emotion, weight), "feel"))
            }
            [level, kind, code] => Ok((crisis(level, kind, false)?, code)),
            [level, kind, code, "tenseless"] => Ok((crisis(level, kind, true)?, code)),
            _ => Err(self.error(format!("`{}` does not begin a rule", head.join(" ")))),
        }
    }
}

/// The kind of crisis with this name, as it is written in JSON and data files.
fn kind_named(name: &str) -> Option<CrisisKind> {
    Some(match name {
        "suicide" => CrisisKind::Suicide,
        "self_harm" => CrisisKind::SelfHarm,
        "third_party" => CrisisKind::ThirdParty,
        "past" => CrisisKind::Past,
        "abuse" => CrisisKind::Abuse,
        "violence" => CrisisKind::Violence,
        "medical" => CrisisKind::Medical,
        _ => return None,
    })
}

pub(super) fn read_lines<'a>(
    file: &'a str,
    text: &'a str,
    lines: &mut Vec<Line<'a>>,
) -> Result<(), RuleError> {
    let mut language = String::new();
    for (index, raw) in text.lines().enumerate() {
        let content = raw.split('#').next().unwrap_or_default();
        if content.trim().is_empty() {
            continue;
        }
        if content.starts_with(char::is_whitespace) {
            if let Some(line) = lines.last_mut().filter(|line| line.file == file) {
                line.body.push(' ');
                line.body.push_str(content.trim());
            }
            continue;
        }
        if let Some(name) = content.strip_prefix("language ") {
            name.trim().clone_into(&mut language);
            continue;
        }
        let Some((head, body)) = content.split_once('=') else {
            return Err(RuleError {
                file: file.to_owned(),
                line: index + 1,
                reason: "there is no `=`".to_owned(),
            });
        };
        lines.push(Line {
            file,
            number: index + 1,
            language: language.clone(),
            head: head.split_whitespace().collect(),
            body: body.trim().to_owned(),
        });
    }
    Ok(())
}
