//! The reconcile loop against an Alertmanager API that does everything wrong, and against the real one.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/alertmanager.rs"]
mod alertmanager;
#[path = "support/clock.rs"]
mod clock;
#[path = "support/servers.rs"]
mod servers;

use alertmanager::{FakeAlertmanager, Manner, recorded};
use chrono::{DateTime, TimeDelta, Utc};
use clock::TestClock;
use domain::engine::Input;
use domain::ids::InputSeq;
use earlybell::app::engine_loop::{self, EngineLoop};
use earlybell::app::inbox::Inbox;
use earlybell::app::reconcile::{Polled, Reconciler, Shared};
use earlybell::app::wire;
use earlybell::channels::http_client;
use earlybell::clock::{Clock, SystemClock};
use earlybell::config::{HttpAuth, Secret, Source};
use earlybell::store::sqlite::SqliteStore;
use earlybell::store::{InputKind, Store};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

// For real servers on a busy machine; over as soon as it happened.
const SOON: Duration = Duration::from_secs(30);

const NOTHING: [&str; 0] = [];

/// A store with an engine behind it, and what is asked.
struct World {
    store: Arc<SqliteStore>,
    inbox: Arc<Inbox>,
    clock: Arc<dyn Clock>,
    engine: EngineLoop,
    told: u64,
}

impl World {
    async fn new(clock: Arc<dyn Clock>) -> Self {
        let store = Arc::new(SqliteStore::open_in_memory().unwrap());
        let inbox = Arc::new(Inbox::new(store.clone(), clock.clone()));
        let engine = EngineLoop::load(store.clone(), inbox.clone(), clock.clone(), Box::new(|_| {})).await.unwrap();
        Self { store, inbox, clock, engine, told: 0 }
    }

    fn reconciler(&self, urls: &[&str], auth: Option<HttpAuth>) -> Reconciler {
        self.reconciler_of(urls, auth, None)
    }

    fn reconciler_of(&self, urls: &[&str], auth: Option<HttpAuth>, receiver: Option<&str>) -> Reconciler {
        let shared = Shared {
            store: self.store.clone(),
            inbox: self.inbox.clone(),
            clock: self.clock.clone(),
            client: http_client::client().unwrap(),
        };
        let source = Source {
            name: "obs".to_owned(),
            alertmanagers: urls.iter().map(|url| (*url).to_owned()).collect(),
            receiver: receiver.map(str::to_owned),
            poll_every: Duration::from_secs(60),
            auth,
            settle: TimeDelta::minutes(5),
        };
        Reconciler::new(Arc::new(shared), &source, TimeDelta::hours(12))
    }

    /// Asks once, lets the engine decide, and says what the inbox got.
    async fn poll(&mut self, reconciler: &mut Reconciler) -> Vec<String> {
        let polled = reconciler.step().await;
        assert_eq!(polled.result(), Ok(()), "{polled:?}");
        self.news().await
    }

    /// What the inbox got since the last look.
    async fn news(&mut self) -> Vec<String> {
        while matches!(self.engine.step().await.unwrap(), engine_loop::Step::Worked(_)) {}
        let inputs = self.store.inputs_after(InputSeq(self.told), 1000, usize::MAX).await.unwrap();
        self.told = inputs.last().map_or(self.told, |input| input.seq.0);
        let polls = inputs.iter().filter(|input| input.kind == InputKind::Poll);
        polls.flat_map(|input| said(wire::decode(input).unwrap())).collect()
    }
}

fn said(input: Input) -> Vec<String> {
    let Input::Poll(poll) = input else { return Vec::new() };
    let name = |labels: &domain::alert::Pairs| labels.value("alertname").to_owned();
    let active = poll.active.iter().map(|seen| format!("{} active", name(&seen.labels)));
    let muted = poll.muted.iter().map(|(seen, by)| format!("{} muted by {}", name(&seen.labels), by.join(", ")));
    let gone = poll.gone.iter().map(|fingerprint| format!("{fingerprint} gone"));
    active.chain(muted).chain(gone).collect()
}

