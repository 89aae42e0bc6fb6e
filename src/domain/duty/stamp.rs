//! Times and lengths as calendars write them: `20260401`, `20260401T090000Z`, `P1DT12H`.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

/// A time as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    /// A day.
    Day(NaiveDate),
    /// A time on a wall, whose zone is said elsewhere.
    Wall(NaiveDateTime),
    /// A moment.
    Utc(DateTime<Utc>),
}

/// How long an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Length {
    /// By the clock on the wall: shifts that follow each other do so across clock changes, too.
    pub wall: TimeDelta,
    /// Counted in seconds, after that.
    pub exact: TimeDelta,
}

// Nobody's duty is before or after.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=2200;
const LENGTH_DAYS_MAX: i64 = 10_000;

/// Reads a time; none if it is none, or far off.
pub fn stamp(text: &str) -> Option<Stamp> {
    let text = text.trim();
    if !text.is_ascii() {
        return None;
    }
    let number = |from: usize, to: usize| {
        let digits = text.get(from..to)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<u32>().ok()).flatten()
    };
    let year = i32::try_from(number(0, 4)?).ok()?;
    let day = NaiveDate::from_ymd_opt(year, number(4, 6)?, number(6, 8)?).filter(|day| YEARS.contains(&day.year()))?;
    let Some(rest) = text.get(8..).filter(|rest| !rest.is_empty()) else { return Some(Stamp::Day(day)) };
    if !rest.starts_with(['T', 't']) {
        return None;
    }
    // A leap second is the one before.
    let time = NaiveTime::from_hms_opt(number(9, 11)?, number(11, 13)?, number(13, 15)?.min(59))?;
    match text.get(15..)? {
        "" => Some(Stamp::Wall(day.and_time(time))),
        "Z" | "z" => Some(Stamp::Utc(day.and_time(time).and_utc())),
        _ => None,
    }
}

/// Reads `P1W`, `P1DT12H`, `PT30M`; none if it is none, goes back, or lasts for decades.
pub fn length(text: &str) -> Option<Length> {
    let text = text.trim().trim_start_matches('+').strip_prefix('P')?;
    let (days, time) = text.split_once('T').map_or((text, None), |(days, time)| (days, Some(time)));
    let mut length = Length::default();
    let mut add = |part: &str, units: &[(char, i64)], is_time: bool| {
        let mut rest = part;
        while !rest.is_empty() {
            let at = rest.find(|c: char| !c.is_ascii_digit())?;
            let count: i64 = rest[..at].parse().ok()?;
            let unit = rest[at..].chars().next()?;
            let seconds = units.iter().find(|(known, _)| *known == unit)?.1;
            let added = TimeDelta::try_seconds(count.checked_mul(seconds)?)?;
            let sum = if is_time { &mut length.exact } else { &mut length.wall };
            *sum = sum.checked_add(&added)?;
            rest = &rest[at + unit.len_utf8()..];
        }
        Some(())
    };
    add(days, &[('W', 7 * 86_400), ('D', 86_400)], false)?;
    add(time.unwrap_or_default(), &[('H', 3600), ('M', 60), ('S', 1)], true)?;
    let is_sane = !text.is_empty() && (length.wall.checked_add(&length.exact)?).num_days() <= LENGTH_DAYS_MAX;
    is_sane.then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_days_times_and_moments() {
        let day: NaiveDate = "2026-04-01".parse().unwrap();
        assert_eq!(stamp("20260401"), Some(Stamp::Day(day)));
        let nine = day.and_hms_opt(9, 0, 0).unwrap();
        assert_eq!(stamp("20260401T090000"), Some(Stamp::Wall(nine)));
        assert_eq!(stamp("20260401T090000Z"), Some(Stamp::Utc(nine.and_utc())));
        assert_eq!(stamp(" 20260401T235960Z "), stamp("20260401T235959Z"));
        for none in [
            "",
            "2026",
            "20260230",
            "20260401T",
            "20260401T0900",
            "20260401X090000",
            "00010101",
            "99990101",
            "20260401T090000+01",
            "2026-04-01",
            "２０２６０４０１",
            "+0260401",
            "20260401T+9-1+1",
        ] {
            assert_eq!(stamp(none), None, "{none}");
        }
    }

    #[test]
    fn reads_lengths() {
        let is = |text: &str, days, seconds| {
            let expected = Length { wall: TimeDelta::days(days), exact: TimeDelta::seconds(seconds) };
            assert_eq!(length(text), Some(expected), "{text}");
        };
        is("P1W", 7, 0);
        is("+P1DT12H", 1, 12 * 3600);
        is("PT1H30M5S", 0, 5405);
        for none in
            ["", "P", "1D", "-P1D", "P1H", "PT1D", "P1", "P99999999999999999999D", "P9223372036854775807W", "P20000D"]
        {
            assert_eq!(length(none), None, "{none}");
        }
    }
}
