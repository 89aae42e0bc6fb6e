//! Two rule sets over the same history: what the one does that the other doesn't.

use super::fit::{self, Line};
use super::tables::{Table, numbers, words};
use super::words::{UNKNOWN, change, gap, number, percent, rate, rate_change};
use domain::backtest::score::{Report, RuleScore, Score};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Most rules in the table and in the picture, those that changed most first.
const RULES_MAX: usize = 300;
const DRAWN_MAX: usize = 20;
const ROW_HEIGHT: u32 = 66;

/// What is shown of a comparison.
#[derive(Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Whether both saw the same history.
    same_history: bool,
    totals: Table,
    rules: Table,
    // Rules that do the same in both.
    same: usize,
    picture: Option<Picture>,
}

/// A picture of the rules that changed.
#[derive(Debug, PartialEq, Serialize)]
pub struct Picture {
    height: u32,
    full: String,
    rows: Vec<Row>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Row {
    name: Line,
    name_y: u32,
    says: Line,
    says_y: u32,
    y: u32,
    before_y: u32,
    // In percent of the whole width.
    after: f64,
    before: f64,
}

// A rule by name, in each of the two; names are unique in a rule set.
struct Pair<'a> {
    name: &'a str,
    here: Option<&'a Score>,
    there: Option<&'a Score>,
}

/// Compares a report with that of the other rules.
pub fn comparison(report: &Report, other: &Report) -> Comparison {
    let judged = report.truth_known && other.truth_known;
    let pairs = pairs(report, other);
    let mut changed: Vec<&Pair> = pairs.iter().filter(|pair| pair.here != pair.there && pair.heard()).collect();
    changed.sort_by_key(|pair| std::cmp::Reverse(pair.size(judged)));
    let mut columns = words(["Rule"]);
    columns.extend(numbers(["Declared"]));
    if judged {
        columns.extend(numbers(["Wrong", "Found"]));
        columns.extend(words(["Against people"]));
    }
    columns.extend(numbers(["Notices a week"]));
    let left = changed.len().saturating_sub(RULES_MAX);
    Comparison {
        same_history: (report.from, report.to, report.observations) == (other.from, other.to, other.observations),
        totals: totals(&report.total, &other.total, judged),
        rules: Table {
            columns,
            rows: changed.iter().take(RULES_MAX).map(|pair| pair.row(judged)).collect(),
            more: if left > 0 { format!("And {left} more rules that changed less.") } else { String::new() },
        },
        same: pairs.len() - changed.len(),
        picture: picture(&changed, judged),
    }
}

fn pairs<'a>(report: &'a Report, other: &'a Report) -> Vec<Pair<'a>> {
    let by_name = |report: &'a Report| -> BTreeMap<&'a str, &'a Score> {
        report.rules.iter().map(|RuleScore { rule, score }| (rule.as_str(), score)).collect()
    };
    let (here, there) = (by_name(report), by_name(other));
    let mut seen = BTreeSet::new();
    let names = report.rules.iter().chain(&other.rules).map(|rule| rule.rule.as_str());
    names
        .filter(|name| seen.insert(*name))
        .map(|name| Pair { name, here: here.get(name).copied(), there: there.get(name).copied() })
        .collect()
}

impl Pair<'_> {
    fn heard(&self) -> bool {
        [self.here, self.there].into_iter().flatten().any(|score| score.declared > 0)
    }

    fn loudness(score: Option<&Score>, judged: bool) -> u64 {
        score.map_or(0, |score| if judged { score.wrong } else { score.declared })
    }

    // How much it changed: what is found counts before what is wrong.
    fn size(&self, judged: bool) -> (u64, u64, u64) {
        let of = |score: fn(&Score) -> u64| {
            let value = |side: Option<&Score>| side.map_or(0, score);
            value(self.here).abs_diff(value(self.there))
        };
        let loud = Self::loudness(self.here, judged).abs_diff(Self::loudness(self.there, judged));
        (of(|score| score.found), loud, of(|score| score.declared))
    }

    fn name(&self) -> String {
        match (self.here, self.there) {
            (Some(_), None) => format!("{} (new)", self.name),
            (None, Some(_)) => format!("{} (gone)", self.name),
            _ => self.name.to_owned(),
        }
    }

    fn row(&self, judged: bool) -> Vec<String> {
        let silent = Score::default();
        let (here, there) = (self.here.unwrap_or(&silent), self.there.unwrap_or(&silent));
        let mut cells = vec![self.name(), both(there.declared, here.declared)];
        if judged {
            cells.extend([both(there.wrong, here.wrong), both(there.found, here.found), leads(there, here)]);
        }
        cells.push(rates(there.notices_per_week, here.notices_per_week));
        cells
    }
}