fn recorded_at() -> Arc<TestClock> {
    TestClock::at("2026-11-22T07:00:00Z")
}

fn firing() -> Vec<Value> {
    recorded("alerts receiver regex").as_array().unwrap().clone()
}

fn silenced() -> Vec<Value> {
    recorded("alerts while silenced").as_array().unwrap().clone()
}

// The recorded alert under another name.
fn named(name: &str, fingerprint: &str) -> Value {
    let mut alert = firing().remove(0);
    alert["labels"]["alertname"] = json!(name);
    alert["fingerprint"] = json!(fingerprint);
    alert
}

const API_GONE: &str = "c08685ba5616b0d7 gone";

#[tokio::test]
async fn says_what_differs_and_only_that() {
    let clock = recorded_at();
    let fake = FakeAlertmanager::start(clock.now()).await;
    let mut world = World::new(clock.clone()).await;
    let mut reconciler = world.reconciler(&[&fake.url], None);
    assert_eq!(world.poll(&mut reconciler).await, NOTHING);
    fake.lists(&firing());
    assert_eq!(world.poll(&mut reconciler).await, ["ApiAlert active"]);
    assert_eq!(world.poll(&mut reconciler).await, NOTHING, "the same again is no news");
    clock.advance(TimeDelta::seconds(1));
    fake.lists(&silenced());
    assert_eq!(world.poll(&mut reconciler).await, ["ApiAlert muted by d767d6b8-fa08-4381-9963-d725a55aa3a7"]);
    assert_eq!(world.poll(&mut reconciler).await, NOTHING);
}

#[tokio::test]
async fn an_alert_is_gone_when_two_polls_in_a_row_leave_it_out() {
    let clock = recorded_at();
    let fake = FakeAlertmanager::start(clock.now()).await;
    let mut world = World::new(clock.clone()).await;
    let mut reconciler = world.reconciler(&[&fake.url], None);
    fake.lists(&firing());
    world.poll(&mut reconciler).await;
    clock.advance(TimeDelta::minutes(1));

    fake.lists(&[]);
    assert_eq!(world.poll(&mut reconciler).await, NOTHING, "once may be an accident");
    fake.lists(&firing());
    assert_eq!(world.poll(&mut reconciler).await, NOTHING, "and was one");
    fake.lists(&[]);
    assert_eq!(world.poll(&mut reconciler).await, NOTHING);
    fake.behaves(Manner::Says { status: "503 Service Unavailable", header: "", body: "" });
    assert_eq!(reconciler.step().await.answered, 0);
    fake.behaves(Manner::Well);
    assert_eq!(world.poll(&mut reconciler).await, NOTHING, "nobody answered between the two");
    assert_eq!(world.poll(&mut reconciler).await, [API_GONE]);
    assert_eq!(world.poll(&mut reconciler).await, NOTHING);
}

#[tokio::test]
async fn a_restarted_alertmanager_resolves_nothing() {
    let clock = recorded_at();
    let fake = FakeAlertmanager::start(clock.now()).await;
    let mut world = World::new(clock.clone()).await;
    let mut reconciler = world.reconciler(&[&fake.url], None);
    fake.lists(&firing());
    world.poll(&mut reconciler).await;

    clock.advance(TimeDelta::minutes(1));
    fake.clock(clock.now());
    fake.restarts();
    for _ in 0..5 {
        clock.advance(TimeDelta::minutes(1));
        fake.clock(clock.now());
        assert_eq!(world.poll(&mut reconciler).await, NOTHING, "it does not know yet what fires");
    }
    clock.advance(TimeDelta::minutes(1));
    fake.clock(clock.now());
    assert_eq!(world.poll(&mut reconciler).await, NOTHING);
    assert_eq!(world.poll(&mut reconciler).await, [API_GONE]);
}

