//! muykol's configuration: what may be set, where it may be set, and what is wrong with it.
//!
//! `muykol.toml` beside this crate is the default, the manual and the schema at once. Over it are
//! laid a file, `.env` and the environment; a key or value that is not understood stops the start
//! and names its line or variable, the key that was probably meant, and how to mend it.
//!
//! A new key is a line in `muykol.toml`, with its comment, and a field in its section's file here.

mod addresses;
mod channels;
mod church;
mod error;
mod layers;
mod limits;
mod llm;
mod log;
mod reader;
mod retention;
mod secret;
mod server;
mod sources;
mod store;
mod suggestion;
mod summary;
#[cfg(test)]
mod tests;
mod toml_file;
mod value;
mod variables;

pub use channels::{Discord, Telegram, TelegramMode, Twilio};
pub use church::Church;
pub use error::{ConfigError, Origin, Problem};
pub use limits::Limits;
pub use llm::Llm;
pub use log::{Log, LogFormat};
pub use retention::Retention;
pub use secret::Secret;
pub use server::Server;
pub use sources::{SourceFile, Sources};
pub use store::Store;

use layers::Layers;
use reader::Reader;

/// The default configuration with every key explained: what `muykol config` prints.
pub const MANUAL: &str = include_str!("../../muykol.toml");

/// Everything that can be configured.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where muykol listens and who is believed.
    pub server: Server,
    /// Where messages are kept.
    pub store: Store,
    /// For whom muykol speaks.
    pub church: Church,
    /// The language model.
    pub llm: Llm,
    /// Telegram.
    pub telegram: Telegram,
    /// Discord, not in this version.
    pub discord: Discord,
    /// SMS, not in this version.
    pub twilio: Twilio,
    /// How often is too often.
    pub limits: Limits,
    /// How long each kind of row is kept.
    pub retention: Retention,
    /// What is logged.
    pub log: Log,
    /// The files that were read, lowest layer first.
    pub files: Vec<String>,
}

impl Config {
    /// Makes a configuration of its sources. Reads nothing else.
    ///
    /// # Errors
    /// Names everything that is wrong, each with where and how to mend it.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let mut layers = Layers::defaults();
        let mut files = Vec::new();
        if let Some(file) = &sources.file {
            layers.lay_file(file);
            files.push(file.name.clone());
        }
        if let Some(file) = &sources.dotenv {
            let variables = variables::of_dotenv(file)?;
            layers.lay_variables(&variables, |variable| Origin::DotEnv {
                file: file.name.clone(),
                variable: variable.to_owned(),
            });
            files.push(file.name.clone());
        }
        layers.lay_variables(&sources.environment, |variable| {
            Origin::Variable(variable.to_owned())
        });
        let mut reader = Reader::new(layers);
        let config = Self::read(&mut reader, files);
        reader.finish(config)
    }

    fn read(reader: &mut Reader, files: Vec<String>) -> Self {
        let server = Server::read(reader);
        Self {
            telegram: Telegram::read(reader, server.public_url.as_ref()),
            server,
            store: Store::read(reader),
            church: Church::read(reader),
            llm: Llm::read(reader),
            discord: Discord::read(reader),
            twilio: Twilio::read(reader),
            limits: Limits::read(reader),
            retention: Retention::read(reader),
            log: Log::read(reader),
            files,
        }
    }
}