fn totals(here: &Score, there: &Score, judged: bool) -> Table {
    let mut columns = words(["Together"]);
    columns.extend(numbers(["Other rules", "These rules", "Difference"]));
    let count = |name: &str, before: u64, after: u64| {
        vec![name.to_owned(), number(before), number(after), change(before, after)]
    };
    let often = |name: &str, before: f64, after: f64| {
        vec![name.to_owned(), rate(before), rate(after), rate_change(after - before)]
    };
    let mut rows = vec![count("Declared", there.declared, here.declared)];
    if judged {
        rows.push(count("Known incidents found", there.found, here.found));
        rows.push(count("Right", there.right, here.right));
        rows.push(count("Wrong", there.wrong, here.wrong));
        let points = match (there.precision, here.precision) {
            (Some(before), Some(after)) => format!("{} points", rate_change((after - before) * 100.0)),
            _ => UNKNOWN.to_owned(),
        };
        rows.push(vec!["Precision".to_owned(), percent(there.precision), percent(here.precision), points]);
        let lead = |score: &Score| score.lead_minutes_p50.map_or_else(|| UNKNOWN.to_owned(), gap);
        let moved = match (there.lead_minutes_p50, here.lead_minutes_p50) {
            (Some(before), Some(after)) if before.round() == after.round() => "±0".to_owned(),
            (Some(before), Some(after)) => gap(after - before),
            _ => UNKNOWN.to_owned(),
        };
        rows.push(vec!["Against people (median)".to_owned(), lead(there), lead(here), moved]);
        rows.push(often("Wrong a week", there.wrong_per_week, here.wrong_per_week));
    }
    rows.push(count("Called off", there.called_off, here.called_off));
    rows.push(often("Notices a week", there.notices_per_week, here.notices_per_week));
    Table { columns, rows, more: String::new() }
}

fn picture(changed: &[&Pair], judged: bool) -> Option<Picture> {
    let loud = |side: Option<&Score>| Pair::loudness(side, judged);
    let moved = changed.iter().filter(|pair| loud(pair.here) != loud(pair.there));
    let drawn: Vec<_> = moved.take(DRAWN_MAX).collect();
    let most = drawn.iter().map(|pair| loud(pair.here).max(loud(pair.there))).max()?;
    let share = |part: u64| (part as f64 / most as f64 * 10_000.0).round() / 100.0;
    let what = if judged { "wrong" } else { "declared" };
    let rows = (0..).zip(&drawn).map(|(at, pair)| {
        let top = at * ROW_HEIGHT;
        let (before, after) = (loud(pair.there), loud(pair.here));
        Row {
            name: fit::name(&pair.name()),
            name_y: top + 13,
            says: fit::words(&format!("{what}: {}", both(before, after))),
            says_y: top + 28,
            y: top + 44,
            before_y: top + 34,
            after: share(after),
            before: share(before),
        }
    });
    Some(Picture {
        height: ROW_HEIGHT * u32::try_from(drawn.len()).unwrap_or(0),
        full: number(most),
        rows: rows.collect(),
    })
}

fn both(before: u64, after: u64) -> String {
    if before == after {
        number(after)
    } else {
        format!("{} → {} ({})", number(before), number(after), change(before, after))
    }
}

fn rates(before: f64, after: f64) -> String {
    let (shown, now) = (rate(before), rate(after));
    if shown == now { now } else { format!("{shown} → {now}") }
}

fn leads(before: &Score, after: &Score) -> String {
    let lead = |score: &Score| score.lead_minutes_p50.map_or_else(|| UNKNOWN.to_owned(), gap);
    let (before, after) = (lead(before), lead(after));
    if before == after { after } else { format!("{before} → {after}") }
}

#[cfg(test)]
mod tests {
    use super::comparison;
    use crate::report::page::tests::{report, rule};

    #[test]
    fn shows_what_changed_by_rule() {
        let mut here = report("2025-01-01T00:00:00Z", "2025-01-15T00:00:00Z");
        let mut there = here.clone();
        here.rules = vec![rule("same", 1, 1), rule("better", 2, 1), rule("new", 0, 2), rule("asleep", 0, 0)];
        there.rules = vec![rule("same", 1, 1), rule("better", 2, 9), rule("gone", 1, 0)];
        let compared = comparison(&here, &there);
        let names: Vec<_> = compared.rules.rows.iter().map(|row| row[..3].join(" | ")).collect();
        assert_eq!(
            names,
            [
                "gone (gone) | 1 → 0 (−1) | 0",
                "better | 11 → 3 (−8) | 9 → 1 (−8)",
                "new (new) | 0 → 2 (+2) | 0 → 2 (+2)",
            ]
        );
        assert_eq!((compared.same, compared.same_history), (2, true));
        let bars: Vec<_> = compared.picture.unwrap().rows.iter().map(|row| (row.before, row.after)).collect();
        assert_eq!(bars, [(100.0, 11.11), (0.0, 22.22)]);
    }

    #[test]
    fn the_same_rules_have_no_difference() {
        let mut here = report("2025-01-01T00:00:00Z", "2025-01-15T00:00:00Z");
        here.rules = vec![rule("a", 1, 1)];
        let compared = comparison(&here, &here);
        assert_eq!((compared.rules.rows.len(), compared.same, compared.picture), (0, 1, None));
    }
}
