//! The answer: sought from the model, from the curated composer when that fails, and checked
//! before a word of it is shown.

use std::{sync::atomic::Ordering, time::Duration};

use futures_util::StreamExt;
use tokio::time::{Instant, timeout_at};

use crate::{
    care::{self, Assessment, ReplyContext},
    path::{
        check::Check, emergency::note_alarm, present::Screen, spoken::Spoken, turn::Turn, voice,
    },
    seams::{AnswerError, Answerer, ModelError, Piece, ProfileChange, TurnContext},
    words::{AnsweredBy, Block, CrisisLevel, CrisisReading, Entry, EntryBody},
};

/// How long a model's second look at a worrying message may take.
const SECOND_LOOK: Duration = Duration::from_secs(2);
/// How long the replies after danger stay in care mode.
pub(super) const CARE_MODE: Duration = Duration::from_hours(24);

/// A message of at most this many words that names a country answers the question for it.
const COUNTRY_WORDS: usize = 8;
/// How many replies after a crisis reply open with a gentle question.
const CLOSE_FOR: usize = 3;

/// What an answerer found, checked.
pub(super) struct Found {
    blocks: Vec<Block>,
    pieces: Vec<String>,
}

/// Why an answerer found nothing that can be sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotFound {
    #[error(transparent)]
    Answer(#[from] AnswerError),
    #[error("nothing was left of the answer after the checks")]
    Nothing,
    #[error("the answerer heard danger")]
    Danger(CrisisReading),
}

