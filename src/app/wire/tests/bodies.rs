//! Bodies: recorded, odd, hostile.

use super::recorded;
use crate::app::wire::{alertmanager, push};
use chrono::{DateTime, Utc};
use domain::alert::reconcile::{Listed, Poll};
use domain::alert::{Batch, Fingerprint, SourceName, Status};
use serde_json::{Value, json};

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

// One alert in a webhook, changed as said.
fn webhook(change: impl FnOnce(&mut Value)) -> String {
    let mut message = json!({
        "receiver": "early", "status": "firing", "groupKey": "{}:{}", "truncatedAlerts": 0, "version": "4",
        "alerts": [{
            "status": "firing", "labels": {"alertname": "Down", "job": "api"}, "annotations": {"summary": "gone"},
            "startsAt": "2026-11-22T06:41:29.243333Z", "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "http://p/g",
        }],
    });
    change(&mut message);
    message.to_string()
}

fn read(body: &str) -> Batch {
    let batch = alertmanager::batch("am", body.as_bytes()).unwrap();
    let checked = alertmanager::check(body.as_bytes()).unwrap();
    assert_eq!(checked.alerts, batch.observations.len(), "both readers agree");
    batch
}

fn refusal(body: &[u8]) -> String {
    let refused = alertmanager::batch("am", body).unwrap_err();
    assert_eq!(alertmanager::check(body).unwrap_err(), refused, "both readers agree");
    refused.to_string()
}

#[test]
fn every_recorded_request_is_read() {
    let mut alerts = 0;
    let requests: Vec<_> = ["0.25.0", "0.28.1"].iter().flat_map(|release| recorded(release, "")).collect();
    assert!(requests.len() > 180, "{}", requests.len());
    for (file, _, body) in requests {
        let batch = read(&body);
        assert!(!batch.observations.is_empty() && batch.group.is_some(), "{file}");
        for seen in &batch.observations {
            assert_eq!(seen.fingerprint, Fingerprint::of(&seen.labels), "{file}");
            assert!(seen.starts_at.is_some() && seen.ends_at.is_some() == (seen.status == Status::Resolved), "{file}");
            alerts += 1;
        }
    }
    assert!(alerts >= 475, "{alerts}");
}

#[test]
fn reads_what_grafana_sends() {
    let alert = |name: &str, status: &str| {
        json!({
            "status": status, "labels": {"alertname": name, "grafana_folder": "ops"}, "annotations": {},
            "startsAt": "2026-11-22T08:41:29.946+02:00", "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "https://grafana.example.org/alerting/a/edit", "fingerprint": "c6eadffa33fcdf37",
            "silenceURL": "https://grafana.example.org/silence", "dashboardURL": "", "panelURL": "",
            "values": {"B": 44.2, "C": 1}, "valueString": "[ var='B' labels={} value=44.2 ]", "imageURL": null,
        })
    };
    let batch = read(&webhook(|m| {
        m["alerts"] = json!([alert("Memory", "firing"), alert("Processor", "resolved")]);
        m["alerts"][1]["values"] = Value::Null;
        m["version"] = json!("1");
        m["orgId"] = json!(1);
        m["title"] = json!("[FIRING:1] Memory");
        m["state"] = json!("alerting");
        m["message"] = json!("**Firing**");
        m["appVersion"] = json!("12.1.0");
    }));
    let seen: Vec<_> =
        batch.observations.iter().map(|o| (o.labels.value("alertname"), o.status, o.starts_at)).collect();
    let start = Some(at("2026-11-22T06:41:29.946Z"));
    assert_eq!(seen, [("Memory", Status::Firing, start), ("Processor", Status::Resolved, start)]);
}

