//! A report for people: a table of the rules, the noisiest of them, the incidents that people know of.

use crate::cli::output::{say, table};
use chrono::{DateTime, Utc};
use domain::backtest::score::{Report, RuleScore, Score, TrueIncident};
use domain::duration::Duration;

/// Rules named as the noisiest.
const NOISIEST: usize = 5;

/// Declarations listed in a short report: none; in a long one, at most so many.
const DECLARATIONS_SHOWN_MAX: usize = 200;

/// How much is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// What decides.
    Short,
    /// Declarations one by one too.
    All,
}

/// Prints it.
pub fn report(report: &Report, against: Option<&Report>, detail: Detail) {
    let days = (report.to - report.from).num_days().max(1);
    say(&format!(
        "{}: {} observations in {days} days, {} to {}",
        report.source,
        report.observations,
        report.from.format("%Y-%m-%d"),
        report.to.format("%Y-%m-%d"),
    ));
    if !report.truth_known {
        say("Nothing says what was real (--truth): declarations are counted, not judged.");
    }
    say("");
    rules(report);
    if report.rules.len() > 1 {
        noisiest(report);
    }
    if !report.incidents.is_empty() {
        incidents(report);
    }
    if detail == Detail::All {
        declarations(report);
    }
    if let Some(against) = against {
        difference(report, against);
    }
}

fn rules(report: &Report) {
    let mut rows: Vec<[String; 10]> = report.rules.iter().map(|rule| row(&rule.rule, &rule.score)).collect();
    if rows.len() != 1 {
        rows.push(row("all rules", &report.total));
    }
    table(
        [
            "RULE",
            "DECLARED",
            "RIGHT",
            "WRONG",
            "PRECISION",
            "FOUND",
            "TO DECLARE",
            "LEAD",
            "WRONG/WEEK",
            "NOTICES/WEEK",
        ],
        rows,
    );
}

fn row(name: &str, score: &Score) -> [String; 10] {
    [
        name.to_owned(),
        score.declared.to_string(),
        score.right.to_string(),
        score.wrong.to_string(),
        percent(score.precision),
        if score.known == 0 { dash() } else { format!("{} of {}", score.found, score.known) },
        wait(score),
        minutes(score.lead_minutes_p50),
        format!("{:.1}", score.wrong_per_week),
        format!("{:.1}", score.notices_per_week),
    ]
}

fn noisiest(report: &Report) {
    let mut noisy: Vec<&RuleScore> = report.rules.iter().filter(|rule| rule.score.notices_per_week > 0.0).collect();
    noisy.sort_by(|a, b| b.score.notices_per_week.total_cmp(&a.score.notices_per_week));
    let words: Vec<String> = noisy
        .iter()
        .take(NOISIEST)
        .map(|rule| format!("{} ({:.1} notices a week)", rule.rule, rule.score.notices_per_week))
        .collect();
    if !words.is_empty() {
        say(&format!("\nNoisiest: {}", words.join(", ")));
    }
}

fn incidents(report: &Report) {
    say("\nIncidents that people know of:");
    let row = |incident: &TrueIncident| {
        // A lead that starts with a guess is shown as one.
        let lead = minutes(incident.lead_minutes);
        let lead = if incident.lead_minutes.is_some() && !incident.lead_counts { format!("({lead})") } else { lead };
        [
            incident.id.clone(),
            moment(Some(incident.start)),
            moment(incident.by_people),
            moment(incident.by_rules),
            lead,
            incident.rule.clone().unwrap_or_else(|| "not found".to_owned()),
        ]
    };
    let rows = report.incidents.iter().map(row).collect();
    table(["INCIDENT", "BEGAN", "PEOPLE", "RULES", "LEAD", "RULE"], rows);
    if report.incidents.iter().any(|incident| incident.lead_minutes.is_some() && !incident.lead_counts) {
        say("(in brackets: its first sign is no measured time, so the lead does not count)");
    }
}