#[tokio::test]
async fn uptime_is_measured_by_one_clock() {
    let clock = recorded_at();
    let fake = FakeAlertmanager::start(clock.now()).await;
    let mut world = World::new(clock.clone()).await;
    let mut reconciler = world.reconciler(&[&fake.url], None);
    fake.lists(&firing());
    world.poll(&mut reconciler).await;
    // Its clock is an hour behind ours: by our clock, it would be up for an hour when it starts.
    clock.advance(TimeDelta::minutes(1));
    fake.clock(clock.now() - TimeDelta::hours(1));
    fake.restarts();
    for _ in 0..3 {
        assert_eq!(world.poll(&mut reconciler).await, NOTHING);
    }
}

#[tokio::test]
async fn a_settling_cluster_resolves_nothing() {
    let clock = recorded_at();
    let fake = FakeAlertmanager::start(clock.now()).await;
    let mut world = World::new(clock.clone()).await;
    let mut reconciler = world.reconciler(&[&fake.url], None);
    fake.lists(&firing());
    world.poll(&mut reconciler).await;
    clock.advance(TimeDelta::minutes(1));
    fake.lists(&[]);
    fake.cluster("settling");
    for _ in 0..3 {
        assert_eq!(world.poll(&mut reconciler).await, NOTHING);
    }
}

#[tokio::test]
async fn replicas_are_taken_together_and_one_may_be_down() {
    let clock = recorded_at();
    let [one, two] = [FakeAlertmanager::start(clock.now()).await, FakeAlertmanager::start(clock.now()).await];
    let mut world = World::new(clock.clone()).await;
    let mut reconciler = world.reconciler(&[&one.url, &two.url], None);
    one.lists(&[named("OnlyOne", "1111111111111111")]);
    two.lists(&[named("OnlyTwo", "2222222222222222")]);
    assert_eq!(world.poll(&mut reconciler).await, ["OnlyOne active", "OnlyTwo active"]);
    clock.advance(TimeDelta::minutes(1));

    two.behaves(Manner::Says { status: "500 Internal Server Error", header: "", body: "" });
    let polled = reconciler.step().await;
    let errors = vec![format!("{} answered 500 Internal Server Error", two.url)];
    assert_eq!((polled.asked, polled.answered, polled.errors), (2, 1, errors));
    assert_eq!(world.poll(&mut reconciler).await, ["2222222222222222 gone"]);
}

#[tokio::test]
async fn what_is_no_answer_changes_nothing_and_is_said() {
    let clock = recorded_at();
    let fake = FakeAlertmanager::start(clock.now()).await;
    let mut world = World::new(clock.clone()).await;
    let mut reconciler = world.reconciler(&[&fake.url], None);
    fake.lists(&firing());
    world.poll(&mut reconciler).await;
    let says = |status, header, body| Manner::Says { status, header, body };
    let html = "<html><body>Welcome to nginx!</body></html>";
    let is_none = "the answer of AM is none of an Alertmanager: ";
    let cases = [
        (says("200 OK", "", html), is_none),
        (says("200 OK", "", "{\"code\": 5}"), is_none),
        (says("200 OK", "", "[{\"labels\": 7}]"), is_none),
        (
            says("401 Unauthorized", "", ""),
            "AM answered 401 Unauthorized; check `authorization` or `basic_auth` of the source",
        ),
        (says("404 Not Found", "", ""), "AM answered 404 Not Found; is a path prefix missing?"),
        (
            says("302 Found", "Location: https://login.example/\r\n", ""),
            "AM answered 302 Found to https://login.example/; redirects are not followed",
        ),
        (Manner::Endless, "AM answered more than 67108864 bytes"),
    ];
    for (manner, expected) in cases {
        fake.behaves(manner.clone());
        for _ in 0..2 {
            let Err(error) = reconciler.step().await.result() else { panic!("{manner:?} is no answer") };
            let error = error.replace(&fake.url, "AM");
            assert!(error.starts_with(expected), "{manner:?}: {error}");
        }
    }
    assert_eq!(world.news().await, NOTHING);
}

