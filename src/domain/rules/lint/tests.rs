//! Each lint on a rule that has it, and on one that has not.

use super::{Declared, GROUP_WAIT, Grounds, Heard, Learnt, NAMES, Seen, look};
use crate::alert::{Batch, Fingerprint, Observation, Pairs, SourceName, Status};
use crate::backtest::Moment;
use crate::engine::Input;
use crate::policy::NamedRuleFile;
use chrono::{DateTime, TimeDelta, Utc};

fn file(json: &str) -> NamedRuleFile {
    NamedRuleFile { name: "rules.yml".to_owned(), file: serde_json::from_str(json).unwrap() }
}

fn rules(rules: &str) -> Vec<NamedRuleFile> {
    vec![file(&format!(r#"{{"groups": [{{"name": "g", "rules": [{rules}]}}]}}"#))]
}

fn seen(labels: &[&str]) -> Seen {
    let labels = labels.iter().map(|text| {
        let labels = Pairs::labels(text.split(' ').map(|pair| pair.split_once('=').unwrap()));
        (Fingerprint::of(&labels), labels)
    });
    Seen { labels: labels.collect() }
}

fn nothing(files: &[NamedRuleFile]) -> Grounds<'_> {
    Grounds { files, receivers: None, seen: None, declared: &[], group_wait: None }
}

// `path: problem` of each finding of this lint.
fn said(lint: &str, grounds: &Grounds<'_>) -> Vec<String> {
    assert!(NAMES.contains(&lint));
    let found = look(grounds).into_iter().filter(|finding| finding.lint == lint);
    found.map(|finding| format!("{}: {}", finding.path.replace("groups[0].", ""), finding.problem)).collect()
}

#[test]
fn never_matches_names_the_matcher_that_nothing_passes() {
    let files = rules(
        r#"{"incident": "A", "when": {"any": [
            {"alerts": ["alertname = HighErorRate"]},
            {"alerts": ["alertname = HighErrorRate", "job =~ \"api.+\""]},
            {"alerts": ["alertname = HighErrorRate", "cluster = eu"]},
            {"all": [{"alerts": ["alertname = HighErrorRate", "job = shop"]}, {"absent": ["alertname = Watchdoc"]}]},
            {"some": {"at_least": 1, "of": [{"alerts": ["alertname =~ \"Low.*\""]}]}}
        ]}, "gather": ["job = search"]}"#,
    );
    let seen = seen(&["alertname=HighErrorRate job=shop", "alertname=Watchdog", "alertname=Up job=api"]);
    let grounds = Grounds { seen: Some(&seen), ..nothing(&files) };
    assert_eq!(
        said("never-matches", &grounds),
        [
            "rules[0].when.any[0].alerts[0]: no alert of the last 30 days matches this; did you mean `HighErrorRate`?",
            "rules[0].when.any[1].alerts[1]: of the alerts of the last 30 days that pass the matchers before it, none \
             matches this; `job` is shop",
            "rules[0].when.any[2].alerts[1]: of the alerts of the last 30 days that pass the matchers before it, none \
             matches this; none has a label `cluster`",
            "rules[0].when.any[3].all[1].absent[0]: no alert of the last 30 days matches this; did you mean `Watchdog`?",
            "rules[0].when.any[4].some.of[0].alerts[0]: no alert of the last 30 days matches this; `alertname` is \
             HighErrorRate, Up, Watchdog",
            "rules[0].gather[0]: no alert of the last 30 days matches this; `job` is api, shop",
        ]
    );
    let none = Seen::default();
    assert_eq!(said("never-matches", &Grounds { seen: Some(&none), ..grounds }), [""; 0]);
    assert_eq!(said("never-matches", &nothing(&files)), [""; 0]);
}

