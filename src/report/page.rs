//! The page itself: what the template gets, and that it is whole whatever is missing.

use super::calendar::{Calendar, calendar};
use super::compare::{Comparison, comparison};
use super::headline::{headline, missing};
use super::lanes::{Lanes, lanes};
use super::noise::{Noise, noise};
use super::tables::{self, Rules, Table};
use super::words::{counted, time};
use crate::metrics::VERSION;
use domain::backtest::score::Report;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use serde::Serialize;

// The sheet of the pages, so that a report looks as they do, and what only a report needs.
const SHEET: &str = concat!(include_str!("../http/pages/assets/earlybell.css"), include_str!("templates/report.css"));
const TEMPLATES: [(&str, &str); 6] = [
    ("report.html", include_str!("templates/report.html")),
    ("line.html", include_str!("templates/line.html")),
    ("table.html", include_str!("templates/table.html")),
    ("calendar.html", include_str!("templates/calendar.html")),
    ("sign.html", include_str!("templates/sign.html")),
    ("key.html", include_str!("templates/key.html")),
];

#[derive(Serialize)]
struct Content<'a> {
    version: &'static str,
    source: &'a str,
    played: String,
    headline: Vec<String>,
    missing: Vec<String>,
    truth_known: bool,
    rules: Rules,
    calendar: Option<Calendar>,
    // The other rules' calendar, where there are other rules.
    other_calendar: Option<Calendar>,
    days: Table,
    lanes: Option<Lanes>,
    incidents: Table,
    noise: Option<Noise>,
    comparison: Option<Comparison>,
    declarations: Table,
}

/// A backtest as one HTML page: no script, no request, pictures inline; `against` is what other rules made of the same
/// history.
pub fn html(report: &Report, against: Option<&Report>) -> String {
    let content = Content {
        version: VERSION,
        source: &report.source,
        played: played(report),
        headline: headline(report),
        missing: missing(report),
        truth_known: report.truth_known,
        rules: tables::rules(report),
        calendar: calendar(report, "calendar"),
        other_calendar: against.and_then(|other| calendar(other, "other-calendar")),
        days: tables::days(report),
        lanes: lanes(report, against),
        incidents: tables::incidents(report),
        noise: noise(report),
        comparison: against.map(|other| comparison(report, other)),
        declarations: tables::declarations(report),
    };
    written(&content).unwrap_or_else(|error| problem(&error))
}

fn played(report: &Report) -> String {
    let rules = counted(report.rules.len() as u64, "rule");
    if report.observations == 0 {
        return rules;
    }
    let observations = counted(report.observations, "observation");
    format!("{rules}, {observations} from {} to {} UTC", time(report.from), time(report.to))
}

fn written(content: &Content) -> Result<String, minijinja::Error> {
    let mut pages = Environment::new();
    pages.set_undefined_behavior(UndefinedBehavior::Strict);
    // The ending `.html` is what makes every value escaped.
    for (name, text) in TEMPLATES {
        pages.add_template(name, text)?;
    }
    let data = context! { it => Value::from(Serde(content)), sheet => Value::from_safe_string(SHEET.to_owned()) };
    pages.get_template("report.html")?.render(data)
}

// The template is a part of the program and tested, so this is a bug; the file says so instead of being empty.
fn problem(error: &minijinja::Error) -> String {
    debug_assert!(false, "the report can't be written: {error:#}");
    tracing::error!("the report can't be written: {error:#}");
    "<!doctype html><title>Earlybell</title><p>This report could not be written; the log says why.</p>".to_owned()
}

#[cfg(test)]
pub mod tests {
    use super::html;
    use chrono::{DateTime, TimeDelta, Utc};
    use domain::alert::Pairs;
    use domain::backtest::score::{Day, Declaration, Judgement, Report, RuleScore, Score, TrueIncident};
    use domain::incident::Severity;

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    pub fn report(from: &str, to: &str) -> Report {
        Report {
            source: "history.jsonl".to_owned(),
            from: time(from),
            to: time(to),
            observations: 10,
            truth_known: true,
            total: Score::default(),
            rules: vec![],
            incidents: vec![],
            declarations: vec![],
            more_declarations: 0,
            days: vec![],
        }
    }