#[test]
fn reads_all_of_an_alert() {
    let batch = read(&webhook(|m| {
        m["truncatedAlerts"] = json!(7);
        m["alerts"][0]["status"] = json!("resolved");
        m["alerts"][0]["endsAt"] = json!("2026-11-22T09:41:29.1234567+02:00");
        m["alerts"][0]["labels"]["empty"] = json!("");
        m["alerts"][0]["annotations"]["empty"] = json!("");
        m["alerts"][0]["fingerprint"] = json!("00000000000000ff");
        m["notification_reason"] = json!("of a release to come");
        m["alerts"][0]["values"] = json!({"B": 1e300});
    }));
    let seen = &batch.observations[0];
    assert_eq!((batch.source, batch.truncated), (SourceName::from("am"), 7));
    assert_eq!(seen.labels.to_string(), r#"{alertname="Down", job="api"}"#);
    assert_eq!(seen.annotations.to_string(), r#"{empty="", summary="gone"}"#);
    assert_eq!((&*seen.generator_url, seen.fingerprint), ("http://p/g", Fingerprint(255)));
    assert_eq!(seen.starts_at, Some(at("2026-11-22T06:41:29.243333Z")));
    assert_eq!(seen.ends_at, Some(at("2026-11-22T07:41:29.123456Z")));
}

#[test]
fn a_group_is_one_of_a_receiver() {
    let group = |receiver: &str, key: &str| {
        read(&webhook(|m| {
            m["receiver"] = json!(receiver);
            m["groupKey"] = json!(key);
        }))
        .group
    };
    assert_eq!(group("a", "k"), group("a", "k"));
    assert!(
        group("a", "k") != group("b", "k")
            && group("a", "k") != group("a", "l")
            && group("ab", "c") != group("a", "bc")
    );
    assert_eq!(read(&webhook(|m| drop(m.as_object_mut().unwrap().remove("groupKey")))).group, None);
}

#[test]
fn says_what_is_wrong_and_what_was_expected() {
    for (body, refusal_expected) in [
        (String::new(), "the body is empty, expected Alertmanager's webhook"),
        ("{".to_owned(), "the body is not JSON: EOF while parsing an object at line 1 column 1"),
        ("[]".to_owned(), "expected the object of Alertmanager's webhook, got a list"),
        ("\"hi\"".to_owned(), "expected the object of Alertmanager's webhook, got a text"),
        (
            r#"{"text":"custom payload"}"#.to_owned(),
            "no \"version\": \"4\", so this is not Alertmanager's webhook; a `payload` template of its own can't be understood",
        ),
        (webhook(|m| m["version"] = json!("5\n")), "version \"5\" of a webhook, expected \"4\" of Alertmanager"),
        (
            webhook(|m| drop(m.as_object_mut().unwrap().remove("alerts"))),
            "the webhook has no `alerts`, expected a list of them",
        ),
        (webhook(|m| m["alerts"] = json!({})), "expected a list as `alerts`, got an object"),
        (
            webhook(|m| m["alerts"][0]["status"] = json!("pending")),
            "none of its 1 alerts can be understood: alerts[0]: its status is `pending`, expected firing or resolved",
        ),
        (
            webhook(|m| m["alerts"][0]["labels"] = json!([1])),
            "none of its 1 alerts can be understood: alerts[0]: its labels are a list",
        ),
        (webhook(|_| {}) + "x", "the body is not JSON: trailing characters at line 1 column"),
    ] {
        let refused = refusal(body.as_bytes());
        assert!(refused.starts_with(refusal_expected), "{refused}\n{refusal_expected}");
    }
    assert!(refusal(webhook(|m| m["version"] = json!(4)).as_bytes()).starts_with("no \"version\": \"4\""));
}

#[test]
fn one_bad_alert_does_not_lose_its_group() {
    let body = webhook(|m| {
        let good = m["alerts"][0].clone();
        let alerts = m["alerts"].as_array_mut().unwrap();
        alerts.push(json!({"status": "unheard of", "labels": {"alertname": "X"}}));
        alerts.push(json!("nonsense"));
        alerts.push(good);
        alerts[3]["labels"] = json!({"alertname": "Other", "port": 80, "up": true, "none": null, "list": []});
        alerts[3]["startsAt"] = json!("yesterday");
    });
    let batch = read(&body);
    assert_eq!(batch.observations.len(), 2);
    assert_eq!(batch.truncated, 2, "who is missing here proves nothing");
    assert_eq!(batch.observations[1].labels.to_string(), r#"{alertname="Other", port="80", up="true"}"#);
    assert_eq!(batch.observations[1].starts_at, None);
    let checked = alertmanager::check(body.as_bytes()).unwrap();
    let problem = "alerts[1]: its status is `unheard of`, expected firing or resolved";
    assert_eq!((checked.dropped, checked.problem.as_deref()), (2, Some(problem)));
}

#[test]
fn broken_text_is_mended() {
    let odd = r#"{"version":"4","version":"4","groupKey":"k","alerts":[{"status":"firing","status":"resolved","labels":
        {"a":"1","a":"2","s":"\ud83d\ude00 \ud83d \ude00 \\ud83d","t":"BYTES","n":"\u0000\u202e"}}]}"#;
    let mut body = odd.as_bytes().to_vec();
    let place = odd.find("BYTES").unwrap();
    body.splice(place..place + 5, [0xFF, 0xC3]);
    let batch = alertmanager::batch("am", &body).unwrap();
    assert_eq!(alertmanager::check(&body).unwrap().alerts, 1);
    let seen = &batch.observations[0];
    assert_eq!(seen.status, Status::Resolved, "of two equal keys the last counts");
    let labels: Vec<_> = seen.labels.iter().collect();
    assert_eq!(
        labels,
        [("a", "2"), ("n", "\u{FFFD}\u{FFFD}"), ("s", "😀 \u{FFFD} \u{FFFD} \\ud83d"), ("t", "\u{FFFD}\u{FFFD}")]
    );
}

