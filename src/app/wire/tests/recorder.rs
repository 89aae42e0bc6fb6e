//! The event recorder of a real Alertmanager 0.33.1: two alerts fire, one is silenced, both end, one of them under its
//! silence.

use crate::app::wire::{WireError, alertmanager, recorder};
use chrono::{DateTime, TimeDelta, Utc};
use domain::alert::event::{Event, Events, Said};
use domain::alert::reconcile::Poll;
use domain::alert::table::Table;
use domain::alert::{Alert, SourceName};
use domain::policy::Timing;
use serde_json::{Value, json};

fn bodies() -> Vec<Value> {
    let file = include_str!("../../../../tests/fixtures/alertmanager/event_recorder_0.33.1.json");
    let recorded: Vec<Value> = serde_json::from_str(file).unwrap();
    recorded.into_iter().map(|request| request["body"].clone()).collect()
}

fn read(body: &Value) -> Events {
    recorder::events("am", body.to_string().as_bytes()).unwrap()
}

fn told(event: &Event) -> String {
    match &event.what {
        Said::Observed(seen) => format!("{} {:?} until {:?}", seen.labels.value("instance"), seen.status, seen.ends_at),
        Said::Muted { fingerprint, by, .. } => format!("{fingerprint} muted by {by:?}"),
    }
}

#[test]
fn each_event_says_what_it_is_about() {
    let bodies = bodies();
    let all = Value::from(bodies.clone());
    let checked = recorder::check(all.to_string().as_bytes()).unwrap();
    let kinds: Vec<(&str, u64)> = checked.kinds.into_iter().collect();
    assert_eq!(
        kinds,
        [
            ("alert_created", 2),
            ("alert_grouped", 4),
            ("alert_resolved", 2),
            ("alertmanager_shutdown_event", 1),
            ("alertmanager_startup_event", 1),
            ("notification", 3),
            ("silence_created", 1),
            ("silence_muted_alert", 4),
        ]
    );
    let lines: Vec<String> = read(&all).events.iter().map(told).collect();
    let muted = r#"e0f9946c2efc4a66 muted by ["a415938c-84c8-4777-a012-75a4a48c4cdc"]"#;
    assert_eq!(
        lines,
        [
            "i1 Firing until None",
            "i2 Firing until None",
            "i2 Firing until None",
            "i1 Firing until None",
            muted,
            muted,
            "i1 Resolved until Some(2026-11-22T07:02:24.551843Z)",
            muted,
            "i1 Resolved until Some(2026-11-22T07:02:24.551843Z)",
            "i2 Resolved until Some(2026-11-22T07:02:28.554229Z)",
            muted,
            "i2 Resolved until Some(2026-11-22T07:02:28.554229Z)",
        ]
    );
    let one_by_one: Vec<Event> = bodies.iter().flat_map(|body| read(body).events).collect();
    assert_eq!(one_by_one, read(&all).events, "one at a time, or a list");
}

