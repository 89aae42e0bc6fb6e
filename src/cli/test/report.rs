//! What is printed of tests: for people, and as JSON.

use super::diff::unified;
use super::{Played, Tested};
use domain::rules::trial::model::ExpectIncident;
use domain::rules::trial::{Explained, Failure, Why};
use serde::Serialize;
use serde_json::{Value, json};

/// How failures are shown.
#[derive(Clone, Copy)]
pub(super) struct Style {
    /// As a unified diff.
    pub diff: bool,
    /// Name the tests that passed, too.
    pub extended: bool,
}

/// One file with its tests.
pub(super) fn file(played: &Played, style: Style) -> String {
    let mut lines = vec![format!("Unit Testing:  {}", played.name)];
    match &played.tests {
        Err(errors) => {
            lines.push("  FAILED:".to_owned());
            lines.push(errors.to_string());
        }
        Ok((there, tested)) => {
            lines.extend(tested.iter().flat_map(|test| explained(&test.outcome.explained, &test.name)));
            let failed: Vec<&Tested> = tested.iter().filter(|test| !test.outcome.failures.is_empty()).collect();
            if style.extended {
                lines.extend(tested.iter().map(one_line));
            }
            lines.push(match (failed.len(), tested.len()) {
                (0, 0) if *there == 0 => "  has no tests".to_owned(),
                (0, 0) => format!("  none of its {there} tests matches --run"),
                (0, _) => "  SUCCESS".to_owned(),
                _ => "  FAILED:".to_owned(),
            });
            lines.extend(failed.into_iter().flat_map(|test| failures(test, style)));
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

/// What is not as expected in a test, line by line.
pub(super) fn failures(test: &Tested, style: Style) -> Vec<String> {
    let mut lines = vec![format!("    {}:", test.name)];
    for Failure { at, incident, why } in &test.outcome.failures {
        match why {
            Why::NotDone { action, because } => {
                lines.push(format!("      {incident}, time: {at}: {}: {because}", word(action)));
            }
            Why::Differs { expected, got } => {
                lines.push(format!("      {incident}, time: {at},"));
                let (expected, got) = (shown(expected), shown(got));
                let sides = if style.diff { unified(&expected, &got) } else { both(&expected, &got) };
                lines.extend(sides.into_iter().map(|line| format!("        {line}")));
            }
        }
    }
    lines
}

/// Everything, for programs.
pub(super) fn json(played: &[Played]) -> Value {
    let files: Vec<Value> = played.iter().map(file_json).collect();
    let tested = played.iter().filter_map(|file| file.tests.as_ref().ok()).flat_map(|(_, tested)| tested);
    let (failed, passed): (Vec<&Tested>, Vec<&Tested>) = tested.partition(|test| !test.outcome.failures.is_empty());
    json!({"files": files, "passed": passed.len(), "failed": failed.len()})
}

fn one_line(test: &Tested) -> String {
    format!("    {} {}", if test.outcome.failures.is_empty() { "ok    " } else { "FAILED" }, test.name)
}

fn explained(explained: &[Explained], name: &str) -> Vec<String> {
    let heading = (!explained.is_empty()).then(|| format!("  {name}:"));
    let trees = explained.iter().flat_map(|one| {
        let rule = &one.rule;
        let key: Vec<&str> = rule.correlation.iter().map(|(_, value)| value).collect();
        let head = format!("    @{}s {} {key:?}: {}", one.at.as_seconds(), rule.rule, rule.because);
        let tree = rule.tree.to_string();
        let tree: Vec<String> = tree.lines().map(|line| format!("      {line}")).collect();
        [head].into_iter().chain(tree)
    });
    heading.into_iter().chain(trees).collect()
}

fn both(expected: &[String], got: &[String]) -> Vec<String> {
    let side = |name: &str, lines: &[String]| -> Vec<String> {
        match lines {
            [] => vec![format!("{name} none")],
            lines => [name.to_owned()].into_iter().chain(lines.iter().map(|line| format!("  {line}"))).collect(),
        }
    };
    [side("exp:", expected), side("got:", got)].concat()
}

// As the test would write it.
fn shown(incidents: &[ExpectIncident]) -> Vec<String> {
    let one = |incident: &ExpectIncident| {
        let keys = keys(incident);
        if keys.is_empty() {
            return vec!["- {}".to_owned()];
        }
        let mark = |at| if at == 0 { '-' } else { ' ' };
        keys.into_iter().enumerate().map(|(at, (key, value))| format!("{} {key}: {value}", mark(at))).collect()
    };
    incidents.iter().flat_map(one).collect()
}

fn keys(incident: &ExpectIncident) -> Vec<(&'static str, String)> {
    let ExpectIncident { exp_state, exp_severity, exp_labels, exp_title, exp_alerts, exp_proposed } = incident;
    let labels: Vec<String> = exp_labels.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let labels = (!labels.is_empty()).then(|| format!("{{ {} }}", labels.join(", ")));
    let keys = [
        ("exp_state", exp_state.as_ref().map(word)),
        ("exp_severity", exp_severity.map(|severity| severity.to_string())),
        ("exp_labels", labels),
        ("exp_title", exp_title.as_ref().map(|title| format!("{title:?}"))),
        ("exp_alerts", exp_alerts.map(|alerts| alerts.to_string())),
        ("exp_proposed", exp_proposed.map(|proposed| proposed.to_string())),
    ];
    keys.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

fn file_json(played: &Played) -> Value {
    match &played.tests {
        Err(errors) => json!({"file": played.name, "ok": false, "problem": errors.to_string(), "tests": []}),
        Ok((_, tested)) => {
            let tests: Vec<Value> = tested.iter().map(test_json).collect();
            json!({"file": played.name, "ok": !played.failed(), "tests": tests})
        }
    }
}

fn test_json(test: &Tested) -> Value {
    let failure = |Failure { at, incident, why }: &Failure| match why {
        Why::NotDone { action, because } => {
            json!({"at": at, "incident": incident, "action": action, "because": because})
        }
        Why::Differs { expected, got } => {
            json!({"at": at, "incident": incident, "expected": expected, "got": got})
        }
    };
    let failures: Vec<Value> = test.outcome.failures.iter().map(failure).collect();
    let mut shown = json!({"name": test.name, "ok": failures.is_empty(), "failures": failures});
    if !test.outcome.explained.is_empty() {
        let explained = test.outcome.explained.iter().map(|one| json!({"at": one.at, "rule": one.rule}));
        shown["explained"] = explained.collect();
    }
    shown
}

// As it is written in the file.
fn word(word: &impl Serialize) -> String {
    serde_json::to_value(word).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}
