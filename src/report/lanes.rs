//! Known incidents: how long until people declared, and how long until the rules did.
//!
//! One scale for all of them, so that bars can be compared, and logarithmic, so that ten minutes can still be seen
//! beside two days. Lengths are in percent of the room there is; text keeps its size.

use super::fit::{self, Line, ems};
use super::words::{UNKNOWN, gap, minutes};
use chrono::{DateTime, Utc};
use domain::backtest::score::{Report, TrueIncident};
use serde::Serialize;
use std::collections::BTreeMap;

/// Most incidents in the picture; the table has all.
const INCIDENTS_MAX: usize = 60;
// The narrowest room for bars, on a phone of 320 px with a scroll bar, and the size of text there.
const ROOM_PX: f64 = 193.0;
const MARGIN_PX: f64 = 10.0;
const TEXT_PX: f64 = 12.0;
const HEAD_HEIGHT: u32 = 36;
const BAR_PITCH: u32 = 17;
const GAP_HEIGHT: u32 = 12;
const AXIS_HEIGHT: u32 = 22;
const TICKS: [(u32, &str); 9] = [
    (0, "0"),
    (1, "1 min"),
    (10, "10 min"),
    (60, "1 h"),
    (600, "10 h"),
    (1_440, "1 d"),
    (10_080, "1 w"),
    (100_800, "10 w"),
    (525_600, "1 y"),
];

/// The picture.
#[derive(Debug, PartialEq, Serialize)]
pub struct Lanes {
    height: u32,
    ticks: Vec<Tick>,
    rows: Vec<Row>,
    bottom: u32,
    // Known incidents that have no room here.
    more: usize,
    has_unmeasured: bool,
    has_missed: bool,
}

#[derive(Debug, PartialEq, Serialize)]
struct Tick {
    x: f64,
    text: &'static str,
}

