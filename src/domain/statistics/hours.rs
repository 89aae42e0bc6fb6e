//! Which part of a time lies outside of working hours, where somebody lives.

use crate::interval::Location;
use chrono::{DateTime, Datelike, Days, NaiveTime, TimeDelta, Utc, Weekday};

/// Working hours are from Monday to Friday, from this hour on,
pub const WORK_BEGINS: u32 = 8;

/// until this one.
pub const WORK_ENDS: u32 = 18;

/// Longest time that is looked at day by day; what is longer is somebody who forgot a role.
const DAYS_MAX: u64 = 366;

/// Seconds between these times that lie outside of working hours.
pub fn outside(from: DateTime<Utc>, until: DateTime<Utc>, zone: Location) -> u64 {
    let all = seconds(until - from);
    let mut day = zone.wall(from).date();
    let mut within = 0;
    for _ in 0..DAYS_MAX {
        let hour = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default();
        let begins = zone.instant(day.and_time(hour(WORK_BEGINS)));
        if begins >= until {
            break;
        }
        if !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
            let ends = zone.instant(day.and_time(hour(WORK_ENDS)));
            within += seconds(ends.min(until) - begins.max(from));
        }
        let Some(next) = day.checked_add_days(Days::new(1)) else { break };
        day = next;
    }
    all.saturating_sub(within)
}

fn seconds(delta: TimeDelta) -> u64 {
    u64::try_from(delta.num_seconds()).unwrap_or(0)
}
