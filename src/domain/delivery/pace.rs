//! How much a receiver is told: in quiet hours, and once it heard a lot within an hour, only what can't wait. What waits is told
//! afterwards, together.

use super::Lane;
use crate::interval::Intervals;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::VecDeque;

const HOUR: TimeDelta = TimeDelta::hours(1);

/// What a receiver wants to be spared, and how long it may be waited for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pacing {
    /// When only what can't wait is told.
    pub quiet: Intervals,
    /// How long it may be out of reach until somebody else is told in its place; none if nobody is.
    pub late_after: Option<TimeDelta>,
    /// Most notices within an hour; what can't wait is told all the same, and counts. None if not said.
    pub max_per_hour: Option<usize>,
}

/// What may be told now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Everything.
    All,
    /// What can't wait, with what waits before it in the same thread.
    Urgent,
}

/// Watches the pace of one receiver. Kept in memory only: after a restart the hour begins anew.
#[derive(Debug, Clone, Default)]
pub struct Pacer {
    pacing: Pacing,
    // When it was told something, within the last hour; never more than `max_per_hour`.
    told: VecDeque<DateTime<Utc>>,
}

impl Pacer {
    /// For a receiver that was told nothing yet.
    pub fn new(pacing: Pacing) -> Self {
        Self { pacing, told: VecDeque::new() }
    }

    /// It was told something. An edit in place disturbs nobody, and does not count.
    pub fn told(&mut self, lane: Lane, at: DateTime<Utc>) {
        let Some(max) = self.pacing.max_per_hour else { return };
        if lane == Lane::Put {
            return;
        }
        self.told.push_back(at);
        while self.told.len() > max {
            self.told.pop_front();
        }
    }

    /// What it may be told now, and when that changes, if it does by itself.
    pub fn pace(&self, now: DateTime<Utc>) -> (Pace, Option<DateTime<Utc>>) {
        let quiet_until = self.pacing.quiet.holds(now).then(|| self.pacing.quiet.next_edge(now));
        let full_until = self.full_until(now);
        match (quiet_until, full_until) {
            (None, None) => (Pace::All, None),
            (None, Some(until)) => (Pace::Urgent, Some(until)),
            (Some(until), None) => (Pace::Urgent, until),
            (Some(quiet), Some(full)) => (Pace::Urgent, quiet.map(|quiet| quiet.max(full))),
        }
    }

    /// How many more may be told before the hour is full; `usize::MAX` where nothing limits them.
    pub fn room(&self, now: DateTime<Utc>) -> usize {
        let lately = self.told.iter().filter(|at| **at + HOUR > now).count();
        self.pacing.max_per_hour.map_or(usize::MAX, |max| max.saturating_sub(lately))
    }

    fn full_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let max = self.pacing.max_per_hour?;
        let oldest = *self.told.front()?;
        (self.told.len() >= max && oldest + HOUR > now).then_some(oldest + HOUR)
    }
}

#[cfg(test)]
mod tests {
    use super::{Pace, Pacer, Pacing};
    use crate::delivery::Lane;
    use crate::interval::{Intervals, NamedIntervals};
    use chrono::{DateTime, TimeDelta, Utc};

    fn at(minutes: i64) -> DateTime<Utc> {
        // Midnight of a monday.
        DateTime::from_timestamp(1_700_438_400, 0).unwrap() + TimeDelta::minutes(minutes)
    }

    fn night() -> Intervals {
        let named: NamedIntervals = serde_json::from_str(
            r#"{"name": "night", "time_intervals": [{"times": [{"start_time": "00:00", "end_time": "06:00"}]}]}"#,
        )
        .unwrap();
        Intervals::new([&named])
    }

    #[test]
    fn without_a_wish_everything_is_told() {
        let mut pacer = Pacer::default();
        (0..1000).for_each(|_| pacer.told(Lane::Post, at(0)));
        assert_eq!(pacer.pace(at(0)), (Pace::All, None));
    }

    #[test]
    fn in_quiet_hours_only_what_cannot_wait() {
        let pacer = Pacer::new(Pacing { quiet: night(), ..Pacing::default() });
        assert_eq!(pacer.pace(at(10)), (Pace::Urgent, Some(at(360))));
        assert_eq!(pacer.pace(at(360)), (Pace::All, None));
    }

    #[test]
    fn after_so_many_within_an_hour_the_others_wait_for_the_first_to_be_an_hour_ago() {
        let mut pacer = Pacer::new(Pacing { max_per_hour: Some(2), ..Pacing::default() });
        pacer.told(Lane::Root, at(0));
        pacer.told(Lane::Put, at(1));
        assert_eq!(pacer.pace(at(1)), (Pace::All, None), "an edit does not count");
        pacer.told(Lane::Post, at(20));
        assert_eq!(pacer.pace(at(59)), (Pace::Urgent, Some(at(60))));
        assert_eq!(pacer.pace(at(60)), (Pace::All, None));
        pacer.told(Lane::Post, at(61));
        assert_eq!(pacer.pace(at(62)), (Pace::Urgent, Some(at(80))));
    }

    #[test]
    fn a_full_hour_may_outlast_the_night() {
        let mut pacer = Pacer::new(Pacing { quiet: night(), max_per_hour: Some(1), ..Pacing::default() });
        pacer.told(Lane::Root, at(340));
        assert_eq!(pacer.pace(at(350)), (Pace::Urgent, Some(at(400))));
    }
}
