//! The ranges of an interval: how they are written, and how they are printed.

use crate::nearest::nearest;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Minutes of a day, without the last: `{start_time: '09:00', end_time: '17:00'}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "TimesWritten", into = "TimesWritten")]
pub struct TimeRange {
    /// Minute of the day at which it starts.
    pub start: u16,
    /// Minute of the day at which it is over; 1440 is the end of the day.
    pub end: u16,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TimesWritten {
    start_time: String,
    end_time: String,
}

/// Days of the week from 0, Sunday, to 6: `monday:friday`, `saturday`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weekdays {
    /// The first.
    pub first: u8,
    /// The last; not before the first.
    pub last: u8,
}

/// Days of the month; negative ones count from its end: `1:5`, `-3:-1`, `15`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DaysOfMonth {
    /// The first.
    pub first: i8,
    /// The last.
    pub last: i8,
}

/// Months from 1 to 12: `january:march`, `1:3`, `december`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Months {
    /// The first.
    pub first: u8,
    /// The last; not before the first.
    pub last: u8,
}

/// Years: `2020:2022`, `2030`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Years {
    /// The first.
    pub first: i32,
    /// The last; not before the first.
    pub last: i32,
}

const WEEKDAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

// The shortest month: what is the wrong way round in it is so in all.
const MONTH_DAYS_MIN: i8 = 28;

// Minutes of a day.
const DAY: u16 = 24 * 60;

impl TimeRange {
    /// From one time of the day to a later one.
    pub fn new(start_time: &str, end_time: &str) -> Result<Self, String> {
        let (start, end) = (minute(start_time)?, minute(end_time)?);
        if start < end {
            return Ok(Self { start, end });
        }
        let two = format!("`{start_time}` to `24:00` and `00:00` to `{end_time}`");
        Err(format!("`{end_time}` is not after `{start_time}`; write two ranges, {two}"))
    }
}

impl TryFrom<TimesWritten> for TimeRange {
    type Error = String;

    fn try_from(written: TimesWritten) -> Result<Self, String> {
        Self::new(&written.start_time, &written.end_time)
    }
}

impl From<TimeRange> for TimesWritten {
    fn from(range: TimeRange) -> Self {
        let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        Self { start_time: clock(range.start), end_time: clock(range.end) }
    }
}

/// The minute of the day of a time like `09:00`; `24:00` is its end.
pub fn minute(text: &str) -> Result<u16, String> {
    let two = |text: &str| (text.len() == 2).then(|| digits(text)).flatten();
    let minute = text.split_once(':').and_then(|(hours, minutes)| {
        let (hours, minutes): (u16, u16) = (two(hours)?, two(minutes)?);
        (hours < 24 && minutes < 60 || hours == 24 && minutes == 0).then_some(hours * 60 + minutes)
    });
    minute
        .filter(|minute| *minute <= DAY)
        .ok_or_else(|| format!("`{text}` is no time of the day; write for example 09:00 or 24:00"))
}

// Without the sign that `parse` takes.
fn digits<N: std::str::FromStr>(text: &str) -> Option<N> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

impl Weekdays {
    /// Reads one day or month or year, or a range of them.
    pub fn parse(text: &str) -> Result<Self, String> {
        let day = |text: &str| named(&WEEKDAYS, text);
        let (first, last) = range(text, day, |text| {
            no(text, "day of the week", &WEEKDAYS, "write for example monday:friday or saturday")
        })?;
        if first > last {
            let problem = "ends before it starts, for weeks start on sunday; write both days, or two ranges";
            return Err(format!("`{text}` {problem}"));
        }
        Ok(Self { first, last })
    }
}

impl Months {
    /// Reads one day or month or year, or a range of them.
    pub fn parse(text: &str) -> Result<Self, String> {
        let number = |text: &str| digits(text).filter(|month| (1..=12).contains(month));
        let month = |text: &str| named(&MONTHS, text).map(|month| month + 1).or_else(|| number(text));
        let (first, last) =
            range(text, month, |text| no(text, "month", &MONTHS, "write for example january:march or 12"))?;
        if first > last {
            return Err(format!("`{text}` ends before it starts; write two ranges, one for each year"));
        }
        Ok(Self { first, last })
    }
}

impl Years {
    /// Reads one day or month or year, or a range of them.
    pub fn parse(text: &str) -> Result<Self, String> {
        let year = |text: &str| digits(text).filter(|year| (0..=9999).contains(year));
        let (first, last) = range(text, year, |text| no(text, "year", &[], "write for example 2026 or 2026:2028"))?;
        if first > last {
            return Err(format!("`{text}` ends before it starts"));
        }
        Ok(Self { first, last })
    }
}

impl DaysOfMonth {
    /// Reads one day or month or year, or a range of them.
    pub fn parse(text: &str) -> Result<Self, String> {
        let day = |text: &str| text.parse().ok().filter(|day: &i8| *day != 0 && (-31..=31).contains(day));
        let example = "write for example 1:5, or -3:-1 for the last three";
        let (first, last) = range(text, day, |text| no(text, "day of the month", &[], example))?;
        if first < 0 && last > 0 {
            return Err(format!("`{text}` starts at the end of a month and ends in its beginning; write two ranges"));
        }
        // In longer months it may be the right way round; then it is allowed, and empty in shorter ones.
        let counted = |day: i8| if day < 0 { MONTH_DAYS_MIN + day } else { day };
        if counted(first) > counted(last) {
            return Err(format!("`{text}` ends before it starts"));
        }
        Ok(Self { first, last })
    }
}

// `a:b`, or `a` for both.
fn range<N: Copy>(
    text: &str,
    read: impl Fn(&str) -> Option<N>,
    problem: impl Fn(&str) -> String,
) -> Result<(N, N), String> {
    let lower = text.to_lowercase();
    let (first, last) = lower.split_once(':').unwrap_or((&lower, &lower));
    let member = |text: &str| read(text).ok_or_else(|| problem(text));
    Ok((member(first)?, member(last)?))
}

fn no(text: &str, what: &str, names: &[&str], example: &str) -> String {
    let meant = nearest(text, names).map(|near| format!("did you mean `{near}`?"));
    format!("`{text}` is no {what}; {}", meant.unwrap_or_else(|| example.to_owned()))
}

fn named(names: &[&str], name: &str) -> Option<u8> {
    u8::try_from(names.iter().position(|known| *known == name)?).ok()
}

impl fmt::Display for Weekdays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(f, WEEKDAYS[usize::from(self.first)], WEEKDAYS[usize::from(self.last)])
    }
}

impl fmt::Display for Months {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(f, MONTHS[usize::from(self.first - 1)], MONTHS[usize::from(self.last - 1)])
    }
}

impl fmt::Display for DaysOfMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(f, self.first, self.last)
    }
}

impl fmt::Display for Years {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(f, self.first, self.last)
    }
}

fn print<T: fmt::Display + PartialEq>(f: &mut fmt::Formatter<'_>, first: T, last: T) -> fmt::Result {
    if first == last { write!(f, "{first}") } else { write!(f, "{first}:{last}") }
}

// A number needs no quotes in YAML: `days_of_month: [1, 15]`.
struct TextOrNumber;

impl Visitor<'_> for TextOrNumber {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a range in quotes")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }
}

macro_rules! as_text {
    ($($range:ty),*) => {$(
        impl Serialize for $range {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $range {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = deserializer.deserialize_any(TextOrNumber)?;
                Self::parse(&text).map_err(Error::custom)
            }
        }
    )*};
}

as_text!(Weekdays, DaysOfMonth, Months, Years);
