//! Real help, by country: helplines and emergency numbers.
//!
//! The numbers are data with their source, the day they were checked and who signed for them.
//! What nobody has confirmed says so, and [`warnings`] names it for `doctor`.

use std::{collections::BTreeMap, fmt, sync::LazyLock};

use serde::Deserialize;

use crate::words::{CrisisKind, Resource};

/// Where no country's number is known: 112 reaches help on most mobile networks, but not
/// everywhere, so the words around it say "your local emergency number".
const WORLDWIDE: &str = "INTL";

/// How long a number may go unchecked before `doctor` asks for it to be looked at again.
const STALE_AFTER_DAYS: i64 = 365;

/// The country a person is in, and how that is known.
///
/// Never guessed from a language: a Spanish speaker may live anywhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CountryClues<'a> {
    /// What the person said themselves, ISO 3166-1 alpha-2.
    pub stated: Option<&'a str>,
    /// Their telephone number in E.164 form, "+4915112345678", where the channel knows it.
    pub phone: Option<&'a str>,
    /// The site's setting.
    pub site: Option<&'a str>,
}

impl CountryClues<'_> {
    /// The country, upper case; `None` means worldwide help and a question.
    pub fn country(&self) -> Option<String> {
        self.stated
            .and_then(code)
            .or_else(|| self.phone.and_then(country_of_phone))
            .or_else(|| self.site.and_then(code))
    }
}

/// A two-letter country code in upper case, or nothing if it is not one.
fn code(text: &str) -> Option<String> {
    let text = text.trim();
    (text.len() == 2 && text.chars().all(|c| c.is_ascii_alphabetic()))
        .then(|| text.to_ascii_uppercase())
}

/// The country an E.164 number ("+44 7700 900123") belongs to, by its longest known prefix.
pub fn country_of_phone(phone: &str) -> Option<String> {
    let digits: String = phone
        .trim()
        .strip_prefix('+')?
        .chars()
        .filter(char::is_ascii_digit)
        .take(15)
        .collect();
    DIALLING_CODES
        .iter()
        .filter(|(prefix, _)| digits.starts_with(prefix))
        .max_by_key(|(prefix, _)| prefix.len())
        .filter(|(_, country)| *country != "-")
        .map(|(_, country)| (*country).to_owned())
}

static DIALLING_CODES: LazyLock<Vec<(&'static str, &'static str)>> = LazyLock::new(|| {
    include_str!("../../data/care/dialling-codes.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .collect()
});

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Help {
    emergency: BTreeMap<String, String>,
    police: BTreeMap<String, String>,
    line: Vec<Line>,
}

/// One helpline as it stands in the data file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    name: String,
    country: String,
    language: Option<String>,
    phone: Option<String>,
    sms: Option<String>,
    url: Option<String>,
    #[serde(default)]
    kinds: Vec<CrisisKind>,
    source: String,
    status: Status,
    checked: String,
    reviewer: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Sourced,
    Unsourced,
}

static HELP: LazyLock<Result<Help, toml::de::Error>> =
    LazyLock::new(|| toml::from_str(include_str!("../../data/care/helplines.toml")));

/// Whether the file of helplines could be read; asked at start-up and by `doctor`.
pub fn check_resources() -> Result<(), String> {
    HELP.as_ref().map(|_| ()).map_err(ToString::to_string)
}

/// The number to call when life is in danger now, if the country's is known.
pub fn emergency_number(country: Option<&str>) -> Option<&'static str> {
    let country = country.and_then(code)?;
    HELP.as_ref()
        .ok()?
        .emergency
        .get(&country)
        .map(String::as_str)
}

/// The number to call when somebody is being hurt, where it is another than the ambulance's.
pub(super) fn police_number(country: Option<&str>) -> Option<&'static str> {
    let police = country
        .and_then(code)
        .and_then(|country| HELP.as_ref().ok()?.police.get(&country));
    police
        .map(String::as_str)
        .or_else(|| emergency_number(country))
}

