//! When an event comes again (RFC 5545, 3.3.10): a question asked of one day, so that no rule can keep us busy forever.
//!
//! Crates that expand such rules walk from the first occurrence to the one that is asked for. A rule of strangers that never
//! matches, or matches every second since 1970, makes that walk as long as it likes, and it can't be interrupted. Rotations
//! need days, weeks, months and years; whether one of those falls on a day is arithmetic.

use super::stamp::{Stamp, stamp};
use crate::interval::Location;
use chrono::{DateTime, Datelike, Days, NaiveDate, Utc, Weekday};

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    every: Every,
    interval: i64,
    /// How often at all, the first time counted.
    pub count: Option<u64>,
    until: Option<Until>,
    weekdays: Vec<(Option<i32>, Weekday)>,
    days: Vec<i32>,
    months: Vec<u32>,
    week_start: Weekday,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Every {
    Day,
    Week,
    Month,
    Year,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    Day(NaiveDate),
    Instant(DateTime<Utc>),
}

impl Rule {
    /// Reads `FREQ=WEEKLY;INTERVAL=2;BYDAY=MO`. Times without a zone are of the event's.
    pub fn parse(text: &str, zone: Location) -> Result<Self, String> {
        let mut rule = Self {
            every: Every::Day,
            interval: 1,
            count: None,
            until: None,
            weekdays: Vec::new(),
            days: Vec::new(),
            months: Vec::new(),
            week_start: Weekday::Mon,
        };
        let mut every = None;
        for part in text.split(';').filter(|part| !part.trim().is_empty()) {
            let (key, value) = part.split_once('=').ok_or_else(|| format!("`{part}` in a rule"))?;
            let (key, value) = (key.trim().to_ascii_uppercase(), value.trim());
            let wrong = || format!("`{key}={value}` in a rule");
            match key.as_str() {
                "FREQ" => every = Some(frequency(value).ok_or_else(wrong)?),
                "INTERVAL" => {
                    rule.interval = value.parse().ok().filter(|n| (1..=10_000).contains(n)).ok_or_else(wrong)?
                }
                "COUNT" => rule.count = Some(value.parse().map_err(|_| wrong())?),
                "UNTIL" => rule.until = Some(until(value, zone).ok_or_else(wrong)?),
                "BYDAY" => rule.weekdays = list(value, weekday).ok_or_else(wrong)?,
                "BYMONTHDAY" => rule.days = list(value, |n| number(n, 31)).ok_or_else(wrong)?,
                "BYMONTH" => {
                    rule.months = list(value, |n| n.parse().ok().filter(|n| (1..=12).contains(n))).ok_or_else(wrong)?;
                }
                "WKST" => rule.week_start = weekday(value).ok_or_else(wrong)?.1,
                _ => return Err(wrong()),
            }
        }
        rule.every = every.ok_or("a rule without FREQ")?;
        let counts_days = rule.weekdays.iter().any(|(which, _)| which.is_some());
        let by_month = rule.every == Every::Month || (rule.every == Every::Year && !rule.months.is_empty());
        if counts_days && !by_month {
            return Err(format!("`{text}`: a numbered weekday that is not one of a month"));
        }
        Ok(rule)
    }

    /// Whether the event that starts first on this day comes again on that day.
    pub fn falls_on(&self, first: NaiveDate, day: NaiveDate) -> bool {
        if day < first {
            return false;
        }
        day == first || (self.is_its_turn(first, day) && self.is_its_day(first, day))
    }

    /// Whether it is over before this occurrence.
    pub fn is_over(&self, day: NaiveDate, start: DateTime<Utc>) -> bool {
        match self.until {
            None => false,
            Some(Until::Day(until)) => day > until,
            Some(Until::Instant(until)) => start > until,
        }
    }

