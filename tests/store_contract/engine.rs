//! What the engine writes, and what it and the pages read back.

use crate::fixtures::{
    End, alert, at, claim, closed, decide, delivery, evidence, finish, incident, input, note, resolved,
};
use chrono::NaiveDate;
use domain::alert::drill::DRILL_SOURCE;
use domain::alert::{AlertState, Pairs};
use domain::delivery::Lane;
use domain::engine::{Answer, BeatRow, Changes, Deleted, Evidence, Loaded, Shadow};
use domain::ids::{AlertId, IncidentId, InputSeq};
use domain::incident::review::{Action, ActionEnd, ActionItem, Ended};
use domain::incident::roles::{COMMUNICATIONS, MANAGER, Opened};
use domain::incident::{Incident, Reply, Severity, Stage};
use domain::policy::{PolicySource, Route};
use domain::rules::eval::HoldRow;
use earlybell::store::{ActionFilter, DeliveryFilter, Figures, IncidentFilter, InputKind, Store, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

fn changes(position: u64) -> Changes {
    Changes { position: InputSeq(position), at: Some(at(position as i64)), ..Changes::default() }
}

fn hold(rule: &str) -> HoldRow {
    HoldRow {
        rule: rule.to_owned(),
        version: u64::MAX,
        key: Pairs::new([("cluster", "a")]),
        since: vec![None, Some(at(3))],
    }
}

fn beat(name: &str) -> BeatRow {
    BeatRow { name: name.to_owned(), known_since: at(0), last: Some(at(1)), silent_from: at(2), missing: true }
}

fn answer(key: Option<&str>, input: u64) -> Answer {
    let text = format!("done by {input}");
    Answer {
        input: InputSeq(input),
        key: key.map(str::to_owned),
        reply: Reply::Done { incident: IncidentId(7), text, next: None },
        at: at(input as i64),
    }
}

fn policy(url: &str) -> PolicySource {
    PolicySource {
        rule_files: Vec::new(),
        receivers: Vec::new(),
        route: Route::default(),
        templates: BTreeMap::new(),
        external_url: url.to_owned(),
        ..PolicySource::default()
    }
}

pub async fn starts_empty(store: &Arc<dyn Store>) {
    assert_eq!(store.load(at(0)).await.unwrap(), Loaded::default());
    assert_eq!(store.incident(IncidentId(1)).await.unwrap(), None);
    assert_eq!(store.timeline(IncidentId(1), None, 10).await.unwrap(), []);
    assert_eq!(store.prune(at(0), 10).await.unwrap(), 0);
}

pub async fn loads_what_was_committed(store: &Arc<dyn Store>) {
    let alerts = [
        alert(1, "default", AlertState::Firing),
        alert(2, "other", AlertState::Unreported { since: at(1) }),
        alert(3, "default", AlertState::Muted { by: vec!["silence 1".to_owned()] }),
        alert(4, "default", resolved(2, None)),
        alert(5, "default", resolved(2, Some(9))),
    ];
    let incidents = [incident(7, Stage::Suspected), closed(8, 5)];
    let gathered = Evidence { counted: false, ..evidence(7, 2) };
    let all = Changes {
        alerts: alerts.iter().map(|alert| (alert.id, Some(alert.clone()))).collect(),
        incidents: incidents.iter().map(|incident| (incident.id, incident.clone())).collect(),
        evidence: vec![evidence(7, 1), gathered, evidence(8, 4)],
        holds: BTreeMap::from([(("publish".to_owned(), hold("publish").key), Some(hold("publish")))]),
        began_at: Some(at(-9)),
        beats: BTreeMap::from([("dog".to_owned(), Some(beat("dog"))), ("cat".to_owned(), None)]),
        answers: vec![answer(Some("k"), 5), answer(None, 6)],
        policy: Some(Arc::new(policy("https://bell.example"))),
        deliveries: vec![delivery(40, 7, "team", Lane::Root), delivery(41, 7, "list", Lane::Root)],
        entries: vec![note(7, 1), note(7, 2), note(8, 1)],
        ..changes(6)
    };
    store.commit(all).await.unwrap();
    let expected = Loaded {
        position: InputSeq(6),
        at: Some(at(6)),
        alerts: alerts.to_vec(),
        incidents: incidents.to_vec(),
        evidence: vec![evidence(7, 1), gathered, evidence(8, 4)],
        holds: vec![hold("publish")],
        beats: vec![beat("dog")],
        answers: vec![answer(Some("k"), 5)],
        policy: Some(policy("https://bell.example")),
        last_incident: 8,
        last_alert: 5,
        last_delivery: 41,
        began_at: Some(at(-9)),
        ..Loaded::default()
    };
    assert_eq!(store.load(at(10)).await.unwrap(), expected);
}

pub async fn keeps_what_rules_on_trial_would_have_declared(store: &Arc<dyn Store>) {
    let shadows = |all: [Shadow; 3]| all.into_iter().map(|shadow| (shadow.id, shadow)).collect();
    let [open, ended, old] = [shadow(3, "disk", None), shadow(2, "disk", Some(50)), shadow(1, "load", Some(-700_000))];
    store
        .commit(Changes { shadows: shadows([open.clone(), old.clone(), shadow(2, "disk", None)]), ..changes(1) })
        .await
        .unwrap();
    store.commit(Changes { shadows: BTreeMap::from([(2, ended.clone())]), ..changes(2) }).await.unwrap();
    let loaded = store.load(at(60)).await.unwrap();
    assert_eq!(
        (loaded.shadows, loaded.last_shadow),
        (vec![ended.clone(), open.clone()], 3),
        "open, or ended within a week"
    );
    assert_eq!(store.shadows(2).await.unwrap(), [open.clone(), ended.clone()], "newest first");
    let counts = store.shadow_counts(at(2)).await.unwrap();
    assert_eq!(counts, [("disk".to_owned(), 2)], "by rule, since a time");
    assert_eq!(store.prune(at(60), 10).await.unwrap(), 2, "what ended before");
    assert_eq!(store.shadows(10).await.unwrap(), [open]);
    assert_eq!(store.load(at(60)).await.unwrap().last_shadow, 3, "no number is given twice");
}

fn shadow(id: u64, rule: &str, until: Option<i64>) -> Shadow {
    Shadow {
        id,
        rule: rule.to_owned(),
        version: u64::MAX,
        correlation: Pairs::new([("instance", "a")]),
        from: at(id as i64),
        until: until.map(at),
        severity: Severity::Major,
        title: "a is full".to_owned(),
        because: "1 alert".to_owned(),
        alerts: BTreeSet::from([AlertId(7)]),
        reopened: 1,
        clear_since: until.map(at),
    }
}

pub async fn overwrites_rows_of_earlier_commits(store: &Arc<dyn Store>) {
    let key = ("publish".to_owned(), hold("publish").key);
    let first = Changes {
        alerts: BTreeMap::from([
            (AlertId(1), Some(alert(1, "default", AlertState::Firing))),
            (AlertId(2), Some(alert(2, "default", AlertState::Firing))),
        ]),
        incidents: BTreeMap::from([(IncidentId(7), incident(7, Stage::Suspected))]),
        evidence: vec![Evidence { counted: false, ..evidence(7, 1) }],
        holds: BTreeMap::from([(key.clone(), Some(hold("publish")))]),
        policy: Some(Arc::new(policy("a"))),
        ..changes(1)
    };
    store.commit(first).await.unwrap();
    let mut changed = alert(1, "default", resolved(2, None));
    (changed.episodes, changed.group, changed.expires_at) = (4, None, None);
    (changed.last_seen, changed.starts_at, changed.generator_url) = (at(9), at(8), "".into());
    changed.claimed_starts_at = None;
    changed.past.clear();
    changed.annotations = Pairs::default();
    let mut later = incident(7, Stage::Confirmed);
    later.severity = Severity::Critical;
    let second = Changes {
        at: None,
        alerts: BTreeMap::from([(AlertId(1), Some(changed.clone())), (AlertId(2), None), (AlertId(9), None)]),
        incidents: BTreeMap::from([(IncidentId(7), later.clone())]),
        evidence: vec![evidence(7, 1)],
        holds: BTreeMap::from([(key, None)]),
        policy: Some(Arc::new(policy("b"))),
        ..changes(2)
    };
    store.commit(second).await.unwrap();
    let loaded = store.load(at(10)).await.unwrap();
    assert_eq!(loaded.alerts, [changed]);
    assert_eq!(loaded.incidents, [later]);
    assert_eq!((loaded.evidence, loaded.holds), (vec![evidence(7, 1)], Vec::new()));
    assert_eq!((loaded.policy, loaded.at), (Some(policy("b")), Some(at(1))));
}

pub async fn takes_alerts_away_before_it_attaches_others(store: &Arc<dyn Store>) {
    let alerts = [1, 2, 3].map(|id| (AlertId(id), Some(alert(id, "default", AlertState::Firing))));
    let first = Changes {
        alerts: BTreeMap::from(alerts),
        incidents: BTreeMap::from([(IncidentId(7), incident(7, Stage::Confirmed))]),
        evidence: vec![evidence(7, 1), evidence(7, 2), evidence(7, 3)],
        ..changes(1)
    };
    store.commit(first).await.unwrap();
    // Two of them were split off; one came back within the same commit, and is only gathered now.
    let back = Evidence { counted: false, ..evidence(7, 3) };
    let second = Changes {
        incidents: BTreeMap::from([(IncidentId(8), incident(8, Stage::Confirmed))]),
        detached: BTreeSet::from([
            (IncidentId(7), AlertId(2)),
            (IncidentId(7), AlertId(3)),
            (IncidentId(9), AlertId(9)),
        ]),
        evidence: vec![evidence(8, 2), back],
        ..changes(2)
    };
    store.commit(second).await.unwrap();
    assert_eq!(store.evidence_of(IncidentId(7)).await.unwrap(), [1, 3].map(AlertId));
    assert_eq!(store.evidence_of(IncidentId(8)).await.unwrap(), [2].map(AlertId));
    assert_eq!(store.load(at(3)).await.unwrap().evidence, [evidence(7, 1), back, evidence(8, 2)]);
}

pub async fn refuses_the_same_inputs_twice(store: &Arc<dyn Store>) {
    decide(store, 5, vec![delivery(1, 7, "team", Lane::Root)]).await;
    for position in [5, 4, 0] {
        let again = Changes { entries: vec![note(7, 1)], ..changes(position) };
        assert!(matches!(store.commit(again).await, Err(StoreError::Broken(_))), "{position}");
    }
    // A row that can't be written takes the whole commit with it.
    let twice = Changes { entries: vec![note(7, 1), note(7, 1)], ..changes(6) };
    assert!(store.commit(twice).await.is_err());
    assert_eq!(store.timeline(IncidentId(7), None, 10).await.unwrap(), []);
    assert_eq!(store.load(at(0)).await.unwrap().position, InputSeq(5));
}

pub async fn pages_timelines_newest_first(store: &Arc<dyn Store>) {
    let entries = (1..=7).map(|number| note(7, number)).chain([note(8, 1)]).collect();
    store.commit(Changes { entries, ..changes(1) }).await.unwrap();
    let page = store.timeline(IncidentId(7), None, 3).await.unwrap();
    assert_eq!(page, [note(7, 7), note(7, 6), note(7, 5)]);
    assert_eq!(store.timeline(IncidentId(7), Some(3), 10).await.unwrap(), [note(7, 2), note(7, 1)]);
    assert_eq!(store.timeline(IncidentId(7), Some(1), 10).await.unwrap(), []);
}

pub async fn lists_incidents_newest_first(store: &Arc<dyn Store>) {
    let all = [incident(1, Stage::Confirmed), closed(2, 5), incident(3, Stage::Suspected), closed(4, 6)];
    let incidents = all.iter().map(|incident| (incident.id, incident.clone())).collect();
    store.commit(Changes { incidents, ..changes(1) }).await.unwrap();
    let listed = async |open, before: Option<u64>, max| {
        let filter = IncidentFilter { open, before: before.map(IncidentId), max };
        store.incidents(filter).await.unwrap().iter().map(|incident| incident.id.0).collect::<Vec<_>>()
    };
    assert_eq!(listed(None, None, 10).await, [4, 3, 2, 1]);
    assert_eq!(listed(None, Some(4), 2).await, [3, 2]);
    assert_eq!(listed(Some(true), None, 10).await, [3, 1]);
    assert_eq!(listed(Some(false), Some(4), 10).await, [2]);
    assert_eq!(store.incident(IncidentId(2)).await.unwrap().as_ref(), Some(&all[1]));
}

pub async fn shows_firing_alerts_first_and_forgotten_ones_still(store: &Arc<dyn Store>) {
    let states = [resolved(1, None), AlertState::Firing, resolved(1, None), AlertState::Firing];
    let alerts = (1..).zip(states).map(|(id, state)| (AlertId(id), Some(alert(id, "default", state)))).collect();
    let all = vec![evidence(7, 1), evidence(7, 2), evidence(7, 4)];
    store.commit(Changes { alerts, evidence: all, ..changes(1) }).await.unwrap();
    let shown = async |max| {
        let alerts = store.alerts_of(IncidentId(7), max).await.unwrap();
        alerts.iter().map(|alert| alert.id.0).collect::<Vec<_>>()
    };
    assert_eq!(shown(10).await, [2, 4, 1]);
    assert_eq!(shown(2).await, [2, 4]);
    let forgotten = BTreeMap::from([(AlertId(1), None), (AlertId(3), None)]);
    store.commit(Changes { alerts: forgotten, ..changes(2) }).await.unwrap();
    assert_eq!(shown(10).await, [2, 4, 1], "the page of an old incident stays as it was");
    assert_eq!(store.load(at(3)).await.unwrap().alerts.len(), 2);
    assert_eq!(store.evidence_of(IncidentId(7)).await.unwrap(), [1, 2, 4].map(AlertId));
}

pub async fn lists_open_and_contested_alerts_of_a_source(store: &Arc<dyn Store>) {
    let alerts = [
        alert(1, "default", AlertState::Firing),
        alert(2, "other", AlertState::Firing),
        alert(3, "default", resolved(1, None)),
        alert(4, "default", resolved(1, Some(5))),
        alert(5, "default", AlertState::Muted { by: Vec::new() }),
        alert(6, DRILL_SOURCE, AlertState::Firing),
    ];
    let rows = alerts.iter().map(|alert| (alert.id, Some(alert.clone()))).collect();
    store.commit(Changes { alerts: rows, ..changes(1) }).await.unwrap();
    let expected = [&alerts[0], &alerts[3], &alerts[4]].map(Clone::clone);
    assert_eq!(store.open_alerts("default").await.unwrap(), expected);
    let counted = store.figures(at(0)).await.unwrap().open_alerts;
    assert_eq!(counted, 3, "a contested one is over until it is settled, and practice does not count");
}

pub async fn answers_a_key_once_for_a_day(store: &Arc<dyn Store>) {
    store.commit(Changes { answers: vec![answer(Some("k"), 1)], ..changes(1) }).await.unwrap();
    store.commit(Changes { answers: vec![answer(Some("k"), 2)], ..changes(2) }).await.unwrap();
    assert_eq!(store.answer("k").await.unwrap(), Some(answer(None, 1).reply), "the first answer stands");
    assert_eq!(store.answer("other").await.unwrap(), None);
    let day = 86_400;
    // A day by the engine's clock, which a restart must not move.
    assert_eq!(store.load(at(day + 1)).await.unwrap().answers, [answer(Some("k"), 1)]);
    store.commit(changes(day as u64 + 1)).await.unwrap();
    assert_eq!(store.load(at(day + 1)).await.unwrap().answers, []);
    assert_eq!(store.answer("k").await.unwrap(), None, "a day later it may be used again");
    let again = answer(Some("k"), day as u64 + 2);
    store.commit(Changes { answers: vec![again.clone()], ..changes(day as u64 + 2) }).await.unwrap();
    assert_eq!(store.answer("k").await.unwrap(), Some(again.reply));
}

pub async fn loads_closed_incidents_for_a_while(store: &Arc<dyn Store>) {
    let all = [incident(1, Stage::Confirmed), closed(2, 0), closed(3, 86_400)];
    let incidents = all.iter().map(|incident| (incident.id, incident.clone())).collect();
    let hangs_on = vec![evidence(1, 1), evidence(2, 2), evidence(3, 3)];
    store.commit(Changes { incidents, evidence: hangs_on, ..changes(1) }).await.unwrap();
    let loaded = store.load(at(7 * 86_400 + 1)).await.unwrap();
    assert_eq!(loaded.incidents, [all[0].clone(), all[2].clone()]);
    assert_eq!(loaded.evidence, [evidence(1, 1), evidence(3, 3)]);
    assert_eq!(loaded.last_incident, 3);
}

pub async fn never_gives_a_number_twice(store: &Arc<dyn Store>) {
    let first = Changes {
        alerts: BTreeMap::from([(AlertId(9), Some(alert(9, "default", AlertState::Firing)))]),
        incidents: BTreeMap::from([(IncidentId(3), closed(3, 0))]),
        deliveries: vec![delivery(12, 3, "team", Lane::Root)],
        ..changes(1)
    };
    store.commit(first).await.unwrap();
    store.commit(Changes { alerts: BTreeMap::from([(AlertId(9), None)]), ..changes(2) }).await.unwrap();
    while store.past().prune_incidents(at(1000), 100).await.unwrap() > 0 {}
    let loaded = store.load(at(1000)).await.unwrap();
    assert_eq!((loaded.alerts.len(), loaded.incidents.len()), (0, 0));
    assert_eq!((loaded.last_alert, loaded.last_incident, loaded.last_delivery), (9, 3, 12));
}

pub async fn prunes_closed_incidents_with_all_that_hangs_on_them(store: &Arc<dyn Store>) {
    let all = [incident(1, Stage::Suspected), closed(2, 10), closed(3, 20)];
    let alerts = (1..=3).map(|id| (AlertId(id), Some(alert(id, "default", resolved(0, None))))).collect();
    let first = Changes {
        alerts,
        incidents: all.iter().map(|incident| (incident.id, incident.clone())).collect(),
        entries: (1..=3).flat_map(|id| [note(id, 1), note(id, 2)]).collect(),
        // Alert 2 belongs to two incidents.
        evidence: vec![evidence(1, 1), evidence(2, 1), evidence(2, 2), evidence(3, 2), evidence(2, 3)],
        deliveries: (1..=3).map(|id| delivery(id, id, "team", Lane::Root)).collect(),
        ..changes(1)
    };
    store.commit(first).await.unwrap();
    let forgotten = [1, 2, 3].map(|id| (AlertId(id), None));
    store.commit(Changes { alerts: BTreeMap::from(forgotten), ..changes(2) }).await.unwrap();
    let mut deleted = Vec::new();
    assert_eq!(store.prune(at(1000), 100).await.unwrap(), 0, "incidents stay until somebody deletes them");
    while let rows @ 1.. = store.past().prune_incidents(at(15), 3).await.unwrap() {
        deleted.push(rows);
    }
    // One delivery, one alert, three of evidence, two entries, six labels, one person, words, history, the incident.
    assert_eq!(deleted, [3, 3, 3, 3, 3, 2]);
    assert!(store.past().deleted(IncidentId(2)).await.unwrap().is_some(), "its number stays taken");
    assert_eq!(store.incident(IncidentId(2)).await.unwrap(), None);
    assert_eq!(store.timeline(IncidentId(2), None, 10).await.unwrap(), []);
    assert_eq!(store.evidence_of(IncidentId(2)).await.unwrap(), []);
    assert_eq!(store.timeline(IncidentId(3), None, 10).await.unwrap().len(), 2);
    assert_eq!(store.alerts_of(IncidentId(3), 10).await.unwrap()[0].id, AlertId(2));
    let left = store.deliveries(DeliveryFilter { max: 10, ..DeliveryFilter::default() }).await.unwrap();
    assert_eq!(left.iter().map(|row| row.delivery.id.0).collect::<Vec<_>>(), [3, 1]);
}

pub async fn deletes_an_incident_at_once_and_what_hangs_on_it_in_batches(store: &Arc<dyn Store>) {
    let all = [incident(1, Stage::Suspected), closed(2, 10)];
    let first = Changes {
        incidents: all.iter().map(|incident| (incident.id, incident.clone())).collect(),
        entries: (1..=2).flat_map(|id| [note(id, 1), note(id, 2)]).collect(),
        evidence: vec![evidence(1, 1), evidence(2, 1), evidence(2, 2)],
        deliveries: (1..=2).map(|id| delivery(id, id, "team", Lane::Root)).collect(),
        ..changes(1)
    };
    store.commit(first).await.unwrap();
    assert_eq!(store.past().deleted(IncidentId(2)).await.unwrap(), None);
    let by = Deleted { by: "ada".to_owned(), at: at(20) };
    let deleted = BTreeMap::from([(IncidentId(2), by.clone())]);
    store.commit(Changes { deleted, ..changes(2) }).await.unwrap();
    assert_eq!(store.incident(IncidentId(2)).await.unwrap(), None, "nobody sees it any more");
    assert_eq!(store.past().deleted(IncidentId(2)).await.unwrap(), Some(by.clone()));
    assert_eq!(store.past().sweep(2).await.unwrap(), 2, "in batches");
    // The rest goes with everything else that is past its time, and so does what it was found by.
    assert_eq!(store.prune(at(0), 100).await.unwrap(), 8);
    assert_eq!((store.past().sweep(100).await.unwrap(), store.prune(at(0), 100).await.unwrap()), (0, 0));
    assert_eq!(store.timeline(IncidentId(2), None, 10).await.unwrap(), []);
    assert_eq!(store.timeline(IncidentId(1), None, 10).await.unwrap().len(), 2);
    let left = store.deliveries(DeliveryFilter { max: 10, ..DeliveryFilter::default() }).await.unwrap();
    assert_eq!(left.iter().map(|row| row.delivery.id.0).collect::<Vec<_>>(), [1]);
    store.commit(Changes { numbers_given: 107, ..changes(3) }).await.unwrap();
    assert_eq!(store.load(at(60)).await.unwrap().last_incident, 107);
    assert_eq!(store.past().deleted(IncidentId(2)).await.unwrap(), Some(by));
}

pub async fn keeps_checkpoints(store: &Arc<dyn Store>) {
    assert_eq!(store.past().checkpoint(at(0), at(10)).await.unwrap(), None, "nothing is decided");
    for seconds in 1..=3 {
        store.append(input(InputKind::Tick, b"", seconds)).await.unwrap();
    }
    let alerts = BTreeMap::from([(AlertId(9), Some(alert(9, "default", AlertState::Firing)))]);
    let incidents = BTreeMap::from([(IncidentId(1), incident(1, Stage::Suspected))]);
    store.commit(Changes { alerts, incidents, evidence: vec![evidence(1, 9)], ..changes(1) }).await.unwrap();
    let loaded = store.load(at(10)).await.unwrap();
    assert_eq!(store.past().checkpoint(at(0), at(10)).await.unwrap(), Some(InputSeq(1)));
    assert_eq!(store.past().checkpoint(at(9), at(11)).await.unwrap(), None, "there is one of that time");
    assert_eq!(store.past().checkpoint_from(InputSeq(0)).await.unwrap(), Some(loaded.clone()));
    assert_eq!(store.past().checkpoint_from(InputSeq(1)).await.unwrap(), Some(loaded));
    assert_eq!(store.past().checkpoint_from(InputSeq(2)).await.unwrap(), None);
    store.commit(changes(3)).await.unwrap();
    store.prune(at(3), 2).await.unwrap();
    assert_eq!(store.past().checkpoint(at(20), at(21)).await.unwrap(), Some(InputSeq(3)));
    let first = store.past().checkpoint_from(InputSeq(0)).await.unwrap().unwrap();
    assert_eq!(first.position, InputSeq(3), "where the next input is gone, no replay begins");
}

pub async fn counts(store: &Arc<dyn Store>) {
    for (kind, source, seconds) in [
        (InputKind::Webhook, "b", 1),
        (InputKind::Push, "a", 2),
        (InputKind::Webhook, "b", 3),
        (InputKind::Poll, "c", 4),
    ] {
        let mut input = input(kind, b"{}", seconds);
        input.source = source.to_owned();
        store.append(input).await.unwrap();
    }
    let mut minor = incident(4, Stage::Suspected);
    minor.severity = Severity::Minor;
    let open = Opened { since: at(0), said_at: at(0), times: 1, because: "the squad did not respond".to_owned() };
    let mut unclaimed = incident(2, Stage::Confirmed);
    unclaimed.roles.open.insert(MANAGER.into(), open.clone());
    minor.roles.open.extend([(MANAGER.into(), open.clone()), (COMMUNICATIONS.into(), open)]);
    // Practice, and what is over, are not counted.
    let drill = Incident { id: IncidentId(5), drill: true, ..unclaimed.clone() };
    let over = Incident { roles: unclaimed.roles.clone(), ..closed(3, 0) };
    let all = [incident(1, Stage::Confirmed), unclaimed, over, minor, drill];
    let lanes = [(1, "team"), (2, "list"), (3, "list"), (4, "dead")];
    let first = Changes {
        incidents: all.iter().map(|incident| (incident.id, incident.clone())).collect(),
        deliveries: lanes.map(|(id, receiver)| delivery(id, id, receiver, Lane::Root)).to_vec(),
        alerts: BTreeMap::from([(AlertId(1), Some(alert(1, "default", AlertState::Firing)))]),
        audit: crate::audit::chain(2),
        ..changes(3)
    };
    store.commit(first).await.unwrap();
    claim(store, 0).await;
    finish(store, 1, 1, End::Sent(None), 0).await;
    crate::fixtures::claim_of(store, "dead", 0, 1).await;
    finish(store, 4, 1, End::Dead, 0).await;
    let figures = store.figures(at(0)).await.unwrap();
    let words = |stage: &str, severity: &str, number| (stage.to_owned(), severity.to_owned(), number);
    let expected = Figures {
        incidents: vec![words("confirmed", "major", 2), words("suspected", "minor", 1)],
        owed: Vec::new(),
        actions_open: Vec::new(),
        roles_open: vec![(COMMUNICATIONS.to_owned(), 1), (MANAGER.to_owned(), 2)],
        outbox: vec![("list".to_owned(), 2, at(0))],
        dead: vec![("dead".to_owned(), 1)],
        last_input: InputSeq(4),
        position: InputSeq(3),
        last_seen: vec![("a".to_owned(), at(2)), ("b".to_owned(), at(3))],
        open_alerts: 1,
        audit_records: 2,
        audit_at: Some(at(2)),
        held: None,
        quarantined: 0,
        bytes: figures.bytes,
        wal_bytes: figures.wal_bytes,
        refuses: None,
    };
    assert_eq!(figures, expected);
}

fn action(number: u32, owner: Option<&str>, day: Option<u32>, done: bool) -> Action {
    let due = day.map(|day| NaiveDate::from_ymd_opt(2026, 12, day).unwrap());
    let end = done.then(|| ActionEnd { how: Ended::Done, by: "bert".to_owned(), at: at(9) });
    let item = ActionItem { text: format!("action {number}"), owner: owner.map(str::to_owned), due, link: None };
    Action { number, item, by: "carla".to_owned(), at: at(1), end }
}

pub async fn keeps_what_is_left_to_do(store: &Arc<dyn Store>) {
    const DAY: i64 = 86_400;
    let owed = Incident { public_from: Some(2), ..resolved_incident(1, 0) };
    let mut busy = resolved_incident(2, 0);
    busy.review.actions =
        vec![action(1, Some("Bert"), Some(20), false), action(2, None, None, false), action(3, None, Some(5), true)];
    let mut open = incident(3, Stage::Confirmed);
    open.review.actions = vec![action(1, Some("carla"), Some(10), false)];
    let done = resolved_incident(4, 0);
    let all = [owed.clone(), busy.clone(), open.clone(), done.clone()];
    let rows = all.iter().map(|incident| (incident.id, incident.clone())).collect();
    store.commit(Changes { incidents: rows, ..changes(1) }).await.unwrap();
    // Long after their end only those are loaded that have something left, and they are not pruned.
    let ids = |incidents: Vec<Incident>| incidents.iter().map(|incident| incident.id.0).collect::<Vec<_>>();
    assert_eq!(ids(store.load(at(30 * DAY)).await.unwrap().incidents), [1, 2, 3]);
    assert_eq!(ids(store.owed(10).await.unwrap()), [1]);
    assert!(store.past().prune_incidents(at(20 * DAY), 100).await.unwrap() > 0);
    assert_eq!(ids(store.incidents(IncidentFilter { max: 10, ..IncidentFilter::default() }).await.unwrap()), [3, 2, 1]);
    let list = |filter: ActionFilter| async move {
        let rows = store.actions(ActionFilter { max: 10, ..filter }).await.unwrap();
        rows.iter().map(|row| (row.incident.0, row.action.number)).collect::<Vec<_>>()
    };
    let open_ones = || ActionFilter { open: Some(true), ..ActionFilter::default() };
    assert_eq!(list(open_ones()).await, [(3, 1), (2, 1), (2, 2)], "the earliest first");
    assert_eq!(list(ActionFilter { owner: Some("bert".to_owned()), ..open_ones() }).await, [(2, 1)]);
    let before = NaiveDate::from_ymd_opt(2026, 12, 20);
    assert_eq!(list(ActionFilter { due_before: before, ..open_ones() }).await, [(3, 1)]);
    assert_eq!(list(ActionFilter { open: Some(false), ..ActionFilter::default() }).await, [(2, 3)]);
    assert_eq!(list(ActionFilter::default()).await, [(3, 1), (2, 3), (2, 2), (2, 1)]);
    let figures = store.figures(at(0)).await.unwrap();
    assert_eq!(figures.owed, [(owed.severity, at(0))]);
    let day = |day| NaiveDate::from_ymd_opt(2026, 12, day);
    assert_eq!(figures.actions_open, [(None, 1), (day(10), 1), (day(20), 1)]);
    // Done: nothing is left, and it goes with all that hangs on it.
    busy.review.actions.iter_mut().for_each(|action| {
        action.end = Some(ActionEnd { how: Ended::Done, by: "bert".to_owned(), at: at(9) });
    });
    store.commit(Changes { incidents: BTreeMap::from([(busy.id, busy)]), ..changes(2) }).await.unwrap();
    assert_eq!(ids(store.load(at(30 * DAY)).await.unwrap().incidents), [1, 3]);
    while store.past().prune_incidents(at(20 * DAY), 2).await.unwrap() > 0 {}
    assert_eq!(list(ActionFilter::default()).await, [(3, 1)]);
}

fn resolved_incident(id: u64, seconds: i64) -> Incident {
    Incident { public_from: None, ..incident(id, Stage::Resolved { at: at(seconds) }) }
}
