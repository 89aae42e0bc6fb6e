//! What is wrong with a configuration: file, line, column, the line itself and a caret.

use super::place::{Place, Places};
use super::secret::quotable;
pub use domain::nearest::unknown;
use domain::text::clean_line;
use serde_saphyr::{Error, MessageFormatter, UserMessageFormatter};
use std::fmt;

/// Everything that is wrong, in the order of the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<ConfigError>);

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    file: String,
    place: Option<Place>,
    line: Option<String>,
    problem: String,
}

/// A text and the name that errors call it by.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    /// Its path as people wrote it.
    pub file: &'a str,
    /// Its content.
    pub content: &'a str,
}

// A longer line (generated YAML) is cut around nothing: the place says enough.
const LINE_CHARS_MAX: usize = 160;
const LINE_BYTES_MAX: usize = 4 * LINE_CHARS_MAX;

// Keys whose values must not be shown, misspelled ones included.
const SECRET_WORDS: [&str; 7] = ["password", "token", "credential", "secret", "pass", "webhook_url", "api_key"];

impl ConfigError {
    /// About a file as a whole.
    pub fn of_file(file: &str, problem: impl Into<String>) -> Self {
        Self { file: file.to_owned(), place: None, line: None, problem: quotable(&problem.into()) }
    }

    /// About a template: its engine names the line in its own way, `line 3: …`.
    pub fn of_template(text: Text<'_>, problem: &str) -> Self {
        let split = problem.strip_prefix("line ").and_then(|rest| rest.split_once(": "));
        let Some((line, problem)) = split.and_then(|(line, problem)| Some((line.parse::<usize>().ok()?, problem)))
        else {
            return Self::of_file(text.file, problem);
        };
        let source = text.content.lines().nth(line.saturating_sub(1)).unwrap_or_default();
        let indent = source.chars().take_while(|c| c.is_whitespace()).count();
        let length = source.trim().chars().count();
        Self::at(text, Some(Place { line: line.max(1), column: indent + 1, length }), problem.to_owned())
    }

    /// About what stands at this path.
    pub fn at_path(text: Text<'_>, places: &Places, path: &str, problem: impl Into<String>) -> Self {
        Self::at(text, places.find(path), problem.into())
    }

    /// What the YAML reader says.
    pub fn of_yaml(text: Text<'_>, error: &Error) -> Self {
        let error = error.without_snippet();
        let place = error.location().filter(|location| location.line() > 0).map(|location| Place {
            line: usize::try_from(location.line()).unwrap_or(1),
            column: usize::try_from(location.column()).unwrap_or(1),
            length: usize::try_from(location.span().len()).unwrap_or(1).max(1),
        });
        let mut found = Self::at(text, place, yaml_problem(error));
        if matches!(error, Error::SerdeUnknownField { .. }) {
            // A key, which is no secret, wherever on the line it stands.
            found.problem = quotable(&yaml_problem(error));
            // `bot_tokn: xoxb-…`: what was meant to be a secret is one.
            if is_secret(&found.problem) {
                found.line = found.line.zip(place).map(|(line, place)| cut_after(&line, place));
            }
        }
        found
    }

    /// Whether it is about this file.
    pub(super) fn is_in(&self, file: &str) -> bool {
        self.file == file
    }

    /// The line, counted from 1; 0 if it is about the file as a whole.
    pub(super) fn line(&self) -> usize {
        self.place.map_or(0, |place| place.line)
    }

    /// For the order of messages: that of the lines, and within them.
    pub(super) fn order(&self) -> (usize, usize) {
        self.place.map_or((0, 0), |place| (place.line, place.column))
    }

    /// About what stands here.
    pub(super) fn at(text: Text<'_>, place: Option<Place>, problem: String) -> Self {
        let row = place.map(|place| place.line - 1);
        let line = row.and_then(|row| text.content.lines().nth(row));
        let of_key_above = row.is_some_and(|row| belongs_to_secret(text.content, row));
        let secret = line.and_then(|line| if of_key_above { Some(indent(line)) } else { secret_from(line) });
        let hidden = line.zip(secret).and_then(|(line, from)| line.get(from..)).unwrap_or_default();
        let line = line.map(|line| shown(line, secret));
        let place = place.map(|place| clamp(place, line.as_deref().unwrap_or_default()));
        Self { file: text.file.to_owned(), place, line, problem: quotable(&without_words_of(&problem, hidden)) }
    }
}

fn clamp(place: Place, line: &str) -> Place {
    let rest = (line.chars().count() + 1).saturating_sub(place.column).max(1);
    Place { length: place.length.clamp(1, rest), ..place }
}

// A line as it may be shown: without control characters, secrets and excess.
fn shown(line: &str, secret: Option<usize>) -> String {
    let blank = |c: char| if c == '\t' { ' ' } else { c };
    let cut = |text: &str| text.chars().map(blank).take(LINE_CHARS_MAX).collect::<String>().trim_end().to_owned();
    match secret {
        Some(from) if !line[from..].trim().is_empty() && !line[..from].trim().is_empty() => {
            format!("{} <secret>", cut(&line[..from]))
        }
        Some(from) if !line[from..].trim().is_empty() => format!("{}<secret>", line[..from].replace('\t', " ")),
        _ => {
            let line = cut(line);
            quotable(&format!("{}{}", &line[..indent(&line)], clean_line(&line, LINE_BYTES_MAX)))
        }
    }
}

