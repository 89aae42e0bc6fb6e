//! The calendar of declarations: a column for each week, half a year in a band, so that it can be read on a phone.

use super::words::{counted, number};
use chrono::{Datelike, Days, NaiveDate};
use domain::backtest::score::{Day, Report};
use serde::Serialize;
use std::fmt::Write;

/// Most years drawn, the newest; the table has all days.
const YEARS_MAX: i32 = 10;
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WIDTH: u32 = 286;
const HEIGHT: u32 = 80;
// Weekdays stand on the left, months above.
const LEFT: u32 = 32;
const TOP: u32 = 15;
const PITCH: u32 = 9;
const CELL: u32 = 8;

/// The picture.
#[derive(Debug, PartialEq, Serialize)]
pub struct Calendar {
    width: u32,
    height: u32,
    years: Vec<Year>,
    /// Years before the first one drawn.
    older: i32,
    /// Whether days of each kind occur: what the legend explains.
    has: Kinds,
}

/// Which marks occur.
#[derive(Debug, PartialEq, Default, Serialize)]
pub struct Kinds {
    right: bool,
    wrong: bool,
    unjudged: bool,
    // Right, and something else too, on one day.
    both: bool,
}

/// One year: a band, or two.
#[derive(Debug, PartialEq, Serialize)]
pub struct Year {
    year: i32,
    halves: Vec<Half>,
}

/// Half a year.
#[derive(Debug, PartialEq, Serialize)]
pub struct Half {
    id: String,
    name: String,
    says: String,
    months: Vec<Label>,
    weekdays: Vec<Label>,
    // Days of the history, one small square each, as one path.
    days: String,
    marks: Vec<Mark>,
}

/// Text at a place.
#[derive(Debug, PartialEq, Serialize)]
pub struct Label {
    x: u32,
    y: u32,
    text: &'static str,
}

/// A day with declarations.
#[derive(Debug, PartialEq, Serialize)]
pub struct Mark {
    // Its middle.
    x: f64,
    y: f64,
    // Something was right: a disc.
    disc: bool,
    // Something was not: a square of this kind.
    square: Option<&'static str>,
    // Half the side of its square: the more declarations, the larger.
    reach: f64,
    says: String,
}

/// Draws the days of a report; nothing without a declaration. `name` keeps ids apart.
pub fn calendar(report: &Report, name: &str) -> Option<Calendar> {
    let days = &report.days;
    let first = days.iter().map(|day| day.day).min()?.min(report.from.date_naive());
    let last = days.iter().map(|day| day.day).max()?.max(report.to.date_naive());
    let since = first.year().max(last.year().saturating_sub(YEARS_MAX - 1));
    let drawn = |half: NaiveDate| {
        let end = next_half(half)?;
        let inside = first < end && last >= half;
        inside.then(|| draw(half, end, (first, last), report, name))
    };
    let years = (since..=last.year()).map(|year| {
        let halves = [1, 7].into_iter().filter_map(|month| NaiveDate::from_ymd_opt(year, month, 1)).filter_map(drawn);
        Year { year, halves: halves.collect() }
    });
    let mut has = Kinds::default();
    for day in days {
        has.right |= day.right > 0;
        has.wrong |= day.wrong > 0;
        has.unjudged |= day.unjudged > 0;
        has.both |= day.right > 0 && square(day).is_some();
    }
    Some(Calendar { width: WIDTH, height: HEIGHT, years: years.collect(), older: since - first.year(), has })
}

fn draw(start: NaiveDate, end: NaiveDate, history: (NaiveDate, NaiveDate), report: &Report, name: &str) -> Half {
    let (first, last) = (history.0.max(start), history.1.min(end - Days::new(1)));
    let mut squares = String::new();
    let mut day = first;
    while day <= last {
        let (x, y) = place(start, day);
        // Writing to a String does not fail.
        let _ = write!(squares, "M{x} {y}h{CELL}v{CELL}h-{CELL}z");
        day = day + Days::new(1);
    }
    let inside: Vec<&Day> = report.days.iter().filter(|day| day.day >= start && day.day < end).collect();
    let month = |offset: u32| {
        let number = start.month() + offset;
        let at = NaiveDate::from_ymd_opt(start.year(), number, 1)?;
        Some(Label { x: place(start, at).0, y: TOP - 5, text: MONTHS[number as usize - 1] })
    };
    let half = if start.month() == 1 { "January to June" } else { "July to December" };
    let weekday = |row: u32, text| Label { x: 0, y: TOP + row * PITCH + CELL, text };
    Half {
        id: format!("{name}-{}-{}", start.year(), start.month()),
        name: format!("Declarations from {half} {}", start.year()),
        says: says(&inside),
        months: (0..6).filter_map(month).collect(),
        weekdays: vec![weekday(0, "Mon"), weekday(2, "Wed"), weekday(4, "Fri"), weekday(6, "Sun")],
        days: squares,
        marks: inside.iter().map(|day| mark(start, day)).collect(),
    }
}

fn says(days: &[&Day]) -> String {
    let sum = |of: fn(&Day) -> u32| days.iter().map(|day| u64::from(of(day))).sum::<u64>();
    let counts = counts(sum(|day| day.right), sum(|day| day.wrong), sum(|day| day.unjudged));
    let on = counted(days.len() as u64, "day");
    format!("{counts}, on {on}. A row for each weekday, a column for each week.")
}

