//! What past incidents teach: how fast people were, which rules were right, who carried the load. A fold over a few numbers
//! that are kept of each incident. Drills are left out everywhere.

pub mod hours;
pub mod load;
pub mod month;
pub mod past;
pub mod rules;

pub use past::Past;

use crate::directory::Directory;
use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveTime, Utc};
use load::PersonLine;
use month::{Month, Spread};
use rules::{HeatLine, RuleLine};
use serde::Serialize;
use std::collections::BTreeMap;

/// How many months are shown unless somebody says otherwise.
pub const MONTHS: u32 = 12;

/// Most months that may be asked for.
pub const MONTHS_MAX: u32 = 60;

/// The numbers of some months.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Statistics {
    /// Incidents declared from here on are counted.
    pub from: DateTime<Utc>,
    /// When this was counted.
    pub at: DateTime<Utc>,
    /// Month by month, oldest first; also those in which nothing happened.
    pub months: Vec<Month>,
    /// All of them together.
    pub total: Month,
    /// Rules that declared something, the noisiest first.
    pub rules: Vec<RuleLine>,
    /// Who carried how much, the most first.
    pub people: Vec<PersonLine>,
    /// When alerts came back, by rule.
    pub heat: Vec<HeatLine>,
    /// More was there than is read; the newest was not.
    pub cut: bool,
}

/// The first moment that belongs to the last so many months.
pub fn since(now: DateTime<Utc>, months: u32) -> DateTime<Utc> {
    let day = now.date_naive().with_day(1).unwrap_or_else(|| now.date_naive());
    midnight(day.checked_sub_months(Months::new(months.clamp(1, MONTHS_MAX) - 1)).unwrap_or(day))
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// Counts what was declared within the last so many months.
pub fn statistics(past: &[Past], now: DateTime<Utc>, months: u32, directory: &Directory) -> Statistics {
    let from = since(now, months);
    let counted: Vec<&Past> = past.iter().filter(|past| !past.drill && past.declared_at >= from).collect();
    let mut by_month: BTreeMap<(i32, u32), Vec<&Past>> = BTreeMap::new();
    for past in &counted {
        by_month.entry((past.declared_at.year(), past.declared_at.month())).or_default().push(past);
    }
    let of_month = |first: &DateTime<Utc>| {
        let past = by_month.get(&(first.year(), first.month())).map_or(&[][..], Vec::as_slice);
        Month::of(&month::name(*first), past)
    };
    Statistics {
        from,
        at: now,
        months: firsts(from, now).iter().map(of_month).collect(),
        total: Month::of("", &counted),
        rules: rules::lines(&counted),
        people: load::lines(&counted, now, directory),
        heat: rules::heat(&counted),
        cut: false,
    }
}

// The first moment of each month.
fn firsts(from: DateTime<Utc>, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let mut firsts = Vec::new();
    let mut day = from.date_naive();
    while midnight(day) <= now && firsts.len() < MONTHS_MAX as usize {
        firsts.push(midnight(day));
        let Some(next) = day.checked_add_months(Months::new(1)) else { break };
        day = next;
    }
    firsts
}

impl Month {
    /// Its four times, in their order, each with what it is called.
    pub fn times(&self) -> [(&'static str, &Spread); 4] {
        [
            ("first alert to declared", &self.until_declared),
            ("declared to first public word", &self.until_public),
            ("declared to somebody leading", &self.until_led),
            ("declared to resolved", &self.until_resolved),
        ]
    }
}

#[cfg(test)]
mod tests;