// Where in a line a secret begins: after the colon of its key.
fn secret_from(line: &str) -> Option<usize> {
    let lower = line.to_ascii_lowercase();
    // In a key, that is; `PassengerQueueFull` is the name of an alert.
    let of_key = |c: char| c.is_alphanumeric() || "_-.'\" ".contains(c);
    let colon_of = |(start, _): (usize, &str)| {
        let (key, _) = line.get(start..)?.split_once(':')?;
        key.chars().all(of_key).then_some(start + key.len())
    };
    let words = SECRET_WORDS.iter().flat_map(|word| lower.match_indices(word)).filter_map(colon_of);
    let colon = words.chain(calendar_colon(line)).filter(|colon| !names_file(line, *colon)).min();
    colon.map(|colon| colon + 1)
}

// The name of a file with a secret is none. A word without `/` and `.` may be the secret itself, under the wrong key.
fn names_file(line: &str, colon: usize) -> bool {
    let value = line[colon + 1..].trim_start().split([' ', ',', '}']).next().unwrap_or_default();
    line[..colon].trim_end_matches(['"', '\'']).ends_with("_file") && is_path(value)
}

/// Whether a text looks like the path of a file.
pub(super) fn is_path(text: &str) -> bool {
    text.contains(['/', '.'])
}

// Whether the key of a secret stands above this line, so that the secret is here.
fn belongs_to_secret(content: &str, row: usize) -> bool {
    let lines: Vec<&str> = content.lines().take(row + 1).collect();
    let Some((line, before)) = lines.split_last() else { return false };
    let above = before.iter().rev().find(|above| !above.trim().is_empty() && indent(above) < indent(line));
    let Some(above) = above.filter(|above| secret_from(above).is_some()) else { return false };
    // A mapping of several keys on one line has ended there.
    !above.trim_end().ends_with(['}', ']'])
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

// Words too short to be told from others are no secrets worth the name.
const SECRET_WORD_BYTES_MIN: usize = 4;

fn without_words_of(problem: &str, hidden: &str) -> String {
    let words = hidden.split(|c: char| c.is_whitespace() || "\"'`[]{},|>".contains(c));
    let words = words.map(|word| word.trim_end_matches(':')).filter(|word| word.len() >= SECRET_WORD_BYTES_MIN);
    words.fold(problem.to_owned(), |problem, word| problem.replace(word, "<secret>"))
}

// Of a calendar, the address is the password; other addresses stand under other keys.
fn calendar_colon(line: &str) -> Option<usize> {
    let before = |at: usize| line[..at].chars().next_back().is_none_or(|c| c == '{' || c == ',' || c.is_whitespace());
    line.match_indices("url:").find(|(at, _)| before(*at)).map(|(at, word)| at + word.len() - 1)
}

fn is_secret(text: &str) -> bool {
    SECRET_WORDS.iter().any(|word| text.to_lowercase().contains(word))
}

fn cut_after(line: &str, place: Place) -> String {
    let key: String = line.chars().take(place.column - 1 + place.length).collect();
    format!("{key}: <secret>")
}

fn yaml_problem(error: &Error) -> String {
    match error {
        Error::SerdeUnknownField { field, expected, .. } => unknown("key", field, expected),
        Error::SerdeUnknownVariant { variant, expected, .. } => unknown("value", variant, expected),
        Error::SerdeMissingField { field, .. } => format!("`{field}` is missing"),
        Error::DuplicateMappingKey { key: Some(key), .. } => format!("`{key}` is written twice"),
        Error::Unexpected { expected: "sequence start", .. } => "expected a list".to_owned(),
        Error::Unexpected { expected: "mapping start", .. } => "expected a mapping (`key: value`)".to_owned(),
        Error::SerdeInvalidType { unexpected, expected, .. } => format!("expected {expected}, found {unexpected}"),
        other => UserMessageFormatter.format_message(other).into_owned(),
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(place) = self.place else { return write!(f, "{}: {}", self.file, self.problem) };
        write!(f, "{}:{}:{}: {}", self.file, place.line, place.column, self.problem)?;
        let Some(line) = &self.line else { return Ok(()) };
        let number = place.line.to_string();
        let margin = " ".repeat(number.len());
        let indent = " ".repeat(place.column - 1);
        write!(f, "\n  {number} | {line}\n  {margin} | {indent}{}", "^".repeat(place.length))
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, error) in self.0.iter().enumerate() {
            let newline = if at == 0 { "" } else { "\n" };
            write!(f, "{newline}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

impl From<ConfigError> for ConfigErrors {
    fn from(error: ConfigError) -> Self {
        Self(vec![error])
    }
}
