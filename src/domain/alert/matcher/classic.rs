//! The classic grammar (Alertmanager's `pkg/labels`): ASCII names, values to the next comma, quotes optional.

use super::{Matcher, MatcherError, Op};

/// Reads a list of matchers. Stray braces at the ends are dropped, as there.
pub(super) fn parse(text: &str) -> Result<Vec<Matcher>, MatcherError> {
    let text = text.strip_prefix('{').unwrap_or(text);
    let text = text.strip_suffix('}').unwrap_or(text);
    split(text).into_iter().map(one).collect()
}

// At commas outside of quotes. An empty piece at the end is dropped, others are errors later.
fn split(text: &str) -> Vec<&str> {
    let (mut inside, mut escaped, mut start) = (false, false, 0);
    let mut pieces = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            ',' if !inside => {
                pieces.push(&text[start..at]);
                start = at + 1;
            }
            '"' if !escaped => inside = !inside,
            '\\' => escaped = !escaped,
            // A comma inside of quotes leaves `escaped` alone there too.
            ',' => {}
            _ => escaped = false,
        }
    }
    let last = text[start..].trim();
    if !last.is_empty() {
        pieces.push(last);
    }
    pieces
}

fn one(piece: &str) -> Result<Matcher, MatcherError> {
    let blank = |c: char| matches!(c, '\t' | '\n' | '\x0C' | '\r' | ' ');
    let bad = || MatcherError::Grammar(format!("bad matcher format: {piece}"));
    let text = piece.trim_matches(blank);
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let name_bytes = text.find(|c| !is_name(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at(name_bytes);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(bad());
    }
    let rest = rest.trim_start_matches(blank);
    let ops = [("=~", Op::Matches), ("!=", Op::NotEqual), ("!~", Op::NotMatches), ("=", Op::Equal)];
    let (sign, op) = ops.into_iter().find(|(sign, _)| rest.starts_with(sign)).ok_or_else(bad)?;
    let value = unescaped(rest[sign.len()..].trim_start_matches(blank))?;
    Ok(Matcher::new(name, op, value)?)
}

// Only `\"`, `\\` and `\n` are escapes; any other backslash is itself.
fn unescaped(raw: &str) -> Result<String, MatcherError> {
    let stray = || MatcherError::Grammar(format!("matcher value contains unescaped double quote: {raw}"));
    let quoted = raw.starts_with('"');
    let text = if quoted { &raw[1..] } else { raw };
    let mut value = String::with_capacity(text.len());
    let mut closed = !quoted;
    let mut chars = text.char_indices().peekable();
    while let Some((_, c)) = chars.next() {
        let last = chars.peek().is_none();
        match c {
            '\\' if !last => match chars.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, c @ ('"' | '\\'))) => value.push(c),
                Some((_, c)) => {
                    value.push('\\');
                    value.push(c);
                }
                None => {}
            },
            '"' if closed || !last => return Err(stray()),
            '"' => closed = true,
            c => value.push(c),
        }
    }
    if closed { Ok(value) } else { Err(stray()) }
}
