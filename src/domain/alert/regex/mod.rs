//! Go's RE2 syntax, as Alertmanager matches it, translated for the `regex` crate.
//!
//! The two agree on most patterns, and silently differ on some: `\d`, `\w`, `\s` and `\b` are ASCII in Go; `&&`, `--`,
//! `~~` and `[` mean nothing special inside a Go class; Go knows `\Q…\E` and octal escapes, and refuses `a**`, `(?x)`
//! and counts over 1000. So a pattern is read by Go's rules and written anew.

mod class;
mod translate;

use regex_syntax::hir::literal::Extractor;

pub use translate::RegexError;

/// Most memory one compiled pattern may take, in bytes.
pub const COMPILED_BYTES_MAX: usize = 1024 * 1024;

/// Most alternatives of a pattern that counts as a list of words.
pub const ALTERNATIVES_MAX: usize = 64;

/// Longest of these words, in bytes.
const WORD_BYTES_MAX: usize = 256;

/// A pattern as a whole-text test.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// It is only a list of words: cheaper to compare than to run.
    Words(Box<[Box<str>]>),
    /// Anything else.
    Regex(regex::Regex),
}

impl Pattern {
    /// Compiles what Alertmanager would compile from this: `^(?:pattern)$`.
    pub fn new(pattern: &str) -> Result<Self, RegexError> {
        // Translated with its anchors, because Go too sees both as one text: `a)|(b` is two alternatives there.
        let whole = translate::translate(&format!("^(?:{pattern})$"))?;
        if let Some(words) = words(pattern) {
            return Ok(Self::Words(words.into_iter().map(String::into_boxed_str).collect()));
        }
        regex::RegexBuilder::new(&whole)
            .size_limit(COMPILED_BYTES_MAX)
            .dfa_size_limit(COMPILED_BYTES_MAX)
            .build()
            .map(Self::Regex)
            .map_err(|error| RegexError::compile(pattern, &error))
    }

    /// Whether the whole text matches.
    pub fn matches(&self, text: &str) -> bool {
        match self {
            Self::Words(words) => words.iter().any(|word| **word == *text),
            Self::Regex(regex) => regex.is_match(text),
        }
    }
}

/// The texts a pattern matches, if they are few and none is empty: `a|b`, `(?:a|b)c`. An index can hold these; the
/// empty text can't be looked up, because a missing label has it too.
pub fn literal_alternatives(pattern: &str) -> Option<Vec<String>> {
    translate::translate(&format!("^(?:{pattern})$")).ok()?;
    words(pattern).filter(|words| words.iter().all(|word| !word.is_empty()))
}

// Of a pattern that is known to be valid with its anchors around it.
fn words(pattern: &str) -> Option<Vec<String>> {
    let alone = translate::translate(pattern).ok()?;
    let hir = regex_syntax::parse(&alone).ok()?;
    if !hir.properties().look_set().is_empty() {
        return None;
    }
    let found = Extractor::new().limit_total(ALTERNATIVES_MAX).limit_literal_len(WORD_BYTES_MAX).extract(&hir);
    if !found.is_exact() || found.len()? > ALTERNATIVES_MAX {
        return None;
    }
    let mut words = Vec::with_capacity(found.len()?);
    for literal in found.literals()? {
        let word = String::from_utf8(literal.as_bytes().to_vec()).ok()?;
        if !words.contains(&word) {
            words.push(word);
        }
    }
    Some(words)
}

#[cfg(test)]
mod tests;
