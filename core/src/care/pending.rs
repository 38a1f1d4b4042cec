//! Pending the care branch.
#![allow(missing_docs)]
use crate::words::*;
#[derive(Debug, Clone, Default)]
pub struct ChurchCare {
    pub name: String,
    pub pastor_contact: Option<String>,
    pub local_resources: Vec<Resource>,
}
pub struct ReplyContext<'a> {
    pub country: Option<&'a str>,
    pub language: &'a str,
    pub church: Option<&'a ChurchCare>,
    pub short_form: bool,
    pub public_room: bool,
    pub may_offer_prayer: bool,
}
pub fn country_for(
    _t: Option<&str>,
    p: Option<&str>,
    _a: &Address,
    s: Option<&str>,
) -> Option<String> {
    p.or(s).map(str::to_owned)
}
pub fn crisis_reply(_r: &CrisisReading, c: &ReplyContext<'_>) -> Vec<Block> {
    vec![
        Block::text("Your life matters."),
        Block::Resources {
            items: resources_for(c.country, None, &[]),
        },
    ]
}
pub fn resources_for(_c: Option<&str>, _l: Option<&str>, _k: &[CrisisKind]) -> Vec<Resource> {
    vec![Resource {
        name: "Find A Helpline".into(),
        phone: None,
        sms: None,
        url: Some("https://findahelpline.com".into()),
        country: "INTL".into(),
    }]
}
pub fn public_line(link: Option<&str>, _l: &str) -> String {
    format!("Write to me privately {}", link.unwrap_or_default())
}
