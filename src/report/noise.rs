//! Noise by rule: what each declares and tells in a week, the loudest first.

use super::fit::{self, Line};
use super::words::{counted, rate};
use chrono::TimeDelta;
use domain::backtest::score::{Report, RuleScore};
use serde::Serialize;
use std::cmp::Reverse;

/// Most rules in the picture; the table has all.
const RULES_MAX: usize = 25;
const ROW_HEIGHT: u32 = 66;

/// The picture.
#[derive(Debug, PartialEq, Serialize)]
pub struct Noise {
    height: u32,
    rows: Vec<Row>,
    // What a full width stands for.
    declared_full: String,
    notices_full: String,
    has: [bool; 3],
    /// Rules that declared, and are not drawn.
    more: String,
}

#[derive(Debug, PartialEq, Serialize)]
struct Row {
    name: Line,
    name_y: u32,
    says: Line,
    says_y: u32,
    y: u32,
    notices_y: u32,
    // In percent of the whole width.
    right: f64,
    wrong: f64,
    unjudged: f64,
    notices: f64,
}

/// Draws the loudest rules; nothing where none declared.
pub fn noise(report: &Report) -> Option<Noise> {
    let weeks = weeks(report);
    let total = &report.total;
    let mut loud: Vec<&RuleScore> = report.rules.iter().filter(|rule| rule.score.declared > 0).collect();
    // Stable: rules that are as loud as each other stay in the order of the files.
    loud.sort_by_key(|rule| Reverse(loudness(rule)));
    let drawn = &loud[..loud.len().min(RULES_MAX)];
    let most = drawn.iter().map(|rule| rule.score.declared).max()? as f64;
    let notices_most = drawn.iter().map(|rule| rule.score.notices_per_week).fold(0.0, f64::max);
    let rows = (0..).zip(drawn).map(|(at, rule)| {
        let top = at * ROW_HEIGHT;
        let score = &rule.score;
        Row {
            name: fit::name(&rule.rule),
            name_y: top + 13,
            says: fit::words(&says(report, rule, weeks)),
            says_y: top + 28,
            y: top + 34,
            notices_y: top + 47,
            right: share(score.right as f64, most),
            wrong: share(score.wrong as f64, most),
            unjudged: share(score.unjudged as f64, most),
            notices: share(score.notices_per_week, notices_most),
        }
    });
    Some(Noise {
        height: ROW_HEIGHT * u32::try_from(drawn.len()).unwrap_or(0),
        rows: rows.collect(),
        declared_full: rate(most / weeks),
        notices_full: rate(notices_most),
        has: [total.right > 0, total.wrong > 0, total.unjudged > 0],
        more: if loud.len() > drawn.len() { counted((loud.len() - drawn.len()) as u64, "rule") } else { String::new() },
    })
}

// As the scores count them: less than a day says too little to be multiplied.
fn weeks(report: &Report) -> f64 {
    (report.to - report.from).max(TimeDelta::days(1)).as_seconds_f64() / TimeDelta::weeks(1).as_seconds_f64()
}

// Without truth, whatever was declared counts.
fn loudness(rule: &RuleScore) -> (u64, u64) {
    (rule.score.wrong, rule.score.declared)
}

fn says(report: &Report, rule: &RuleScore, weeks: f64) -> String {
    let score = &rule.score;
    let a_week = |count: u64, kind: &str| format!("{} {kind}", rate(count as f64 / weeks));
    let notices = format!("{} notices", rate(score.notices_per_week));
    if !report.truth_known {
        return format!("{} · {notices}", a_week(score.declared, "declared"));
    }
    let mut words = vec![a_week(score.wrong, "wrong"), a_week(score.right, "right"), notices];
    if score.unjudged > 0 {
        words.push(a_week(score.unjudged, "not judged"));
    }
    words.join(" · ")
}

fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 && part.is_finite() { (part / whole * 10_000.0).round() / 100.0 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::noise;
    use crate::report::page::tests::{report, rule};

    #[test]
    fn the_loudest_come_first_on_one_scale() {
        let mut report = report("2025-01-01T00:00:00Z", "2025-01-15T00:00:00Z");
        report.rules = vec![rule("quiet", 0, 0), rule("some", 1, 1), rule("loud", 2, 8)];
        let drawn = noise(&report).unwrap();
        let rows: Vec<_> = drawn
            .rows
            .iter()
            .map(|row| (row.name.tight.as_str(), row.right, row.wrong, row.says.tight.as_str()))
            .collect();
        assert_eq!(
            rows,
            [
                ("loud", 20.0, 80.0, "4 wrong · 1 right · 10 notices"),
                ("some", 10.0, 10.0, "0.5 wrong · 0.5 right · 2 notices"),
            ]
        );
        assert_eq!((drawn.declared_full.as_str(), drawn.notices_full.as_str(), drawn.more.as_str()), ("5", "10", ""));
    }

    #[test]
    fn hundreds_of_rules_are_counted() {
        let mut report = report("2025-01-01T00:00:00Z", "2025-01-15T00:00:00Z");
        report.rules = (0..300).map(|at| rule(&format!("rule {at}"), 0, at)).collect();
        let drawn = noise(&report).unwrap();
        assert_eq!(
            (drawn.rows.len(), drawn.more.as_str(), drawn.rows[0].name.tight.as_str()),
            (25, "274 rules", "rule 299")
        );
    }

    #[test]
    fn nothing_is_drawn_out_of_nothing() {
        let mut report = report("2025-01-01T00:00:00Z", "2025-01-01T00:00:00Z");
        report.rules = vec![rule("a", 0, 0)];
        assert_eq!(noise(&report), None);
    }
}