#[test]
fn an_inhibited_alert_names_who_inhibits_it() {
    let muted = json!({"@timestamp": "2026-11-22T07:02:30Z", "data": {"inhibitionMutedAlert": {
        "inhibitRules": [{"equalLabels": ["cluster"]}], "inhibitingFingerprints": ["3601308807694751309"],
        "mutedAlert": {"fingerprint": "16211151526062475878", "labels": {"labels": [{"key": "a", "value": "b"}]}},
    }}});
    let events = read(&muted).events;
    assert_eq!(events.iter().map(told).collect::<Vec<_>>(), [r#"e0f9946c2efc4a66 muted by ["31fa6b47b121964d"]"#]);
}

#[test]
fn what_is_not_known_is_counted_and_what_is_broken_is_told() {
    let created = &bodies()[1];
    let check = |body: Value| recorder::check(body.to_string().as_bytes());
    let later = json!({"@timestamp": "2026-11-22T07:02:30Z", "data": {"alertAcknowledged": {"by": "ada"}}});
    assert_eq!(check(later.clone()).unwrap().kinds.into_iter().collect::<Vec<_>>(), [("unknown", 1)]);
    let checked = check(json!([created, {"data": {"alertCreated": {}}}, later])).unwrap();
    assert_eq!((checked.alerts, checked.dropped), (2, 1));
    assert_eq!(checked.problem.as_deref(), Some("event 1: its @timestamp is no RFC 3339 time"));
    assert_eq!(check(json!([])).unwrap(), alertmanager::Checked::default());
    let webhook = json!({"version": "4", "alerts": []});
    assert_eq!(
        check(webhook).unwrap_err().to_string(),
        "none of its 1 events can be understood: event 0: it has no `data`, as Alertmanager's event recorder writes it"
    );
    for body in ["", "{", "nonsense"] {
        assert!(matches!(recorder::check(body.as_bytes()), Err(WireError::NotJson(_))), "{body}");
    }
    assert_eq!(
        check(json!(7)).unwrap_err().to_string(),
        "expected an event of Alertmanager's recorder, or a list of them, got a number"
    );
}

fn time(body: &Value) -> DateTime<Utc> {
    body["@timestamp"].as_str().unwrap().parse().unwrap()
}

// What is left of it in the end: nothing of how it came there.
fn end(table: &Table) -> Vec<String> {
    let line =
        |alert: &Alert| format!("{} {:?} {:?}", alert.labels.value("instance"), alert.state, alert.claimed_starts_at);
    let mut lines: Vec<String> = table.iter().map(line).collect();
    lines.sort();
    lines
}

const BOTH_OVER: [&str; 2] = [
    "i1 Resolved { ends_at: 2026-11-22T07:02:24.551843Z, because: Reported, contested_until: None } \
     Some(2026-11-22T07:01:55.547873Z)",
    "i2 Resolved { ends_at: 2026-11-22T07:02:28.554229Z, because: Reported, contested_until: None } \
     Some(2026-11-22T07:01:55.547904Z)",
];

#[test]
fn the_recording_alone_ends_what_is_silenced_too() {
    let timing = Timing::default();
    let mut table = Table::new();
    let mut lines = Vec::new();
    for body in bodies() {
        let at = time(&body) + TimeDelta::milliseconds(2);
        for transition in table.events(&read(&body), at, &timing).transitions {
            let who = table.get(transition.alert).unwrap().labels.value("instance").to_owned();
            lines.push(format!("{} {who} {:?}", at.format("%T"), transition.change));
        }
    }
    let expected = [
        "07:02:15 i1 Firing",
        "07:02:15 i2 Firing",
        "07:02:21 i2 Muted",
        // The webhook tells this three seconds later, and the next one never.
        "07:02:24 i1 Resolved(Reported)",
        "07:02:28 i2 Resolved(Reported)",
    ];
    assert_eq!(lines, expected);
    assert_eq!(end(&table), BOTH_OVER);
}

// The webhooks of the same Alertmanager: what its notifications say.
fn webhooks() -> Vec<Vec<u8>> {
    let webhook = |notification: &Value| {
        let alerts = notification["alerts"].as_array().unwrap().iter().map(|alert| {
            let details = &alert["details"];
            let map = |of: &Value| -> Value {
                let pairs = of["labels"].as_array().unwrap().iter();
                pairs.map(|pair| (pair["key"].as_str().unwrap().to_owned(), pair["value"].clone())).collect()
            };
            json!({"status": if details["resolved"] == true { "resolved" } else { "firing" },
                "labels": map(&details["labels"]), "annotations": map(&details["annotations"]),
                "startsAt": details["startsAt"], "endsAt": details["endsAt"], "generatorURL": "http://prometheus/graph"})
        });
        let alerts: Vec<Value> = alerts.collect();
        json!({"version": "4", "receiver": "ev", "groupKey": notification["groupInfo"]["groupKey"], "alerts": alerts})
    };
    let bodies = bodies();
    let notifications = bodies.iter().map(|body| &body["data"]["notification"]).filter(|one| one.is_object());
    notifications.map(|one| webhook(one).to_string().into_bytes()).collect()
}

enum Arrival {
    Events(Events),
    Webhook(Vec<u8>),
}

// Everything arrives in this order, late and close together; in the end a poll finds nothing at that Alertmanager.
fn play(arrivals: &[Arrival]) -> Table {
    let timing = Timing::default();
    let mut table = Table::new();
    let mut at: DateTime<Utc> = "2026-11-22T07:02:40Z".parse().unwrap();
    for arrival in arrivals {
        at += TimeDelta::milliseconds(100);
        match arrival {
            Arrival::Events(events) => drop(table.events(events, at, &timing)),
            Arrival::Webhook(body) => drop(table.take(&alertmanager::batch("am", body).unwrap(), at, &timing)),
        }
    }
    at += TimeDelta::seconds(60);
    let gone = table.iter().map(|alert| alert.key.fingerprint).collect();
    let poll = Poll { source: SourceName::from("am"), as_of: at, active: Vec::new(), muted: Vec::new(), gone };
    table.poll(&poll, at, &timing);
    table
}

// The events in any order, some twice, in lists of any length.
fn shuffled(random: &mut fastrand::Rng) -> Vec<Arrival> {
    let mut bodies = bodies();
    let again = random.usize(..bodies.len());
    bodies.push(bodies[again].clone());
    random.shuffle(&mut bodies);
    let mut arrivals = Vec::new();
    while !bodies.is_empty() {
        let rest = bodies.split_off(random.usize(1..=bodies.len().min(4)));
        arrivals.push(Arrival::Events(read(&Value::from(bodies))));
        bodies = rest;
    }
    arrivals
}

#[test]
fn in_any_order_it_ends_the_same() {
    for seed in 0..500 {
        let arrivals = shuffled(&mut fastrand::Rng::with_seed(seed));
        assert_eq!(end(&play(&arrivals)), BOTH_OVER, "seed {seed}");
    }
}

#[test]
fn mixed_with_the_webhooks_in_any_order_it_ends_the_same() {
    for seed in 0..500 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut arrivals = shuffled(&mut random);
        // Webhooks of one group come in order, wherever the events are by then.
        let mut places: Vec<usize> = webhooks().iter().map(|_| random.usize(..=arrivals.len())).collect();
        places.sort_unstable();
        for (place, body) in places.into_iter().zip(webhooks()).rev() {
            arrivals.insert(place, Arrival::Webhook(body));
        }
        assert_eq!(end(&play(&arrivals)), BOTH_OVER, "seed {seed}");
    }
}

#[test]
fn beside_the_webhooks_it_adds_only_what_they_cannot_say() {
    let timing = Timing::default();
    let at = |seconds: i64| "2026-11-22T07:02:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(seconds);
    let mut table = Table::new();
    let mut take =
        |second: i64, body: &[u8]| table.take(&alertmanager::batch("am", body).unwrap(), at(second), &timing);
    take(16, &webhooks()[0]);
    take(19, &webhooks()[1]);
    let before = end(&table);
    // Known by the webhook: created and grouped say nothing, and change no row.
    let known: Vec<Value> = bodies()[1..5].to_vec();
    let taken = table.events(&read(&Value::from(known)), at(20), &timing);
    assert_eq!((taken.transitions.len(), taken.changed.len(), taken.counts.repeated), (0, 0, 4));
    assert_eq!(end(&table), before);
    let link = |table: &Table| table.iter().map(|alert| alert.generator_url.to_string()).collect::<Vec<_>>();
    assert_eq!(link(&table), ["http://prometheus/graph"; 2]);
    // A mute that was said long ago may be over by now; a fresh one counts.
    let muted = |at: DateTime<Utc>, until: DateTime<Utc>| {
        let mut body = bodies()[8].clone();
        body["@timestamp"] = json!(at.to_rfc3339());
        body["data"]["silenceMutedAlert"]["silence"]["endsAt"] = json!(until.to_rfc3339());
        read(&body)
    };
    assert_eq!(table.events(&muted(at(20), at(200)), at(81), &timing).counts.muted, 0, "late");
    assert_eq!(table.events(&muted(at(15), at(200)), at(30), &timing).counts.muted, 0, "said to fire since");
    assert_eq!(table.events(&muted(at(29), at(30)), at(30), &timing).counts.muted, 0, "the silence is over");
    assert_eq!(table.events(&muted(at(29), at(200)), at(30), &timing).counts.muted, 1);
    assert_eq!(table.events(&muted(at(33), at(200)), at(33), &timing).counts.repeated, 1, "and said again is no news");
    // A late "created" does not unmute it.
    assert_eq!(table.events(&read(&bodies()[2]), at(34), &timing).transitions, []);
}

#[test]
fn a_new_episode_fires_and_a_guessed_end_is_taken_back() {
    let timing = Timing::default();
    let at = |seconds: i64| "2026-11-22T07:02:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(seconds);
    let created = |said: DateTime<Utc>, started: DateTime<Utc>| {
        let mut body = bodies()[1].clone();
        body["@timestamp"] = json!(said.to_rfc3339());
        body["data"]["alertCreated"]["alert"]["startsAt"] = json!(started.to_rfc3339());
        read(&body)
    };
    let mut table = Table::new();
    table.events(&created(at(0), at(0)), at(0), &timing);
    table.events(&read(&bodies()[13]), at(30), &timing);
    assert_eq!(table.events(&created(at(26), at(24)), at(31), &timing).counts.late, 1, "of the episode that is over");
    assert_eq!(table.events(&created(at(27), at(26)), at(31), &timing).counts.again, 1, "a later one");
    // Nothing is heard for so long that it counts as over; then Alertmanager groups it again.
    let stale = at(31) + timing.alert_timeout.delta();
    assert_eq!(table.due(stale, &timing).counts.resolved, 1);
    assert_eq!(table.events(&created(stale - TimeDelta::seconds(9), at(26)), stale, &timing).counts.late, 1);
    let later = stale + TimeDelta::seconds(9);
    assert_eq!(table.events(&created(later, at(26)), later, &timing).counts.again, 1);
}
