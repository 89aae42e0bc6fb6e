//! Rows to store, with everything a test does not care about filled in.

use chrono::{DateTime, TimeDelta, Utc};
use domain::alert::{Alert, AlertKey, AlertState, Fingerprint, Pairs, ResolvedBecause, SourceName, Span};
use domain::delivery::pace::Pace;
use domain::delivery::{Addressee, Content, Delivery, DeliveryState, Lane, Outcome};
use domain::engine::{Changes, Evidence};
use domain::ids::{AlertId, DeliveryId, IncidentId, InputSeq};
use domain::incident::{Actor, Entry, Fact, Incident, RuleRef, Severity, Stage, Surface, apply};
use domain::notice::NoticeKind;
use domain::policy::ReceiverKind;
use earlybell::store::{Claim, Claimed, Finish, InputKind, NewInput, Store};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Seconds after the beginning of the story.
pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 123_456_000).unwrap() + TimeDelta::seconds(seconds)
}

pub fn input(kind: InputKind, body: &[u8], seconds: i64) -> NewInput {
    NewInput { kind, source: "default".to_owned(), body: body.to_vec(), at: at(seconds) }
}

pub fn alert(id: u64, source: &str, state: AlertState) -> Alert {
    let labels = Pairs::new([("alertname", "Down"), ("instance", &id.to_string())]);
    Alert {
        id: AlertId(id),
        key: AlertKey { source: SourceName::from(source), fingerprint: Fingerprint::of(&labels) },
        labels,
        annotations: Pairs::new([("summary", "it is \"down\" — вниз")]),
        generator_url: "http://prometheus/graph?g0.expr=up".into(),
        state,
        starts_at: at(-60),
        claimed_starts_at: Some(at(-7200)),
        last_seen: at(0),
        group: Some(u64::MAX - id),
        expires_at: Some(at(300)),
        episodes: 3,
        pre_existing: id == 5,
        past: vec![Span { starts_at: at(-600), until: at(-500), muted: true }],
    }
}

pub fn resolved(seconds: i64, contested: Option<i64>) -> AlertState {
    AlertState::Resolved { ends_at: at(seconds), because: ResolvedBecause::Gone, contested_until: contested.map(at) }
}

pub fn incident(id: u64, stage: Stage) -> Incident {
    let declared = Fact::Declared {
        title: "Packages can't be published".to_owned(),
        impact: "everyone who publishes".to_owned(),
        severity: Severity::Major,
        confirmed: false,
        rule: Some(RuleRef { name: "publish".to_owned(), version: u64::MAX }),
        correlation: Pairs::new([("cluster", "a")]),
        labels: Pairs::new([("squad", "production")]),
        receivers: vec!["team".to_owned()],
        first_alert_at: Some(at(-60)),
        because: "1 of 1 alerts".to_owned(),
        explanation: None,
        storm: false,
        drill: false,
        squad: String::new(),
        next_by: None,
    };
    let incident = apply::declared(&Entry { actor: Actor::Rule, fact: declared, ..note(id, 1) });
    Incident { stage, threads: BTreeMap::from([("team".to_owned(), "169.1".to_owned())]), ..incident.unwrap() }
}

pub fn closed(id: u64, seconds: i64) -> Incident {
    incident(id, Stage::Resolved { at: at(seconds) })
}

pub fn note(incident: u64, number: u32) -> Entry {
    Entry {
        incident: IncidentId(incident),
        number,
        at: at(i64::from(number)),
        input: InputSeq(u64::from(number)),
        actor: Actor::person("henne", Surface::Cli),
        fact: Fact::Noted { text: format!("note {number}") },
    }
}

pub fn evidence(incident: u64, alert: u64) -> Evidence {
    Evidence { incident: IncidentId(incident), alert: AlertId(alert), counted: true }
}

pub fn delivery(id: u64, incident: u64, receiver: &str, lane: Lane) -> Delivery {
    Delivery {
        id: DeliveryId(id),
        incident: IncidentId(incident),
        receiver: receiver.to_owned(),
        lane,
        notice: if lane == Lane::Root { NoticeKind::Declared } else { NoticeKind::Updated },
        key: format!("inc-{incident}.{id}.{receiver}"),
        to: None,
        content: Content { subject: format!("[INC-{incident}] {id}"), body: format!("words of {id}") },
        brief: String::new(),
        calm: false,
        decided_at: at(0),
    }
}

/// Somebody with an address.
pub fn addressee(person: &str) -> Addressee {
    Addressee { person: person.to_owned(), address: format!("{person}@example.org") }
}

/// Commits deliveries as the decision of one more input.
pub async fn decide(store: &Arc<dyn Store>, position: u64, deliveries: Vec<Delivery>) {
    let changes = Changes { position: InputSeq(position), at: Some(at(0)), deliveries, ..Changes::default() };
    store.commit(changes).await.unwrap();
}

/// What `team` may send at this second, leased for 30 seconds.
pub async fn claim(store: &Arc<dyn Store>, seconds: i64) -> Vec<Claimed> {
    claim_of(store, "team", seconds, 100).await
}

pub async fn claim_of(store: &Arc<dyn Store>, receiver: &str, seconds: i64, max: usize) -> Vec<Claimed> {
    store.claim(Claim { max, ..everything(receiver, seconds) }).await.unwrap()
}

/// What may be told at this pace.
pub async fn claim_at_pace(store: &Arc<dyn Store>, receiver: &str, seconds: i64, pace: Pace) -> Vec<Claimed> {
    store.claim(Claim { pace, ..everything(receiver, seconds) }).await.unwrap()
}

/// What waited long enough is told as one.
pub async fn claim_together(store: &Arc<dyn Store>, seconds: i64) -> Vec<Claimed> {
    store.claim(Claim { kind: ReceiverKind::Slack, ..everything("team", seconds) }).await.unwrap()
}

// One by one: a blog reads no words.
fn everything(receiver: &str, seconds: i64) -> Claim {
    Claim {
        receiver: receiver.to_owned(),
        now: at(seconds),
        lease_until: at(seconds + 30),
        max: 100,
        pace: Pace::All,
        kind: ReceiverKind::Blog,
    }
}

pub fn ids(claimed: &[Claimed]) -> Vec<u64> {
    claimed.iter().map(|one| one.delivery.id.0).collect()
}

pub async fn finish(store: &Arc<dyn Store>, id: u64, attempt: u32, end: End, seconds: i64) -> bool {
    let (state, next_at, outcome) = match end {
        End::Sent(remote_id) => (DeliveryState::Sent, None, Outcome::Sent { remote_id: remote_id.map(str::to_owned) }),
        End::Retry(next) => (DeliveryState::Pending, Some(at(next)), retry(false)),
        End::Unsure(next) => (DeliveryState::Unsure, Some(at(next)), retry(true)),
        End::Dead => (DeliveryState::Dead, None, Outcome::Fatal { because: "channel_not_found".to_owned() }),
    };
    let finish = Finish { id: DeliveryId(id), attempt, state, next_at, outcome, now: at(seconds) };
    store.finish(finish).await.unwrap()
}

/// How an attempt of a test ends.
#[derive(Clone, Copy)]
pub enum End {
    Sent(Option<&'static str>),
    Retry(i64),
    Unsure(i64),
    Dead,
}

fn retry(unsure: bool) -> Outcome {
    Outcome::Retry { because: "503".to_owned(), after: None, unsure }
}
