//! Which variable of the environment sets which key.

use super::{
    error::{Origin, Problem},
    sources::SourceFile,
};

/// What the names of our own variables begin with.
const PREFIX: &str = "MUYKOL_";

/// Names that vendors have given, and the key each sets.
const VENDORS: [(&str, &str, &str); 5] = [
    ("TELEGRAM_BOT_TOKEN", "telegram", "token"),
    ("DISCORD_TOKEN", "discord", "token"),
    ("TWILIO_ACCOUNT_SID", "twilio", "account_sid"),
    ("TWILIO_AUTH_TOKEN", "twilio", "auth_token"),
    ("OPENAI_API_KEY", "llm", "api_key"),
];

/// Whether a variable's name is one that only muykol uses.
pub(super) fn is_ours(name: &str) -> bool {
    name.starts_with(PREFIX)
}

/// Our own name for a key: `MUYKOL_SERVER__BIND`.
pub(super) fn name(section: &str, key: &str) -> String {
    format!("{PREFIX}{section}__{key}").to_ascii_uppercase()
}

/// The key that a vendor's variable sets.
pub(super) fn vendor_key(variable: &str) -> Option<(&'static str, &'static str)> {
    VENDORS
        .iter()
        .find(|(name, ..)| *name == variable)
        .map(|(_, section, key)| (*section, *key))
}

/// The variables of a `.env` file.
pub(super) fn of_dotenv(file: &SourceFile) -> Result<Vec<(String, String)>, Problem> {
    dotenvy::from_read_iter(file.text.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|error| Problem {
            origin: match line_of(file, &error) {
                Some(line) => Origin::Line {
                    file: file.name.clone(),
                    line,
                },
                None => Origin::File(file.name.clone()),
            },
            what: "this is not NAME=value".to_owned(),
            mend: "Put a value with spaces, quotes, $ or # in single quotes".to_owned(),
        })
}

/// Where the error is; the error's own text shows the line, which may hold a secret.
fn line_of(file: &SourceFile, error: &dotenvy::Error) -> Option<usize> {
    let dotenvy::Error::LineParse(wrong, _) = error else {
        return None;
    };
    // A value in quotes may go over several lines.
    let first = wrong.lines().next()?.trim();
    file.text
        .lines()
        .position(|line| line.trim() == first)
        .map(|index| index + 1)
}
