//! GET and PATCH /v1/me

use axum::{
    Json,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
};
use muykol_core::{
    scripture::TranslationId,
    seams::ProfileChange,
    words::{AuditNote, Profile, QuietHours},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::{
    api::{auth::Caller, body, body::present, history, messages, schema},
    problem::{Problem, sentence},
    state::WebState,
};

/// Countries of ISO 3166-1, alpha-2, one a line.
const COUNTRIES: &str = include_str!("../../data/iso3166-1-alpha-2.txt");

/// A person's settings. What is not set is null.
#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    /// The Bible translation, by short name.
    translation: Option<String>,
    /// The language, BCP 47.
    language: Option<String>,
    /// The country, ISO 3166-1 alpha-2.
    country: Option<String>,
    /// The time zone, IANA name.
    time_zone: Option<String>,
    /// What to be called.
    name: Option<String>,
    /// When not to be written to unasked.
    quiet_hours: Option<Hours>,
}

/// Hours of the day, local to the person; may reach past midnight.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QuietHours)]
pub(crate) struct Hours {
    /// From, "22:00".
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    from: String,
    /// Until, "07:00".
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    until: String,
}

/// What to change: a field that is absent stays, null clears it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MeChange)]
#[allow(clippy::option_option)] // absent, null and a value are three things
pub(crate) struct Change {
    /// The Bible translation, one of those held here.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    translation: Option<Option<String>>,
    /// The language, BCP 47: "en", "es-419".
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    language: Option<Option<String>>,
    /// The country, ISO 3166-1 alpha-2: "US".
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    country: Option<Option<String>>,
    /// The time zone, IANA name: "America/Chicago".
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    time_zone: Option<Option<String>>,
    /// What to be called, 1 to 60 characters.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    name: Option<Option<String>>,
    /// When not to be written to unasked.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Hours>)]
    quiet_hours: Option<Option<Hours>>,
}

impl From<Profile> for Me {
    fn from(profile: Profile) -> Self {
        Self {
            translation: profile.translation,
            language: profile.language,
            country: profile.country,
            time_zone: profile.time_zone,
            name: profile.name,
            quiet_hours: profile.quiet_hours.map(|hours| Hours {
                from: clock_face(hours.from),
                until: clock_face(hours.until),
            }),
        }
    }
}

impl Change {
    /// The changes, each checked; the first that cannot be taken is named.
    fn checked(self, state: &WebState) -> Result<Vec<ProfileChange>, Problem> {
        let mut changes = Vec::new();
        if let Some(value) = self.translation {
            let value = value.map(|name| held(&name, state)).transpose()?;
            changes.push(ProfileChange::Translation(value));
        }
        if let Some(value) = self.language {
            let value = value.map(|tag| language(&tag)).transpose()?;
            changes.push(ProfileChange::Language(value));
        }
        if let Some(value) = self.country {
            let value = value.map(|code| country(&code)).transpose()?;
            changes.push(ProfileChange::Country(value));
        }
        if let Some(value) = self.time_zone {
            let value = value.map(|zone| time_zone(&zone)).transpose()?;
            changes.push(ProfileChange::TimeZone(value));
        }
        if let Some(value) = self.name {
            let value = value.map(|name| called(&name)).transpose()?;
            changes.push(ProfileChange::Name(value));
        }
        if let Some(value) = self.quiet_hours {
            let value = value.map(|hours| quiet_hours(&hours)).transpose()?;
            changes.push(ProfileChange::QuietHours(value));
        }
        Ok(changes)
    }
}

fn held(name: &str, state: &WebState) -> Result<String, Problem> {
    let library = &state.seams().library;
    library
        .text(&TranslationId::from(name.trim()))
        .map(|text| text.translation().id.0.clone())
        .map_err(|error| Problem::field("translation", sentence(&error.to_string())))
}

/// A language tag: a language of 2 or 3 letters, then subtags of 1 to 8 letters and digits
/// (RFC 5646 section 2.1), in lower case but for what the person wrote.
fn language(tag: &str) -> Result<String, Problem> {
    let mut subtags = tag.split('-');
    let primary = subtags.next().unwrap_or_default();
    let shaped = (2..=3).contains(&primary.len())
        && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
        && tag.len() <= 35
        && subtags.all(|subtag| {
            (1..=8).contains(&subtag.len())
                && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
    if shaped {
        Ok(tag.to_owned())
    } else {
        Err(Problem::field(
            "language",
            "A language is a BCP 47 tag, such as “en” or “es-419”.",
        ))
    }
}

fn country(code: &str) -> Result<String, Problem> {
    let code = code.to_ascii_uppercase();
    if COUNTRIES.lines().any(|country| country == code) {
        Ok(code)
    } else {
        Err(Problem::field(
            "country",
            "A country is a code of ISO 3166-1, two letters, such as “US” or “DE”.",
        ))
    }
}

/// The shape of an IANA zone name: parts of letters, digits, `_`, `+` and `-` between slashes.
fn time_zone(zone: &str) -> Result<String, Problem> {
    let parts: Vec<&str> = zone.split('/').collect();
    let shaped = zone.len() <= 64
        && (2..=3).contains(&parts.len())
        && parts.iter().all(|part| {
            part.starts_with(|first: char| first.is_ascii_alphabetic())
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte))
        });
    if shaped || zone == "UTC" {
        Ok(zone.to_owned())
    } else {
        Err(Problem::field(
            "time_zone",
            "A time zone is an IANA name, such as “America/Chicago” or “UTC”.",
        ))
    }
}