    fn is_its_turn(&self, first: NaiveDate, day: NaiveDate) -> bool {
        let week = |day: NaiveDate| {
            let into_week = (7 + day.weekday().num_days_from_monday() - self.week_start.num_days_from_monday()) % 7;
            day.checked_sub_days(Days::new(u64::from(into_week))).unwrap_or(day)
        };
        let months = |day: NaiveDate| i64::from(day.year()) * 12 + i64::from(day.month0());
        let since = match self.every {
            Every::Day => (day - first).num_days(),
            Every::Week => (week(day) - week(first)).num_days() / 7,
            Every::Month => months(day) - months(first),
            Every::Year => i64::from(day.year()) - i64::from(first.year()),
        };
        since % self.interval == 0
    }

    fn is_its_day(&self, first: NaiveDate, day: NaiveDate) -> bool {
        if !self.months.is_empty() && !self.months.contains(&day.month()) {
            return false;
        }
        let of_month = || self.days.iter().any(|wanted| is_day_of_month(day, *wanted));
        let of_week = || self.weekdays.iter().any(|(which, weekday)| is_weekday(day, *which, *weekday));
        match (self.weekdays.is_empty(), self.days.is_empty()) {
            (false, false) => of_week() && of_month(),
            (false, true) => of_week(),
            (true, false) => of_month(),
            (true, true) => self.is_like_the_first(first, day),
        }
    }

    fn is_like_the_first(&self, first: NaiveDate, day: NaiveDate) -> bool {
        match self.every {
            Every::Day => true,
            Every::Week => day.weekday() == first.weekday(),
            Every::Month => day.day() == first.day(),
            Every::Year => day.day() == first.day() && (!self.months.is_empty() || day.month() == first.month()),
        }
    }
}

fn frequency(word: &str) -> Option<Every> {
    match word.to_ascii_uppercase().as_str() {
        "DAILY" => Some(Every::Day),
        "WEEKLY" => Some(Every::Week),
        "MONTHLY" => Some(Every::Month),
        "YEARLY" => Some(Every::Year),
        // Hours, minutes and seconds are no rotation of people.
        _ => None,
    }
}

fn until(text: &str, zone: Location) -> Option<Until> {
    Some(match stamp(text)? {
        Stamp::Day(day) => Until::Day(day),
        Stamp::Utc(at) => Until::Instant(at),
        Stamp::Wall(local) => Until::Instant(zone.instant(local)),
    })
}

fn list<T>(text: &str, parse: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    text.split(',').map(|item| parse(item.trim())).collect()
}

fn number(text: &str, max: i32) -> Option<i32> {
    text.parse().ok().filter(|n: &i32| *n != 0 && n.abs() <= max)
}

// `MO`, `1MO`, `-1FR`.
fn weekday(text: &str) -> Option<(Option<i32>, Weekday)> {
    let split = text.len().checked_sub(2).filter(|at| text.is_char_boundary(*at))?;
    let (which, day) = text.split_at(split);
    let day = match day.to_ascii_uppercase().as_str() {
        "MO" => Weekday::Mon,
        "TU" => Weekday::Tue,
        "WE" => Weekday::Wed,
        "TH" => Weekday::Thu,
        "FR" => Weekday::Fri,
        "SA" => Weekday::Sat,
        "SU" => Weekday::Sun,
        _ => return None,
    };
    let which = if which.is_empty() { None } else { Some(number(which, 5)?) };
    Some((which, day))
}

fn is_day_of_month(day: NaiveDate, wanted: i32) -> bool {
    let (of_month, last) = (day.day().cast_signed(), day.num_days_in_month().into());
    let last: i32 = last;
    if wanted > 0 { of_month == wanted } else { of_month == last + 1 + wanted }
}