#[test]
fn unknown_receiver_names_the_nearest() {
    let files = rules(r#"{"incident": "A", "when": {"alerts": ["a = b"]}, "receivers": ["team", "taem"]}"#);
    let known = ["team".to_owned(), "users".to_owned()];
    let grounds = Grounds { receivers: Some(&known), ..nothing(&files) };
    assert_eq!(
        said("unknown-receiver", &grounds),
        ["rules[0].receivers[1]: unknown receiver `taem`; did you mean `team`?"]
    );
    assert_eq!(said("unknown-receiver", &nothing(&files)), [""; 0]);
}

#[test]
fn unknown_severity_compares_words_with_what_alerts_say() {
    let rule = |severity: &str| {
        rules(&format!(r#"{{"incident": "A", "when": {{"alerts": ["alertname = A"]}}, "severity": {severity}}}"#))
    };
    let said = |severity: &str, labels: &[&str]| {
        let (files, seen) = (rule(severity), seen(labels));
        said("unknown-severity", &Grounds { seen: Some(&seen), ..nothing(&files) })
    };
    let alerts = ["alertname=A severity=page", "alertname=A severity=critical", "alertname=B severity=warning"];
    assert_eq!(
        said(r#"{"from_label": "severity", "map": {"pgae": "major"}, "default": "minor"}"#, &alerts),
        ["rules[0].severity.map.pgae: `severity` is never `pgae`; did you mean `page`?"]
    );
    assert_eq!(
        said(r#"{"from_label": "severity", "map": {"warning": "minor"}}"#, &alerts),
        ["rules[0].severity.from_label: means nothing by page: map it, or write a `default`"]
    );
    assert_eq!(
        said(r#"{"from_label": "priority", "default": "minor"}"#, &alerts),
        ["rules[0].severity.from_label: no alert of the last 30 days that this rule matches has a label `priority`"]
    );
    assert_eq!(said(r#"{"from_label": "severity", "map": {"page": "major"}}"#, &alerts), [""; 0]);
    assert_eq!(said(r#"{"from_label": "priority"}"#, &["alertname=B"]), [""; 0], "nothing matches: another lint");
    assert_eq!(said(r#"{"fixed": "minor"}"#, &alerts), [""; 0]);
}

#[test]
fn untested_wants_a_test_that_declares() {
    let mut files = rules(
        r#"{"incident": "A", "when": {"alerts": ["a = b"]}}, {"incident": "B", "when": {"alerts": ["a = b"]}},
           {"incident": "C", "when": {"alerts": ["a = b"]}}"#,
    );
    files.push(file(
        r#"{"tests": [{"name": "t", "incident_rule_test": [{"eval_time": "1m", "incident": "A", "exp_incidents": [{}]},
            {"eval_time": "1m", "incident": "B"}]}]}"#,
    ));
    let problem = "no test declares it; write one under `tests`, and play it with `earlybell test rules`";
    assert_eq!(
        said("untested", &nothing(&files)),
        [format!("rules[1].incident: {problem}"), format!("rules[2].incident: {problem}")]
    );
}

#[test]
fn short_for_is_shorter_than_the_first_message() {
    let files = rules(
        r#"{"incident": "A", "when": {"any": [{"alerts": ["a = b"], "for": "29s"}, {"alerts": ["a = b"], "for": "30s"},
            {"absent": ["a = b"], "for": "10s"}, {"not": {"alerts": ["a = b"]}, "for": "10s"}]},
            "severity": {"raise": [{"to": "critical", "when": {"alerts": ["a = b"], "for": "1s"}}]}}"#,
    );
    let grounds = Grounds { group_wait: Some(GROUP_WAIT), ..nothing(&files) };
    let problem = |held: &str| {
        format!(
            "`for: {held}` is over when Alertmanager first tells of an alert (group_wait 30s): leave it out, or wait longer"
        )
    };
    assert_eq!(
        said("short-for", &grounds),
        [
            format!("rules[0].when.any[0].for: {}", problem("29s")),
            format!("rules[0].severity.raise[0].when.for: {}", problem("1s"))
        ]
    );
    assert_eq!(said("short-for", &nothing(&files)), [""; 0], "alerts come sooner some other way");
}

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::minutes(minutes)
}

fn moment(minutes: i64, status: Status, labels: &str) -> Moment {
    let labels = Pairs::labels(labels.split(' ').map(|pair| pair.split_once('=').unwrap()));
    let (fires, ends_at) = match status {
        Status::Firing => (at(minutes), None),
        Status::Resolved => (at(minutes - 1), Some(at(minutes))),
    };
    let seen = Observation {
        status,
        fingerprint: Fingerprint::of(&labels),
        labels,
        annotations: Pairs::default(),
        starts_at: Some(fires),
        ends_at,
        generator_url: "".into(),
    };
    let batch = Batch { source: SourceName::from("am"), group: None, truncated: 0, observations: vec![seen] };
    Moment { at: at(minutes), input: Input::Alerts(batch) }
}

// So many times this alert fires for a minute, every two hours.
fn heard(files: &[NamedRuleFile], times: i64, labels: &str) -> Vec<Declared> {
    let mut heard = Heard::new(files).unwrap();
    for time in 0..times {
        heard.take(moment(time * 120, Status::Firing, labels));
        heard.take(moment(time * 120 + 1, Status::Resolved, labels));
    }
    let learnt = heard.finish();
    assert!(learnt.sooner, "these were pushed");
    learnt.declared
}

#[test]
fn declared_together_counts_what_the_rules_made_of_a_history() {
    let files = rules(
        r#"{"incident": "Critical", "when": {"alerts": ["severity = critical"]}, "call_off": {"if_clear_for": "1m"}},
           {"incident": "Shop", "when": {"alerts": ["job = shop"]}, "call_off": {"if_clear_for": "1m"}},
           {"incident": "Search", "when": {"alerts": ["job = search"]}, "call_off": {"if_clear_for": "1m"}}"#,
    );
    let said = |times: i64| {
        let declared = heard(&files, times, "alertname=Down severity=critical job=shop");
        said("declared-together", &Grounds { declared: &declared, ..nothing(&files) })
    };
    assert_eq!(
        said(6),
        [
            "rules[1].incident: declared together with `Critical` 6 times, for the same alerts: make one rule of them, or \
          let one inhibit the other"
        ]
    );
    assert_eq!(said(5), [""; 0], "may be chance");
    let mut declared = heard(&files, 7, "alertname=Down severity=critical job=shop");
    let alone = |rule: &str| Declared { rule: rule.to_owned(), at: at(9_999), alerts: Default::default() };
    declared.push(alone("Critical"));
    assert_eq!(look(&Grounds { declared: &declared, ..nothing(&files) }).len(), 3 + 1, "all of one is enough");
    declared.push(alone("Shop"));
    declared.last_mut().unwrap().at = at(99_999);
    assert_eq!(look(&Grounds { declared: &declared, ..nothing(&files) }).len(), 3, "each has its own as well");
}

#[test]
fn what_was_seen_is_of_the_last_days() {
    let files = rules(r#"{"incident": "A", "when": {"alerts": ["a = b"]}}"#);
    let mut heard = Heard::new(&files).unwrap();
    heard.take(moment(0, Status::Firing, "alertname=Old"));
    heard.take(moment(1, Status::Resolved, "alertname=Old"));
    heard.take(moment(29 * 24 * 60, Status::Firing, "alertname=Recent"));
    heard.take(moment(31 * 24 * 60, Status::Firing, "alertname=New"));
    let Learnt { seen, declared, .. } = heard.finish();
    let names: Vec<&str> = seen.labels.values().map(|labels| labels.value("alertname")).collect();
    assert_eq!((names.len(), declared.len()), (2, 0), "{names:?}");
    assert!(!names.contains(&"Old"));
}
