//! Commands and choices, the same on every channel.

use crate::{
    care::Assessment,
    path::{
        spoken::Spoken,
        turn::Turn,
        voice::{self, lines},
    },
    scripture::{ReferenceError, ScriptureError, TranslationId},
    seams::ProfileChange,
    words::{Block, Choice, Consent, Purpose},
};

/// The wording of the consent to keep the conversation; a new wording is a new version.
pub const HISTORY_WORDING: &str = "history-2026-11";

impl Turn<'_> {
    /// Carries out a command; `None` if its words are to be answered as a message.
    pub(super) fn command(&self, heard: &Assessment, name: &str, args: &str) -> Option<Spoken> {
        let settings = &self.wiring.settings;
        let say = |text: String| Spoken::line(heard.clone(), text);
        Some(match name {
            "start" => {
                let mut spoken = say(voice::greeting(settings));
                // The link from a public room says that somebody there may need help.
                spoken.help = args == "help";
                spoken
            }
            "help" => {
                let mut spoken = say(lines().help.clone());
                spoken.help = true;
                spoken
            }
            "privacy" => Spoken::system(heard.clone(), voice::privacy(settings)),
            "guidelines" => say(lines().guidelines.clone()),
            "forget" => Spoken::system(heard.clone(), voice::forget_question()),
            "translation" => self.translation(heard, args),
            "verse" => self.verse(heard, args)?,
            "talk" if !args.is_empty() => return None,
            _ => say(lines().unknown_command.clone()),
        })
    }

    /// Carries out a choice.
    pub(super) fn choice(&self, heard: &Assessment, id: &str) -> Spoken {
        let say = |text: &str| Spoken::line(heard.clone(), text);
        match id.split(':').collect::<Vec<_>>().as_slice() {
            ["consent", "history", answer @ ("yes" | "no"), wording] => {
                let given = *answer == "yes";
                let mut spoken = say(if given {
                    &lines().consent_given
                } else {
                    &lines().consent_refused
                });
                spoken.changes.push(ProfileChange::Consent(Consent {
                    purpose: Purpose::History,
                    given,
                    wording: (*wording).to_owned(),
                    at: self.wiring.clock.now(),
                    channel: self.destination().address.channel.0,
                }));
                spoken.audit = if given {
                    "consent.given"
                } else {
                    "consent.refused"
                };
                spoken
            }
            ["forget", "yes"] => {
                let mut spoken = say(&lines().forgotten);
                spoken.erase = true;
                spoken.audit = "person.erased";
                spoken
            }
            ["forget", "no"] => say(&lines().not_forgotten),
            ["translation", id] => self.translation(heard, id),
            _ => say(&lines().unknown_choice),
        }
    }

    fn translation(&self, heard: &Assessment, wanted: &str) -> Spoken {
        let library = &self.wiring.library;
        let wanted = wanted.trim();
        let held = library
            .translations()
            .find(|held| held.id.0.eq_ignore_ascii_case(wanted));
        if let Some(id) = held.map(|held| &held.id) {
            let mut spoken = Spoken::line(heard.clone(), voice::translation_set(&id.0));
            spoken
                .changes
                .push(ProfileChange::Translation(Some(id.0.clone())));
            return spoken;
        }
        let items = library
            .translations()
            .map(|translation| Choice {
                id: format!("translation:{}", translation.id.0),
                label: translation.name.clone(),
            })
            .collect();
        Spoken::system(
            heard.clone(),
            vec![
                Block::text(lines().which_translation.clone()),
                Block::Choices { items },
            ],
        )
    }

    /// A passage by its reference; words that are no reference are answered as a message.
    fn verse(&self, heard: &Assessment, args: &str) -> Option<Spoken> {
        if args.is_empty() {
            return Some(Spoken::line(heard.clone(), lines().which_verse.clone()));
        }
        let translation = self.claim.profile.translation.as_deref();
        let translation =
            TranslationId::from(translation.unwrap_or(&self.wiring.settings.translation));
        match self.wiring.library.search_reference(args, &translation) {
            Ok(passage) => Some(Spoken::system(heard.clone(), vec![passage.into()])),
            // "/verse about hope" names no passage: it is answered as words.
            Err(ScriptureError::Reference(ReferenceError::NotAReference(_))) => None,
            Err(error) => Some(Spoken::line(heard.clone(), error.to_string())),
        }
    }
}