#[test]
fn size_and_depth_are_bounded() {
    let long = "x".repeat(100_000);
    let batch = read(&webhook(|m| m["alerts"][0]["annotations"]["summary"] = json!(long)));
    let kept = batch.observations[0].annotations.value("summary").len();
    assert!(kept <= domain::text::VALUE_BYTES_MAX + '…'.len_utf8(), "{kept}");

    let many = format!(r#"{{"version":"4","alerts":[{}0]}}"#, "0,".repeat(100_001));
    assert_eq!(refusal(many.as_bytes()).split(" at line").next(), Some("more than 100000 alerts in one message"));
    for deep in ["[".repeat(1_000_000), format!(r#"{{"version":"4","alerts":[],"x":{}"#, "[".repeat(1_000_000))] {
        assert!(refusal(deep.as_bytes()).starts_with("the body is not JSON"));
    }
}

#[test]
fn never_panics_and_both_readers_agree() {
    let (_, _, body) = recorded("0.25.0", "unicode").swap_remove(0);
    let mut random = fastrand::Rng::with_seed(3);
    let mut understood = 0;
    for _ in 0..3_000 {
        let mut bytes = body.clone().into_bytes();
        for _ in 0..random.usize(1..4) {
            let place = random.usize(0..bytes.len());
            match random.u8(0..4) {
                0 => bytes[place] = random.u8(..),
                1 => drop(bytes.remove(place)),
                2 => bytes.insert(place, b"\"{}[]:,\\u0d8"[random.usize(0..12)]),
                _ => bytes.truncate(place.max(1)),
            }
        }
        match (alertmanager::batch("am", &bytes), alertmanager::check(&bytes)) {
            (Ok(batch), Ok(checked)) => {
                understood += 1;
                assert_eq!(batch.observations.len(), checked.alerts);
            }
            (Err(one), Err(other)) => assert_eq!(one, other),
            (one, other) => panic!("{one:?}, but {other:?}: {}", String::from_utf8_lossy(&bytes)),
        }
    }
    assert!(understood > 300, "{understood}");
}

#[test]
fn prometheus_may_post_directly() {
    let now = at("2026-11-22T06:45:00Z");
    let body = json!([
        {"labels": {"alertname": "Up"}, "startsAt": "2026-11-22T06:41:00Z", "endsAt": "2026-11-22T06:49:00Z", "generatorURL": "u"},
        {"labels": {"alertname": "Over"}, "startsAt": "2026-11-22T06:41:00Z", "endsAt": "2026-11-22T06:44:00Z"},
        {"labels": {"alertname": "Plain"}},
        {"labels": {"alertname": ""}},
        {"labels": {"a": "b"}, "startsAt": "2026-11-22T06:53:55Z", "endsAt": "2026-11-22T06:52:55Z"},
    ])
    .to_string();
    let batch = push::batch("prom", body.as_bytes(), now).unwrap();
    let seen: Vec<_> =
        batch.observations.iter().map(|seen| (seen.labels.value("alertname"), seen.status, seen.ends_at)).collect();
    assert_eq!(
        seen,
        [
            ("Up", Status::Firing, Some(at("2026-11-22T06:49:00Z"))),
            ("Over", Status::Resolved, Some(at("2026-11-22T06:44:00Z"))),
            ("Plain", Status::Firing, Some(at("2026-11-22T06:50:00Z"))),
        ]
    );
    assert_eq!(
        (batch.group, batch.observations[0].fingerprint),
        (None, Fingerprint::of(&batch.observations[0].labels))
    );
    let checked = push::check(body.as_bytes()).unwrap();
    assert_eq!((checked.alerts, checked.dropped), (3, 2));
    assert_eq!(checked.problem.as_deref(), Some("alerts[3]: at least one label pair required"));
    assert_eq!(push::check(b"[]").unwrap().alerts, 0, "as Alertmanager takes it");
    for (body, refusal) in [
        ("{", "the body is not JSON: EOF while parsing an object at line 1 column 1"),
        ("{}", "expected a list of alerts, as Prometheus posts it, got an object"),
        (
            r#"[{"labels":{"a":"b"},"startsAt":"yesterday"}]"#,
            "none of its 1 alerts can be understood: alerts[0]: its startsAt is no RFC 3339 time: `yesterday`",
        ),
    ] {
        assert_eq!(push::batch("p", body.as_bytes(), now).unwrap_err().to_string(), refusal);
        assert_eq!(push::check(body.as_bytes()).unwrap_err().to_string(), refusal);
    }
}

#[test]
fn reads_the_recorded_listings_and_a_stored_poll_comes_back() {
    let calls = include_str!("../../../../tests/fixtures/alertmanager/api_v2_calls_0.25.0.json");
    let calls: Vec<Value> = serde_json::from_str(calls).unwrap();
    let answer = |title: &str| {
        let call = calls.iter().find(|call| call["title"] == title).unwrap();
        push::listed(call["response"].to_string().as_bytes()).unwrap().remove(0)
    };
    let active = answer("alerts filtered");
    assert_eq!((&active.listed, &active.receivers[..]), (&Listed::Active, &["default".to_owned()][..]));
    assert_eq!(active.observation.fingerprint, Fingerprint::of(&active.observation.labels));
    assert_eq!(active.observation.ends_at, None, "when it would end is nothing to us");
    let muted = answer("alerts while silenced");
    assert_eq!(muted.listed, Listed::Muted(vec!["d767d6b8-fa08-4381-9963-d725a55aa3a7".to_owned()]));
    assert!(
        push::listed(b"\"bad matcher format: ==bad\"")
            .unwrap_err()
            .to_string()
            .starts_with("expected a list of alerts")
    );

    let poll = Poll {
        source: SourceName::from("am"),
        as_of: at("2026-11-22T06:54:00.000001Z"),
        active: vec![active.observation.clone()],
        muted: vec![(muted.observation, vec!["silence".to_owned()])],
        gone: vec![Fingerprint(7)],
    };
    assert_eq!(push::poll("am", &push::poll_body(&poll)), Ok(poll));
    assert!(push::poll("am", b"{}").is_err());
}