fn counts(right: u64, wrong: u64, unjudged: u64) -> String {
    let kinds = [(right, "right"), (wrong, "wrong"), (unjudged, "not judged")];
    let words: Vec<String> = kinds
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, kind)| format!("{} {kind}", number(*count)))
        .collect();
    if words.is_empty() { "nothing declared".to_owned() } else { words.join(", ") }
}

fn mark(start: NaiveDate, day: &Day) -> Mark {
    let (x, y) = place(start, day.day);
    let middle = f64::from(CELL) / 2.0;
    let (disc, square) = (day.right > 0, square(day));
    let reach = match (disc, square, day.wrong + day.unjudged) {
        (true, None, _) => 3.6,
        (true, Some(_), _) => 4.0,
        (false, _, 0 | 1) => 2.4,
        (false, _, 2) => 3.2,
        (false, ..) => 4.0,
    };
    let says = format!("{}: {}", day.day, counts(day.right.into(), day.wrong.into(), day.unjudged.into()));
    Mark { x: f64::from(x) + middle, y: f64::from(y) + middle, disc, square, reach, says }
}

fn square(day: &Day) -> Option<&'static str> {
    match (day.wrong, day.unjudged) {
        (0, 0) => None,
        (0, _) => Some("unjudged"),
        _ => Some("wrong"),
    }
}

/// Upper left corner of a day in the band that begins on `start`, the first of January or July.
fn place(start: NaiveDate, day: NaiveDate) -> (u32, u32) {
    let row = day.weekday().num_days_from_monday();
    let since_monday = (day - start).num_days() + i64::from(start.weekday().num_days_from_monday());
    // A day before the band would be a mistake above; it stands in the first column.
    let column = u32::try_from(since_monday / 7).unwrap_or(0);
    (LEFT + column * PITCH, TOP + row * PITCH)
}

fn next_half(start: NaiveDate) -> Option<NaiveDate> {
    if start.month() == 1 {
        NaiveDate::from_ymd_opt(start.year(), 7, 1)
    } else {
        NaiveDate::from_ymd_opt(start.year() + 1, 1, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::{LEFT, PITCH, TOP, WIDTH, calendar, place};
    use crate::report::page::tests::{day, report};
    use chrono::NaiveDate;
    use domain::backtest::score::Day;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn weeks_are_columns_across_months() {
        let start = date("2025-01-01");
        let column = |text| (place(start, date(text)).0 - LEFT) / PITCH;
        let row = |text| (place(start, date(text)).1 - TOP) / PITCH;
        // A Wednesday: Monday and Tuesday of its week belong to the year before.
        assert_eq!((column("2025-01-01"), row("2025-01-01")), (0, 2));
        assert_eq!((column("2025-01-05"), row("2025-01-05")), (0, 6));
        assert_eq!((column("2025-01-06"), row("2025-01-06")), (1, 0));
        assert_eq!((column("2025-06-30"), row("2025-06-30")), (26, 0));
    }

    #[test]
    fn no_half_year_is_wider_than_its_band() {
        for year in 1970..2100 {
            for (start, end) in [("01-01", "06-30"), ("07-01", "12-31")] {
                let (x, _) = place(date(&format!("{year}-{start}")), date(&format!("{year}-{end}")));
                assert!(x + PITCH <= WIDTH + 2, "{year} {start}: {x}");
            }
        }
    }

    #[test]
    fn only_years_of_the_history_have_bands() {
        let mut report = report("2024-11-30T23:00:00Z", "2026-01-01T01:00:00Z");
        report.days = vec![day("2024-12-31", 1, 0), day("2025-01-01", 0, 3), day("2025-12-31", 1, 1)];
        let drawn = calendar(&report, "x").unwrap();
        let halves: Vec<_> = drawn
            .years
            .iter()
            .map(|year| (year.year, year.halves.iter().map(|half| half.marks.len()).collect::<Vec<_>>()))
            .collect();
        assert_eq!(halves, [(2024, vec![1]), (2025, vec![1, 1]), (2026, vec![0])]);
        let marks = drawn.years.iter().flat_map(|year| &year.halves).flat_map(|half| &half.marks);
        let signs: Vec<_> = marks.map(|mark| (mark.disc, mark.square, mark.says.as_str())).collect();
        assert_eq!(
            signs,
            [
                (true, None, "2024-12-31: 1 right"),
                (false, Some("wrong"), "2025-01-01: 3 wrong"),
                (true, Some("wrong"), "2025-12-31: 1 right, 1 wrong")
            ]
        );
        let last = drawn.years[2].halves[0].days.matches('M').count();
        assert_eq!(last, 1, "the year ends with the history");
        assert_eq!(drawn.older, 0);
    }

    #[test]
    fn a_stray_date_does_not_draw_half_a_century() {
        let mut report = report("1970-01-01T00:00:00Z", "2026-01-01T01:00:00Z");
        report.days = vec![day("2025-12-31", 1, 1)];
        let drawn = calendar(&report, "x").unwrap();
        assert_eq!((drawn.years.len(), drawn.older), (10, 47));
    }

    #[test]
    fn what_nobody_judged_is_neither_right_nor_wrong() {
        let mut report = report("2025-01-01T00:00:00Z", "2025-01-01T00:00:00Z");
        report.days = vec![Day { unjudged: 2, ..day("2025-01-01", 0, 0) }];
        let drawn = calendar(&report, "x").unwrap();
        assert_eq!((drawn.has.unjudged, drawn.has.wrong), (true, false));
        report.days.clear();
        assert_eq!(calendar(&report, "x"), None);
    }
}