    pub fn day(day: &str, right: u32, wrong: u32) -> Day {
        Day { day: day.parse().unwrap(), right, wrong, unjudged: 0 }
    }

    pub fn rule(name: &str, right: u64, wrong: u64) -> RuleScore {
        let declared = right + wrong;
        let score =
            Score { declared, right, wrong, found: right, notices_per_week: declared as f64, ..Score::default() };
        RuleScore { rule: name.to_owned(), score }
    }

    // Minutes after its start.
    pub fn known(id: &str, people: Option<i64>, rules: Option<i64>) -> TrueIncident {
        let start = time("2025-10-15T09:00:00Z");
        let at = |minutes: Option<i64>| minutes.map(|minutes| start + TimeDelta::minutes(minutes));
        TrueIncident {
            id: id.to_owned(),
            start,
            end: start + TimeDelta::hours(6),
            by_people: at(people),
            by_rules: at(rules),
            rule: rules.map(|_| "a rule".to_owned()),
            lead_minutes: people.zip(rules).map(|(people, rules)| (people - rules) as f64),
            lead_counts: true,
        }
    }

    fn declaration(title: &str) -> Declaration {
        Declaration {
            rule: "a rule".to_owned(),
            correlation: Pairs::labels([("instance", title)]),
            at: time("2025-10-15T09:10:00Z"),
            until: None,
            severity: Severity::Major,
            title: title.to_owned(),
            first_alert_at: Some(time("2025-10-15T09:00:00Z")),
            judgement: Judgement::Wrong,
            incident: None,
            called_off: false,
            reopened: 0,
            alerts: 3,
            notices: 5,
        }
    }

    #[test]
    fn what_alerts_say_is_never_markup() {
        let evil = "</title></svg><script>alert(1)</script>\"'><img src=x onerror=alert(2)> {{ 7919 * 7907 }} & <b>";
        let mut report = report("2025-01-01T00:00:00Z", "2025-12-01T00:00:00Z");
        report.source = evil.to_owned();
        report.rules = vec![rule(evil, 1, 1), rule("other", 0, 0)];
        report.rules[1].rule = format!("silent {evil}");
        report.incidents = vec![known(evil, Some(1), Some(2))];
        report.days = vec![day("2025-02-01", 1, 1)];
        report.declarations = vec![declaration(evil)];
        let mut other = report.clone();
        other.rules[0].score.wrong = 9;
        let page = html(&report, Some(&other));
        for markup in ["<script", "<img", "<b>", "62615533"] {
            assert!(!page.contains(markup), "{markup}");
        }
        assert!(page.matches("&lt;script&gt;").count() > 5);
    }

    #[test]
    fn says_what_is_missing() {
        let mut nothing = report("2025-01-01T00:00:00Z", "2025-01-01T00:00:00Z");
        nothing.observations = 0;
        nothing.truth_known = false;
        let page = html(&nothing, None);
        assert!(page.contains("the history is empty") && page.contains("There are no rules"));
        let mut unjudged = report("2025-01-01T00:00:00Z", "2025-01-01T00:00:00Z");
        unjudged.truth_known = false;
        unjudged.rules = vec![rule("a", 0, 0)];
        unjudged.rules[0].score = Score { declared: 1, unjudged: 1, ..Score::default() };
        unjudged.total = unjudged.rules[0].score.clone();
        unjudged.days = vec![Day { unjudged: 1, ..day("2025-01-01", 0, 0) }];
        let page = html(&unjudged, Some(&nothing));
        assert!(page.contains("--truth FILE") && page.contains("shorter than a week"));
        assert!(!page.contains(" wrong<"), "nobody called it wrong");
    }

    #[test]
    fn asks_nobody_for_anything() {
        let page = html(&report("2025-01-01T00:00:00Z", "2025-12-01T00:00:00Z"), None);
        assert!(page.contains("default-src 'none'"));
        for fetched in ["src=", "<link", "url(http", "@import", "<script"] {
            assert!(!page.contains(fetched), "{fetched}");
        }
    }
}
