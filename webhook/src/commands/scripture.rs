//! `muykol scripture`: a passage, word for word.

use std::process::ExitCode;

use muykol_core::{
    scripture::{Library, TranslationId},
    words::Block,
};

use crate::{commands::lines::print, config::Config, wiring::Failure};

pub fn run(
    config: &Config,
    reference: &str,
    translation: Option<String>,
    json: bool,
) -> Result<ExitCode, Failure> {
    let asked = translation.unwrap_or_else(|| config.church.translation.clone());
    let library = Library::embedded();
    let translation = library
        .translations()
        .map(|held| held.id.clone())
        .find(|held| held.0.eq_ignore_ascii_case(&asked))
        .unwrap_or_else(|| TranslationId::from(asked.as_str()));
    let verse = Block::from(library.search_reference(reference, &translation)?);
    if json {
        print(&format!("{}\n", serde_json::to_string(&verse)?))
    } else {
        print(&format!("{}\n", verse.plain()))
    }
}
