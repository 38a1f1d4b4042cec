//! Where a configuration is read from.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use super::error::{ConfigError, Origin, Problem};

/// The longest file that is read; a configuration with every key has some 8 KB.
const MAX_FILE: u64 = 1024 * 1024;

/// Everything a configuration is made of, read but not understood.
#[derive(Clone, Default)]
pub struct Sources {
    /// The TOML file, if there is one.
    pub file: Option<SourceFile>,
    /// The `.env` file, if there is one.
    pub dotenv: Option<SourceFile>,
    /// The environment's variables.
    pub environment: Vec<(String, String)>,
}

/// A file and what it holds.
#[derive(Clone)]
pub struct SourceFile {
    /// How it is named in messages.
    pub name: String,
    /// What it holds.
    pub text: String,
}

impl Sources {
    /// What this process is given: `config`, or else `./muykol.toml` if it exists; `./.env` if it
    /// exists; the environment.
    ///
    /// # Errors
    /// Where a file cannot be read, is not UTF-8 or is longer than 1 MB, or a variable of ours is
    /// not UTF-8.
    pub fn of_process(config: Option<&Path>) -> Result<Self, ConfigError> {
        let file = match config {
            Some(path) => Some(read(path)?.ok_or_else(|| {
                Problem {
                    origin: Origin::File(path.display().to_string()),
                    what: "there is no such file".to_owned(),
                    mend:
                        "Name the configuration with --config, or leave --config out to run with \
                       the defaults"
                            .to_owned(),
                }
            })?),
            None => read(&PathBuf::from("muykol.toml"))?,
        };
        Ok(Self {
            file,
            dotenv: read(&PathBuf::from(".env"))?,
            environment: environment()?,
        })
    }
}

fn read(path: &Path) -> Result<Option<SourceFile>, ConfigError> {
    let problem = |what: String, mend: &str| {
        ConfigError::from(Problem {
            origin: Origin::File(path.display().to_string()),
            what,
            mend: mend.to_owned(),
        })
    };
    let unreadable = |error: io::Error| {
        problem(
            format!("cannot be read ({error})"),
            "Give the user who runs muykol leave to read it",
        )
    };
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
        Ok(metadata) if !metadata.is_file() => {
            return Err(problem("is not a file".to_owned(), "Name a file"));
        }
        Ok(metadata) if metadata.len() > MAX_FILE => {
            return Err(problem(
                "is longer than 1 MB".to_owned(),
                "Name muykol's own configuration",
            ));
        }
        Ok(_) => {}
    }
    let text = String::from_utf8(fs::read(path).map_err(unreadable)?)
        .map_err(|_| problem("is not UTF-8 text".to_owned(), "Save it as UTF-8"))?;
    Ok(Some(SourceFile {
        name: path.display().to_string(),
        text,
    }))
}

fn environment() -> Result<Vec<(String, String)>, ConfigError> {
    let mut variables = Vec::new();
    for (name, value) in env::vars_os() {
        // Others may hold what they like.
        let Ok(name) = name.into_string() else {
            continue;
        };
        match value.into_string() {
            Ok(value) => variables.push((name, value)),
            Err(_) if super::variables::is_ours(&name) => {
                return Err(Problem {
                    origin: Origin::Variable(name),
                    what: "is not UTF-8 text".to_owned(),
                    mend: "Set it anew".to_owned(),
                }
                .into());
            }
            Err(_) => {}
        }
    }
    Ok(variables)
}
