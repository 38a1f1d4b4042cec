//! The layers of a configuration, laid over one another: what is laid last wins.
//!
//! The compiled-in file is the lowest layer and the schema at once: a key that it does not have
//! is unknown, and a value must be of the same kind as the default.

use std::collections::BTreeMap;

use super::{
    MANUAL,
    error::{Origin, Problem},
    sources::SourceFile,
    suggestion::nearest,
    toml_file::{self, Said},
    value::{Setting, Value},
    variables,
};

/// All keys with the value that holds so far, and what was wrong on the way.
pub(super) struct Layers {
    sections: BTreeMap<String, BTreeMap<String, Setting>>,
    pub(super) problems: Vec<Problem>,
}

impl Layers {
    /// The compiled-in defaults.
    pub(super) fn defaults() -> Self {
        let manual = SourceFile {
            name: "the compiled-in muykol.toml".to_owned(),
            text: MANUAL.to_owned(),
        };
        let mut sections: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        let mut problems = Vec::new();
        match toml_file::read(&manual) {
            Err(problem) => problems.push(problem),
            Ok(entries) => {
                for entry in entries {
                    let Said::Key {
                        section,
                        key,
                        value: Ok(value),
                    } = entry.said
                    else {
                        continue;
                    };
                    let setting = Setting {
                        value,
                        origin: Origin::Default,
                    };
                    sections.entry(section).or_default().insert(key, setting);
                }
            }
        }
        Self { sections, problems }
    }

    /// Lays a TOML file over what is there.
    pub(super) fn lay_file(&mut self, file: &SourceFile) {
        let entries = match toml_file::read(file) {
            Ok(entries) => entries,
            Err(problem) => return self.problems.push(problem),
        };
        for entry in entries {
            let laid = match entry.said {
                Said::Section(name) => self.know_section(&name),
                Said::Loose(name) => Err((
                    format!("`{name}` stands in no section"),
                    self.place_of(&name),
                )),
                // Its section has been named already.
                Said::Key { section, .. } if !self.sections.contains_key(&section) => Ok(()),
                Said::Key {
                    section,
                    key,
                    value,
                } => self.lay(&section, &key, value, &entry.origin),
            };
            if let Err((what, mend)) = laid {
                self.problems.push(Problem {
                    origin: entry.origin,
                    what,
                    mend,
                });
            }
        }
    }

    /// Lays variables over what is there, the vendors' names first and ours over them.
    pub(super) fn lay_variables(
        &mut self,
        variables: &[(String, String)],
        origin: impl Fn(&str) -> Origin,
    ) {
        for (name, text) in variables {
            if let Some((section, key)) = variables::vendor_key(name) {
                self.lay_variable(section, key, text, origin(name));
            }
        }
        for (name, text) in variables {
            if !variables::is_ours(name) {
                continue;
            }
            let known = self
                .keys()
                .find(|(section, key)| variables::name(section, key) == *name)
                .map(|(section, key)| (section.to_owned(), key.to_owned()));
            if let Some((section, key)) = known {
                self.lay_variable(&section, &key, text, origin(name));
                continue;
            }
            let names = self
                .keys()
                .map(|(section, key)| variables::name(section, key));
            let mend = nearest(&name.to_ascii_uppercase(), names).map_or_else(
                || {
                    "Take it away: names that begin with MUYKOL_ are keys of the configuration, \
                     which `muykol config` prints"
                        .to_owned()
                },
                |name| format!("Did you mean {name}?"),
            );
            self.problems.push(Problem {
                origin: origin(name),
                what: "there is no such key".to_owned(),
                mend,
            });
        }
    }

    fn lay_variable(&mut self, section: &str, key: &str, text: &str, origin: Origin) {
        let Some(setting) = self.get(section, key) else {
            return;
        };
        if let Some(value) = setting.value.read_as(text, &origin) {
            return self.set(section, key, value, origin);
        }
        let (kind, written) = (setting.value.kind(), Value::Text(text.to_owned()));
        self.problems.push(Problem {
            origin,
            what: format!("`{section}.{key}` must be {kind}, not {written}"),
            mend: "`muykol config` shows how it is written".to_owned(),
        });
    }

    fn lay(
        &mut self,
        section: &str,
        key: &str,
        value: Result<Value, &'static str>,
        origin: &Origin,
    ) -> Result<(), (String, String)> {
        let Some(setting) = self.get(section, key) else {
            return Err((
                format!("there is no key `{section}.{key}`"),
                self.place_in(section, key),
            ));
        };
        let fitting = value.and_then(|value| value.fitting(&setting.value));
        match fitting {
            Ok(value) => {
                self.set(section, key, value, origin.clone());
                Ok(())
            }
            Err(found) => Err((
                format!(
                    "`{section}.{key}` must be {}, not {found}",
                    setting.value.kind()
                ),
                format!("Write it like {key} = {}", setting.value),
            )),
        }
    }

    fn know_section(&self, name: &str) -> Result<(), (String, String)> {
        if self.sections.contains_key(name) {
            return Ok(());
        }
        let mend = nearest(name, self.sections.keys().cloned()).map_or_else(
            || {
                let names: Vec<_> = self
                    .sections
                    .keys()
                    .map(|name| format!("[{name}]"))
                    .collect();
                format!("The sections are {}", names.join(", "))
            },
            |name| format!("Did you mean [{name}]?"),
        );
        Err((format!("there is no section [{name}]"), mend))
    }

    /// Where a key that is not in this section may belong.
    fn place_in(&self, section: &str, key: &str) -> String {
        let here = self
            .sections
            .get(section)
            .into_iter()
            .flat_map(|keys| keys.keys().cloned());
        nearest(key, here).map_or_else(
            || self.place_of(key),
            |name| format!("Did you mean `{name}`?"),
        )
    }

    /// In which section a key may belong.
    fn place_of(&self, key: &str) -> String {
        if let Some((section, _)) = self.keys().find(|(_, known)| *known == key) {
            return format!("Put it below [{section}]");
        }
        nearest(key, self.keys().map(|(_, key)| key.to_owned())).map_or_else(
            || "`muykol config` prints every key".to_owned(),
            |name| format!("Did you mean `{name}`?"),
        )
    }

    /// The setting of a key; none for a key that does not exist.
    pub(super) fn get(&self, section: &str, key: &str) -> Option<&Setting> {
        self.sections.get(section)?.get(key)
    }

    /// Every key there is, as (section, key).
    pub(super) fn keys(&self) -> impl Iterator<Item = (&str, &str)> {
        self.sections.iter().flat_map(|(section, keys)| {
            keys.keys().map(move |key| (section.as_str(), key.as_str()))
        })
    }

    fn set(&mut self, section: &str, key: &str, value: Value, origin: Origin) {
        if let Some(keys) = self.sections.get_mut(section) {
            keys.insert(key.to_owned(), Setting { value, origin });
        }
    }
}
