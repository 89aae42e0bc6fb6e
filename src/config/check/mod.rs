//! From what is written to what is meant; every mistake is collected, each with the path where it stands.

mod access;
mod blog;
mod chat;
mod etherpad;
mod irc;
mod obs;
mod pacing;
mod people;
mod receivers;
mod route;
mod slack;
mod sources;
mod webhook;

pub(super) use receivers::console;
pub use route::Receivers;
pub use sources::DEFAULT_SOURCE;

use super::place::Places;
use super::report::{ConfigError, Text};
use super::secret::quotable;
use std::path::{Path, PathBuf};

/// Collects mistakes of one file.
pub(super) struct Check<'a> {
    text: Text<'a>,
    base: &'a Path,
    places: Option<Places>,
    mistakes: Vec<ConfigError>,
    more: usize,
    /// What receivers of Slack have in common.
    pub(super) slack: slack::Defaults,
}

/// Most mistakes of one file that are shown: nobody reads thousands.
pub(super) const MISTAKES_MAX: usize = 50;

impl<'a> Check<'a> {
    /// Of this text; paths in it are relative to `base`.
    pub(super) fn new(text: Text<'a>, base: &'a Path) -> Self {
        Self { text, base, places: None, mistakes: Vec::new(), more: 0, slack: slack::Defaults::default() }
    }

    /// Notes a mistake.
    pub(super) fn wrong(&mut self, path: &str, problem: impl Into<String>) {
        if self.mistakes.len() < MISTAKES_MAX {
            // Most files have no mistakes, and need no places.
            let places = self.places.get_or_insert_with(|| Places::of(self.text.content));
            self.mistakes.push(ConfigError::at_path(self.text, places, path, problem));
        } else {
            self.more += 1;
        }
    }

    /// Notes a mistake, if it is one.
    pub(super) fn good<T>(&mut self, path: &str, result: Result<T, impl Into<String>>) -> Option<T> {
        result.map_err(|problem| self.wrong(path, problem)).ok()
    }

    /// What was wrong, in the order of the lines.
    pub(super) fn mistakes(mut self) -> Vec<ConfigError> {
        self.mistakes.sort_by_key(ConfigError::line);
        if self.more > 0 {
            self.mistakes.push(ConfigError::of_file(self.text.file, format!("and {} more mistakes", self.more)));
        }
        self.mistakes
    }

    // Names stand in metrics, log lines and idempotency keys.
    fn name(&mut self, path: &str, name: &str, before: &[&str]) {
        if name.is_empty() || name.len() > NAME_BYTES_MAX || name.chars().any(|c| c.is_control() || c.is_whitespace()) {
            self.wrong(path, format!("a name is 1 to {NAME_BYTES_MAX} bytes without blanks"));
        } else if before.contains(&name) {
            self.wrong(path, format!("the name `{name}` is taken"));
        }
    }

    fn url(&mut self, path: &str, text: &str) -> Option<String> {
        self.good(path, http_url(text))
    }

    // Certificates that are believed in the place of the system's.
    fn ca_file(&mut self, path: &str, written: Option<PathBuf>) -> Option<PathBuf> {
        let file = self.base.join(written?);
        if !file.is_file() {
            self.wrong(&format!("{path}.ca_file"), format!("there is no file {}", file.display()));
        }
        Some(file)
    }
}

const NAME_BYTES_MAX: usize = 100;

/// An absolute HTTP URL, without the slash at its end.
pub fn http_url(text: &str) -> Result<String, String> {
    let example = "write for example http://localhost:9093";
    let shown = quotable(text);
    let url = reqwest::Url::parse(text).map_err(|error| format!("`{shown}` is no URL ({error}); {example}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(format!("`{shown}` is no http or https URL; {example}"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a URL must not hold a user or password; there are keys for them".to_owned());
    }
    Ok(text.trim_end_matches('/').to_owned())
}
