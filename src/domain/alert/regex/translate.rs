//! Reads a pattern by Go's grammar (regexp/syntax, flags `Perl`) and writes it in ours.

use super::class;
use std::collections::BTreeSet;
use std::fmt::Write;

/// Why a pattern is refused; the text is Go's, so that it can be searched for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("error parsing regexp: {problem}: `{part}`")]
pub struct RegexError {
    problem: &'static str,
    part: String,
}

impl RegexError {
    pub(super) fn new(problem: &'static str, part: &str) -> Self {
        Self { problem, part: part.to_owned() }
    }

    /// For what Go takes and the `regex` crate does not: too large, or nested too deeply.
    pub(super) fn compile(pattern: &str, error: &regex::Error) -> Self {
        let problem = match error {
            regex::Error::CompiledTooBig(_) => "needs more than 1 MiB when compiled",
            _ => "nests too deeply",
        };
        Self::new(problem, pattern)
    }
}

/// Largest count in `{n,m}`, and largest product of nested ones.
const REPEAT_MAX: u64 = 1000;

/// Matches nothing: what a surrogate is in valid UTF-8.
pub(super) const NOTHING: &str = r"[^\x00-\x{10FFFF}]";

// What a repetition would apply to: a part of the output.
struct Atom {
    start: usize,
    end: usize,
    // Product of the counts inside, at most.
    weight: u64,
    repeated: bool,
}

struct Group {
    start: usize,
    // Heaviest atom so far.
    weight: u64,
}

struct Translator<'p> {
    pattern: &'p str,
    rest: &'p str,
    out: String,
    groups: Vec<Group>,
    // Heaviest atom of the current group.
    weight: u64,
    last: Option<Atom>,
    names: BTreeSet<&'p str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Repetition,
    Other,
}

/// The same pattern in the syntax of the `regex` crate. Captures are dropped: nobody reads them.
pub(super) fn translate(pattern: &str) -> Result<String, RegexError> {
    let mut t = Translator {
        pattern,
        rest: pattern,
        out: String::with_capacity(pattern.len() + 8),
        groups: Vec::new(),
        weight: 1,
        last: None,
        names: BTreeSet::new(),
    };
    // The pattern from the repetition on that ended just before: `a**` is an error in Go.
    let mut repetition: Option<&str> = None;
    while let Some(c) = t.rest.chars().next() {
        let from = t.rest;
        repetition = match t.step(c, repetition)? {
            Token::Repetition => Some(from),
            Token::Other => None,
        };
    }
    if t.groups.is_empty() { Ok(t.out) } else { Err(RegexError::new("missing closing )", pattern)) }
}

impl<'p> Translator<'p> {
    fn step(&mut self, c: char, repetition: Option<&'p str>) -> Result<Token, RegexError> {
        match c {
            '*' | '+' | '?' => return self.repeat(1, None, repetition),
            '{' => match counts(self.rest) {
                Some((length, counts)) => return self.repeat(length, Some(counts), repetition),
                None => self.literal(c),
            },
            '(' => self.open()?,
            ')' => self.close()?,
            '|' => {
                self.take(1);
                self.out.push('|');
                self.last = None;
            }
            '[' => {
                let (length, class) = class::bracketed(self.rest)?;
                self.take(length);
                self.atom(&class, 1);
            }
            '\\' => self.escape()?,
            '.' | '^' | '$' => {
                self.take(1);
                self.atom(c.encode_utf8(&mut [0; 4]), 1);
            }
            _ => self.literal(c),
        }
        Ok(Token::Other)
    }