/// Where to turn, most fitting first; never empty.
///
/// The lines of the country, those in the person's language before the others and those for the
/// first of `kinds` before the general ones; the emergency number; and worldwide help last.
pub fn resources_for(
    country: Option<&str>,
    language: Option<&str>,
    kinds: &[CrisisKind],
) -> Vec<Resource> {
    let country = country.and_then(code);
    let language = language.and_then(|tag| tag.split(['-', '_']).next());
    let mut found: Vec<(u8, Resource)> = Vec::new();
    for line in HELP.as_ref().map_or(&[][..], |help| &help.line) {
        let here = Some(&line.country) == country.as_ref();
        let fits_kind = line.kinds.is_empty() || line.kinds.iter().any(|kind| kinds.contains(kind));
        let fits_language = line.language.is_none() || line.language.as_deref() == language;
        if !(here || line.country == WORLDWIDE) || !fits_kind || !fits_language {
            continue;
        }
        let rank = match (here, !line.kinds.is_empty(), line.language.is_some()) {
            (true, true, _) => 0,
            (true, _, true) => 1,
            (true, ..) => 2,
            (false, ..) => 4,
        };
        found.push((rank, line.resource()));
    }
    let (first, number) = match kinds.first() {
        // Where life or limb may be at stake now, the emergency number leads.
        Some(CrisisKind::Abuse | CrisisKind::Violence) => (true, police_number(country.as_deref())),
        Some(CrisisKind::Medical) => (true, emergency_number(country.as_deref())),
        _ => (false, emergency_number(country.as_deref())),
    };
    if let Some(number) = number {
        found.push((
            if first { 0 } else { 3 },
            Resource {
                name: emergency_name(language).to_owned(),
                phone: Some(number.to_owned()),
                sms: None,
                url: None,
                country: country.clone().unwrap_or_default(),
            },
        ));
    }
    found.sort_by_key(|(rank, _)| *rank);
    let mut resources: Vec<Resource> = found.into_iter().map(|(_, resource)| resource).collect();
    if resources.is_empty() {
        resources.push(find_a_helpline());
    }
    resources
}

/// The last resort, should the data ever fail to load: it needs no data.
fn find_a_helpline() -> Resource {
    Resource {
        name: "Find A Helpline".to_owned(),
        phone: None,
        sms: None,
        url: Some("https://findahelpline.com".to_owned()),
        country: WORLDWIDE.to_owned(),
    }
}

fn emergency_name(language: Option<&str>) -> &'static str {
    match language {
        Some("es") => "Emergencias",
        Some("pt") => "Emergência",
        Some("fr") => "Urgences",
        Some("de") => "Notruf",
        _ => "Emergency services",
    }
}

impl Line {
    fn resource(&self) -> Resource {
        Resource {
            name: self.name.clone(),
            phone: self.phone.clone(),
            sms: self.sms.clone(),
            url: self.url.clone(),
            country: self.country.clone(),
        }
    }
}

/// One thing about the help offered that a person should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentWarning {
    /// What it is about: a helpline's name and country, or a reply's id.
    pub what: String,
    /// What is wrong.
    pub why: ContentFault,
}

/// Why content should be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentFault {
    /// Nobody has confirmed the number.
    Unsourced,
    /// No clinician or pastor has signed.
    Unreviewed,
    /// It was last checked more than a year ago, or never.
    Stale,
}

impl fmt::Display for ContentFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unsourced => "the number has not been confirmed by anybody",
            Self::Unreviewed => "no clinician or pastor has signed for it",
            Self::Stale => "it has not been checked for more than a year",
        })
    }
}

