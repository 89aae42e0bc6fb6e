//! Intervals that can be asked: whether a time is in them, and when that changes next.

use super::{DaysOfMonth, Location, Months, NamedIntervals, TimeInterval, Weekdays, Years};
use chrono::{DateTime, Datelike, NaiveDate, Utc};

/// How far ahead [`Intervals::next_edge`] looks: some five years, which holds every date there is.
pub const HORIZON_DAYS: i64 = 5 * 366;

const DAY_SECONDS: i64 = 24 * 60 * 60;

/// Intervals, ready to be asked: a time is in them if it is in one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Intervals(Vec<Interval>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Interval {
    zone: Location,
    // Start and end in seconds of the day, in order, none touching the next; a whole day if nothing is said.
    times: Vec<(i64, i64)>,
    weekdays: Option<Vec<Weekdays>>,
    days_of_month: Option<Vec<DaysOfMonth>>,
    months: Option<Vec<Months>>,
    years: Option<Vec<Years>>,
}

impl Intervals {
    /// All intervals of all these names together.
    pub fn new<'a>(named: impl IntoIterator<Item = &'a NamedIntervals>) -> Self {
        Self(named.into_iter().flat_map(|named| &named.time_intervals).map(Interval::new).collect())
    }

    /// Whether this time is in one of them.
    pub fn holds(&self, at: DateTime<Utc>) -> bool {
        self.0.iter().any(|interval| interval.holds(at))
    }

    /// The first time after this one at which [`Intervals::holds`] changes; none if it stays for [`HORIZON_DAYS`].
    pub fn next_edge(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let inside = self.holds(after);
        let after = after.timestamp();
        let midnight = after.div_euclid(DAY_SECONDS) * DAY_SECONDS;
        let mut until = after;
        for day in 0..=HORIZON_DAYS {
            let from = midnight + day * DAY_SECONDS;
            let to = from + DAY_SECONDS;
            let mut spans: Vec<(i64, i64)> = self.0.iter().flat_map(|interval| interval.spans(from, to)).collect();
            spans.sort_unstable();
            if inside {
                for (start, end) in spans {
                    until = if start <= until { until.max(end) } else { until };
                }
                if until < to {
                    return instant(until);
                }
            } else if let Some((start, _)) = spans.iter().find(|(start, _)| *start > after) {
                return instant(*start);
            }
        }
        None
    }
}

impl Interval {
    fn new(written: &TimeInterval) -> Self {
        let seconds = |minute: u16| i64::from(minute) * 60;
        let times = written.times.iter().flatten().map(|range| (seconds(range.start), seconds(range.end)));
        let times = if written.times.is_none() { vec![(0, DAY_SECONDS)] } else { times.collect() };
        Self {
            zone: written.location.unwrap_or(Location::UTC),
            times,
            weekdays: written.weekdays.clone(),
            days_of_month: written.days_of_month.clone(),
            months: written.months.clone(),
            years: written.years.clone(),
        }
    }

    fn holds(&self, at: DateTime<Utc>) -> bool {
        let local = at.timestamp() + self.zone.ahead(at);
        let second = local.rem_euclid(DAY_SECONDS);
        self.times.iter().any(|(start, end)| (*start..*end).contains(&second))
            && date(local.div_euclid(DAY_SECONDS)).is_some_and(|date| self.on(date))
    }

    fn on(&self, date: NaiveDate) -> bool {
        let weekday = date.weekday().num_days_from_sunday();
        one(&self.weekdays, |range| (u32::from(range.first)..=range.last.into()).contains(&weekday))
            && one(&self.months, |range| (u32::from(range.first)..=range.last.into()).contains(&date.month()))
            && one(&self.years, |range| (range.first..=range.last).contains(&date.year()))
            && one(&self.days_of_month, |range| in_month(*range, date))
    }

    // The stretches between these seconds of UTC that are in it. Within a stretch of one offset, the wall clock runs
    // like ours; where the clocks change, a new one begins.
    fn spans(&self, from: i64, to: i64) -> Vec<(i64, i64)> {
        let mut spans = Vec::new();
        let mut from = from;
        while from < to {
            let ahead = self.ahead(from);
            let until = self.offset_until(from, to);
            for day in (from + ahead).div_euclid(DAY_SECONDS)..=(until - 1 + ahead).div_euclid(DAY_SECONDS) {
                if !date(day).is_some_and(|date| self.on(date)) {
                    continue;
                }
                let midnight = day * DAY_SECONDS - ahead;
                let within = |(start, end): &(i64, i64)| (from.max(midnight + start), until.min(midnight + end));
                spans.extend(self.times.iter().map(within).filter(|(start, end)| start < end));
            }
            from = until;
        }
        spans
    }

    // The second until which the offset of `from` lasts, `to` at the latest. Between them are 24 hours at most, in
    // which no zone changes its clocks twice.
    fn offset_until(&self, from: i64, to: i64) -> i64 {
        let ahead = self.ahead(from);
        if self.ahead(to - 1) == ahead {
            return to;
        }
        let (mut same, mut changed) = (from, to - 1);
        while changed - same > 1 {
            let middle = same.midpoint(changed);
            if self.ahead(middle) == ahead { same = middle } else { changed = middle }
        }
        changed
    }

    // Beyond the dates there are, nothing changes.
    fn ahead(&self, second: i64) -> i64 {
        instant(second).map_or(0, |at| self.zone.ahead(at))
    }
}

fn one<T>(ranges: &Option<Vec<T>>, holds: impl Fn(&T) -> bool) -> bool {
    ranges.as_ref().is_none_or(|ranges| ranges.iter().any(holds))
}

fn in_month(range: DaysOfMonth, date: NaiveDate) -> bool {
    let days = i64::from(date.num_days_in_month());
    let counted = |day: i8| if day < 0 { days + i64::from(day) + 1 } else { i64::from(day) };
    // A range that starts after the end of this month is not in it; one that ends there is clamped by the date itself.
    (counted(range.first)..=counted(range.last)).contains(&i64::from(date.day()))
}

fn date(day: i64) -> Option<NaiveDate> {
    NaiveDate::from_epoch_days(i32::try_from(day).ok()?)
}

fn instant(second: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(second, 0)
}
