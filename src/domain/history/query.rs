//! What people ask the history for, as they type it.

use crate::incident::{CallOffCode, Stage};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

/// Longest text that is searched for, in bytes.
pub const TEXT_BYTES_MAX: usize = 200;

/// Most words of it.
pub const WORDS_MAX: usize = 10;

/// Fewest letters before a `*`: with less, nearly every word begins so.
pub const STEM_CHARS_MIN: usize = 3;

/// A word that must be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// As typed. What joins words, as in `web-01`, asks for them side by side.
    pub word: String,
    /// It ended with `*`: any word that begins so.
    pub begins: bool,
}

/// How it ended, or that it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It goes on.
    Open,
    /// Service was back.
    Resolved,
    /// It was nothing, for this reason or any.
    CalledOff(Option<CallOffCode>),
    /// It was part of another one.
    Merged,
}

/// Reads what somebody looks for. It is text: no character of it means anything but a `*` at the end of a word.
pub fn wanted(text: &str) -> Result<Vec<Wanted>, String> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(format!("the text has {} bytes; at most {TEXT_BYTES_MAX} are searched for", text.len()));
    }
    // Words without a letter or a digit stand in no index.
    let words =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| word.contains(char::is_alphanumeric));
    let words: Vec<Wanted> = words
        .map(|word| {
            let stem = word.trim_end_matches('*');
            Wanted { word: stem.to_owned(), begins: stem.len() < word.len() }
        })
        .collect();
    if words.len() > WORDS_MAX {
        return Err(format!("the text has {} words; at most {WORDS_MAX} are searched for", words.len()));
    }
    if let Some(short) = words.iter().find(|word| word.begins && word.word.chars().count() < STEM_CHARS_MIN) {
        return Err(format!("`{}*` is short; write {STEM_CHARS_MIN} letters or more before the `*`", short.word));
    }
    if words.is_empty() && !text.trim().is_empty() {
        return Err("there is no word in the text; words have letters or digits".to_owned());
    }
    Ok(words)
}

impl Outcome {
    /// What may be asked for, in the order of forms.
    pub fn all() -> impl Iterator<Item = Self> {
        let codes = CallOffCode::ALL.into_iter().map(|code| Self::CalledOff(Some(code)));
        [Self::Open, Self::Resolved, Self::Merged, Self::CalledOff(None)].into_iter().chain(codes)
    }

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
            Self::Merged => "merged",
            Self::CalledOff(None) => "called-off",
            Self::CalledOff(Some(code)) => code.word(),
        }
    }

    /// Reads one of the words.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::all().find(|outcome| outcome.word() == text).ok_or_else(|| {
            let known: Vec<_> = Self::all().map(Self::word).collect();
            format!("no outcome `{}`; known: {}", crate::text::clean_line(text, 50), known.join(", "))
        })
    }

    /// How an incident stands.
    pub fn of(stage: &Stage) -> Self {
        match stage {
            Stage::Suspected | Stage::Confirmed => Self::Open,
            Stage::Resolved { .. } => Self::Resolved,
            Stage::CalledOff { code, .. } => Self::CalledOff(Some(*code)),
            Stage::Merged { .. } => Self::Merged,
        }
    }
}

/// The first moment that is meant: a day, or a time with its offset.
pub fn from(text: &str) -> Result<DateTime<Utc>, String> {
    let time = || text.parse::<DateTime<Utc>>().ok();
    day(text).map(|day| day.and_time(NaiveTime::MIN).and_utc()).or_else(time).ok_or_else(|| no_time(text))
}

/// The first moment that is no longer meant: a day counts whole.
pub fn to(text: &str) -> Result<DateTime<Utc>, String> {
    let time = || text.parse::<DateTime<Utc>>().ok();
    let next = day(text).and_then(|day| day.checked_add_days(Days::new(1)));
    next.map(|day| day.and_time(NaiveTime::MIN).and_utc()).or_else(time).ok_or_else(|| no_time(text))
}

fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

fn no_time(text: &str) -> String {
    format!("`{}` is no day; write 2026-11-29, or 2026-11-29T12:00:00Z", crate::text::clean_line(text, 50))
}

#[cfg(test)]
mod tests {
    use super::{Outcome, Wanted, from, to, wanted};

    #[test]
    fn text_is_words_whatever_is_in_it() {
        let words = |text: &str| {
            let read = wanted(text)?;
            Ok::<_, String>(
                read.iter().map(|Wanted { word, begins }| format!("{word}{}", u8::from(*begins))).collect::<Vec<_>>(),
            )
        };
        assert_eq!(words("disk\tfull").unwrap(), ["disk0", "full0"]);
        assert_eq!(words("web-01 publ* \"a\" OR NEAR(b *").unwrap(), ["web-010", "publ1", "\"a\"0", "OR0", "NEAR(b0"]);
        assert_eq!(words(" ").unwrap(), [] as [&str; 0]);
        assert_eq!(words("disk ab*").unwrap_err(), "`ab*` is short; write 3 letters or more before the `*`");
        assert_eq!(words("-- *").unwrap_err(), "there is no word in the text; words have letters or digits");
        assert_eq!(words(&"a ".repeat(11)).unwrap_err(), "the text has 11 words; at most 10 are searched for");
        assert!(words(&"a".repeat(201)).unwrap_err().starts_with("the text has 201 bytes"));
    }

    #[test]
    fn days_count_whole() {
        assert_eq!(from("2026-11-29").unwrap().to_string(), "2026-11-29 00:00:00 UTC");
        assert_eq!(to("2026-11-29").unwrap().to_string(), "2026-11-30 00:00:00 UTC");
        assert_eq!(to("2026-11-29T12:00:00+01:00").unwrap().to_string(), "2026-11-29 11:00:00 UTC");
        assert_eq!(from("yesterday").unwrap_err(), "`yesterday` is no day; write 2026-11-29, or 2026-11-29T12:00:00Z");
        assert!(to("262142-12-31").is_err(), "no day comes after it");
    }

    #[test]
    fn outcomes_have_words() {
        for outcome in Outcome::all() {
            assert_eq!(Outcome::parse(outcome.word()), Ok(outcome));
        }
        assert!(Outcome::parse("nothing").unwrap_err().starts_with("no outcome `nothing`; known: open, resolved"));
    }
}
