//! Secrets, and how they stay out of what people read.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt;

/// What stands in the place of a secret.
const HIDDEN: &str = "<secret>";

// How tokens of services that we talk to begin, and our own: told from everything else wherever they stand.
const PREFIXES: [&str; 10] =
    ["whsec_", "xoxb-", "xoxp-", "xapp-", "ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "eb_"];
const TOKEN_BYTES_MIN: usize = 12;

/// Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// For the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

/// What we sent to somebody, who may say it back: hidden in whatever is quoted from their answers.
#[derive(Clone, Default)]
pub struct Sent(Vec<String>);

impl Sent {
    /// These words, and as base64.
    pub fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let words = words.into_iter().filter(|word| !word.is_empty());
        let mut all: Vec<String> = words.flat_map(|word| [word.to_owned(), STANDARD.encode(word)]).collect();
        // What is part of another comes after it, or the rest of that would be left.
        all.sort_by_key(|word| std::cmp::Reverse(word.len()));
        Self(all)
    }

    /// These, and others.
    pub fn and(mut self, others: Option<Self>) -> Self {
        self.0.extend(others.unwrap_or_default().0);
        self.0.sort_by_key(|word| std::cmp::Reverse(word.len()));
        self
    }

    /// What was said, without them.
    pub fn hidden_in(&self, said: &str) -> String {
        self.0.iter().fold(said.to_owned(), |said, word| said.replace(word.as_str(), HIDDEN))
    }
}

/// A text of somebody's configuration as it may be quoted: without users and passwords in addresses, and without what is
/// a token by its looks.
pub fn quotable(text: &str) -> String {
    let between = |c: char| c.is_whitespace() || c.is_control() || "\"'`,;()[]{}<>=".contains(c);
    text.split_inclusive(between).map(|word| quotable_word(word, word.trim_end_matches(between))).collect()
}

fn quotable_word(with_end: &str, word: &str) -> String {
    if word.len() >= TOKEN_BYTES_MIN && PREFIXES.iter().any(|prefix| word.starts_with(prefix)) {
        return with_end.replacen(word, HIDDEN, 1);
    }
    let Some((before, _)) = word.rsplit_once('@') else { return with_end.to_owned() };
    let after = &with_end[before.len()..];
    match before.split_once("://") {
        Some((scheme, _)) => format!("{scheme}://{HIDDEN}{after}"),
        // `user:password@mail.example.org:587`; but `git@host:path`.
        None if before.contains(':') => format!("{HIDDEN}{after}"),
        None => with_end.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Sent, quotable};

    #[test]
    fn what_was_sent_is_hidden_in_what_is_said_back() {
        let sent = Sent::new(["hunter2", "me:hunter2", ""]);
        let said = "no: hunter2, aHVudGVyMg==, Basic bWU6aHVudGVyMg==.";
        assert_eq!(sent.hidden_in(said), "no: <secret>, <secret>, Basic <secret>.");
    }

    #[test]
    fn addresses_and_tokens_are_quoted_without_what_opens_something() {
        for (text, shown) in [
            ("`https://me:hunter2@example.org/x` is no URL", "`https://<secret>@example.org/x` is no URL"),
            ("a http://h@b/ and ftp://a:b@c", "a http://<secret>@b/ and ftp://<secret>@c"),
            ("`me:hunter2@mail:587` is not host:port", "`<secret>@mail:587` is not host:port"),
            ("- git@github.com:example/site.git", "- git@github.com:example/site.git"),
            ("Team <team@example.com>", "Team <team@example.com>"),
            ("slack: \"xoxb-1234567890-abc\"", "slack: \"<secret>\""),
            ("xoxb- is how it begins; eb_x", "xoxb- is how it begins; eb_x"),
        ] {
            assert_eq!(quotable(text), shown);
        }
    }
}