#[tokio::test]
async fn only_what_is_routed_to_us_is_ours() {
    let clock = recorded_at();
    let fake = FakeAlertmanager::start(clock.now()).await;
    let mut world = World::new(clock).await;
    let mut other = named("NotOurs", "1111111111111111");
    other["receivers"] = json!([{"name": "resonly"}]);
    let mut both = named("Both", "2222222222222222");
    both["receivers"] = json!([{"name": "resonly"}, {"name": "default"}]);
    fake.lists(&[firing().remove(0), other, both]);
    let mut reconciler = world.reconciler_of(&[&fake.url], None, Some("default"));
    assert_eq!(world.poll(&mut reconciler).await, ["Both active", "ApiAlert active"]);

    let mut misspelled = world.reconciler_of(&[&fake.url], None, Some("defualt"));
    for _ in 0..2 {
        let error = format!("{} has no receiver `defualt`; check `receiver` of the source", fake.url);
        assert_eq!(misspelled.step().await.result(), Err(error));
    }
    assert_eq!(world.news().await, NOTHING);
}

#[tokio::test]
async fn who_never_answers_is_not_waited_for() {
    let clock = recorded_at();
    let [well, silent] = [FakeAlertmanager::start(clock.now()).await, FakeAlertmanager::start(clock.now()).await];
    let mut world = World::new(clock).await;
    let mut reconciler = world.reconciler(&[&well.url, &silent.url], None);
    reconciler.replicas_mut()[1].answer_within = Duration::from_millis(50);
    well.lists(&firing());
    silent.behaves(Manner::Silent);
    let Polled { answered, errors, .. } = reconciler.step().await;
    assert_eq!(answered, 1);
    // Either of the two deadlines may come first; both name the address.
    assert!(errors.len() == 1 && errors[0].starts_with(&silent.url), "{errors:?}");
    assert_eq!(world.news().await, ["ApiAlert active"]);
}

#[tokio::test]
async fn nobody_there_is_said_with_the_address() {
    let clock = recorded_at();
    let world = World::new(clock).await;
    let mut reconciler = world.reconciler(&["http://127.0.0.1:1"], None);
    let Err(error) = reconciler.step().await.result() else { panic!("nobody listens on port 1") };
    assert!(error.contains("http://127.0.0.1:1: ") && error.to_lowercase().contains("refused"), "{error}");
}

#[tokio::test]
async fn it_says_who_it_is() {
    let clock = recorded_at();
    let fake = FakeAlertmanager::start(clock.now()).await;
    let world = World::new(clock).await;
    for (auth, header) in [
        (HttpAuth::Bearer(Secret::new("t0ken")), "authorization: bearer t0ken"),
        (HttpAuth::Basic("bell".into(), Secret::new("pw")), "authorization: basic ymvsbdpwdw=="),
    ] {
        let base = format!("{}/", fake.url);
        world.reconciler(&[&base], Some(auth)).step().await;
        let asked = fake.asked().pop().unwrap().to_lowercase();
        assert!(asked.contains(header) && asked.starts_with("get /api/v2/status http/1.1"), "{asked}");
    }
}

#[tokio::test]
async fn a_real_alertmanager_is_followed_through_silence_and_end() {
    let config = "route: {receiver: none}\nreceivers: [{name: none}]\n";
    let real = servers::Alertmanager::start(config);
    let mut world = World::new(Arc::new(SystemClock)).await;
    let mut reconciler = world.reconciler(&[&real.url], None);
    reconciler.trust_after(TimeDelta::zero());
    post(&real, "Down", Ends::Later);
    post(&real, "Slow", Ends::Later);
    let mut news = world.poll(&mut reconciler).await;
    news.sort();
    assert_eq!(news, ["Down active", "Slow active"]);
    assert_eq!(world.poll(&mut reconciler).await, NOTHING);

    let silence = silence(&real, "Slow");
    let muted = until_news(&mut world, &mut reconciler).await;
    assert_eq!(muted, [format!("Slow muted by {silence}")]);

    post(&real, "Down", Ends::Now);
    let open = world.store.open_alerts("obs").await.unwrap();
    let down = open.iter().find(|alert| alert.name() == "Down").unwrap().key.fingerprint;
    assert_eq!(until_news(&mut world, &mut reconciler).await, [format!("{down} gone")]);
}