/// What is not yet right with the helplines, for `doctor`. `today` is days since the Unix epoch,
/// UTC.
pub fn warnings(today: i64) -> Vec<ContentWarning> {
    let mut found = Vec::new();
    for line in HELP.as_ref().map_or(&[][..], |help| &help.line) {
        let mut warn = |why| {
            found.push(ContentWarning {
                what: format!("{} ({})", line.name, line.country),
                why,
            });
        };
        if line.status == Status::Unsourced || line.source.is_empty() {
            warn(ContentFault::Unsourced);
        }
        if line.reviewer.is_empty() {
            warn(ContentFault::Unreviewed);
        }
        if day_number(&line.checked).is_none_or(|checked| today - checked > STALE_AFTER_DAYS) {
            warn(ContentFault::Stale);
        }
    }
    found
}

/// "2025-11-01" as days since the Unix epoch (Howard Hinnant, "chrono-compatible low-level date
/// algorithms", days from civil).
pub(super) fn day_number(date: &str) -> Option<i64> {
    let mut parts = date.splitn(3, '-').map(str::parse::<i64>);
    let (year, month, day) = (
        parts.next()?.ok()?,
        parts.next()?.ok()?,
        parts.next()?.ok()?,
    );
    if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_always_somewhere_to_turn() {
        for country in [
            None,
            Some("US"),
            Some("us"),
            Some("ZZ"),
            Some("KE"),
            Some("nonsense"),
        ] {
            let help = resources_for(country, None, &[CrisisKind::Suicide]);
            assert!(
                help.iter().any(|line| line.name == "Find A Helpline"),
                "{country:?}"
            );
        }
    }

    #[test]
    fn the_persons_language_comes_first_in_their_country() {
        let help = resources_for(Some("US"), Some("es-MX"), &[CrisisKind::Suicide]);
        assert_eq!(help[0].sms.as_deref(), Some("AYUDA to 988"));
        let help = resources_for(Some("US"), Some("en"), &[CrisisKind::Suicide]);
        assert_eq!(help[0].phone.as_deref(), Some("988"));
        assert!(
            help.iter()
                .all(|line| line.sms.as_deref() != Some("AYUDA to 988"))
        );
    }

    #[test]
    fn samaritans_have_no_text_number() {
        let help = resources_for(Some("GB"), None, &[CrisisKind::Suicide]);
        let samaritans = help.iter().find(|line| line.name == "Samaritans").unwrap();
        assert_eq!(samaritans.sms, None);
    }

    #[test]
    fn a_country_is_stated_or_dialled_or_set_and_never_guessed() {
        let clues = CountryClues {
            stated: Some("de"),
            phone: Some("+447700900123"),
            site: Some("US"),
        };
        assert_eq!(clues.country().as_deref(), Some("DE"));
        let clues = CountryClues {
            stated: None,
            ..clues
        };
        assert_eq!(clues.country().as_deref(), Some("GB"));
        let clues = CountryClues {
            phone: None,
            ..clues
        };
        assert_eq!(clues.country().as_deref(), Some("US"));
        assert_eq!(CountryClues::default().country(), None);
        for (phone, country) in [
            ("+1 416 555 0100", Some("CA")),
            ("+12125550100", Some("US")),
            ("+18765550100", Some("JM")),
            ("+18005550100", None),
            ("+254700000000", Some("KE")),
            ("07700900123", None),
            ("", None),
        ] {
            assert_eq!(country_of_phone(phone).as_deref(), country, "{phone}");
        }
    }

    #[test]
    fn doctor_hears_of_what_nobody_signed() {
        let today = day_number("2025-11-20").unwrap();
        let found = warnings(today);
        let has = |what: &str, why| found.iter().any(|w| w.what.contains(what) && w.why == why);
        assert!(has("(FR)", ContentFault::Unsourced));
        assert!(!has("988 Suicide", ContentFault::Unsourced));
        assert!(has("988 Suicide", ContentFault::Unreviewed));
        assert!(has("988 Suicide", ContentFault::Stale));
    }

    #[test]
    fn dates_are_days() {
        assert_eq!(day_number("1970-01-01"), Some(0));
        assert_eq!(day_number("2024-02-29"), Some(19_782));
        assert_eq!(day_number("tomorrow"), None);
    }
}
