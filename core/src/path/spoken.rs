//! What a turn decided to say, before it is put into a reply.

use crate::{
    care::Assessment,
    seams::ProfileChange,
    words::{AnsweredBy, Block},
};

/// What is said and what it changes.
pub(super) struct Spoken {
    pub blocks: Vec<Block>,
    pub by: AnsweredBy,
    pub heard: Assessment,
    pub pieces: Vec<String>,
    pub changes: Vec<ProfileChange>,
    /// Erase the person; only this reply is still sent.
    pub erase: bool,
    /// Kept in the history but not sent: somebody who is limited hears it once, not each time.
    pub silent: bool,
    /// Put help at hand below it.
    pub help: bool,
    /// Tell the operator.
    pub alert: Option<&'static str>,
    /// The audit's code.
    pub audit: &'static str,
}

impl Spoken {
    /// muykol speaking about itself.
    pub fn system(heard: Assessment, blocks: Vec<Block>) -> Self {
        Self {
            blocks,
            by: AnsweredBy::System,
            heard,
            pieces: Vec::new(),
            changes: Vec::new(),
            erase: false,
            silent: false,
            help: false,
            alert: None,
            audit: "turn.committed",
        }
    }

    pub fn line(heard: Assessment, text: impl Into<String>) -> Self {
        Self::system(heard, vec![Block::text(text)])
    }
}
