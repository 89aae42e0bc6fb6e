//! What happens in a world without people: alerts in any order.

use super::{chance, pick};
use chrono::{DateTime, TimeDelta, Utc};
use domain::alert::reconcile::Poll;
use domain::alert::{Fingerprint, Pairs, SourceName};
use earlybell::app::wire;
use earlybell::store::InputKind;
use serde_json::{Value, json};

/// One thing that arrives.
#[derive(Debug, Clone)]
pub struct Arrival {
    pub kind: InputKind,
    pub source: &'static str,
    pub body: Vec<u8>,
}

const NAMES: [&str; 4] = ["QueueFull", "InstancesHigh", "WorkerDown", "Noise"];
const SOURCES: [&str; 2] = ["default", "other"];

fn labels(random: &mut fastrand::Rng) -> Vec<(&'static str, String)> {
    let name = *pick(random, &NAMES);
    let severity = if name == "Noise" { "warning" } else { "critical" };
    vec![
        ("alertname", name.to_owned()),
        ("severity", severity.to_owned()),
        ("instance", format!("i{}", random.u32(..3))),
        ("arch", (*pick(random, &["x86_64", "aarch64"])).to_owned()),
    ]
}

fn alert(random: &mut fastrand::Rng, now: DateTime<Utc>) -> Value {
    let firing = chance(random, 55);
    let started = now - TimeDelta::seconds(*pick(random, &[0, 30, 300, 3_000]));
    let ended = now - TimeDelta::seconds(*pick(random, &[0, 20, 200]));
    json!({
        "status": if firing { "firing" } else { "resolved" },
        "labels": labels(random).into_iter().collect::<std::collections::BTreeMap<_, _>>(),
        "annotations": { "summary": pick(random, &["queue is full", "<!channel> \u{0} *bold*", ""]) },
        "startsAt": started.to_rfc3339(),
        "endsAt": if firing { "0001-01-01T00:00:00Z".to_owned() } else { ended.to_rfc3339() },
        "generatorURL": "",
    })
}

pub fn webhook(random: &mut fastrand::Rng, now: DateTime<Utc>) -> Arrival {
    let alerts: Vec<Value> = (0..random.usize(1..5)).map(|_| alert(random, now)).collect();
    let body = json!({
        "version": "4", "receiver": "bell", "groupKey": format!("g{}", random.u32(..3)), "status": "firing",
        "truncatedAlerts": if chance(random, 8) { 3 } else { 0 },
        "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "http://am", "alerts": alerts,
    });
    let source = *pick(random, &SOURCES);
    Arrival { kind: InputKind::Webhook, source, body: body.to_string().into_bytes() }
}

pub fn push(random: &mut fastrand::Rng, now: DateTime<Utc>) -> Arrival {
    let ends = now + TimeDelta::seconds(*pick(random, &[-5, 60, 240]));
    let labels: std::collections::BTreeMap<_, _> = labels(random).into_iter().collect();
    let body = json!([{ "labels": labels, "startsAt": (now - TimeDelta::minutes(1)).to_rfc3339(), "endsAt": ends.to_rfc3339() }]);
    Arrival { kind: InputKind::Push, source: "default", body: body.to_string().into_bytes() }
}

pub fn poll(random: &mut fastrand::Rng, now: DateTime<Utc>) -> Arrival {
    let labels = Pairs::labels(labels(random));
    let fingerprint = Fingerprint::of(&labels);
    let source = *pick(random, &SOURCES);
    let poll = Poll {
        source: SourceName::from(source),
        active: Vec::new(),
        muted: Vec::new(),
        gone: vec![fingerprint],
        as_of: now,
    };
    Arrival { kind: InputKind::Poll, source, body: wire::poll::poll_body(&poll) }
}
