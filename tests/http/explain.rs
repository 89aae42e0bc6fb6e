//! Why something happened, or did not: asked of an engine that runs.

use crate::clock::TestClock;
use crate::intake::BODY;
use crate::site::{TestSite, WEBHOOK, config, keeper};
use crate::wire::{Answer, Request};
use chrono::TimeDelta;
use domain::engine::{Changes, Input, State};
use domain::ids::{IncidentId, InputSeq};
use domain::incident::{Act, Actor, CallOffCode, Command, Surface};
use domain::policy::{NamedRuleFile, PolicySource};
use earlybell::app::engine_loop::{Decided, EngineLoop};
use earlybell::app::inbox::Inbox;
use earlybell::app::questions::{ANSWER_WAIT, NoAnswer, QUESTIONS_MAX, Questions};
use earlybell::clock::Clock;
use earlybell::config::Config;
use earlybell::http::api::explain::PAYLOAD_BYTES_MAX;
use earlybell::store::{InputKind, Store};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinHandle;

const RULES: &str = r#"{"groups": [{"name": "g", "rules": [
    {"incident": "Down", "when": {"alerts": ["alertname = Down"]}},
    {"incident": "Held", "correlate_by": ["site"], "when": {"alerts": ["alertname = Slow"], "for": "2m"}},
    {"incident": "Page", "when": {"alerts": ["alertname = Down", "severity = page"]}}]}]}"#;

/// A server, and the engine behind it.
pub struct Engine {
    pub site: TestSite,
    pub clock: Arc<TestClock>,
    questions: Questions,
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
}

impl Engine {
    pub async fn start() -> Self {
        Self::with_rules(RULES).await
    }

    pub async fn with_rules(rules: &str) -> Self {
        let clock = TestClock::at("2026-11-22T10:00:00Z");
        let file = NamedRuleFile { name: "rules.yml".to_owned(), file: serde_json::from_str(rules).unwrap() };
        let policy = PolicySource { rule_files: vec![file], ..config().policy };
        let its_policy = policy.clone();
        let (questions, asked) = Questions::new();
        let (its_clock, its_questions) = (clock.clone(), questions.clone());
        let site = TestSite::with(|parts| {
            parts.inbox = Arc::new(Inbox::new(parts.store.clone(), its_clock.clone()));
            parts.clock = its_clock;
            parts.directory = Arc::new(keeper(parts, &config()));
            parts.config.store(Arc::new(Config { policy: its_policy, ..config() }));
            parts.questions = its_questions;
        })
        .await;
        site.without_stub();
        let inbox = site.running.site.parts.inbox.clone();
        let observer = Box::new(|_: &Decided<'_>| {});
        let loaded = EngineLoop::load(site.store.clone(), inbox.clone(), clock.clone(), observer).await.unwrap();
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(loaded.answering(asked).run(stopped));
        // Long before anything fires: what fires then is no news from before the first start.
        clock.advance(TimeDelta::days(-1));
        let appended = inbox.policy(&policy).await.unwrap();
        clock.advance(TimeDelta::days(1));
        let engine = Self { site, clock, questions, stop, running };
        engine.decided(appended.seq).await;
        engine
    }

    /// Waits until the engine has decided this input.
    pub async fn decided(&self, seq: InputSeq) {
        while self.questions.ask(State::position).await.unwrap() < seq {}
    }

    pub async fn fires(&self, labels: &Value) {
        let alert = json!({"status": "firing", "labels": labels, "startsAt": self.clock.now()});
        let body = json!({"version": "4", "alerts": [alert]}).to_string();
        let answer = self.site.call(Request::post(WEBHOOK, body)).await;
        self.decided(InputSeq(answer.json()["input"].as_u64().unwrap())).await;
    }

    pub async fn act(&self, incident: u64, act: Act) {
        let actor = Actor::Person { name: "ada".to_owned(), on: Surface::Cli };
        let command = Command {
            actor,
            access: domain::access::Role::Admin,
            key: None,
            incident: Some(IncidentId(incident)),
            act,
        };
        let body = serde_json::to_vec(&command).unwrap();
        let appended = self.site.running.site.parts.inbox.append(InputKind::Command, "", body).await.unwrap();
        self.decided(appended.seq).await;
    }

    pub async fn get(&self, query: &str) -> Answer {
        self.site.call(Request::get(&format!("/api/v1/explain{query}"))).await
    }

    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.running.await.unwrap();
        self.site.stop().await;
    }
}