fn called(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    let length = name.chars().count();
    if (1..=60).contains(&length) && !name.chars().any(char::is_control) {
        Ok(name.to_owned())
    } else {
        Err(Problem::field(
            "name",
            "A name has 1 to 60 characters on one line.",
        ))
    }
}

fn quiet_hours(hours: &Hours) -> Result<QuietHours, Problem> {
    match (minute(&hours.from), minute(&hours.until)) {
        (Some(from), Some(until)) if from != until => Ok(QuietHours { from, until }),
        _ => Err(Problem::field(
            "quiet_hours",
            "Quiet hours are two different times of the day, such as “22:00” and “07:00”.",
        )),
    }
}

/// The minute of the day that "07:30" names.
fn minute(face: &str) -> Option<u16> {
    let (hours, minutes) = face.split_once(':')?;
    let two_digits = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !two_digits(hours) || !two_digits(minutes) {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

fn clock_face(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// The person's settings.
#[utoipa::path(
    get,
    path = "/v1/me",
    tag = "me",
    responses(
        (status = 200, description = "The settings", body = Me),
        (status = 401, description = "No session", body = schema::Problem, content_type = "application/problem+json"),
        (status = 503, description = "The store cannot be reached", body = schema::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn show(
    State(state): State<WebState>,
    Caller(visitor): Caller,
) -> Result<impl IntoResponse, Problem> {
    let found = state
        .seams()
        .people
        .find(&visitor.address)
        .await
        .map_err(|_| Problem::store_down())?;
    let profile = found.unwrap_or_else(|| Profile::new("".into()));
    Ok((
        [(header::CACHE_CONTROL, "no-store")],
        Json(Me::from(profile)),
    ))
}

/// Changes the person's settings.
#[utoipa::path(
    patch,
    path = "/v1/me",
    tag = "me",
    request_body = Change,
    responses(
        (status = 200, description = "The settings as they are now", body = Me),
        (status = 400, description = "The body cannot be read", body = schema::Problem, content_type = "application/problem+json"),
        (status = 401, description = "No session", body = schema::Problem, content_type = "application/problem+json"),
        (status = 409, description = "Nobody has written in this session yet", body = schema::Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field cannot be taken", body = schema::Problem, content_type = "application/problem+json"),
        (status = 503, description = "The store cannot be reached", body = schema::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn change(
    State(state): State<WebState>,
    Caller(visitor): Caller,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<impl IntoResponse, Problem> {
    let body = body.map_err(|rejection| messages::unread(&rejection, state.config().body_limit))?;
    let change: Change = body::json(&headers, &body)?;
    let changes = change.checked(&state)?;
    let person = history::person_of(&state, &visitor)
        .await?
        .ok_or_else(nobody_yet)?;
    let audit = AuditNote {
        code: "profile.changed".to_owned(),
        details: json!({ "fields": changes.len() }),
    };
    let profile = state
        .seams()
        .people
        .change(&person, &changes, audit, state.now())
        .await
        .map_err(|_| Problem::store_down())?
        .ok_or_else(nobody_yet)?;
    Ok((
        [(header::CACHE_CONTROL, "no-store")],
        Json(Me::from(profile)),
    ))
}

/// Nothing is kept of somebody who never wrote, so there is nowhere to keep a setting.
fn nobody_yet() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "nobody-yet",
        "Nothing is kept about you until you write for the first time. Write, then set this.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_taken_in_their_standard_form_only() {
        for tag in ["en", "es-419", "zh-Hant-TW", "fil"] {
            assert!(language(tag).is_ok(), "{tag}");
        }
        for tag in ["", "e", "english", "en_US", "en-", "en-thisistoolong"] {
            assert!(language(tag).is_err(), "{tag}");
        }
        assert_eq!(country("us").unwrap(), "US");
        assert!(country("UK").is_err(), "the code is GB");
        assert!(country("").is_err());
        for zone in ["America/Argentina/Buenos_Aires", "Etc/GMT+5", "UTC"] {
            assert!(time_zone(zone).is_ok(), "{zone}");
        }
        for zone in ["", "America", "America/", "../etc/passwd", "a/b/c/d"] {
            assert!(time_zone(zone).is_err(), "{zone}");
        }
        assert!(called("  ").is_err());
        assert!(called("a\nb").is_err());
        assert_eq!(called(" Ana ").unwrap(), "Ana");
        assert_eq!(minute("23:59"), Some(1439));
        for face in ["24:00", "1:00", "+1:00", "01:60", "0100"] {
            assert_eq!(minute(face), None, "{face}");
        }
    }

    #[test]
    fn every_country_is_listed_once() {
        let mut codes: Vec<&str> = COUNTRIES.lines().collect();
        assert_eq!(codes.len(), 249);
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), 249);
    }
}
