//! `kill -9`, a thousand times, under load: nothing that was acknowledged is lost, nothing is doubled.
//!
//! `KILLS=50000 cargo test --test kill` does it more often.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/host.rs"]
mod host;
#[path = "support/program.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod program;
#[path = "support/slack.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod slack;

use domain::ids::InputSeq;
use earlybell::store::sqlite::SqliteStore;
use earlybell::store::{InputKind, Store};
use program::{Program, call};
use slack::Slack;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Kills in CI.
const KILLS: u64 = 1_000;
const CLIENTS: usize = 4;
/// Kills until alerts belong to another incident.
const KILLS_AN_INCIDENT: u64 = 50;
/// Acknowledged alerts until the next kill: at most so many.
const ACKS_MAX: u64 = 12;
/// A client that was refused tries again after this.
const REFUSED_PAUSE: Duration = Duration::from_millis(5);

/// What the clients know.
#[derive(Default)]
struct Known {
    acknowledged: Mutex<BTreeSet<u64>>,
    next: AtomicU64,
    acks: AtomicU64,
    incident: AtomicU64,
    over: AtomicBool,
}

fn webhook(incident: u64, alert: u64) -> String {
    format!(
        r#"{{"version":"4","receiver":"bell","groupKey":"{{}}:{{n=\"{incident}\"}}","truncatedAlerts":0,"status":"firing","groupLabels":{{}},"commonLabels":{{}},"commonAnnotations":{{}},"externalURL":"","alerts":[{{"status":"firing","labels":{{"alertname":"Kill{incident}","severity":"critical","n":"alert-{alert}."}},"annotations":{{}},"endsAt":"0001-01-01T00:00:00Z","generatorURL":""}}]}}"#
    )
}

fn client(address: SocketAddr, known: &Known) {
    while !known.over.load(Ordering::SeqCst) {
        let alert = known.next.fetch_add(1, Ordering::SeqCst);
        let body = webhook(known.incident.load(Ordering::SeqCst), alert);
        if call(address, "POST", "/api/v1/alertmanager", &body).is_ok() {
            known.acknowledged.lock().unwrap().insert(alert);
            known.acks.fetch_add(1, Ordering::SeqCst);
        } else {
            // Nobody listens: the program that starts needs the cores more than we do.
            std::thread::park_timeout(REFUSED_PAUSE);
        }
    }
}

#[test]
fn no_kill_loses_or_doubles_anything() {
    let kills: u64 = std::env::var("KILLS").map_or(KILLS, |kills| kills.parse().expect("KILLS is a number"));
    let slack = Slack::start();
    let config = format!(
        // Twenty incidents within minutes are no storm here.
        "timing: {{ storm_after: 1000 }}\nroute: {{ receiver: team }}\nreceivers: [{{ name: team, slack: {{ channel: {}, bot_token: {}, api_url: '{}' }} }}]\n",
        slack::CHANNELS[0].0,
        slack::TOKEN,
        slack.url
    );
    let mut program = Program::start(&config, &[]);
    let known = Arc::new(Known::default());
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (address, known) = (program.address, Arc::clone(&known));
            std::thread::spawn(move || client(address, &known))
        })
        .collect();
    let mut random = fastrand::Rng::with_seed(7);
    for kill in 0..kills {
        known.incident.store(kill / KILLS_AN_INCIDENT, Ordering::SeqCst);
        let until = known.acks.load(Ordering::SeqCst) + random.u64(1..=ACKS_MAX);
        program.wait("nothing is acknowledged", |_| (known.acks.load(Ordering::SeqCst) >= until).then_some(()));
        program.kill();
        program.spawn();
    }
    known.over.store(true, Ordering::SeqCst);
    clients.into_iter().for_each(|client| client.join().unwrap());

    program.wait("it does not come to rest", |program| {
        let quiet = program.metric("earlybell_engine_lag_inputs")? == 0.0;
        (quiet && program.metric("earlybell_outbox_queue_length")? == 0.0).then_some(())
    });
    program.kill();
    check(&program, &known, &slack, kills);
}

fn check(program: &Program, known: &Known, slack: &Slack, kills: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let store = SqliteStore::open(&program.folder.path().join("data")).unwrap();
    let (inputs, incidents) = runtime.block_on(async {
        let inputs = store.inputs_after(InputSeq(0), usize::MAX, usize::MAX).await.unwrap();
        let filter = earlybell::store::IncidentFilter { max: 100_000, ..Default::default() };
        (inputs, store.incidents(filter).await.unwrap())
    });
    let mut stored = BTreeSet::new();
    for input in inputs.iter().filter(|input| input.kind == InputKind::Webhook) {
        let text = String::from_utf8_lossy(&input.body);
        let alert = text.split("alert-").nth(1).and_then(|rest| rest.split('.').next()?.parse().ok()).unwrap();
        assert!(stored.insert(alert), "alert {alert} was stored twice, though it was sent once");
    }
    let acknowledged = known.acknowledged.lock().unwrap();
    let lost: Vec<_> = acknowledged.difference(&stored).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    let names: BTreeSet<_> = incidents.iter().map(|incident| incident.title.clone()).collect();
    assert_eq!(names.len(), incidents.len(), "an incident was declared twice");
    assert_eq!(incidents.len() as u64, kills.div_ceil(KILLS_AN_INCIDENT));
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for message in &slack.world().messages {
        *seen.entry(message.metadata["event_payload"]["delivery"].to_string()).or_default() += 1;
    }
    let doubled: Vec<_> = seen.iter().filter(|(_, times)| **times > 1).collect();
    assert!(doubled.is_empty(), "Slack shows a notice twice: {doubled:?}");
    assert!(seen.len() >= incidents.len(), "an incident was not told");
    eprintln!(
        "{kills} kills, {} alerts acknowledged, {} notices: none lost, none doubled",
        acknowledged.len(),
        seen.len()
    );
}
