//! The UTF-8 grammar (Alertmanager's `matcher/parse`): `{ name op value , … }`, names and values quoted or plain.

use super::{Matcher, MatcherError, Op, print};

/// Characters that a plain name or value can't hold.
pub(super) fn is_reserved(c: char) -> bool {
    c.is_whitespace() || "{}!=~,\\\"'`".contains(c)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'t> {
    Open,
    Close,
    Comma,
    Op(Op),
    Plain(&'t str),
    // Between its quotes, escapes as written.
    Quoted(&'t str),
}

struct Lexer<'t> {
    text: &'t str,
    rest: &'t str,
}

/// Reads a list of matchers; patterns that are among `compiled` are not compiled again.
pub(super) fn parse(text: &str, compiled: &[Matcher]) -> Result<Vec<Matcher>, MatcherError> {
    let mut lexer = Lexer { text, rest: text };
    let braces = lexer.peek()? == Some(Token::Open);
    if braces {
        lexer.next()?;
    }
    let mut matchers = Vec::new();
    loop {
        match lexer.peek()? {
            None | Some(Token::Close) => break,
            // Neither in front, nor two in a row.
            Some(_) => matchers.push(lexer.matcher(compiled)?),
        }
        match lexer.peek()? {
            Some(Token::Comma) => lexer.next()?,
            None | Some(Token::Close) => break,
            Some(token) => return Err(lexer.unexpected(token, "expected a comma or close brace")),
        };
    }
    match (braces, lexer.next()?) {
        (true, Some(Token::Close)) => {}
        (true, _) => return Err(lexer.error("end of input: expected close brace")),
        (false, None) => return Ok(matchers),
        (false, _) => return Err(lexer.error("expected an open brace before this close brace")),
    }
    match lexer.next()? {
        None => Ok(matchers),
        Some(token) => Err(lexer.unexpected(token, "expected end of input")),
    }
}

impl<'t> Lexer<'t> {
    fn matcher(&mut self, compiled: &[Matcher]) -> Result<Matcher, MatcherError> {
        let name = match self.next()? {
            Some(Token::Plain(name)) => name.to_owned(),
            Some(Token::Quoted(name)) => self.unquoted(name)?,
            Some(token) => return Err(self.unexpected(token, "expected label name")),
            None => return Err(self.error("end of input: expected label name")),
        };
        // No label has an empty name; it could not be printed either.
        if name.is_empty() {
            return Err(self.error("expected label name"));
        }
        let wanted = "expected an operator such as '=', '!=', '=~' or '!~'";
        let op = match self.next()? {
            Some(Token::Op(op)) => op,
            Some(token) => return Err(self.unexpected(token, wanted)),
            None => return Err(self.error(&format!("end of input: {wanted}"))),
        };
        let value = match self.next()? {
            Some(Token::Plain(value)) => value.to_owned(),
            Some(Token::Quoted(value)) => self.unquoted(value)?,
            Some(token) => return Err(self.unexpected(token, "expected label value")),
            None => return Err(self.error("end of input: expected label value")),
        };
        let known = compiled.iter().find(|known| (known.op, &known.value) == (op, &value));
        match known {
            Some(known) => Ok(Matcher { name, ..known.clone() }),
            None => Ok(Matcher::new(name, op, value)?),
        }
    }

    fn peek(&self) -> Result<Option<Token<'t>>, MatcherError> {
        Lexer { text: self.text, rest: self.rest }.next()
    }

    fn next(&mut self) -> Result<Option<Token<'t>>, MatcherError> {
        self.rest = self.rest.trim_start();
        let Some(c) = self.rest.chars().next() else { return Ok(None) };
        let (token, length) = match c {
            '{' => (Token::Open, 1),
            '}' => (Token::Close, 1),
            ',' => (Token::Comma, 1),
            '=' if self.rest.starts_with("=~") => (Token::Op(Op::Matches), 2),
            '=' => (Token::Op(Op::Equal), 1),
            '!' if self.rest.starts_with("!=") => (Token::Op(Op::NotEqual), 2),
            '!' if self.rest.starts_with("!~") => (Token::Op(Op::NotMatches), 2),
            '"' => {
                let length =
                    quoted_bytes(self.rest).ok_or_else(|| self.error(&format!("{}: missing end \"", self.rest)))?;
                (Token::Quoted(&self.rest[1..length - 1]), length)
            }
            c if is_reserved(c) => return Err(self.error(&format!("{c}: invalid input"))),
            _ => {
                let length = self.rest.find(is_reserved).unwrap_or(self.rest.len());
                (Token::Plain(&self.rest[..length]), length)
            }
        };
        self.rest = &self.rest[length..];
        Ok(Some(token))
    }

    fn unquoted(&self, quoted: &str) -> Result<String, MatcherError> {
        print::go_unquoted(quoted).ok_or_else(|| self.error(&format!("\"{quoted}\": invalid input")))
    }

    fn unexpected(&self, token: Token<'_>, wanted: &str) -> MatcherError {
        let found = match token {
            Token::Open => "{".to_owned(),
            Token::Close => "}".to_owned(),
            Token::Comma => ",".to_owned(),
            Token::Op(op) => op.to_string(),
            Token::Plain(text) => text.to_owned(),
            Token::Quoted(text) => format!("\"{text}\""),
        };
        self.error(&format!("unexpected {found}: {wanted}"))
    }

    fn error(&self, problem: &str) -> MatcherError {
        let column = self.text[..self.text.len() - self.rest.len()].chars().count() + 1;
        MatcherError::Grammar(format!("column {column}: {problem}"))
    }
}

// Length of a quoted text with both quotes.
fn quoted_bytes(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}
