//! Everything the pictures show, and more, as tables.

use super::fit::named;
use super::lanes;
use super::words::{UNKNOWN, counted, gap, number, percent, rate, time};
use chrono::{DateTime, Utc};
use domain::backtest::score::{Day, Declaration, Judgement, Report, RuleScore, Score, TrueIncident};
use domain::duration::Duration;
use serde::Serialize;
use std::cmp::Reverse;

/// Most rules shown at once; more can be unfolded, so many at most.
const LOUD_MAX: usize = 30;
const RULES_MAX: usize = 1_000;
/// Most declarations listed.
const DECLARATIONS_MAX: usize = 200;
/// Most days listed, the newest: ten years.
const DAYS_MAX: usize = 3_660;
/// Most known incidents listed.
const INCIDENTS_MAX: usize = 1_000;

/// A table: the first cell of each row names it.
#[derive(Debug, PartialEq, Serialize)]
pub struct Table {
    /// Heads.
    pub columns: Vec<Column>,
    /// Rows of as many cells.
    pub rows: Vec<Vec<String>>,
    /// What is left out, in words; empty: nothing.
    pub more: String,
}

/// The head of a column.
#[derive(Debug, PartialEq, Serialize)]
pub struct Column {
    name: &'static str,
    // Whether numbers stand in it: they end where the column does.
    numeric: bool,
}

