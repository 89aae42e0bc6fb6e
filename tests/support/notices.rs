//! What receivers are told of two incidents, decided by the engine as ever: one that is real, one that is called off.

use chrono::{DateTime, TimeDelta, Utc};
use domain::access::Role;
use domain::delivery::{Delivery, Lane};
use domain::engine::{Changes, Input, State};
use domain::ids::{IncidentId, InputSeq};
use domain::incident::{Act, Actor, CallOffCode, Command, Reply, Severity, Surface};
use earlybell::app::wire;
use earlybell::channels::{Attempt, Channel};
use earlybell::config::{Named, Overrides, parse};
use earlybell::store::{InputKind, StoredInput};
use serde_json::json;
use std::collections::HashMap;

const RULES: &str = r#"
groups:
  - name: web
    rules:
      - incident: FrontendErrors
        labels: { service: frontend }
        correlate_by: [cluster]
        title: "errors of {{ labels.cluster }}"
        when: { alerts: ['alertname = FrontendErrors'] }
"#;

// People who are asked nothing: their questions are told elsewhere.
const QUIET: &str = "
rituals: { claim_within: 0, silent_after: 0, hand_over_after: 0, scope_after: 0, stale_after: 0, call_out_every: 0, remind_before: 0, watch_promises: false }
timing: { storm_after: 1000000 }
";

struct Story {
    state: State,
    now: DateTime<Utc>,
    seq: u64,
    deliveries: Vec<Delivery>,
}

/// Declared by alerts, confirmed, updated twice, resolved; then another one, called off. `receivers` is YAML: the list.
pub fn both(receivers: &str) -> Vec<Delivery> {
    let mut story = Story::open(receivers);
    story.real();
    story.nothing();
    story.deliveries
}

/// One text that stands everywhere: in alerts, in what people say.
pub fn said_everywhere(receivers: &str, text: &str) -> Vec<Delivery> {
    each_said_everywhere(receivers, 30, &[text.to_owned()]).concat()
}

/// The same with each of these texts, an incident of so many alerts for each.
pub fn each_said_everywhere(receivers: &str, alerts: usize, texts: &[String]) -> Vec<Vec<Delivery>> {
    let mut story = Story::open(receivers);
    let told = texts.iter().map(|text| {
        story.everywhere(text, alerts);
        std::mem::take(&mut story.deliveries)
    });
    told.collect()
}

impl Story {
    fn everywhere(&mut self, text: &str, alerts: usize) {
        let it = self.alert("firing", text, text, alerts);
        self.act(it, Act::Confirm { text: text.to_owned() });
        self.act(it, Act::Update { text: text.to_owned(), impact: Some(text.to_owned()), next_in: None });
        self.act(it, Act::CallOff { code: CallOffCode::Other, reason: text.to_owned() });
    }

    fn open(receivers: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("rules.yml"), RULES).unwrap();
        let names = receivers.split("name: ").skip(1).filter_map(|rest| rest.split(',').next()).collect::<Vec<_>>();
        let route = format!("route: {{ receivers: [{}] }}", names.join(", "));
        let content = format!("rule_files: [rules.yml]\nreceivers:\n{receivers}\n{route}\n{QUIET}");
        let named = Named { name: "earlybell.yml".to_owned(), content };
        let overrides = Overrides { external_url: "https://bell.example.org".to_owned() };
        let config = parse(&named, folder.path(), &overrides).unwrap_or_else(|error| panic!("{error}"));
        let now = DateTime::from_timestamp(1_795_331_460, 0).unwrap();
        let state = State::restore(Default::default());
        let mut story = Self { state, now, seq: 0, deliveries: Vec::new() };
        story.input(Input::Policy(Box::new(config.policy)));
        story
    }

    fn real(&mut self) {
        let it = self.alert("firing", "build", "5% of all requests fail", 2);
        self.act(it, Act::Confirm { text: "the graphs show it, too".to_owned() });
        let said = "The database is slow; we restart it.\nNothing is lost.".to_owned();
        let impact = Some("everyone who uses the web pages".to_owned());
        self.act(it, Act::Update { text: said, impact, next_in: None });
        self.act(it, Act::Severity { to: Severity::Critical, text: "it is nearly everyone".to_owned() });
        self.alert("resolved", "build", "5% of all requests fail", 2);
        self.act(it, Act::Resolve { text: "The database has more memory now.".to_owned() });
    }

    fn nothing(&mut self) {
        self.now += TimeDelta::hours(3);
        let it = self.alert("firing", "test", "50% of all requests fail", 1);
        let reason = "A test of the load balancer.".to_owned();
        self.act(it, Act::CallOff { code: CallOffCode::PlannedWork, reason });
    }

    fn input(&mut self, input: Input) -> Option<Reply> {
        self.seq += 1;
        self.now += TimeDelta::minutes(5);
        let mut changes = Changes::default();
        self.state.step(InputSeq(self.seq), self.now, input, &mut changes);
        self.deliveries.extend(changes.deliveries);
        changes.answers.pop().map(|answer| answer.reply)
    }

    fn act(&mut self, incident: IncidentId, act: Act) {
        let actor = Actor::person("anna", Surface::Cli);
        let command = Command { actor, access: Role::Admin, key: None, incident: Some(incident), act };
        let reply = self.input(Input::Command(command));
        assert!(matches!(reply, Some(Reply::Done { .. })), "{reply:?}");
    }

    fn alert(&mut self, status: &str, cluster: &str, summary: &str, count: usize) -> IncidentId {
        let starts = DateTime::from_timestamp(1_795_331_400, 0).unwrap();
        let ends = if status == "firing" { DateTime::UNIX_EPOCH } else { self.now };
        let alert = |at: usize| {
            json!({"status": status, "startsAt": starts, "endsAt": ends, "generatorURL": "http://prometheus/graph",
                "labels": {"alertname": "FrontendErrors", "cluster": cluster, "instance": format!("web{at}")},
                "annotations": {"summary": summary}})
        };
        let alerts: Vec<_> = (1..=count).map(alert).collect();
        let body = json!({"version": "4", "receiver": "earlybell", "groupKey": "g", "alerts": alerts}).to_string();
        let stored = StoredInput {
            seq: InputSeq(0),
            kind: InputKind::Webhook,
            source: "default".to_owned(),
            body: body.into_bytes(),
            at: self.now,
        };
        self.input(wire::decode(&stored).unwrap());
        self.deliveries.last().map(|delivery| delivery.incident).unwrap()
    }
}

/// A first attempt, in the thread of its incident, if that has begun.
pub fn attempt(delivery: &Delivery, thread: Option<String>) -> Attempt {
    let thread = thread.filter(|_| delivery.lane != Lane::Root);
    Attempt { first_attempt_at: delivery.decided_at, delivery: delivery.clone(), number: 1, thread, unsure: false }
}

/// Sends all of it, each in its thread, as the outbox would.
pub async fn send_all(channel: &dyn Channel, deliveries: &[Delivery]) {
    let mut threads = HashMap::new();
    for delivery in deliveries {
        let thread = threads.get(&delivery.incident).cloned();
        let outcome = channel.send(&attempt(delivery, thread)).await;
        let domain::delivery::Outcome::Sent { remote_id } = outcome else { panic!("{outcome:?}: {delivery:?}") };
        if let (Lane::Root, Some(id)) = (delivery.lane, remote_id) {
            threads.insert(delivery.incident, id);
        }
    }
}
