//! `for`, beside any condition: it is true without a break for this long.

use super::{Outlook, earliest};
use crate::duration::Duration;
use chrono::{DateTime, Utc};

/// How long, and the place of its hold among those of the rule.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub(super) length: Duration,
    pub(super) slot: usize,
}

impl Held {
    /// Starts, keeps or clears the hold. It keeps the earliest start it was told: alerts that started it may be gone, and
    /// it still holds. Its end is counted from there and not from when somebody asked, so it may be asked late.
    pub(super) fn outlook(self, part: Outlook, at: DateTime<Utc>, hold: &mut Option<DateTime<Utc>>) -> Outlook {
        let earlier = *hold;
        *hold = part.since(at).map(|since| earlier.map_or(since, |earlier| earlier.min(since)));
        let from = hold.or(part.from).map(|since| since + self.length.delta());
        let over = from.filter(|over| hold.is_some() && *over > at);
        Outlook { from, next: earliest(part.next, over) }
    }

    /// In words, while it runs.
    pub(super) fn explain(self, hold: Option<DateTime<Utc>>, at: DateTime<Utc>) -> String {
        hold.map_or_else(String::new, |since| format!("; held {} of {}", whole_seconds(since, at), self.length))
    }
}

// Milliseconds are noise to a reader.
fn whole_seconds(since: DateTime<Utc>, at: DateTime<Utc>) -> Duration {
    Duration::seconds(u32::try_from(Duration::between(since, at).as_seconds()).unwrap_or(u32::MAX))
}
