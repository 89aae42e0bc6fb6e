//! The rule files that are shipped: they are read as users' files are, and say what their comments promise.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use chrono::{DateTime, TimeDelta, Utc};
use domain::alert::{Alert, AlertKey, AlertState, Fingerprint, Pairs};
use domain::ids::AlertId;
use domain::incident::Severity;
use domain::policy::NamedRuleFile;
use domain::rules::{Evaluator, RuleSet};
use earlybell::config::{Findings, Named, parse_rules};
use std::path::Path;

struct Story {
    rules: RuleSet,
    evaluator: Evaluator,
    alerts: u64,
}

fn shipped(name: &str) -> RuleSet {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("rules").join(name)).unwrap();
    let mut found = Findings::default();
    let files: Vec<NamedRuleFile> = parse_rules(&[Named { name: name.to_owned(), content: text }], &mut found);
    assert!(found.mistakes.is_empty(), "{found:?}");
    let rules = RuleSet::compile(&files).unwrap();
    assert_eq!(rules.warnings, []);
    rules
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::seconds(seconds)
}

fn alert(id: u64, labels: &[(&str, &str)], since: i64) -> Alert {
    let labels = Pairs::labels(labels.iter().copied());
    Alert {
        id: AlertId(id),
        key: AlertKey { source: "default".into(), fingerprint: Fingerprint::of(&labels) },
        labels,
        annotations: Pairs::default(),
        generator_url: "".into(),
        state: AlertState::Firing,
        starts_at: at(since),
        claimed_starts_at: Some(at(since)),
        last_seen: at(since),
        group: None,
        expires_at: None,
        episodes: 1,
        past: Vec::new(),
    }
}

impl Story {
    fn of(name: &str) -> Self {
        let rules = shipped(name);
        let evaluator = Evaluator::new(&rules);
        Self { rules, evaluator, alerts: 0 }
    }

    /// What each rule says of it right after it fired: `incident{key}`, `declares` or `waits`.
    fn fires(&mut self, labels: &[(&str, &str)], since: i64, now: i64) -> Vec<String> {
        self.alerts += 1;
        let alert = alert(self.alerts, labels, since);
        let touches = self.evaluator.set(&self.rules, &alert, true);
        let says = touches.iter().map(|touch| {
            let verdict = self.evaluator.judge(&self.rules, &touch.subject, at(now));
            let says = match (verdict.when, verdict.due) {
                (true, _) if verdict.confirm => "declares, confirmed".to_owned(),
                (true, _) => "declares".to_owned(),
                (false, Some(due)) => format!("waits {}s", (due - at(now)).num_seconds()),
                (false, None) => "no".to_owned(),
            };
            format!("{}{} {says}", self.rules.rule(touch.subject.rule).name, touch.subject.key)
        });
        says.collect()
    }
}

#[test]
fn the_default_rule_declares_critical_and_page_at_once() {
    let mut story = Story::of("default.yml");
    let says = story.fires(&[("alertname", "ApiDown"), ("severity", "critical"), ("instance", "a")], 0, 0);
    assert_eq!(says, [r#"CriticalAlert{alertname="ApiDown"} declares"#]);
    let says = story.fires(&[("alertname", "DiskFull"), ("severity", "page"), ("cluster", "eu"), ("x", "y")], 0, 0);
    assert_eq!(says, [r#"CriticalAlert{alertname="DiskFull", cluster="eu"} declares"#]);
    for severity in ["warning", "info", "", "Critical", "critical-not"] {
        assert_eq!(story.fires(&[("alertname", "ApiDown"), ("severity", severity)], 0, 0), [""; 0], "{severity}");
    }
    let critical = alert(99, &[("severity", "critical")], 0);
    assert_eq!(story.rules.rules[0].severity_of([&critical]), Severity::Major);
}

#[test]
fn obs_errors_declare_after_two_minutes_with_a_queue_at_once() {
    let errors = [("alertname", "HAProxyHighHttp5xxErrorRateBackend"), ("proxy", "obs_frontend")];
    let queue = [("alertname", "HAProxyPendingRequests"), ("proxy", "obs_frontend"), ("service", "obs")];
    let mut story = Story::of("obs.yml");
    assert_eq!(story.fires(&errors, 0, 30), ["OBSFrontendErrors{} waits 90s"]);
    assert_eq!(story.fires(&queue, 20, 40), ["OBSFrontendErrors{} declares"]);
    let mut story = Story::of("obs.yml");
    assert_eq!(story.fires(&errors, 0, 120), ["OBSFrontendErrors{} declares"]);
    assert_eq!(story.fires(&[("proxy", "other"), errors[0]], 0, 0), [""; 0]);
    let mut story = Story::of("obs.yml");
    assert_eq!(story.fires(&queue, 0, 600), ["OBSFrontendErrors{} no"]);
    let exhausted = [("alertname", "OBSPassengerPoolExhausted")];
    assert_eq!(story.fires(&exhausted, 0, 0), ["OBSFrontendErrors{} declares, confirmed"]);
}