fn declarations(report: &Report) {
    say("\nDeclared:");
    let shown = report.declarations.iter().take(DECLARATIONS_SHOWN_MAX);
    let rows = shown.map(|declaration| {
        [
            moment(Some(declaration.at)),
            moment(declaration.until),
            declaration.rule.clone(),
            declaration.incident.clone().unwrap_or_else(dash),
            declaration.alerts.to_string(),
            declaration.notices.to_string(),
            declaration.title.clone(),
        ]
    });
    table(["AT", "UNTIL", "RULE", "INCIDENT", "ALERTS", "NOTICES", "TITLE"], rows.collect());
    let more = report.declarations.len().saturating_sub(DECLARATIONS_SHOWN_MAX) as u64 + report.more_declarations;
    if more > 0 {
        say(&format!("and {more} more"));
    }
}

fn difference(report: &Report, against: &Report) {
    say("\nAgainst the other rules (theirs → these):");
    let mut names: Vec<&str> = report.rules.iter().map(|rule| rule.rule.as_str()).collect();
    names.extend(
        against.rules.iter().map(|rule| rule.rule.as_str()).filter(|name| !names.contains(name)).collect::<Vec<_>>(),
    );
    let none = Score::default();
    let of = |report: &'_ Report, name: &str| {
        report.rules.iter().find(|rule| rule.rule == name).map_or_else(|| none.clone(), |rule| rule.score.clone())
    };
    let mut rows: Vec<[String; 8]> =
        names.iter().map(|name| changed(name, &of(against, name), &of(report, name))).collect();
    rows.push(changed("all rules", &against.total, &report.total));
    table(["RULE", "DECLARED", "RIGHT", "WRONG", "PRECISION", "FOUND", "LEAD", "NOTICES/WEEK"], rows);
    for (mine, theirs) in report.incidents.iter().zip(&against.incidents) {
        if let Some(words) = earlier(mine, theirs) {
            say(&words);
        }
    }
}

fn changed(name: &str, before: &Score, now: &Score) -> [String; 8] {
    let count = |of: fn(&Score) -> u64| arrow(&of(before).to_string(), &of(now).to_string());
    [
        name.to_owned(),
        count(|score| score.declared),
        count(|score| score.right),
        count(|score| score.wrong),
        arrow(&percent(before.precision), &percent(now.precision)),
        count(|score| score.found),
        arrow(&minutes(before.lead_minutes_p50), &minutes(now.lead_minutes_p50)),
        arrow(&format!("{:.1}", before.notices_per_week), &format!("{:.1}", now.notices_per_week)),
    ]
}

fn arrow(before: &str, now: &str) -> String {
    if before == now { now.to_owned() } else { format!("{before} → {now}") }
}

fn earlier(mine: &TrueIncident, theirs: &TrueIncident) -> Option<String> {
    let id = &mine.id;
    match (theirs.by_rules, mine.by_rules) {
        (None, Some(_)) => Some(format!("{id}: found now, not before")),
        (Some(_), None) => Some(format!("{id}: not found any more")),
        (Some(theirs), Some(mine)) if mine < theirs => {
            Some(format!("{id}: {} earlier", Duration::between(mine, theirs).rough()))
        }
        (Some(theirs), Some(mine)) if mine > theirs => {
            Some(format!("{id}: {} later", Duration::between(theirs, mine).rough()))
        }
        _ => None,
    }
}

/// A share, in percent; never 100 % while one is missing.
pub fn percent(share: Option<f64>) -> String {
    share.map_or_else(dash, |share| format!("{:.0} %", (share * 100.0).floor()))
}

/// Minutes, with their sign.
pub fn minutes(lead: Option<f64>) -> String {
    lead.map_or_else(dash, |lead| format!("{lead:+.0} min"))
}

/// How long it took to declare: the median, and nine of ten.
pub fn wait(score: &Score) -> String {
    match (score.to_declare_p50, score.to_declare_p90) {
        (Some(half), Some(most)) => format!("{} / {}", half.rough(), most.rough()),
        _ => dash(),
    }
}

fn moment(at: Option<DateTime<Utc>>) -> String {
    at.map_or_else(dash, |at| at.format("%Y-%m-%d %H:%M").to_string())
}

fn dash() -> String {
    "-".to_owned()
}
