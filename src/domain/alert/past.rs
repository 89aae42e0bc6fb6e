//! When an alert fired before: rules with `within` count what is over.

use super::{Alert, AlertState};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How many times are remembered of one alert; the oldest are forgotten first.
pub const PAST_MAX: usize = 64;

/// What ended longer before the newest is forgotten. No rule looks further back.
pub const PAST_REACH: TimeDelta = TimeDelta::hours(24);

/// A time in which an alert fired, that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Start of its episode. An episode that was muted for a while has two spans with one start.
    pub starts_at: DateTime<Utc>,
    /// When it was over, or we were told no more of it.
    pub until: DateTime<Utc>,
    /// It was silenced or inhibited all the time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub muted: bool,
}

/// How an alert fires now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Spell {
    starts_at: DateTime<Utc>,
    muted: bool,
}

impl Alert {
    /// Changes it, and remembers for how long it fired if it does no longer, or not as before.
    pub(crate) fn change<T>(&mut self, change: impl FnOnce(&mut Self) -> T) -> T {
        let (before, ended) = (self.spell(), self.ended());
        let result = change(self);
        match before {
            Some(spell) if self.spell() != before => self.remember(spell),
            Some(_) => {}
            None => self.correct(ended),
        }
        result
    }

    fn spell(&self) -> Option<Spell> {
        let muted = match &self.state {
            AlertState::Firing => false,
            AlertState::Muted { .. } => true,
            AlertState::Unreported { .. } | AlertState::Resolved { .. } => return None,
        };
        Some(Spell { starts_at: self.starts_at, muted })
    }

    fn ended(&self) -> Option<DateTime<Utc>> {
        match &self.state {
            AlertState::Resolved { ends_at, .. } => Some(*ends_at),
            AlertState::Firing | AlertState::Unreported { .. } | AlertState::Muted { .. } => None,
        }
    }

    fn remember(&mut self, Spell { starts_at, muted }: Spell) {
        let until = match self.ended() {
            Some(ends_at) => ends_at,
            // It was over in between, and nobody told when.
            None if self.starts_at != starts_at => self.starts_at,
            None => self.last_seen,
        };
        let until = until.max(starts_at);
        // The newest word on one episode counts; that it was over earlier may be told after it was muted.
        self.past.retain(|span| (span.starts_at, span.muted) != (starts_at, muted));
        let over = self.ended().is_some();
        for span in self.past.iter_mut().filter(|span| over && span.starts_at == starts_at) {
            span.until = span.until.min(until);
        }
        self.past.retain(|span| span.until > until - PAST_REACH);
        if self.past.len() >= PAST_MAX {
            self.past.drain(..=self.past.len() - PAST_MAX);
        }
        // Most alerts fire once: no room is kept for more.
        self.past.reserve_exact(1);
        self.past.push(Span { starts_at, until, muted });
    }

    // The end was a guess, or another replica knows it better.
    fn correct(&mut self, before: Option<DateTime<Utc>>) {
        let (Some(before), Some(ends_at)) = (before, self.ended()) else { return };
        let starts_at = self.starts_at;
        for span in self.past.iter_mut().filter(|span| span.starts_at == starts_at && span.until == before) {
            span.until = ends_at.max(starts_at);
        }
    }
}
