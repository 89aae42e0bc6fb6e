//! One month, or several together.

use super::Past;
use crate::duration::Duration;
use chrono::{DateTime, Utc};
use serde::Serialize;

/// Incidents that were declared in one month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Month {
    /// `2026-11`; empty for all together.
    pub month: String,
    /// How many.
    pub declared: u32,
    /// Of these, by rules.
    pub by_rule: u32,
    /// Resolved.
    pub resolved: u32,
    /// Called off.
    pub called_off: u32,
    /// From the first alert to the declaration.
    pub until_declared: Spread,
    /// From the declaration to the first public word.
    pub until_public: Spread,
    /// From the declaration until somebody led it.
    pub until_led: Spread,
    /// From the declaration until it was resolved.
    pub until_resolved: Spread,
    /// Promised updates that came in time.
    pub kept: u32,
    /// Those that did not.
    pub missed: u32,
}

/// How long something took, over several incidents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Spread {
    /// Incidents in which it happened.
    pub count: u32,
    /// The middle one, in seconds; of an even number the mean of the two in the middle.
    pub median_seconds: Option<u64>,
    /// Nine of ten took no longer, in seconds: the smallest of them of which that is true.
    pub p90_seconds: Option<u64>,
}

/// `2026-11`
pub fn name(at: DateTime<Utc>) -> String {
    at.format("%Y-%m").to_string()
}

impl Month {
    /// Counts these.
    pub fn of(name: &str, past: &[&Past]) -> Self {
        let count = |is: fn(&Past) -> bool| counted(past.iter().filter(|past| is(past)).count());
        let until = |from: fn(&Past) -> Option<DateTime<Utc>>, to: fn(&Past) -> Option<DateTime<Utc>>| {
            Spread::of(past.iter().filter_map(|past| Some(Duration::between(from(past)?, to(past)?).as_seconds())))
        };
        let declared = |past: &Past| Some(past.declared_at);
        Self {
            month: name.to_owned(),
            declared: counted(past.len()),
            by_rule: count(|past| past.rule.is_some()),
            resolved: count(|past| past.resolved_at.is_some()),
            called_off: count(|past| past.verdict.called_off.is_some()),
            until_declared: until(|past| past.first_alert_at, declared),
            until_public: until(declared, |past| past.public_at),
            until_led: until(declared, |past| past.led_at),
            until_resolved: until(declared, |past| past.resolved_at),
            kept: past.iter().map(|past| past.kept).sum(),
            missed: past.iter().map(|past| past.missed).sum(),
        }
    }
}

impl Spread {
    /// Of these many seconds.
    pub fn of(seconds: impl IntoIterator<Item = u64>) -> Self {
        let mut all: Vec<u64> = seconds.into_iter().collect();
        all.sort_unstable();
        let middle = all.len() / 2;
        let median = match all.len() {
            0 => None,
            odd if odd % 2 == 1 => Some(all[middle]),
            _ => Some(all[middle - 1].midpoint(all[middle])),
        };
        // The nearest rank: the ninth of ten, the tenth of eleven.
        let rank = (all.len() * 9).div_ceil(10);
        let p90 = rank.checked_sub(1).and_then(|at| all.get(at)).copied();
        Self { count: counted(all.len()), median_seconds: median, p90_seconds: p90 }
    }
}

fn counted(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
