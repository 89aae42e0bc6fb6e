//! A picture of the last days of a rule: what it declared, or on trial would have, beside the incidents that were real.

use chrono::{DateTime, TimeDelta, Utc};
use domain::incident::compare::Span;
use serde::Serialize;

/// Most bars in a row.
const BARS_MAX: usize = 500;
/// What lasted minutes is still seen among thirty days.
const BAR_PERCENT_MIN: f64 = 0.6;
const ROW_HEIGHT: u32 = 36;
const AXIS_HEIGHT: u32 = 22;

/// The picture: lengths in percent of the room there is, heights in pixels.
#[derive(Debug, PartialEq, Serialize)]
pub struct Strip {
    height: u32,
    axis_y: u32,
    from: String,
    to: String,
    rows: Vec<Row>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Row {
    name: &'static str,
    name_y: u32,
    class: &'static str,
    y: u32,
    bars: Vec<Bar>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Bar {
    x: f64,
    width: f64,
}

/// Draws what a rule did, `name` it, and what was real; nothing where there is neither. Newest first: of very many the
/// oldest are left out.
pub fn strip(
    since: DateTime<Utc>,
    now: DateTime<Utc>,
    name: &'static str,
    did: &[Span],
    real: &[Span],
) -> Option<Strip> {
    let inside =
        |spans: &[Span]| -> Vec<Bar> { spans.iter().filter_map(|span| bar(since, now, span)).take(BARS_MAX).collect() };
    let rows = [(name, "did", inside(did)), ("confirmed incidents", "real", inside(real))];
    if rows.iter().all(|(_, _, bars)| bars.is_empty()) {
        return None;
    }
    let rows = (0..).zip(rows).map(|(at, (name, class, bars))| {
        let top = at * ROW_HEIGHT;
        Row { name, name_y: top + 15, class, y: top + 21, bars }
    });
    let axis_y = 2 * ROW_HEIGHT + 4;
    let day = |at: DateTime<Utc>| at.format("%Y-%m-%d").to_string();
    Some(Strip { height: axis_y + AXIS_HEIGHT, axis_y, from: day(since), to: day(now), rows: rows.collect() })
}

// What began before is cut there; what was over before has no bar.
fn bar(since: DateTime<Utc>, now: DateTime<Utc>, span: &Span) -> Option<Bar> {
    let until = span.until.unwrap_or(now);
    if until < since || span.from > now {
        return None;
    }
    let whole = (now - since).max(TimeDelta::seconds(1)).as_seconds_f64();
    let place = |at: DateTime<Utc>| ((at - since).as_seconds_f64() / whole).clamp(0.0, 1.0) * 100.0;
    let from = place(span.from).min(100.0 - BAR_PERCENT_MIN);
    let width = (place(until) - from).max(BAR_PERCENT_MIN);
    Some(Bar { x: round(from), width: round(width) })
}

fn round(percent: f64) -> f64 {
    (percent * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::strip;
    use chrono::{DateTime, TimeDelta, Utc};
    use domain::incident::compare::Span;

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
    }

    #[test]
    fn bars_stand_where_something_went_on() {
        let span = |from, until: Option<i64>| Span { from: at(from), until: until.map(at) };
        let did = [span(-50, Some(-1)), span(-10, Some(10)), span(50, Some(50)), span(90, None), span(100, None)];
        let drawn = strip(at(0), at(100), "declared", &did, &[]).unwrap();
        let bars: Vec<_> =
            drawn.rows.iter().map(|row| row.bars.iter().map(|bar| (bar.x, bar.width)).collect::<Vec<_>>()).collect();
        assert_eq!(bars, [vec![(0.0, 10.0), (50.0, 0.6), (90.0, 10.0), (99.4, 0.6)], vec![]]);
        assert_eq!((drawn.from.as_str(), drawn.to.as_str()), ("1970-01-01", "1970-01-05"));
    }

    #[test]
    fn nothing_is_not_drawn() {
        assert_eq!(strip(at(0), at(100), "declared", &[], &[Span { from: at(-9), until: Some(at(-8)) }]), None);
    }
}