/// Columns of words.
pub fn words<const N: usize>(names: [&'static str; N]) -> Vec<Column> {
    names.map(|name| Column { name, numeric: false }).into()
}

/// Columns of numbers.
pub fn numbers<const N: usize>(names: [&'static str; N]) -> Vec<Column> {
    names.map(|name| Column { name, numeric: true }).into()
}

/// The rules of a report.
#[derive(Debug, PartialEq, Serialize)]
pub struct Rules {
    /// Those that declared, and all together; of very many only the loudest.
    pub loud: Table,
    /// The others that declared.
    pub rest: Table,
    /// Names of those that never did.
    pub silent: Vec<String>,
    /// How many those are.
    pub silent_count: usize,
}

/// Numbers of each rule.
pub fn rules(report: &Report) -> Rules {
    let mut loud: Vec<&RuleScore> = report.rules.iter().filter(|rule| rule.score.declared > 0).collect();
    // Few stay in the order of their files, where people look for them.
    if loud.len() > LOUD_MAX {
        loud.sort_by_key(|rule| Reverse((rule.score.wrong, rule.score.declared)));
    }
    let row = |rule: &&RuleScore| score(&rule.rule, &rule.score, report);
    let mut rows: Vec<Vec<String>> = loud.iter().take(LOUD_MAX).map(row).collect();
    if loud.len() > 1 {
        rows.push(score("All rules", &report.total, report));
    }
    let rest = loud.iter().skip(LOUD_MAX).take(RULES_MAX).map(row).collect();
    let silent = report.rules.iter().filter(|rule| rule.score.declared == 0).map(|rule| named(&rule.rule).to_owned());
    Rules {
        loud: Table { columns: columns(report), rows, more: String::new() },
        rest: Table { columns: columns(report), rows: rest, more: left_out(loud.len(), LOUD_MAX + RULES_MAX, "rule") },
        silent_count: silent.clone().count(),
        silent: silent.take(RULES_MAX).collect(),
    }
}

fn columns(report: &Report) -> Vec<Column> {
    let mut columns = words(["Rule"]);
    columns.extend(numbers(["Declared"]));
    if report.truth_known {
        columns.extend(numbers(["Right", "Wrong"]));
        columns.extend(numbers(["Not judged"]).into_iter().filter(|_| some_unjudged(report)));
        columns.extend(numbers(["Precision", "Found"]));
    }
    columns.extend(numbers(["Called off"]));
    columns.extend(numbers(["To declare p50, p90"]));
    if report.truth_known {
        columns.extend(words(["Against people"]));
        columns.extend(numbers(["Wrong a week"]));
    }
    columns.extend(numbers(["Notices a week"]));
    columns
}

fn some_unjudged(report: &Report) -> bool {
    report.total.unjudged > 0
}

fn score(name: &str, score: &Score, report: &Report) -> Vec<String> {
    let judged = report.truth_known;
    let mut cells = vec![named(name).to_owned(), number(score.declared)];
    if judged {
        let found = format!("{} of {}", number(score.found), number(score.known));
        cells.extend([number(score.right), number(score.wrong)]);
        cells.extend(some_unjudged(report).then(|| number(score.unjudged)));
        cells.extend([percent(score.precision), found]);
    }
    cells.extend([number(score.called_off), delays(score)]);
    if judged {
        cells.extend([score.lead_minutes_p50.map_or_else(unknown, gap), rate(score.wrong_per_week)]);
    }
    cells.push(rate(score.notices_per_week));
    cells
}

fn delays(score: &Score) -> String {
    let (Some(half), Some(most)) = (score.to_declare_p50, score.to_declare_p90) else { return unknown() };
    format!("{}, {}", half.rough(), most.rough())
}

/// Known incidents: when, who declared first, and by how much.
pub fn incidents(report: &Report) -> Table {
    let mut columns =
        words(["Incident", "Start", "People declared", "Rules declared", "First rule", "Rules against people"]);
    columns.extend(words(["First sign"]));
    let row = |known: &TrueIncident| {
        let after = |at: Option<DateTime<Utc>>, never: &str| {
            at.map_or_else(|| never.to_owned(), |at| format!("{} ({})", time(at), lanes::after(known, at)))
        };
        vec![
            named(&known.id).to_owned(),
            time(known.start),
            after(known.by_people, "not known"),
            after(known.by_rules, "not found"),
            known.rule.clone().unwrap_or_else(unknown),
            known.lead_minutes.map_or_else(unknown, gap),
            if known.lead_counts { "measured" } else { "not measured" }.to_owned(),
        ]
    };
    Table {
        columns,
        rows: report.incidents.iter().take(INCIDENTS_MAX).map(row).collect(),
        more: left_out(report.incidents.len(), INCIDENTS_MAX, "incident"),
    }
}

/// Days with declarations, the newest first.
pub fn days(report: &Report) -> Table {
    let mut columns = words(["Day (UTC)"]);
    columns.extend(numbers(["Right", "Wrong", "Not judged"]));
    let row = |day: &Day| {
        let counts = [day.right, day.wrong, day.unjudged].map(|count| number(count.into()));
        [vec![day.day.to_string()], counts.to_vec()].concat()
    };
    Table {
        columns,
        rows: report.days.iter().rev().take(DAYS_MAX).map(row).collect(),
        more: left_out(report.days.len(), DAYS_MAX, "day"),
    }
}

/// What was declared, in order.
pub fn declarations(report: &Report) -> Table {
    let mut columns = words(["Declared", "Rule", "Title"]);
    columns.extend(words(["Verdict"]));
    columns.extend(words(["Until", "First alert"]));
    columns.extend(numbers(["Alerts", "Notices"]));
    let row = |declared: &Declaration| {
        let mut cells =
            vec![time(declared.at), rule(declared), declared.title.clone(), verdict(declared), ending(declared)];
        let before =
            declared.first_alert_at.map(|first| format!("{} before", Duration::between(first, declared.at).rough()));
        cells.extend([before.unwrap_or_else(unknown), number(declared.alerts.into()), number(declared.notices.into())]);
        cells
    };
    let listed = report.declarations.len().min(DECLARATIONS_MAX);
    let more = (report.declarations.len() - listed) as u64 + report.more_declarations;
    Table {
        columns,
        rows: report.declarations.iter().take(DECLARATIONS_MAX).map(row).collect(),
        more: if more > 0 { format!("And {}.", counted(more, "later declaration")) } else { String::new() },
    }
}

fn rule(declared: &Declaration) -> String {
    let labels: Vec<String> = declared.correlation.iter().map(|(name, value)| format!("{name}={value}")).collect();
    if labels.is_empty() {
        named(&declared.rule).to_owned()
    } else {
        format!("{} ({})", declared.rule, labels.join(", "))
    }
}

fn verdict(declared: &Declaration) -> String {
    match (declared.judgement, &declared.incident) {
        (Judgement::Right, Some(known)) => format!("● right: {known}"),
        (Judgement::Right, None) => "● right".to_owned(),
        (Judgement::Wrong, _) => "■ wrong".to_owned(),
        (Judgement::Unjudged, _) => "□ not judged".to_owned(),
    }
}

fn ending(declared: &Declaration) -> String {
    let mut words = match declared.until {
        Some(until) if declared.called_off => format!("called off {}", time(until)),
        Some(until) => time(until),
        None => "open".to_owned(),
    };
    match declared.reopened {
        0 => {}
        1 => words.push_str(", reopened once"),
        times => words.push_str(&format!(", reopened {times} times")),
    }
    words
}

fn left_out(all: usize, most: usize, what: &str) -> String {
    if all > most { format!("And {} more.", counted((all - most) as u64, what)) } else { String::new() }
}

fn unknown() -> String {
    UNKNOWN.to_owned()
}