#[tokio::test]
async fn a_real_alertmanager_that_lost_its_memory_resolves_nothing() {
    let config = "route: {receiver: none}\nreceivers: [{name: none}]\n";
    let mut real = servers::Alertmanager::start(config);
    let mut world = World::new(Arc::new(SystemClock)).await;
    let mut reconciler = world.reconciler(&[&real.url], None);
    post(&real, "Down", Ends::Later);
    assert_eq!(world.poll(&mut reconciler).await, ["Down active"]);
    real.restart();
    for _ in 0..3 {
        assert_eq!(world.poll(&mut reconciler).await, NOTHING);
    }
    assert_eq!(world.store.open_alerts("obs").await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_a_real_prometheus_reports_is_found_without_any_webhook() {
    let real = servers::Alertmanager::start("route: {receiver: none}\nreceivers: [{name: none}]\n");
    let target = real.url.trim_start_matches("http://");
    let config = format!(
        "global: {{evaluation_interval: 100ms}}\nrule_files: [rules.yml]\n\
         alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{target}']}}]}}]}}\n"
    );
    let rules = "groups: [{name: g, rules: [{alert: AlwaysDown, expr: vector(1), labels: {severity: critical}}]}]\n";
    let prometheus = servers::Prometheus::start(&config, &[("rules.yml", rules)]);
    assert!(prometheus.url.starts_with("http://127.0.0.1:"));
    let mut world = World::new(Arc::new(SystemClock)).await;
    let mut reconciler = world.reconciler(&[&real.url], None);
    assert_eq!(until_news(&mut world, &mut reconciler).await, ["AlwaysDown active"]);
}

enum Ends {
    Now,
    Later,
}

fn post(real: &servers::Alertmanager, name: &str, ends: Ends) {
    let now: DateTime<Utc> = SystemClock.now();
    let ends_at = match ends {
        Ends::Now => now,
        Ends::Later => now + TimeDelta::hours(1),
    };
    let alert = json!({
        "labels": {"alertname": name, "severity": "critical"},
        "annotations": {"summary": format!("{name} is what it is")},
        "startsAt": (now - TimeDelta::minutes(1)).to_rfc3339(),
        "endsAt": ends_at.to_rfc3339(),
    });
    real.call("POST", "/api/v2/alerts", &json!([alert]).to_string());
}

fn silence(real: &servers::Alertmanager, name: &str) -> String {
    let now: DateTime<Utc> = SystemClock.now();
    let silence = json!({
        "matchers": [{"name": "alertname", "value": name, "isRegex": false, "isEqual": true}],
        "startsAt": now.to_rfc3339(),
        "endsAt": (now + TimeDelta::hours(1)).to_rfc3339(),
        "createdBy": "test",
        "comment": "planned",
    });
    let answer: Value = serde_json::from_str(&real.call("POST", "/api/v2/silences", &silence.to_string())).unwrap();
    answer["silenceID"].as_str().unwrap().to_owned()
}

// Alertmanager takes a moment to apply what it was told; two polls in a row are needed for an absence.
async fn until_news(world: &mut World, reconciler: &mut Reconciler) -> Vec<String> {
    let begun = std::time::Instant::now();
    while begun.elapsed() < SOON {
        let news = world.poll(reconciler).await;
        if !news.is_empty() {
            return news;
        }
    }
    panic!("no news within {SOON:?}")
}
