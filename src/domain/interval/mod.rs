//! Times that come again: Alertmanager's `time_intervals`, with `location`.
//!
//! Grammar and meaning are those of Alertmanager's `timeinterval/timeinterval.go`: ranges are inclusive but for the end
//! of `times`, which is not; what is left out holds always; days of the month count from the end if negative and are
//! clamped to the month; UTC unless `location` says otherwise. Three things differ, where Alertmanager would surprise:
//!
//! - an empty list (`weekdays: []`) never holds there, and is refused here;
//! - in a zone with clock changes, the last day of March is the 30th there (it divides 743 hours by 24), the 31st here;
//! - `location: Local` is refused: the same inputs must mean the same on every machine.
//!
//! Across clock changes the wall clock decides, there and here: an hour that is skipped is skipped, one that comes twice
//! counts twice.

mod calendar;
mod range;
#[cfg(test)]
mod tests;
mod zone;

pub use calendar::Intervals;
pub use range::{DaysOfMonth, Months, TimeRange, Weekdays, Years, minute};
pub use zone::Location;

use serde::{Deserialize, Deserializer, Serialize};

/// A named list of intervals; a time is in it if it is in one of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedIntervals {
    /// Its name.
    pub name: String,
    /// Its intervals; with none, no time is in it.
    pub time_intervals: Vec<TimeInterval>,
}

/// An interval: a time is in it if it is in one range of each list that is there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeInterval {
    /// Of the day.
    #[serde(default, deserialize_with = "not_empty", skip_serializing_if = "Option::is_none")]
    pub times: Option<Vec<TimeRange>>,
    /// Of the week, which starts on Sunday.
    #[serde(default, deserialize_with = "not_empty", skip_serializing_if = "Option::is_none")]
    pub weekdays: Option<Vec<Weekdays>>,
    /// Of the month; negative ones count from its end.
    #[serde(default, deserialize_with = "not_empty", skip_serializing_if = "Option::is_none")]
    pub days_of_month: Option<Vec<DaysOfMonth>>,
    /// Of the year, by name or number.
    #[serde(default, deserialize_with = "not_empty", skip_serializing_if = "Option::is_none")]
    pub months: Option<Vec<Months>>,
    /// Years.
    #[serde(default, deserialize_with = "not_empty", skip_serializing_if = "Option::is_none")]
    pub years: Option<Vec<Years>>,
    /// Time zone; UTC if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

/// What is wrong with an empty list of ranges.
pub const EMPTY: &str = "an empty list never holds; leave the key out for always";

fn not_empty<'de, D, T>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let list = Vec::deserialize(deserializer)?;
    if list.is_empty() {
        return Err(serde::de::Error::custom(EMPTY));
    }
    Ok(Some(list))
}