impl Turn<'_> {
    /// Answers what was heard. Never fails: behind the model stands the composer, behind the
    /// composer one kind line.
    pub(super) async fn answer(&self, mut heard: Assessment) -> Spoken {
        self.look_again(&mut heard).await;
        if heard.crisis.level.takes_emergency_lane() {
            return self.crisis(heard);
        }
        if let Some(country) = self.country_just_named() {
            return self.help_there(heard, country);
        }
        let context = self.context(&heard);
        if let Some(model) = &self.wiring.model
            && !self.curated_only()
        {
            match self.seek_shown(model.as_ref(), &context).await {
                Ok(found) => return self.spoken(heard, found, model.name()),
                Err(NotFound::Danger(reading)) => {
                    raise(&mut heard.crisis, reading);
                    return self.crisis(heard);
                }
                Err(error) => {
                    tracing::warn!(%error, "the model gave no answer, the curated one stands in");
                    metrics::counter!("muykol_model_stood_in_total").increment(1);
                }
            }
        }
        let mut screen = self.events_screen();
        let curated = self.wiring.curated.as_ref();
        match self.seek(curated, &context, &mut screen).await {
            Ok(found) => self.spoken(heard, found, curated.name()),
            Err(error) => {
                tracing::error!(%error, "the curated composer gave no answer");
                Spoken::line(heard, voice::lines().here.clone())
            }
        }
    }

    /// Danger that only showed in what was said before, or to the model.
    fn crisis(&self, heard: Assessment) -> Spoken {
        let wiring = self.wiring;
        let now = wiring.clock.now();
        note_alarm(&heard);
        let inbound = self.inbound();
        let short = wiring.crises.answered_lately(&inbound.sender, now);
        wiring.crises.note(&inbound.sender, now);
        let blocks = wiring.crisis_blocks(inbound, &heard, Some(&self.visible_profile()), short);
        let mut spoken = Spoken::system(heard, blocks);
        spoken.by = AnsweredBy::Crisis;
        if self.is_private() {
            spoken
                .changes
                .push(ProfileChange::CareUntil(now + CARE_MODE));
        }
        spoken.audit = "crisis.answered";
        spoken
    }

    /// The crisis reply asks for the country when it is not known; this is the answer to that.
    fn country_just_named(&self) -> Option<&'static str> {
        let profile = &self.claim.profile;
        let unknown = profile.country.is_none() && self.is_private() && self.in_care_mode();
        let words = self.words().join(" ");
        let short = words.split_whitespace().count() <= COUNTRY_WORDS;
        (unknown && short)
            .then(|| care::country_named(&words))
            .flatten()
    }

    fn help_there(&self, heard: Assessment, country: &'static str) -> Spoken {
        let language = self.language(&self.visible_profile());
        let items = care::resources_for(Some(country), Some(&language), &heard.crisis.kinds);
        let blocks = vec![
            Block::text(voice::lines().help_there.clone()),
            Block::Resources { items },
            Block::text(voice::lines().how_now.clone()),
        ];
        let mut spoken = Spoken::system(heard, blocks);
        spoken
            .changes
            .push(ProfileChange::Country(Some(country.to_owned())));
        spoken
    }

    /// Asks the model about a message in which the rules heard concern. It may raise, never lower.
    async fn look_again(&self, heard: &mut Assessment) {
        let Some(model) = &self.wiring.second_look else {
            return;
        };
        if heard.crisis.level != CrisisLevel::Concern || self.curated_only() {
            return;
        }
        let text = self.words().join("\n");
        match timeout_at(Instant::now() + SECOND_LOOK, model.assess(&text)).await {
            Ok(Ok(reading)) => raise(&mut heard.crisis, reading.crisis),
            Ok(Err(error)) => tracing::warn!(%error, "no second look"),
            Err(_) => tracing::warn!("no second look in time"),
        }
    }

    /// Reads an answer to its end, through the checks, showing what has passed.
    pub(super) async fn seek(
        &self,
        answerer: &dyn Answerer,
        context: &TurnContext,
        screen: &mut Screen<'_>,
    ) -> Result<Found, NotFound> {
        let patience = answerer.patience();
        let begun = Instant::now();
        let last = begun + patience.whole;
        let mut check = Check::new(&self.wiring.library, &context.translation);
        let mut pieces = Vec::new();

        let mut deadline = begun + patience.first;
        let mut stream = in_time(deadline, patience.first, answerer.answer(context)).await??;
        while let Some(piece) = in_time(deadline, patience.next, stream.next()).await? {
            let passed = match piece? {
                Piece::Words(words) => check.words(&words),
                Piece::Passage(reference) => check.passage(&reference),
                Piece::Block(block) => check.block(block),
                Piece::Used(id) => {
                    pieces.push(id);
                    continue;
                }
                Piece::Spent(spent) => {
                    self.spent.fetch_add(spent, Ordering::Relaxed);
                    continue;
                }
                Piece::Heard(reading) if reading.level.takes_emergency_lane() => {
                    return Err(NotFound::Danger(reading));
                }
                Piece::Heard(_) => continue,
            };
            screen.show(passed).await;
            deadline = (Instant::now() + patience.next).min(last);
        }
        let (passed, blocks) = check.finish();
        screen.show(passed).await;
        if blocks.is_empty() {
            return Err(NotFound::Nothing);
        }
        Ok(Found { blocks, pieces })
    }

    fn spoken(&self, heard: Assessment, found: Found, by: AnsweredBy) -> Spoken {
        let mut spoken = Spoken::system(heard, found.blocks);
        spoken.by = by;
        spoken.pieces = found.pieces;
        if self.in_care_mode() {
            self.stay_close(&mut spoken);
        }
        spoken
    }

    /// After danger: a gentle question before the first answers, and help at hand below them.
    fn stay_close(&self, spoken: &mut Spoken) {
        let since = self.replies_since_crisis();
        if since >= CLOSE_FOR {
            return;
        }
        let profile = self.visible_profile();
        let country = self
            .wiring
            .country(Some(&profile), &self.destination().address);
        let language = self.language(&profile);
        let context = ReplyContext {
            country: country.as_deref(),
            language: Some(&language),
            church: Some(&self.wiring.settings.care),
            ..ReplyContext::default()
        };
        let mut note =
            care::care_mode_note(since, &spoken.heard.crisis.kinds, &context).into_iter();
        spoken.blocks.splice(0..0, note.next());
        spoken.blocks.extend(note);
    }

    fn replies_since_crisis(&self) -> usize {
        let answered_by = |entry: &Entry| match &entry.body {
            EntryBody::Muykol { reply, .. } => Some(reply.answered_by),
            EntryBody::Person { .. } => None,
        };
        self.claim
            .recent
            .iter()
            .rev()
            .filter_map(answered_by)
            .take_while(|by| *by != AnsweredBy::Crisis)
            .count()
    }
}

/// A model's reading may raise what the rules heard, never lower it.
fn raise(heard: &mut CrisisReading, reading: CrisisReading) {
    if reading.level <= heard.level {
        return;
    }
    heard.level = reading.level;
    for kind in reading.kinds {
        if !heard.kinds.contains(&kind) {
            heard.kinds.push(kind);
        }
    }
    heard.language = heard.language.take().or(reading.language);
    heard.reasons.push("model".to_owned());
}

async fn in_time<T>(
    deadline: Instant,
    patience: Duration,
    wait: impl Future<Output = T>,
) -> Result<T, NotFound> {
    timeout_at(deadline, wait)
        .await
        .map_err(|_| NotFound::Answer(ModelError::Timeout(patience).into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::CrisisKind;

    fn reading(level: CrisisLevel) -> CrisisReading {
        CrisisReading {
            level,
            kinds: vec![CrisisKind::Suicide],
            ..CrisisReading::default()
        }
    }

    #[test]
    fn a_model_may_raise_and_never_lower() {
        let mut heard = reading(CrisisLevel::Concern);
        raise(&mut heard, reading(CrisisLevel::None));
        assert_eq!(heard.level, CrisisLevel::Concern);
        raise(&mut heard, reading(CrisisLevel::Imminent));
        assert_eq!(heard.level, CrisisLevel::Imminent);
    }
}