fn is_weekday(day: NaiveDate, which: Option<i32>, weekday: Weekday) -> bool {
    let from_start = day.day0().cast_signed() / 7 + 1;
    let last: i32 = day.num_days_in_month().into();
    let from_end = -((last - day.day().cast_signed()) / 7 + 1);
    day.weekday() == weekday && which.is_none_or(|which| which == from_start || which == from_end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    // The first days on which a rule falls.
    fn days(rule: &str, first: &str, max: usize) -> Vec<String> {
        let (rule, first) = (Rule::parse(rule, Location::UTC).unwrap(), day(first));
        let days = first.iter_days().take(4000).filter(|day| rule.falls_on(first, *day));
        days.take(max).map(|day| day.to_string()).collect()
    }

    #[test]
    fn rotations_fall_on_their_days() {
        for (rule, first, expected) in [
            ("FREQ=DAILY;INTERVAL=3", "2026-01-30", ["2026-01-30", "2026-02-02", "2026-02-05"]),
            ("FREQ=DAILY;BYDAY=MO,FR", "2026-01-01", ["2026-01-01", "2026-01-02", "2026-01-05"]),
            ("FREQ=WEEKLY", "2026-01-01", ["2026-01-01", "2026-01-08", "2026-01-15"]),
            ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU", "2026-01-05", ["2026-01-05", "2026-01-11", "2026-01-19"]),
            // The example of RFC 5545: a week that starts on Sunday makes another fortnight.
            ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU", "1997-08-05", ["1997-08-05", "1997-08-17", "1997-08-19"]),
            ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=MO", "1997-08-05", ["1997-08-05", "1997-08-10", "1997-08-19"]),
            ("FREQ=MONTHLY", "2026-01-31", ["2026-01-31", "2026-03-31", "2026-05-31"]),
            ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31", ["2026-01-31", "2026-02-28", "2026-03-31"]),
            ("FREQ=MONTHLY;BYDAY=1MO", "2026-01-05", ["2026-01-05", "2026-02-02", "2026-03-02"]),
            ("FREQ=MONTHLY;BYDAY=-1FR", "2026-01-30", ["2026-01-30", "2026-02-27", "2026-03-27"]),
            ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "2026-02-13", ["2026-02-13", "2026-03-13", "2026-11-13"]),
            ("FREQ=YEARLY", "2024-02-29", ["2024-02-29", "2028-02-29", "2032-02-29"]),
            ("FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "2026-03-29", ["2026-03-29", "2027-03-28", "2028-03-26"]),
        ] {
            assert_eq!(days(rule, first, 3), expected, "{rule}");
        }
    }

    #[test]
    fn what_is_no_rotation_of_people_is_refused() {
        for rule in [
            "",
            "INTERVAL=2",
            "FREQ=SECONDLY",
            "FREQ=HOURLY;INTERVAL=8",
            "FREQ=DAILY;INTERVAL=0",
            "FREQ=DAILY;INTERVAL=-1",
            "FREQ=DAILY;COUNT=x",
            "FREQ=WEEKLY;BYDAY=XX",
            "FREQ=WEEKLY;BYDAY=ä",
            "FREQ=WEEKLY;BYDAY=1MO",
            "FREQ=YEARLY;BYDAY=20MO",
            "FREQ=MONTHLY;BYDAY=0MO",
            "FREQ=MONTHLY;BYSETPOS=1;BYDAY=MO",
            "FREQ=YEARLY;BYWEEKNO=20",
            "FREQ=DAILY;UNTIL=tomorrow",
            "FREQ=DAILY;X",
        ] {
            assert!(Rule::parse(rule, Location::UTC).is_err(), "{rule}");
        }
    }

    #[test]
    fn an_end_is_the_last_day_or_the_last_moment() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let berlin = Location::parse("Europe/Berlin").unwrap();
        let rule = |until: &str| Rule::parse(&format!("FREQ=DAILY;UNTIL={until}"), berlin).unwrap();
        let is_over = |until: &str| rule(until).is_over(day("2026-07-02"), at("2026-07-02T07:00:00Z"));
        assert!(is_over("20260701") && !is_over("20260702"));
        assert!(is_over("20260702T065959Z") && !is_over("20260702T070000Z"));
        assert!(is_over("20260702T085959") && !is_over("20260702T090000"), "by the clock on the wall there");
    }
}
