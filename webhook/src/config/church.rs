//! `[church]`: for whom muykol speaks, and the help close by.

use muykol_core::words::{ChurchId, Resource};

use super::{
    addresses::http_url,
    error::Origin,
    reader::{Objection, Reader},
    suggestion::nearest,
    value::Field,
};

/// The translations that are compiled in.
const TRANSLATIONS: [(&str, &str); 2] = [("ASV", "ASV"), ("KJV", "KJV")];

/// The fields of a local resource.
const FIELDS: [&str; 5] = ["name", "phone", "sms", "url", "country"];

/// The country of help that is not bound to one.
const WORLDWIDE: &str = "INTL";

const LOCAL_RESOURCES: (&str, &str) = ("church", "local_resources");

/// For whom muykol speaks. An empty text means that there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Church {
    /// What begins every stored key.
    pub id: ChurchId,
    /// Its name.
    pub name: String,
    /// How a person reaches a pastor, in words.
    pub pastor_contact: String,
    /// The country most people write from, ISO 3166-1 alpha-2 in capitals.
    pub country: Option<String>,
    /// The language to begin in, ISO 639 in small letters.
    pub language: String,
    /// Help close by, named before the country's.
    pub local_resources: Vec<Resource>,
    /// The short name of the translation quoted to those who have not chosen.
    pub translation: String,
    /// Said once at first contact.
    pub greeting: String,
}

impl Church {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let country = reader.parsed(("church", "country"), country);
        let language = reader.parsed(("church", "language"), language);
        if language.is_none() && reader.text(("church", "language")).is_empty() {
            reader.object(("church", "language"), "is empty", "Write it like \"en\"");
        }
        Self {
            id: ChurchId(church_id(reader)),
            name: reader.words(("church", "name"), 80),
            pastor_contact: reader.words(("church", "pastor_contact"), 200),
            local_resources: local_resources(reader, country.as_deref().unwrap_or(WORLDWIDE)),
            country,
            language: language.unwrap_or_default(),
            translation: reader
                .one_of(("church", "translation"), &TRANSLATIONS, "ASV")
                .to_owned(),
            greeting: reader.words(("church", "greeting"), 500),
        }
    }
}

fn church_id(reader: &mut Reader) -> String {
    let id = reader.text(("church", "id"));
    let fits = (1..=32).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !fits {
        reader.object(
            ("church", "id"),
            "is not a short name",
            "Write 1 to 32 of a-z, 0-9 and \"-\"",
        );
    }
    id
}

fn country(text: &str) -> Result<String, Objection> {
    if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Ok(text.to_ascii_uppercase());
    }
    Err((
        "is not a country's two-letter code".to_owned(),
        "Write it like \"US\", or leave it empty".to_owned(),
    ))
}

fn language(text: &str) -> Result<String, Objection> {
    if (2..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Ok(text.to_ascii_lowercase());
    }
    Err((
        "is not a language's code".to_owned(),
        "Write two or three letters, like \"en\"".to_owned(),
    ))
}

fn local_resources(reader: &mut Reader, default_country: &str) -> Vec<Resource> {
    let mut resources = Vec::new();
    for fields in reader.tables(LOCAL_RESOURCES) {
        let start = fields.first().map_or_else(
            || reader.origin(LOCAL_RESOURCES),
            |field| field.origin.clone(),
        );
        match resource(fields, default_country) {
            Ok(resource) => resources.push(resource),
            Err((origin, (what, mend))) => {
                reader.object_at(origin.unwrap_or(start), LOCAL_RESOURCES, what, mend);
            }
        }
    }
    resources
}

/// One resource, or what is wrong with it and where, if a single field is at fault.
fn resource(
    fields: Vec<Field>,
    default_country: &str,
) -> Result<Resource, (Option<Origin>, Objection)> {
    let mut resource = Resource {
        name: String::new(),
        phone: None,
        sms: None,
        url: None,
        country: default_country.to_owned(),
    };
    for Field {
        name,
        value,
        origin,
    } in fields
    {
        let at_field = |objection| (Some(origin.clone()), objection);
        if value.chars().count() > 200 || value.chars().any(char::is_control) {
            return Err(at_field((
                format!("has a {name} that is not a line of up to 200 characters"),
                "Shorten it".to_owned(),
            )));
        }
        match name.as_str() {
            "name" => resource.name = value,
            "phone" => resource.phone = Some(phone(value).map_err(at_field)?),
            "sms" => resource.sms = Some(value),
            "url" => {
                http_url(&value).map_err(|(_, mend)| {
                    at_field(("has a url that is no web address".to_owned(), mend))
                })?;
                resource.url = Some(value);
            }
            "country" => resource.country = country(&value).map_err(at_field)?,
            other => {
                let mend = nearest(other, FIELDS.iter().map(ToString::to_string)).map_or_else(
                    || format!("The fields are {}", FIELDS.join(", ")),
                    |name| format!("Did you mean `{name}`?"),
                );
                return Err(at_field((format!("has no field `{other}`"), mend)));
            }
        }
    }
    if resource.name.trim().is_empty() {
        return Err((
            None,
            (
                "has an entry without a name".to_owned(),
                "Add name = \"…\"".to_owned(),
            ),
        ));
    }
    if resource.phone.is_none() && resource.sms.is_none() && resource.url.is_none() {
        return Err((
            None,
            (
                "has an entry that cannot be reached".to_owned(),
                "Add phone, sms or url".to_owned(),
            ),
        ));
    }
    Ok(resource)
}

/// A number that can be dialled.
fn phone(text: String) -> Result<String, Objection> {
    let can_be_dialled = text.bytes().any(|byte| byte.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b"+-() .*#/".contains(&byte));
    if can_be_dialled {
        return Ok(text);
    }
    Err((
        "has a phone that cannot be dialled".to_owned(),
        "Write digits, like \"+1 555 0123\"".to_owned(),
    ))
}
