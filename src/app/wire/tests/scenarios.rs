//! What a recorded scenario does to the table.

use super::recorded;
use crate::app::wire::alertmanager;
use domain::alert::AlertState;
use domain::alert::table::Table;
use domain::policy::Timing;
use std::collections::BTreeMap;

// The transitions, with seconds since the first request, and how it ends when everything has settled.
fn play(release: &str, name: &str) -> String {
    let timing = Timing::default();
    let mut table = Table::new();
    let mut lines = Vec::new();
    let requests = recorded(release, name);
    assert!(!requests.is_empty(), "{name}");
    let first = requests[0].1;
    let mut last = first;
    for (file, at, body) in requests {
        assert!(table.next_due(&timing).is_none_or(|due| due > at), "{file}");
        let taken = table.take(&alertmanager::batch("am", body.as_bytes()).unwrap(), at, &timing);
        let mut told: BTreeMap<String, usize> = BTreeMap::new();
        for transition in &taken.transitions {
            let alert = table.get(transition.alert).unwrap();
            *told.entry(format!("{} {:?}", who(alert), transition.change)).or_default() += 1;
        }
        let told: Vec<String> =
            told.into_iter().map(|(what, n)| if n > 1 { format!("{n}x {what}") } else { what }).collect();
        let told = if told.is_empty() { "-".to_owned() } else { told.join(", ") };
        lines.push(format!("{}s {told}", (at - first).num_seconds()));
        last = at;
    }
    table.due(last + timing.contest.delta(), &timing);
    let mut end: BTreeMap<String, usize> = BTreeMap::new();
    for alert in table.iter() {
        *end.entry(format!("{} {}", who(alert), state(&alert.state))).or_default() += 1;
    }
    let end: Vec<String> = end.into_iter().map(|(what, n)| if n > 1 { format!("{n}x {what}") } else { what }).collect();
    lines.push(format!("= {}", end.join(", ")));
    lines.join("\n")
}

fn who(alert: &domain::alert::Alert) -> String {
    let labels = &alert.labels;
    let of = |name| labels.get(name).filter(|text| text.len() < 5).map(str::to_owned);
    of("instance")
        .or_else(|| of("queue"))
        .or_else(|| labels.get("severity").map(str::to_owned))
        .unwrap_or_else(|| alert.name())
}

fn state(state: &AlertState) -> &'static str {
    match state {
        AlertState::Firing => "firing",
        AlertState::Unreported { .. } => "unreported",
        AlertState::Muted { .. } => "muted",
        AlertState::Resolved { contested_until: Some(_), .. } => "contested",
        AlertState::Resolved { .. } => "resolved",
    }
}

#[test]
fn each_recorded_scenario_ends_as_a_person_would_expect() {
    let transcripts = include_str!("../../../../tests/fixtures/alertmanager/transcripts.txt");
    let mut played = String::new();
    for line in transcripts.lines() {
        if let Some(name) = line.strip_prefix("== ") {
            played.push_str(&format!("{line}\n{}\n", play("0.25.0", name)));
        } else if line.starts_with('#') {
            played.push_str(&format!("{line}\n"));
        }
    }
    assert_eq!(played, transcripts);
}
