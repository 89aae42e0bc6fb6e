//! Durations as Prometheus writes them: `90s`, `1h30m`, `1d`.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A length of time, in whole milliseconds; written and printed like Prometheus does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Duration {
    millis: u64,
}

/// Why a text is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a duration: `{text}`; write for example 30s, 5m, 1h30m or 2d")]
pub struct DurationError {
    text: String,
}

// Largest unit first, each at most once: Prometheus' own rule (docs/configuration, `<duration>`).
const UNITS: [(&str, u64); 7] = [
    ("y", 31_536_000_000),
    ("w", 604_800_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

// Longer than any incident; keeps every sum with a date inside chrono's range.
const MILLIS_MAX: u64 = 100 * 31_536_000_000;

impl Duration {
    /// Exactly this many seconds.
    pub const fn seconds(seconds: u32) -> Self {
        Self { millis: seconds as u64 * 1_000 }
    }

    /// Exactly this many minutes.
    pub const fn minutes(minutes: u32) -> Self {
        Self::seconds(minutes * 60)
    }

    /// Exactly this many hours.
    pub const fn hours(hours: u32) -> Self {
        Self::seconds(hours * 3600)
    }

    /// Reads `1h30m`; `0` needs no unit.
    pub fn parse(text: &str) -> Result<Self, DurationError> {
        let wrong = || DurationError { text: text.to_owned() };
        if text == "0" {
            return Ok(Self { millis: 0 });
        }
        let mut rest = text;
        let mut millis: u64 = 0;
        let mut units = UNITS.iter();
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
            let count: u64 = rest[..digits].parse().map_err(|_| wrong())?;
            rest = &rest[digits..];
            let length = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
            let (_, unit) = units.find(|(name, _)| *name == &rest[..length]).ok_or_else(wrong)?;
            rest = &rest[length..];
            millis = count.checked_mul(*unit).and_then(|m| m.checked_add(millis)).ok_or_else(wrong)?;
        }
        if text.is_empty() || millis > MILLIS_MAX {
            return Err(wrong());
        }
        Ok(Self { millis })
    }

    /// The same length for arithmetic with dates.
    pub fn delta(self) -> TimeDelta {
        TimeDelta::milliseconds(i64::try_from(self.millis).unwrap_or(i64::MAX))
    }

    /// From the difference of two dates; a negative one is zero.
    pub fn between(from: chrono::DateTime<chrono::Utc>, to: chrono::DateTime<chrono::Utc>) -> Self {
        Self { millis: u64::try_from((to - from).num_milliseconds()).unwrap_or(0) }
    }

    /// For timers and clients of the shell.
    pub fn to_std(self) -> std::time::Duration {
        std::time::Duration::from_millis(self.millis)
    }

    /// Whole seconds, rounded down.
    pub fn as_seconds(self) -> u64 {
        self.millis / 1_000
    }

    /// In words for people, rounded down to its two largest units: `2h 5m`, `40s`.
    pub fn rough(self) -> String {
        let seconds = self.as_seconds();
        match seconds {
            0..60 => format!("{seconds}s"),
            60..3600 => format!("{}m", seconds / 60),
            3600..86_400 => two(seconds / 3600, "h", seconds % 3600 / 60, "m"),
            _ => two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h"),
        }
    }
}

fn two(large: u64, unit: &str, small: u64, smaller: &str) -> String {
    if small == 0 { format!("{large}{unit}") } else { format!("{large}{unit} {small}{smaller}") }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.millis == 0 {
            return f.write_str("0s");
        }
        let mut rest = self.millis;
        // Prometheus prints no weeks and years unless they divide exactly; days are the largest unit here.
        for (name, unit) in &UNITS[2..] {
            if rest >= *unit {
                write!(f, "{}{name}", rest / unit)?;
                rest %= unit;
            }
        }
        Ok(())
    }
}

impl std::ops::Add for Duration {
    type Output = Self;

    /// Both, one after the other; never longer than the longest.
    fn add(self, more: Self) -> Self {
        Self { millis: self.millis.saturating_add(more.millis).min(MILLIS_MAX) }
    }
}

impl TryFrom<String> for Duration {
    type Error = DurationError;

    fn try_from(text: String) -> Result<Self, DurationError> {
        Self::parse(&text)
    }
}

impl From<Duration> for String {
    fn from(duration: Duration) -> Self {
        duration.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::Duration;

    #[test]
    fn reads_and_prints_prometheus_durations() {
        for (text, printed) in [
            ("90s", "1m30s"),
            ("1h30m", "1h30m"),
            ("2d", "2d"),
            ("0", "0s"),
            ("5m", "5m"),
            ("1w", "7d"),
            ("250ms", "250ms"),
        ] {
            assert_eq!(Duration::parse(text).unwrap().to_string(), printed, "{text}");
        }
    }

    #[test]
    fn refuses_what_prometheus_refuses() {
        for text in ["", "5", "m", "1m1h", "5m5m", "1.5h", "-5m", "5 m", "99999999999999999999y", "101y"] {
            assert!(Duration::parse(text).is_err(), "{text}");
        }
    }
}