// Rule and verdict of each, in one line.
fn verdicts(answer: &Answer) -> Vec<String> {
    let rules = answer.json()["rules"].as_array().unwrap_or_else(|| panic!("{}", answer.body)).clone();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    rules.iter().map(|rule| format!("{} {}", text(&rule["rule"]), text(&rule["verdict"]["verdict"]))).collect()
}

#[tokio::test]
async fn an_alert_an_incident_a_rule_and_now() {
    let engine = Engine::start().await;
    engine.fires(&json!({"alertname": "Down", "severity": "warning"})).await;
    engine.fires(&json!({"alertname": "Slow", "site": "a"})).await;
    engine.clock.advance(TimeDelta::seconds(80));
    let alert = engine.get("?alert=1").await.json();
    assert_eq!(
        alert,
        json!({
            "at": "2026-11-22T10:01:20Z", "supposed": false, "note": null, "declared": null,
            "alerts": [{
                "id": 1, "source": "default", "fingerprint": alert["alerts"][0]["fingerprint"], "name": "Down",
                "labels": {"alertname": "Down", "severity": "warning"}, "state": "firing",
                "starts_at": "2026-11-22T10:00:00Z", "counts": true, "because": "firing since 10:00 UTC",
            }],
            "alerts_more": 0,
            "rules": [{
                "rule": "Down", "mode": "live", "correlation": {}, "touch": "counted",
                "verdict": {"verdict": "attached", "incident": 1}, "because": "attached to INC-1, which is open",
                "tree": {"verdict": "met", "text": "1 alert matches alertname = Down"},
            }],
            "rules_more": 0,
            "near": [{
                "rule": "Page", "condition": "alertname = Down, severity = page", "matcher": "severity=\"page\"",
                "label": "severity", "value": "warning",
            }],
        })
    );
    let fingerprint = alert["alerts"][0]["fingerprint"].as_str().unwrap();
    assert_eq!(engine.get(&format!("?alert={fingerprint}")).await.json(), alert);
    assert_eq!(engine.get("?labels=%7Bseverity%3D%22warning%22%7D").await.json(), alert);
    assert_eq!(verdicts(&engine.get("").await), ["Down attached", "Held holding"]);
    let held = engine.get("?rule=Held").await.json();
    assert_eq!(held["rules"][0]["verdict"], json!({"verdict": "holding", "until": "2026-11-22T10:02:00Z"}));
    assert_eq!(held["rules"][0]["tree"]["text"], "1 alert matches alertname = Slow; held 1m20s of 2m");
    let incident = engine.get("?incident=INC-1").await.json();
    assert_eq!(incident["declared"]["because"], "rule Down: 1 alert matches alertname = Down");
    assert_eq!(incident["declared"]["tree"], incident["rules"][0]["tree"]);
    engine.act(1, Act::CallOff { code: CallOffCode::Test, reason: "a drill".to_owned() }).await;
    assert_eq!(verdicts(&engine.get("?incident=1").await), ["Down cooldown"]);
    assert_eq!(verdicts(&engine.get("?incident=1&rule=Held").await), [""; 0]);
    engine.stop().await;
}

