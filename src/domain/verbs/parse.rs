//! The grammar: a line becomes an act or a question, or is asked back. Pure, and never panics, whatever is typed.

use super::Verb;
use super::context::Context;
use super::misunderstood::Misunderstood;
use super::reading::Reading;
use super::words::{self, Shape, Word};
use crate::ids::IncidentId;
use crate::incident::Act;
use crate::incident::room::Part;

/// Longest line, in bytes: the longest text and what stands around it.
pub const LINE_BYTES_MAX: usize = 16 * 1024;

/// What a line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// To do something.
    Act {
        /// On which incident; `None` where it is said of none.
        incident: Option<IncidentId>,
        /// What.
        act: Act,
    },
    /// To be told something.
    Read(Question),
}

/// What somebody wants to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Which incidents there are.
    List(Listed),
    /// How one stands.
    Show(IncidentId),
    /// Why it was declared; `None`: what holds or waits now.
    Why(Option<IncidentId>),
    /// What can be said; more about one verb.
    Help(Option<Verb>),
}

impl Question {
    /// The verb it is asked with.
    pub fn verb(&self) -> Verb {
        match self {
            Self::List(_) => Verb::List,
            Self::Show(_) => Verb::Show,
            Self::Why(_) => Verb::Why,
            Self::Help(_) => Verb::Help,
        }
    }
}

/// Which incidents are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// Those that go on.
    Open,
    /// Those that are over.
    Closed,
    /// All.
    All,
}

// Words of other tools, and what is said here.
const FOREIGN: [(&[&str], &str); 6] = [
    (&["start", "new", "open", "create", "begin"], "`declare what is going on`"),
    (&["close", "end", "stop", "finish"], "`resolve` if it is over, or `calloff` if it was nothing"),
    (&["cancel", "abort", "dismiss", "ignore"], "`calloff` with a code and a reason"),
    (&["lead", "claim", "mine", "own", "join"], "`take`, and the role"),
    (&["status", "info", "state", "roles", "timeline"], "`show`"),
    (&["say", "announce", "post", "message"], "`update` for everyone, or `note` for the team"),
];

/// Reads a line.
///
/// # Errors
/// What could not be understood, and what to type instead.
pub fn parse(line: &str, context: &Context) -> Result<Asked, Misunderstood> {
    if line.len() > LINE_BYTES_MAX {
        return Err(Misunderstood::TooLong { bytes: line.len() });
    }
    let words = words::split(line);
    let mut rest = without_prefix(&words, context);
    // `#42 take operations`: the number may come first.
    let mut number = None;
    if let Some((first, behind)) = rest.split_first()
        && let Some(incident) = hashed(first)
    {
        (number, rest) = (Some(incident), behind);
    }
    let Some((said, rest)) = rest.split_first() else {
        return Ok(Asked::Read(number.map_or(Question::Help(None), Question::Show)));
    };
    let (verb, part) = verb_of(&said.text)?;
    Reading { context, verb, part, line, words: rest, number, options: Vec::new() }.read()
}

/// What a shell has split already, with options that it has set apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arguments {
    /// The verb, or a part of the state document.
    pub verb: String,
    /// What follows it.
    pub words: Vec<String>,
    /// Options and their values, in the order in which they were said.
    pub options: Vec<(String, String)>,
}

/// Reads what a shell has split.
///
/// # Errors
/// What could not be understood, and what to type instead.
pub fn parse_arguments(arguments: &Arguments, context: &Context) -> Result<Asked, Misunderstood> {
    let options = arguments.options.iter().flat_map(|(name, value)| [name, value]);
    let bytes = arguments.words.iter().chain(options).map(|word| word.len() + 1).sum();
    if bytes > LINE_BYTES_MAX {
        return Err(Misunderstood::TooLong { bytes });
    }
    let (line, words) = words::of_arguments(&arguments.words);
    let (verb, part) = verb_of(&arguments.verb)?;
    let known: Vec<&'static str> = verb.spec().options.iter().map(|option| option.name).collect();
    // As they are read from a line: from the end.
    let options: Vec<(String, String)> = arguments.options.iter().rev().cloned().collect();
    if let Some((said, _)) = options.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        let said = crate::text::clean_line(said, 80);
        return Err(Misunderstood::Word { verb, what: "option", said, known });
    }
    Reading { context, verb, part, line: &line, words: &words, number: None, options }.read()
}

/// Words that stand for `edit` and a part.
pub fn shorthands() -> impl Iterator<Item = (&'static str, Part)> {
    Part::ALL.into_iter().map(|part| (part.word(), part))
}

/// A number of an incident, as people write it: `42`, `#42`, `INC-42`.
pub fn reference(text: &str) -> Option<IncidentId> {
    let text = text.trim_end_matches([':', ',']);
    let digits = after_sign(text).unwrap_or(text);
    digits_of(digits).map(IncidentId)
}

/// A number with its sign, in quotes or not of no other meaning: `#42`, `INC-42:`.
pub(super) fn hashed(word: &Word) -> Option<IncidentId> {
    let text = word.text.trim_end_matches([':', ',']);
    (word.shape == Shape::Plain).then(|| after_sign(text).and_then(digits_of).map(IncidentId)).flatten()
}

/// A number without a sign.
pub(super) fn bare(word: &Word) -> Option<u64> {
    (word.shape == Shape::Plain).then(|| digits_of(&word.text)).flatten()
}

fn after_sign(text: &str) -> Option<&str> {
    let inc = text.get(..4).filter(|sign| sign.eq_ignore_ascii_case("inc-")).and_then(|_| text.get(4..));
    text.strip_prefix('#').or(inc)
}

// A number too large to be one is one that nothing has.
fn digits_of(text: &str) -> Option<u64> {
    let all = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| text.parse().unwrap_or(u64::MAX))
}

fn verb_of(said: &str) -> Result<(Verb, Option<Part>), Misunderstood> {
    let word = said.to_lowercase();
    if let Some(verb) = Verb::parse(&word) {
        return Ok((verb, None));
    }
    if let Some((_, part)) = shorthands().find(|(shorthand, _)| *shorthand == word) {
        return Ok((Verb::Edit, Some(part)));
    }
    let foreign = FOREIGN.iter().find(|(words, _)| words.contains(&word.as_str()));
    if let Some((_, instead)) = foreign {
        return Err(Misunderstood::Foreign { said: word, instead });
    }
    Err(Misunderstood::Verb { said: crate::text::clean_line(said, 80) })
}

// What is copied from elsewhere brings its prefix along.
fn without_prefix<'a>(words: &'a [Word], context: &Context) -> &'a [Word] {
    let [first, second, ..] = words else { return strip(words, context) };
    if first.text.eq_ignore_ascii_case("earlybell") && second.text.eq_ignore_ascii_case("incident") {
        return &words[2..];
    }
    strip(words, context)
}

fn strip<'a>(words: &'a [Word], context: &Context) -> &'a [Word] {
    let Some((first, rest)) = words.split_first() else { return words };
    let ours = !context.spelling.prefix().is_empty() && first.text == context.spelling.prefix();
    if ours || first.text == "/incident" || first.text == "!incident" { rest } else { words }
}

#[cfg(test)]
mod tests;