#[derive(Debug, PartialEq, Serialize)]
struct Row {
    name_y: u32,
    name: Line,
    says_y: u32,
    says: Line,
    measured: bool,
    // Between these stand the bars.
    top: u32,
    bottom: u32,
    bars: Vec<Bar>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Bar {
    y: u32,
    text_y: u32,
    who: &'static str,
    class: &'static str,
    // Where it ends, in percent; nothing: never.
    end: Option<f64>,
}

/// Draws known incidents; nothing without any.
pub fn lanes(report: &Report, against: Option<&Report>) -> Option<Lanes> {
    let drawn: Vec<&TrueIncident> = report.incidents.iter().take(INCIDENTS_MAX).collect();
    let others: Option<BTreeMap<&str, &TrueIncident>> =
        against.map(|other| other.incidents.iter().map(|known| (known.id.as_str(), known)).collect());
    let other = |known: &TrueIncident| others.as_ref().map(|others| others.get(known.id.as_str()).copied());
    let waited = |known: &TrueIncident, at: Option<DateTime<Utc>>| at.map(|at| since(known, at));
    let all = drawn.iter().flat_map(|known| {
        let theirs = other(known).flatten().and_then(|other| other.by_rules);
        [known.by_people, known.by_rules, theirs].map(|at| waited(known, at))
    });
    let longest = all.flatten().fold(10.0, f64::max);
    drawn.first()?;
    let mut y = 0;
    let rows: Vec<Row> = drawn
        .iter()
        .map(|known| {
            let end = |at: Option<DateTime<Utc>>| waited(known, at).map(|minutes| place(minutes, longest));
            let mut ends = vec![("people", "people", end(known.by_people)), ("rules", "rules", end(known.by_rules))];
            if let Some(theirs) = other(known) {
                ends.push(("others", "others", end(theirs.and_then(|theirs| theirs.by_rules))));
            }
            let row = row(known, &ends, y);
            y += HEAD_HEIGHT + BAR_PITCH * u32::try_from(ends.len()).unwrap_or(0) + GAP_HEIGHT;
            row
        })
        .collect();
    Some(Lanes {
        height: y + AXIS_HEIGHT,
        ticks: ticks(longest),
        bottom: y,
        more: report.incidents.len() - drawn.len(),
        has_unmeasured: drawn.iter().any(|known| !known.lead_counts),
        has_missed: rows.iter().flat_map(|row| &row.bars).any(|bar| bar.end.is_none()),
        rows,
    })
}

fn row(known: &TrueIncident, ends: &[(&'static str, &'static str, Option<f64>)], top: u32) -> Row {
    let bars = (0..).zip(ends).map(|(at, (who, class, end))| {
        let y = top + HEAD_HEIGHT + at * BAR_PITCH;
        Bar { y: y + 2, text_y: y + 12, who, class, end: *end }
    });
    Row {
        name_y: top + 13,
        name: fit::name(&known.id),
        says_y: top + 29,
        says: fit::words(&says(known)),
        measured: known.lead_counts,
        top: top + HEAD_HEIGHT,
        bottom: top + HEAD_HEIGHT + BAR_PITCH * u32::try_from(ends.len()).unwrap_or(0),
        bars: bars.collect(),
    }
}

/// Who was first, in words.
pub fn says(known: &TrueIncident) -> String {
    match (known.by_people, known.by_rules) {
        (Some(_), Some(_)) => {
            let lead = known.lead_minutes.map_or_else(|| UNKNOWN.to_owned(), gap);
            if known.lead_counts { lead } else { format!("{lead} (not measured)") }
        }
        (None, Some(rules)) => format!("found {}", after(known, rules)),
        (Some(people), None) => format!("not found; people {}", after(known, people)),
        (None, None) => "not found".to_owned(),
    }
}

/// How long after the start of an incident, in words; rules may be early enough to be before it.
pub fn after(known: &TrueIncident, at: DateTime<Utc>) -> String {
    let since = since(known, at);
    if since < -0.5 { format!("{} before it", minutes(since)) } else { format!("after {}", minutes(since)) }
}

fn since(known: &TrueIncident, at: DateTime<Utc>) -> f64 {
    (at - known.start).num_seconds() as f64 / 60.0
}

// What came before the start stands at the start.
fn place(minutes: f64, longest: f64) -> f64 {
    round(100.0 * (1.0 + minutes.max(0.0)).log10() / (1.0 + longest).log10())
}

// Marks of the axis whose text has room on a phone, the first and the larger ones before the others.
fn ticks(longest: f64) -> Vec<Tick> {
    let reach = |minutes: u32, text: &str| {
        let middle = place(f64::from(minutes), longest) / 100.0 * ROOM_PX;
        let half = ems(text) * TEXT_PX / 2.0 + 3.0;
        (middle - half, middle + half)
    };
    let mut taken: Vec<(f64, f64)> = Vec::new();
    let inside = TICKS.iter().filter(|(minutes, _)| f64::from(*minutes) <= longest);
    let mut kept: Vec<&(u32, &str)> = inside
        .clone()
        .take(1)
        .chain(inside.rev())
        .filter(|(minutes, text)| {
            let (from, to) = reach(*minutes, text);
            let room = to <= ROOM_PX + MARGIN_PX && taken.iter().all(|(start, end)| to <= *start || from >= *end);
            if room {
                taken.push((from, to));
            }
            room
        })
        .collect();
    kept.sort();
    kept.into_iter().map(|(minutes, text)| Tick { x: place(f64::from(*minutes), longest), text }).collect()
}

fn round(percent: f64) -> f64 {
    (percent * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::{lanes, place, says, ticks};
    use crate::report::page::tests::{known, report};

    fn texts(longest: f64) -> String {
        ticks(longest).into_iter().map(|tick| tick.text).collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn marks_of_the_axis_drop_out_where_there_is_no_room() {
        assert_eq!(
            [10.0, 64.0, 500.0, 3_649.0, 600_000.0].map(texts),
            ["0 | 1 min", "0 | 1 min | 10 min", "0 | 10 min | 1 h", "0 | 10 min | 1 h | 1 d", "0 | 1 h | 1 d | 10 w"]
        );
    }

    #[test]
    fn ten_minutes_are_seen_beside_two_days() {
        assert!(place(10.0, 3_649.0) > 20.0);
        assert_eq!((place(0.0, 3_649.0), place(3_649.0, 3_649.0)), (0.0, 100.0));
    }

    #[test]
    fn says_who_was_first() {
        assert_eq!(says(&known("a", Some(439), Some(100))), "339 min earlier");
        assert_eq!(says(&known("a", Some(10), Some(20))), "10 min later");
        assert_eq!(says(&known("a", None, Some(20))), "found after 20 min");
        assert_eq!(says(&known("a", Some(20), None)), "not found; people after 20 min");
        assert_eq!(says(&known("a", None, None)), "not found");
        assert_eq!(says(&known("a", None, Some(-12))), "found 12 min before it");
        let mut modelled = known("a", Some(10), Some(10));
        modelled.lead_counts = false;
        assert_eq!(says(&modelled), "at the same minute (not measured)");
    }

    #[test]
    fn each_incident_has_its_lanes() {
        let mut report = report("2025-01-01T00:00:00Z", "2025-12-01T00:00:00Z");
        assert_eq!(lanes(&report, None), None);
        report.incidents = vec![known("a", Some(10), None), known("b", None, Some(99))];
        let drawn = lanes(&report, None).unwrap();
        let ends: Vec<Vec<_>> =
            drawn.rows.iter().map(|row| row.bars.iter().map(|bar| (bar.who, bar.end)).collect()).collect();
        assert_eq!(ends, [[("people", Some(52.07)), ("rules", None)], [("people", None), ("rules", Some(100.0))]],);
        assert!(drawn.has_missed && !drawn.has_unmeasured);
        let both = lanes(&report, Some(&report)).unwrap();
        assert_eq!(both.rows[1].bars.len(), 3);
        assert!(both.height > drawn.height);
    }
}
