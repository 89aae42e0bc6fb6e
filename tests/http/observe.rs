//! Health, reload, metrics, headers.

use crate::clock::TestClock;
use crate::intake::BODY;
use crate::site::{TestSite, WEBHOOK};
use crate::wire::Request;
use chrono::{DateTime, TimeDelta, Utc};
use domain::alert::Pairs;
use domain::engine::Changes;
use domain::ids::{IncidentId, InputSeq};
use domain::incident::apply::{apply, declared};
use domain::incident::roles::{MANAGER, NOBODY_HAD_IT};
use domain::incident::room::Prompt;
use domain::incident::{Actor, CallOffCode, Entry, Fact, Severity, Surface};
use domain::policy::{NamedRuleFile, PolicySource};
use earlybell::app::engine_loop::{Decided, EngineLoop, Step};
use earlybell::clock::{Clock, SystemClock};
use earlybell::http::routes::ROUTES;
use earlybell::metrics::Metrics;
use std::sync::Arc;
use std::sync::atomic::Ordering;

#[tokio::test]
async fn ready_means_that_an_alert_would_be_decided() {
    let clock = TestClock::at("2026-11-22T10:00:00Z");
    let moved = clock.clone();
    let site = TestSite::with(|parts| parts.clock = moved).await;
    for path in ["/-/healthy", "/-/ready"] {
        for method in ["GET", "HEAD"] {
            let answer = site.call(Request::new(method, path)).await;
            let body = if method == "HEAD" { "" } else { "OK" };
            assert_eq!((answer.status, answer.body.as_str()), (200, body), "{method} {path}");
        }
    }
    clock.advance(TimeDelta::seconds(31));
    let stuck = site.call(Request::get("/-/ready")).await;
    assert_eq!((stuck.status, stuck.error().as_str()), (503, "the engine has not moved for 30 seconds"));
    assert_eq!(site.call(Request::get("/-/healthy")).await.status, 200);
    site.metrics.engine_progressed(clock.now());
    assert_eq!(site.call(Request::get("/-/ready")).await.status, 200);
    site.stop().await;
}

