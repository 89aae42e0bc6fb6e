//! What could not be understood, and what to type instead. Nothing is guessed: where two things could be meant, both are
//! shown.

use super::context::Open;
use super::{Spelling, Verb};
use crate::ids::IncidentId;
use crate::nearest::unknown;
use crate::text::clean_line;
use serde::Serialize;

/// Incidents named where one must be chosen.
pub const CHOICES_MAX: usize = 10;

// Of what somebody said, so much is repeated to them.
const SAID_BYTES_MAX: usize = 80;

/// Why a line is no command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "misunderstood", rename_all = "snake_case")]
pub enum Misunderstood {
    /// No such verb.
    Verb {
        /// What was said.
        said: String,
    },
    /// A word of another tool.
    Foreign {
        /// What was said.
        said: String,
        /// What is said here.
        instead: &'static str,
    },
    /// Several incidents are open, and it was not said which.
    Which {
        /// The verb.
        verb: Verb,
        /// What followed.
        rest: String,
        /// Those it could be.
        open: Vec<Choice>,
        /// How many there are beside those.
        more: usize,
    },
    /// None is open, and it was not said which.
    NoneOpen {
        /// The verb.
        verb: Verb,
    },
    /// It was not said which; those that are over can't be guessed.
    Unnamed {
        /// The verb.
        verb: Verb,
    },
    /// A number that may be the incident, or the beginning of the text.
    NumberOrText {
        /// The verb.
        verb: Verb,
        /// The number.
        incident: IncidentId,
        /// What followed it.
        rest: String,
    },
    /// Something is missing.
    Unsaid {
        /// The verb.
        verb: Verb,
        /// What, with its article: `the text`.
        what: &'static str,
    },
    /// A word that is none of those it could be.
    Word {
        /// The verb.
        verb: Verb,
        /// What it would be.
        what: &'static str,
        /// What was said.
        said: String,
        /// What it could be.
        known: Vec<&'static str>,
    },
    /// An option, a number or a matcher that can't be read.
    Value {
        /// The verb.
        verb: Verb,
        /// What is wrong, and what to write.
        problem: String,
    },
    /// More than the verb takes.
    TooMuch {
        /// The verb.
        verb: Verb,
        /// What was too much.
        said: String,
    },
    /// Longer than any command.
    TooLong {
        /// How long.
        bytes: usize,
    },
}

/// An incident somebody may mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// Its number.
    pub incident: IncidentId,
    /// Its title.
    pub title: String,
}

impl From<&Open> for Choice {
    fn from(open: &Open) -> Self {
        Self { incident: open.incident, title: clean_line(&open.title, SAID_BYTES_MAX) }
    }
}

impl Misunderstood {
    /// What people are told, on a surface that writes commands so.
    pub fn words(&self, spelling: &Spelling) -> String {
        let line = |line: &str| format!("`{}`", spelling.written(line));
        match self {
            Self::Verb { said } => {
                let words: Vec<&str> = super::rows::ROWS.iter().map(|row| row.word).collect();
                format!("{} {} shows how they are used", question(unknown("verb", said, &words), ";"), line("help"))
            }
            Self::Foreign { said, instead } => format!("there is no `{said}` here; write {instead}"),
            Self::Which { verb, rest, open, more } => which(*verb, rest, open, *more, spelling),
            Self::NoneOpen { .. } => {
                format!("no incident is open; {} declares one", line("declare what is going on"))
            }
            Self::Unnamed { verb } => {
                let named = spelling.line(*verb, Some(IncidentId(42)), "");
                format!("say which incident: `{named}`; {} shows those that are over", line("list closed"))
            }
            Self::NumberOrText { verb, incident, rest } => {
                let rest = cut(rest);
                let number = spelling.line(*verb, Some(*incident), &rest);
                let text = spelling.line(*verb, None, &format!("\"{} {rest}\"", incident.0));
                format!("is {} the incident, or does the text begin so? write `{number}` or `{text}`", incident.0)
            }
            Self::Unsaid { verb, what } => format!("say {what}: {}", usage(*verb, spelling)),
            Self::Word { verb, what, said, known } => {
                format!("{} {}", question(unknown(what, said, known), ":"), usage(*verb, spelling))
            }
            Self::Value { verb, problem } => format!("{problem}: {}", usage(*verb, spelling)),
            Self::TooMuch { verb, said } => {
                format!("`{}` is more than {} takes: {}", cut(said), verb.word(), usage(*verb, spelling))
            }
            Self::TooLong { bytes } => {
                format!(
                    "this has {bytes} bytes, and a command at most {}; say it shorter",
                    super::parse::LINE_BYTES_MAX
                )
            }
        }
    }
}

fn which(verb: Verb, rest: &str, open: &[Choice], more: usize, spelling: &Spelling) -> String {
    let rest = cut(rest);
    let lines = open.iter().map(|choice| {
        let line = spelling.line(verb, Some(choice.incident), &rest);
        format!("\n`{line}` — {}", choice.title)
    });
    let more_line = (more > 0).then(|| format!("\n… and {more} more: `{}`", spelling.line(Verb::List, None, "")));
    let count = open.len() + more;
    format!("{count} incidents are open; say which:{}{}", lines.collect::<String>(), more_line.unwrap_or_default())
}

// What goes on behind a question mark needs no other sign.
fn question(text: String, sign: &str) -> String {
    if text.ends_with('?') { text } else { format!("{text}{sign}") }
}

fn usage(verb: Verb, spelling: &Spelling) -> String {
    let spec = verb.spec();
    let usage = spelling.written(format!("{} {}", spec.word, spec.arguments).trim_end());
    let example = spec.examples.last().map(|example| format!(", as in `{}`", spelling.written(example)));
    format!("`{usage}`{}", example.unwrap_or_default())
}

fn cut(said: &str) -> String {
    clean_line(said, SAID_BYTES_MAX)
}