    fn take(&mut self, bytes: usize) -> &'p str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        taken
    }

    fn literal(&mut self, c: char) {
        self.take(c.len_utf8());
        self.atom(&quoted(c), 1);
    }

    fn atom(&mut self, text: &str, weight: u64) {
        let start = self.out.len();
        self.out.push_str(text);
        self.note_atom(start, weight);
    }

    fn note_atom(&mut self, start: usize, weight: u64) {
        self.weight = self.weight.max(weight);
        self.last = Some(Atom { start, end: self.out.len(), weight, repeated: false });
    }

    // One repetition, with the `?` that makes it lazy. It is put where the atom ended: flags may stand in between.
    fn repeat(
        &mut self,
        length: usize,
        counts: Option<(u64, Option<u64>)>,
        repetition: Option<&'p str>,
    ) -> Result<Token, RegexError> {
        let lazy = self.rest[length..].starts_with('?');
        let from = self.rest;
        let operator = self.take(length + usize::from(lazy));
        if let Some(first) = repetition {
            let both = first.len() - from.len() + operator.len();
            return Err(RegexError::new("invalid nested repetition operator", &first[..both]));
        }
        let Some(mut atom) = self.last.take() else {
            return Err(RegexError::new("missing argument to repetition operator", &operator[..length]));
        };
        if let Some((min, max)) = counts {
            atom.weight = weigh(atom.weight, min, max)
                .ok_or_else(|| RegexError::new("invalid repeat count", &operator[..length]))?;
        }
        if atom.repeated {
            self.out.insert(atom.end, ')');
            self.out.insert_str(atom.start, "(?:");
            atom.end += "(?:)".len();
        }
        self.out.insert_str(atom.end, operator);
        atom.end += operator.len();
        atom.repeated = true;
        self.weight = self.weight.max(atom.weight);
        self.last = Some(atom);
        Ok(Token::Repetition)
    }

    fn open(&mut self) -> Result<(), RegexError> {
        let flags = if self.rest.starts_with("(?P<") || self.rest.starts_with("(?<") {
            self.name()?;
            Flags::default()
        } else if self.rest.starts_with("(?") {
            self.flags()?
        } else {
            self.take(1);
            Flags::default()
        };
        if flags.stand_alone {
            // The last atom stays: `a(?i)*` repeats the a.
            if !flags.text.is_empty() {
                let _ = write!(self.out, "(?{})", flags.text);
            }
            return Ok(());
        }
        self.groups.push(Group { start: self.out.len(), weight: self.weight });
        let _ = write!(self.out, "(?{}:", flags.text);
        self.weight = 1;
        self.last = None;
        Ok(())
    }

    fn close(&mut self) -> Result<(), RegexError> {
        let group = self.groups.pop().ok_or_else(|| RegexError::new("unexpected )", self.pattern))?;
        self.take(1);
        self.out.push(')');
        let weight = std::mem::replace(&mut self.weight, group.weight);
        self.note_atom(group.start, weight);
        Ok(())
    }

    // `(?P<name>` or `(?<name>`.
    fn name(&mut self) -> Result<(), RegexError> {
        let group = self.rest;
        let invalid = |part: &str| RegexError::new("invalid named capture", part);
        let end = group.find('>').ok_or_else(|| invalid(group))?;
        let capture = self.take(end + 1);
        let name = &capture[capture.find('<').map_or(0, |at| at + 1)..end];
        let is_word = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !is_word {
            return Err(invalid(capture));
        }
        if self.names.insert(name) { Ok(()) } else { Err(invalid(name)) }
    }

    // `(?i)`, `(?i:`, `(?s-i)`, `(?)`.
    fn flags(&mut self) -> Result<Flags, RegexError> {
        let group = self.rest;
        let mut on = [None; FLAGS.len()];
        let mut off = false;
        let mut any_off = false;
        for (at, c) in group.char_indices().skip("(?".len()) {
            let flag = FLAGS.iter().position(|flag| *flag == c);
            match c {
                '-' if !off => off = true,
                ':' | ')' if !off || any_off => {
                    self.take(at + 1);
                    return Ok(Flags { text: flag_text(&on), stand_alone: c == ')' });
                }
                _ => {
                    let Some(flag) = flag else {
                        let part = &group[..at + c.len_utf8()];
                        return Err(RegexError::new("invalid or unsupported Perl syntax", part));
                    };
                    on[flag] = Some(!off);
                    any_off |= off;
                }
            }
        }
        Err(RegexError::new("missing closing )", self.pattern))
    }

    fn escape(&mut self) -> Result<(), RegexError> {
        let Some(c) = self.rest[1..].chars().next() else {
            return Err(RegexError::new("trailing backslash at end of expression", ""));
        };
        let assertion = match c {
            'A' | 'z' => &self.rest[..2],
            // Go's word boundaries are ASCII ones.
            'b' => r"(?-u:\b)",
            'B' => r"(?-u:\B)",
            'Q' => {
                self.take(2);
                let (text, end) =
                    self.rest.find(r"\E").map_or((self.rest, self.rest.len()), |at| (&self.rest[..at], at + 2));
                text.chars().for_each(|c| self.atom(&quoted(c), 1));
                self.take(end);
                return Ok(());
            }
            _ => {
                let (length, set) = match class::named(self.rest)? {
                    Some(found) => found,
                    None => {
                        let (length, c) = class::escaped(self.rest)?;
                        (length, c.map_or_else(|| NOTHING.to_owned(), quoted))
                    }
                };
                self.take(length);
                self.atom(&set, 1);
                return Ok(());
            }
        };
        self.take(2);
        self.atom(assertion, 1);
        Ok(())
    }
}

#[derive(Default)]
struct Flags {
    text: String,
    stand_alone: bool,
}

const FLAGS: [char; 4] = ['i', 'm', 's', 'U'];

// Each flag once: of two contradicting ones the last counts in Go, and is an error in the `regex` crate.
fn flag_text(on: &[Option<bool>; FLAGS.len()]) -> String {
    let of = |wanted: bool| FLAGS.iter().zip(on).filter(move |(_, on)| **on == Some(wanted)).map(|(flag, _)| *flag);
    let mut text: String = of(true).collect();
    if of(false).next().is_some() {
        text.push('-');
        text.extend(of(false));
    }
    text
}

/// A character as itself, inside and outside of classes.
pub(super) fn quoted(c: char) -> String {
    let mut text = String::with_capacity(4);
    if regex_syntax::is_meta_character(c) {
        text.push('\\');
    }
    text.push(c);
    text
}

// Length, least and most of `{n}`, `{n,}`, `{n,m}`; anything else is plain text.
fn counts(text: &str) -> Option<(usize, (u64, Option<u64>))> {
    let inside = &text[1..text.find('}')?];
    let number = |digits: &str| {
        let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let no_leading_zero = digits.len() == 1 || !digits.starts_with('0');
        // One that does not fit is over the limit anyway.
        (plain && no_leading_zero).then(|| digits.parse().unwrap_or(u64::MAX))
    };
    let counts = match inside.split_once(',') {
        None => (number(inside)?, Some(number(inside)?)),
        Some((min, "")) => (number(min)?, None),
        Some((min, max)) => (number(min)?, Some(number(max)?)),
    };
    Some((inside.len() + 2, counts))
}

// Go bounds each count, and the product of nested ones.
fn weigh(inner: u64, min: u64, max: Option<u64>) -> Option<u64> {
    if min > REPEAT_MAX || max.is_some_and(|max| max > REPEAT_MAX || max < min) {
        return None;
    }
    let weight = match max {
        Some(0) => return Some(1),
        Some(max) => max,
        None => min.max(1),
    }
    .checked_mul(inner)?;
    (weight <= REPEAT_MAX || min.max(max.unwrap_or(0)) < 2).then_some(weight)
}