#[tokio::test]
async fn alerts_that_nobody_sent() {
    let engine = Engine::start().await;
    let new = engine.get("?labels=alertname=Down").await;
    assert_eq!((verdicts(&new), &new.json()["supposed"]), (vec!["Down new".to_owned()], &json!(true)));
    engine.fires(&json!({"alertname": "Down", "site": "b"})).await;
    let beside = engine.get("?labels=alertname=Down,site=a").await;
    assert_eq!(verdicts(&beside), ["Down attached"]);
    let explain = |body: &str| engine.site.call(Request::post("/api/v1/explain", body));
    assert_eq!(verdicts(&explain(BODY).await), ["Down new"]);
    let pushed = explain(r#"[{"labels": {"alertname": "Slow", "site": "x"}}]"#).await;
    assert_eq!(
        (verdicts(&pushed), &pushed.json()["alerts"][0]["source"]),
        (vec!["Held holding".to_owned()], &json!("payload"))
    );
    // Nothing of it was taken in.
    assert_eq!(verdicts(&engine.get("").await), ["Down attached"]);
    assert_eq!(explain("{").await.status, 400);
    let wrong = explain(r#"{"version": "3", "alerts": []}"#).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.error().contains("version \"3\" of a webhook"), "{}", wrong.body);
    assert_eq!(explain(&" ".repeat(PAYLOAD_BYTES_MAX + 1)).await.status, 413);
    assert_eq!(engine.site.store.quarantined(10).await.unwrap(), []);
    engine.stop().await;
}

#[tokio::test]
async fn what_can_t_be_explained_is_told_why() {
    let engine = Engine::start().await;
    for (query, status, sentence) in [
        ("?alert=9", 404, "no alert 9 is known; alerts are forgotten a while after their end"),
        ("?rule=Dwon", 404, "no rule `Dwon` is in force"),
        ("?incident=9", 404, "there is no INC-9; the open ones: `earlybell incident list`"),
        ("?incident=nine", 422, "in the query: `nine` is no incident; write its number, 42 or INC-42"),
        (
            "?alert=1&incident=1",
            422,
            "in the query: `alert`, `labels` and `incident` can't stand beside each other; write one of them",
        ),
    ] {
        let answer = engine.get(query).await;
        assert_eq!((answer.status, answer.error().as_str()), (status, sentence), "{query}");
    }
    assert!(engine.get("?alrt=1").await.error().contains("did you mean `alert`?"));
    engine
        .act(
            1,
            Act::Declare {
                title: "slow".into(),
                severity: None,
                impact: String::new(),
                labels: Default::default(),
                drill: false,
            },
        )
        .await;
    let by_hand = engine.get("?incident=1").await.json();
    assert_eq!(by_hand["note"], "INC-1 was declared by a person, not by a rule");
    assert_eq!(by_hand["declared"]["tree"], Value::Null);
    engine.stop().await;
}

#[tokio::test]
async fn without_an_engine_the_answer_is_503() {
    let site = TestSite::open().await;
    for request in [Request::get("/api/v1/explain"), Request::post("/api/v1/explain", BODY)] {
        let answer = site.call(request).await;
        let sentence = "the engine does not run here; ask again when the server is ready";
        assert_eq!((answer.status, answer.error().as_str()), (503, sentence));
    }
    site.stop().await;
}

#[tokio::test(start_paused = true)]
async fn questions_are_bounded_and_do_not_wait_for_ever() {
    let (questions, mut asked) = Questions::new();
    let waiting: Vec<_> = (0..QUESTIONS_MAX)
        .map(|_| {
            let questions = questions.clone();
            tokio::spawn(async move { questions.ask(State::position).await })
        })
        .collect();
    tokio::task::yield_now().await;
    assert_eq!(questions.ask(State::position).await, Err(NoAnswer::Busy));
    tokio::time::advance(ANSWER_WAIT).await;
    for late in waiting {
        assert_eq!(late.await.unwrap(), Err(NoAnswer::Late));
    }
    // Those who have gone are not worked for; one that fails takes nobody with it.
    let mut state = State::restore(domain::engine::Loaded::default());
    state.step(InputSeq(1), chrono::DateTime::UNIX_EPOCH, Input::Tick, &mut Changes::default());
    while let Ok(question) = tokio::time::timeout(std::time::Duration::ZERO, asked.next()).await {
        question.answer(&state);
    }
    let failing = questions.ask(|_| -> u8 { panic!("a bug") });
    let good = questions.ask(State::position);
    let answering = async {
        asked.next().await.answer(&state);
        asked.next().await.answer(&state);
    };
    let (failed, answered, ()) = tokio::join!(failing, good, answering);
    assert_eq!((failed, answered), (Err(NoAnswer::Failed), Ok(InputSeq(1))));
    drop(asked);
    assert_eq!(questions.ask(State::position).await, Err(NoAnswer::NotRunning));
}

#[tokio::test]
async fn the_pages_say_why_and_how_often_a_rule_was_right() {
    let engine = Engine::start().await;
    engine.fires(&json!({"alertname": "Down", "severity": "warning"})).await;
    let page = |path: &str| engine.site.call(Request::get(path));
    let incident = page("/incidents/1").await.body;
    assert!(incident.contains("<h3>How its rule stands now</h3>"), "{incident}");
    assert!(incident.contains("attached to INC-1, which is open"), "{incident}");
    assert!(incident.contains(r#"<a href="/rules/Down">"#), "{incident}");
    engine.act(1, Act::CallOff { code: CallOffCode::NoUserImpact, reason: "nobody noticed".to_owned() }).await;
    let rules = page("/rules").await;
    assert_eq!(rules.status, 200);
    let row: String = rules
        .body
        .split("<tr>")
        .find(|row| row.contains(r#"href="/rules/Down""#))
        .unwrap()
        .split("</tr>")
        .next()
        .unwrap()
        .to_owned();
    for cell in [
        r#""Declared">1<"#,
        r#""Called off by people">1<"#,
        r#""Called off by the rule">0<"#,
        r#""Precision">0 % of 1<"#,
    ] {
        assert!(row.contains(cell), "no {cell} in {row}");
    }
    let rule = page("/rules/Held").await.body;
    assert!(rule.contains("[ ]</span> no alert matches alertname = Slow"), "{rule}");
    assert!(rule.contains("for: 2m") && rule.contains("nobody judged yet"), "{rule}");
    let asked = page("/rules?labels=%7Balertname%3D%22Down%22%2Csite%3D%22%3Cb%3E%22%7D").await.body;
    assert!(asked.contains("No such alert is known") && asked.contains("declares a new incident"), "{asked}");
    assert!(asked.contains("it has no severity") && !asked.contains("<b>"), "{asked}");
    let wrong = page("/rules/Down?labels=alertname%3D~x").await.body;
    assert!(wrong.contains("is no label: an alert has one value for each"), "{wrong}");
    assert_eq!(page("/rules/Dwon").await.status, 404);
    engine.stop().await;
}

#[tokio::test]
async fn a_page_is_there_though_the_engine_is_not() {
    let site = TestSite::open().await;
    let rules = site.call(Request::get("/rules?labels=alertname%3DDown")).await;
    assert_eq!(rules.status, 200);
    assert!(
        rules.body.contains("No rule is configured") && rules.body.contains("the engine does not run here"),
        "{}",
        rules.body
    );
    site.token("ada", earlybell::store::Role::Viewer).await;
    assert_eq!(site.call(Request::get("/rules")).await.status, 401);
    site.stop().await;
}

#[tokio::test]
async fn a_rule_on_trial_is_compared_with_what_was_confirmed() {
    let rules = r#"{"groups": [{"name": "g", "rules": [
        {"incident": "Down", "when": {"alerts": ["alertname = Down"]}},
        {"incident": "Trial", "mode": "shadow", "when": {"alerts": ["alertname =~ \"Down|Slow\""]}}]}]}"#;
    let engine = Engine::with_rules(rules).await;
    engine.fires(&json!({"alertname": "Down"})).await;
    let trial = async || {
        let page = engine.site.call(Request::get("/rules")).await.body;
        let row = page.split("<tr>").find(|row| row.contains(r#"href="/rules/Trial""#)).unwrap().to_owned();
        let cell = |name: &str| {
            row.split(&format!("data-name=\"{name}\">")).nth(1).unwrap().split('<').next().unwrap().to_owned()
        };
        ["Would have declared", "During confirmed incidents", "Otherwise", "Confirmed incidents without it"].map(cell)
    };
    assert_eq!(trial().await, ["1", "0", "1", "0"]);
    engine.act(1, Act::Confirm { text: String::new() }).await;
    assert_eq!(trial().await, ["1", "1", "0", "0"]);
    let page = engine.site.call(Request::get("/rules/Trial")).await.body;
    assert!(page.contains("it would have declared 1 times, 1 of them while a confirmed incident went on"), "{page}");
    assert!(page.contains("What it would have declared") && page.contains("in shadow mode: recorded"), "{page}");
    engine.stop().await;
}
