//! Before an answer is sought: parked turns, commands, choices, things without words, limits.

use std::time::Duration;

use crate::{
    care::Assessment,
    path::{spoken::Spoken, turn::Turn, voice},
    seams::{Decision, Quota},
    words::{Block, CrisisLevel, EntryBody, InboundKind},
};

/// Somebody who is limited is told once in this time.
const TOLD_ONCE: Quota = Quota {
    burst: 1,
    per: Duration::from_mins(1),
};

impl Turn<'_> {
    /// What to say without asking an answerer; `None` if the person is to be answered.
    pub(super) async fn admit(&self, heard: &Assessment) -> Option<Spoken> {
        if self.is_parked() {
            let mut spoken = Spoken::line(heard.clone(), voice::lines().parked.clone());
            spoken.help = heard.crisis.level >= CrisisLevel::Concern;
            spoken.alert = Some("turn_parked");
            spoken.audit = "turn.parked";
            metrics::counter!("muykol_parked_total", "what" => "turn").increment(1);
            tracing::error!(conversation = %self.claim.fence.conversation, "turn parked");
            return Some(spoken);
        }
        if !self.is_always_heard()
            && let Some(limited) = self.limited(heard).await
        {
            return Some(limited);
        }
        let message = self.claim.messages.first()?;
        match &message.inbound.kind {
            InboundKind::Command { name, args } => {
                // A command that is words after all (`/verse about hope`) is answered as words.
                if let Some(spoken) = self.command(heard, name, args) {
                    return Some(spoken);
                }
            }
            InboundKind::Choice { id } => return Some(self.choice(heard, id)),
            InboundKind::Attachment { .. } if self.words().is_empty() => {
                let mut spoken = Spoken::line(heard.clone(), voice::lines().attachment.clone());
                spoken.help = true;
                return Some(spoken);
            }
            InboundKind::Attachment { .. } | InboundKind::Text => {}
        }
        let typed = self.typed_choice()?;
        Some(self.choice(heard, &typed))
    }

    /// Whether it passes however much was written: asking for help, to be forgotten, or deciding
    /// what is kept.
    fn is_always_heard(&self) -> bool {
        match self
            .claim
            .messages
            .first()
            .map(|message| &message.inbound.kind)
        {
            Some(InboundKind::Command { name, .. }) => {
                matches!(name.as_str(), "start" | "help" | "forget" | "privacy")
            }
            Some(InboundKind::Choice { id }) => {
                id.starts_with("consent:") || id.starts_with("forget:")
            }
            _ => false,
        }
    }

    /// Counts every message of the turn; one that is allowed lets the turn pass.
    async fn limited(&self, heard: &Assessment) -> Option<Spoken> {
        let limiter = &self.wiring.limiter;
        let key = format!("person:{}", self.claim.fence.person);
        let mut wait = Duration::ZERO;
        let mut allowed = false;
        for _ in &self.claim.messages {
            match limiter.check(&key, self.wiring.settings.per_person).await {
                Decision::Allowed => allowed = true,
                Decision::Denied { retry_after } => wait = retry_after,
            }
        }
        if allowed {
            return None;
        }
        let told = format!("told:{}", self.claim.fence.person);
        let mut spoken = Spoken::line(heard.clone(), voice::limited(wait));
        spoken.silent = limiter.check(&told, TOLD_ONCE).await != Decision::Allowed;
        spoken.help = heard.crisis.level >= CrisisLevel::Concern;
        metrics::counter!("muykol_limited_total").increment(1);
        Some(spoken)
    }

    /// Where there are no buttons, a choice is typed: the label of one that was just offered.
    fn typed_choice(&self) -> Option<String> {
        let [message] = self.claim.messages.as_slice() else {
            return None;
        };
        let typed = message.inbound.text.trim().to_lowercase();
        let EntryBody::Muykol { reply, .. } = &self.claim.recent.last()?.body else {
            return None;
        };
        reply.blocks.iter().find_map(|block| match block {
            Block::Choices { items } => items
                .iter()
                .find(|choice| choice.label.to_lowercase() == typed)
                .map(|choice| choice.id.clone()),
            _ => None,
        })
    }
}