#[tokio::test]
async fn rules_that_this_version_can_t_use_are_not_ready() {
    let site = TestSite::open().await;
    let (metrics, inbox) = (site.metrics.clone(), site.running.site.parts.inbox.clone());
    let observer = Box::new(move |decided: &Decided<'_>| metrics.decided(decided));
    let mut engine =
        EngineLoop::load(site.store.clone(), inbox.clone(), Arc::new(SystemClock), observer).await.unwrap();
    let mut all = async || while let Step::Worked(_) = engine.step().await.unwrap() {};
    // What `serve` would never append: it was checked by another version.
    let good = crate::site::config().policy;
    let rule = r#"{"groups":[{"name":"g","rules":[{"incident":"Down","when":{"alerts":[]}}]}]}"#;
    let file = NamedRuleFile { name: "old.yml".to_owned(), file: serde_json::from_str(rule).unwrap() };
    inbox.policy(&PolicySource { rule_files: vec![file], ..good.clone() }).await.unwrap();
    all().await;
    let refused = site.call(Request::get("/-/ready")).await;
    assert_eq!(refused.status, 503, "{}", refused.body);
    assert!(refused.error().contains("this version can't use them"), "{}", refused.body);
    assert!(site.call(Request::get("/metrics")).await.body.contains("\nearlybell_engine_policy_in_force 0\n"));
    inbox.policy(&good).await.unwrap();
    all().await;
    assert_eq!(site.call(Request::get("/-/ready")).await.status, 200);
    assert!(site.call(Request::get("/metrics")).await.body.contains("\nearlybell_engine_policy_in_force 1\n"));
    site.stop().await;
}

#[tokio::test]
async fn a_reload_says_what_is_wrong() {
    let site = TestSite::open().await;
    assert_eq!(site.call(Request::post("/-/reload", "")).await.status, 200);
    assert_eq!(site.call(Request::get("/-/reload")).await.status, 405);
    site.reload_fails.store(true, Ordering::SeqCst);
    let failed = site.call(Request::post("/-/reload", "")).await;
    let sentence = "failed to reload config: line 3: no such key `recievers`";
    assert_eq!((failed.status, failed.error().as_str()), (500, sentence));
    site.stop().await;
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let site = TestSite::open().await;
    let paths = ROUTES.iter().map(|endpoint| (endpoint.method.as_str(), endpoint.path));
    for (method, path) in paths.chain([("GET", "/"), ("GET", "/nowhere"), ("PUT", "/nowhere")]) {
        let answer = site.call(Request::new(method, path)).await;
        let policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
            connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; \
            require-trusted-types-for 'script'";
        for (name, value) in [
            ("content-security-policy", policy),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("strict-transport-security", "max-age=31536000"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{method} {path}: {}", answer.head);
        }
        if !["/login", "/logout"].contains(&path) {
            assert!(!(300..400).contains(&answer.status), "{method} {path} redirects");
        }
    }
    site.stop().await;
}

#[tokio::test]
async fn metrics_are_text_and_count_by_route() {
    let site = TestSite::on_disk().await;
    site.call(Request::post(WEBHOOK, BODY)).await;
    site.call(Request::post(WEBHOOK, "{")).await;
    let answer = site.call(Request::get("/metrics")).await;
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    for line in [
        "earlybell_http_requests_total{code=\"200\",route=\"/api/v1/alertmanager\"} 1",
        "earlybell_http_requests_total{code=\"400\",route=\"/api/v1/alertmanager\"} 1",
        "earlybell_webhook_commit_seconds_count 1",
        "earlybell_inbox_last_input 1",
        "earlybell_engine_lag_inputs 1",
        "earlybell_quarantined 1",
        "earlybell_config_hash 7",
        "earlybell_config_last_reload_successful 1",
        "earlybell_notifications_failed_total{integration=\"console\",reason=\"fatal\",receiver=\"team\"} 0",
        "earlybell_store_up 1",
    ] {
        assert!(answer.body.lines().any(|known| known == line), "no {line} in\n{}", answer.body);
    }
    assert!(answer.body.contains("process_resident_memory_bytes"));
    site.store.close();
    let broken = site.call(Request::get("/metrics")).await;
    assert_eq!(broken.status, 200);
    assert!(broken.body.lines().any(|line| line == "earlybell_store_up 0"));
    site.stop().await;
}

#[tokio::test]
async fn what_the_engine_decides_is_counted() {
    let site = TestSite::open().await;
    let (metrics, inbox) = (site.metrics.clone(), site.running.site.parts.inbox.clone());
    let observer = Box::new(move |decided: &Decided<'_>| metrics.decided(decided));
    let mut engine =
        EngineLoop::load(site.store.clone(), inbox.clone(), Arc::new(SystemClock), observer).await.unwrap();
    inbox.policy(&crate::site::config().policy).await.unwrap();
    let resolved = BODY
        .replace("\"status\":\"firing\"", "\"status\":\"resolved\"")
        .replace("0001-01-01T00:00:00Z", "2026-11-22T07:50:00Z")
        .replace("\"truncatedAlerts\":0", "\"truncatedAlerts\":9");
    for body in [BODY, BODY, &resolved] {
        assert_eq!(site.call(Request::post(WEBHOOK, body)).await.status, 200);
    }
    while let Step::Worked(_) = engine.step().await.unwrap() {}
    for (line, count) in [
        ("earlybell_alerts_received_total{source=\"default\",status=\"firing\"}", 2.0),
        ("earlybell_alerts_received_total{source=\"default\",status=\"resolved\"}", 1.0),
        ("earlybell_webhooks_truncated_total{source=\"default\"}", 1.0),
        ("earlybell_alerts_duplicate_total", 1.0),
        ("earlybell_alert_changes_total{change=\"new\"}", 1.0),
        ("earlybell_alert_changes_total{change=\"resolved\"}", 1.0),
        ("earlybell_decide_seconds_count", 4.0),
        ("earlybell_engine_lag_inputs", 0.0),
    ] {
        assert_eq!(site.metric(line).await, count, "{line}");
    }
    site.stop().await;
}

const DECIDED_AT: &str = "2026-11-22T10:01:30Z";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

// What is counted of these entries, which all belong to incident 1.
fn counted(facts: Vec<(Actor, Fact)>) -> String {
    let metrics = Metrics::new().unwrap();
    let mut changes = Changes::default();
    for (number, (actor, fact)) in (1..).zip(facts) {
        let entry = Entry { incident: IncidentId(1), number, at: at(DECIDED_AT), input: InputSeq(1), actor, fact };
        match changes.incidents.get_mut(&entry.incident) {
            Some(incident) => apply(incident, &entry),
            None => changes.incidents.extend(declared(&entry).map(|incident| (entry.incident, incident))),
        }
        changes.entries.push(entry);
    }
    metrics.decided(&Decided { changes: &changes, inputs: &[], now: at(DECIDED_AT), policy_refused: None });
    metrics.scrape(None, &Default::default(), &Default::default(), at("2026-11-22T10:01:31Z")).unwrap()
}

fn declaration(drill: bool) -> Fact {
    Fact::Declared {
        title: "Down".to_owned(),
        impact: String::new(),
        severity: Severity::Major,
        confirmed: false,
        rule: None,
        correlation: Pairs::default(),
        labels: Pairs::default(),
        receivers: Vec::new(),
        first_alert_at: Some(at("2026-11-22T10:01:00Z")),
        because: "it fires".to_owned(),
        explanation: None,
        storm: false,
        drill,
        squad: String::new(),
        next_by: None,
    }
}

fn assert_counted(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.lines().any(|known| known == *line), "no {line} in\n{text}");
    }
}

#[test]
fn declarations_and_call_offs_are_counted_by_rule_and_by_whom() {
    let called_off = Fact::CalledOff { code: CallOffCode::Test, reason: "a test".to_owned() };
    let text = counted(vec![(Actor::person("ada", Surface::Web), declaration(false)), (Actor::Rule, called_off)]);
    let lines = [
        "earlybell_incidents_declared_total{origin=\"human\",rule=\"\"} 1",
        "earlybell_incidents_called_off_total{by=\"rule\",rule=\"\"} 1",
        "earlybell_incidents_called_off_total{by=\"human\",rule=\"\"} 0",
        "earlybell_incident_declare_delay_seconds_sum 30",
        "earlybell_incident_declare_delay_seconds_count 1",
    ];
    assert_counted(&text, &lines);
}

// Everything that is counted of people, once or twice.
fn a_whole_incident(drill: bool) -> Vec<(Actor, Fact)> {
    let ada = || Actor::person("ada", Surface::Web);
    let update = |promised: &str| Fact::Updated {
        text: "We are on it.".to_owned(),
        impact: None,
        next_by: None,
        promised: Some(at(promised)),
    };
    let taken = |from: Option<&str>, because: &str| Fact::Taken {
        role: MANAGER.into(),
        person: "ada".to_owned(),
        from: from.map(str::to_owned),
        because: because.to_owned(),
    };
    vec![
        (ada(), declaration(drill)),
        (ada(), taken(None, NOBODY_HAD_IT)),
        (ada(), taken(None, "the squad did not respond")),
        (ada(), taken(Some("ben"), "ben is silent")),
        (ada(), Fact::Confirmed { because: String::new(), next_by: None }),
        (ada(), update("2026-11-22T10:05:00Z")),
        (Actor::Rule, Fact::PromiseMissed { by: at("2026-11-22T10:01:00Z") }),
        // Late: that was counted when it was missed.
        (ada(), update("2026-11-22T10:01:00Z")),
        (Actor::Rule, Fact::Prompted { prompts: vec![Prompt::Scope, Prompt::CallOut] }),
        (Actor::Rule, Fact::Prompted { prompts: vec![Prompt::CallOut] }),
        (ada(), Fact::Resolved { because: String::new() }),
    ]
}

#[test]
fn promises_questions_and_take_overs_are_counted() {
    let lines = [
        "earlybell_promises_total{result=\"kept\"} 1",
        "earlybell_promises_total{result=\"missed\"} 1",
        "earlybell_prompts_total{prompt=\"scope\"} 1",
        "earlybell_prompts_total{prompt=\"call_out\"} 2",
        "earlybell_prompts_total{prompt=\"stale\"} 0",
        "earlybell_role_takeovers_total{role=\"incident_manager\"} 2",
        "earlybell_incident_resolve_duration_seconds_count 1",
    ];
    assert_counted(&counted(a_whole_incident(false)), &lines);
}

#[test]
fn practice_is_counted_nowhere() {
    // Names of labels appear with their first value: what is there must be zero.
    let of_incidents = ["incident", "promises", "prompts", "role_", "rule_verdicts"];
    let names: Vec<String> = of_incidents.iter().map(|name| format!("earlybell_{name}")).collect();
    let text = counted(a_whole_incident(true));
    let counts = text.lines().filter(|line| names.iter().any(|name| line.starts_with(name.as_str())));
    let not_zero: Vec<&str> = counts.filter(|line| !line.ends_with(" 0")).collect();
    assert_eq!(not_zero, Vec::<&str>::new());
}
