//! Incidents in which every text that people or alerts can write is a payload, decided by the engine, and kept.

use crate::payloads;
use chrono::{DateTime, TimeDelta, Utc};
use domain::access::Role;
use domain::alert::Pairs;
use domain::delivery::Delivery;
use domain::engine::{Changes, Input, State};
use domain::ids::{IncidentId, InputSeq};
use domain::incident::room::Part;
use domain::incident::{Act, Actor, CallOffCode, Command, Reply, Severity, Surface};
use domain::policy::PolicySource;
use earlybell::app::wire;
use earlybell::config::{Named, Overrides, parse};
use earlybell::store::{InputKind, Store, StoredInput};
use serde_json::json;
use std::path::Path;

/// Beside what is told, this says what went on: alerts name two places, a rule and people the rest.
pub const CONFIG: &str = r#"
route: { receivers: [slack, mail, console, irc, obs] }
receivers:
  - { name: slack, slack: { channel: C000000001, bot_token: x } }
  - { name: mail, email: { to: [list@example.org], from: bell@example.org, smarthost: "localhost:25" } }
  - { name: console, console: {} }
  - { name: irc, irc: { server: "localhost:6697", nick: bell, channel: '#ops' } }
  - { name: obs, obs: { api_url: "https://obs.example.org", username: Admin, password: x } }
rituals: { claim_within: 0, silent_after: 0, hand_over_after: 0, scope_after: 0, stale_after: 0, call_out_every: 0, remind_before: 0, watch_promises: false }
timing: { storm_after: 1000000, update_interval: 1s }
"#;

const RULES: &str = r#"
groups:
  - name: all
    rules:
      - incident: Anything
        title: "{{ alerts[0].summary }}"
        correlate_by: [place]
        when: { alerts: ['kind = injection'] }
"#;

/// What was told, and which payloads stand in which incident.
pub struct Told {
    pub deliveries: Vec<Delivery>,
    /// By incident: those that the public reads, and those of the team.
    pub texts: Vec<(IncidentId, Vec<String>, Vec<String>)>,
}

struct Teller<'a> {
    state: State,
    store: &'a dyn Store,
    now: DateTime<Utc>,
    seq: u64,
    told: Told,
}

/// Lives through an incident for each payload.
pub async fn everything(store: &dyn Store) -> Told {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rules.yml"), RULES).unwrap();
    let policy = policy(folder.path());
    let now = DateTime::from_timestamp(1_795_331_460, 0).unwrap();
    let state = State::restore(Default::default());
    let told = Told { deliveries: Vec::new(), texts: Vec::new() };
    let mut teller = Teller { state, store, now, seq: 0, told };
    teller.input(Input::Policy(Box::new(policy))).await;
    let all = payloads::all();
    for at in 0..all.len() {
        // Each place gets another one, so that in the end every one was in every place.
        let at_place = |place: usize| all[(at + place * 41) % all.len()].clone();
        if at % 2 == 0 { teller.by_hand(at, at_place).await } else { teller.by_alert(at, at_place).await }
    }
    teller.told
}

fn policy(base: &Path) -> PolicySource {
    let config = format!("rule_files: [rules.yml]\n{CONFIG}");
    let named = Named { name: "injection".to_owned(), content: config };
    let overrides = Overrides { external_url: "https://bell.example.org".to_owned() };
    parse(&named, base, &overrides).unwrap_or_else(|error| panic!("{error}")).policy
}

impl Teller<'_> {
    async fn input(&mut self, input: Input) -> Vec<Reply> {
        self.seq += 1;
        self.now += TimeDelta::seconds(2);
        let mut changes = Changes::default();
        self.state.step(InputSeq(self.seq), self.now, input, &mut changes);
        self.told.deliveries.extend(changes.deliveries.clone());
        let replies = changes.answers.iter().map(|answer| answer.reply.clone()).collect();
        self.store.commit(changes).await.unwrap();
        replies
    }

    async fn act(&mut self, incident: Option<IncidentId>, act: Act) -> Option<IncidentId> {
        let actor = Actor::person("anna", Surface::Cli);
        let command = Command { actor, access: Role::Admin, key: None, incident, act };
        match self.input(Input::Command(command)).await.pop() {
            Some(Reply::Done { incident, .. }) => Some(incident),
            Some(Reply::Refused(refusal)) => panic!("refused: {refusal}"),
            other => panic!("{other:?}"),
        }
    }

    async fn by_hand(&mut self, at: usize, text: impl Fn(usize) -> String) {
        let labels = Pairs::labels([("place", text(2))]);
        let declare = Act::Declare { title: text(0), severity: None, impact: text(1), labels, drill: false };
        let it = self.act(None, declare).await;
        self.go_on(it, &text).await;
        let over = if at.is_multiple_of(4) {
            Act::CallOff { code: CallOffCode::Test, reason: text(12) }
        } else {
            Act::Resolve { text: text(12) }
        };
        self.act(it, over).await;
        self.told.texts.push((
            it.unwrap(),
            [0, 3, 4, 5, 6, 12].map(&text).to_vec(),
            [8, 9, 10, 11].map(&text).to_vec(),
        ));
    }

    async fn by_alert(&mut self, at: usize, text: impl Fn(usize) -> String) {
        let alert = json!({"status": "firing", "startsAt": self.now, "generatorURL": text(20),
            "labels": {"kind": "injection", "alertname": text(14), "place": format!("{} {at}", text(15)), "instance": text(16)},
            "annotations": {"summary": text(0), "description": text(17)}});
        let body = json!({"version": "4", "receiver": text(18), "groupKey": text(19), "alerts": [alert]}).to_string();
        let stored = StoredInput {
            seq: InputSeq(0),
            kind: InputKind::Webhook,
            source: "default".to_owned(),
            body: body.into_bytes(),
            at: self.now,
        };
        self.input(wire::decode(&stored).unwrap()).await;
        let it = self.told.deliveries.last().map(|delivery| delivery.incident);
        self.act(it, Act::Confirm { text: text(13) }).await;
        self.go_on(it, &text).await;
        self.told.texts.push((
            it.unwrap(),
            [0, 3, 4, 5, 6, 13].map(&text).to_vec(),
            [8, 9, 10, 11, 16].map(&text).to_vec(),
        ));
    }

    async fn go_on(&mut self, it: Option<IncidentId>, text: &impl Fn(usize) -> String) {
        self.act(it, Act::Update { text: text(3), impact: Some(text(4)), next_in: None }).await;
        self.act(it, Act::Edit { part: Part::Summary, text: text(5), version: None }).await;
        self.act(it, Act::Edit { part: Part::ExitCriteria, text: text(6), version: None }).await;
        let link = format!("{}: https://example.org/{}", payloads::shown(&text(7)).replace("://", ""), self.seq);
        self.act(it, Act::Edit { part: Part::Links, text: link, version: None }).await;
        self.act(it, Act::Note { text: text(8) }).await;
        self.act(it, Act::Ack { text: text(9) }).await;
        self.act(it, Act::Todo { text: text(10), owner: Some(text(11)) }).await;
        self.act(it, Act::Severity { to: Severity::Critical, text: text(13) }).await;
    }
}
