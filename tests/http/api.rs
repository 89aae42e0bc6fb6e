//! The API for people: commands and their answers, strict bodies, lists.

use crate::site::TestSite;
use crate::wire::{Answer, Request};
use earlybell::store::{InputKind, NewQuarantined, Role, Store};
use serde_json::json;

async fn note(site: &TestSite, text: &str) -> Answer {
    site.call(Request::post("/api/v1/incidents/INC-42/note", json!({ "text": text }).to_string())).await
}

#[tokio::test]
async fn a_command_is_answered_with_what_was_decided() {
    let site = TestSite::open().await;
    let done = note(&site, "looking").await;
    let url = "https://bell.example.org/incidents/42";
    assert_eq!(
        (done.status, done.json()),
        (200, json!({"status": "done", "incident": 42, "text": "noted by local", "url": url}))
    );
    let unknown = note(&site, "refuse: unknown").await;
    assert_eq!(
        (unknown.status, unknown.json()),
        (
            404,
            json!({
                "status": "refused",
                "error": "there is no INC-42; the open ones: `earlybell incident list`",
                "refusal": {"refusal": "unknown", "incident": 42},
            })
        )
    );
    assert_eq!(note(&site, "refuse: not open").await.status, 409);
    let words = note(&site, "refuse: words").await;
    assert_eq!((words.status, words.error().as_str()), (422, "text is missing"));
    let firing = site.call(Request::post("/api/v1/incidents/1/resolve", "")).await;
    assert_eq!(firing.status, 409);
    assert!(firing.error().starts_with("alerts of INC-1 still fire (3 of 7)"), "{}", firing.body);
    site.stop().await;
}

#[tokio::test]
async fn every_verb_reaches_the_engine_as_its_act() {
    let site = TestSite::open().await;
    let of = |word: &str| format!("/api/v1/incidents/1/{word}");
    let said = [
        (
            "/api/v1/incidents".to_owned(),
            json!({"title": "t", "severity": "minor", "impact": "i", "labels": {"team": "a"}, "drill": true}),
            json!({"verb": "declare", "title": "t", "severity": "minor", "impact": "i", "labels": {"team": "a"}, "drill": true}),
        ),
        (of("confirm"), json!({}), json!({"verb": "confirm"})),
        (of("severity"), json!({"to": "critical"}), json!({"verb": "severity", "to": "critical"})),
        (
            of("calloff"),
            json!({"code": "planned-work", "reason": "r"}),
            json!({"verb": "call_off", "code": "planned-work", "reason": "r"}),
        ),
        (of("reopen"), json!({"text": "t"}), json!({"verb": "reopen", "text": "t"})),
        (of("merge"), json!({"into": 2}), json!({"verb": "merge", "into": 2})),
        (
            of("split"),
            json!({"title": "t", "matchers": ["a=b"]}),
            json!({"verb": "split", "title": "t", "matchers": ["a=b"]}),
        ),
        (of("take"), json!({}), json!({"verb": "take", "role": "incident_manager"})),
        (
            of("assign"),
            json!({"role": "operations", "person": "b"}),
            json!({"verb": "assign", "role": "operations", "person": "b"}),
        ),
        (
            of("handover"),
            json!({"role": "operations", "person": "b"}),
            json!({"verb": "hand_over", "role": "operations", "person": "b"}),
        ),
        (of("accept"), json!({"role": "operations"}), json!({"verb": "accept", "role": "operations"})),
        (of("decline"), json!({}), json!({"verb": "decline"})),
        (
            of("update"),
            json!({"text": "t", "impact": "i", "next_in": "30m"}),
            json!({"verb": "update", "text": "t", "impact": "i", "next_in": "30m"}),
        ),
        (
            of("edit"),
            json!({"part": "exit-criteria", "text": "t", "version": 7}),
            json!({"verb": "edit", "part": "exit_criteria", "text": "t", "version": 7}),
        ),
        (of("summary"), json!({"text": "t"}), json!({"verb": "edit", "part": "summary", "text": "t"})),
        (of("links"), json!({"text": ""}), json!({"verb": "edit", "part": "links", "text": ""})),
        (of("todo"), json!({"text": "t", "owner": "b"}), json!({"verb": "todo", "text": "t", "owner": "b"})),
        (of("done"), json!({"todo": 3}), json!({"verb": "done", "todo": 3})),
        (of("publish"), json!({"text": "t"}), json!({"verb": "publish", "text": "t"})),
        (of("ack"), json!({}), json!({"verb": "ack"})),
        (of("follow"), json!({}), json!({"verb": "follow"})),
        (of("unfollow"), json!({}), json!({"verb": "unfollow"})),
        (of("undo"), json!({}), json!({"verb": "undo"})),
        ("/api/v1/alerts/7/adopt".to_owned(), json!({}), json!({"verb": "adopt", "alert": 7})),
    ];
    for (path, body, _) in &said {
        let answer = site.call(Request::post(path, body.to_string())).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    }
    let acts: Vec<serde_json::Value> = site
        .inputs()
        .await
        .into_iter()
        .filter(|input| input.kind == InputKind::Command)
        .map(|input| serde_json::from_slice::<serde_json::Value>(&input.body).unwrap()["act"].clone())
        .collect();
    assert_eq!(acts, said.map(|(_, _, act)| act));
    site.stop().await;
}

#[tokio::test]
async fn a_mistake_in_a_body_is_told_in_a_sentence() {
    let site = TestSite::open().await;
    for (path, body, status, said) in [
        ("/api/v1/incidents", r#"{"titel":"x"}"#, 422, "did you mean `title`?"),
        ("/api/v1/incidents", "{}", 422, "missing field `title`"),
        ("/api/v1/incidents", r#"{"title":"#, 400, "the body is not JSON"),
        ("/api/v1/incidents", r#"{"title":7}"#, 422, "invalid type: integer `7`"),
        ("/api/v1/incidents/1/severity", r#"{"to":"criticl"}"#, 422, "did you mean `critical`?"),
        ("/api/v1/incidents/1/calloff", r#"{"code":"test"}"#, 422, "missing field `reason`"),
        ("/api/v1/incidents/1/update", r#"{"text":"x","next_in":"1.5h"}"#, 422, "not a duration: `1.5h`"),
        ("/api/v1/incidents/1/follow", r#"{"text":"x"}"#, 422, "unknown field `text`"),
        ("/api/v1/incidents/1/edit", r#"{"part":"sumary","text":"x"}"#, 422, "did you mean `summary`?"),
        ("/api/v1/incidents/1/split", r#"{"title":"x","matchers":["("]}"#, 422, "not a matcher"),
        ("/api/v1/command", r#"{"text":"x"}"#, 422, "unknown field `text`"),
        ("/api/v1/command", r#"{"line":"list","prefix":"\u0007"}"#, 422, "prefix is one line"),
        ("/api/v1/incidents/first/note", r#"{"text":"x"}"#, 404, "`first` is no number; write for example 42"),
    ] {
        let answer = site.call(Request::post(path, body)).await;
        assert_eq!(answer.status, status, "{path} {body}: {}", answer.body);
        assert!(answer.error().contains(said), "{path} {body}: {}", answer.body);
    }
    let large = format!("{{\"title\":\"{}\"}}", "x".repeat(300_000));
    assert_eq!(site.call(Request::post("/api/v1/incidents", large)).await.status, 413);
    for query in ["opn=true", "open=maybe", "limit=0", "limit=501", "before=x"] {
        let answer = site.call(Request::get(&format!("/api/v1/incidents?{query}"))).await;
        assert_eq!(answer.status, 422, "{query}: {}", answer.body);
        assert!(answer.error().starts_with("in the query: "), "{query}: {}", answer.body);
    }
    assert_eq!(site.inputs().await, []);
    site.stop().await;
}

#[tokio::test]
async fn an_idempotency_key_belongs_to_whoever_used_it() {
    let site = TestSite::open().await;
    let [ada, bob] = [site.token("ada", Role::Responder).await, site.token("bob", Role::Responder).await];
    let note = |token: &str, key: &str| {
        Request::post("/api/v1/incidents/1/note", r#"{"text":"x"}"#).bearer(token).header("Idempotency-Key", key)
    };
    assert_eq!(site.call(note(&ada, "k-1")).await.status, 200);
    assert_eq!(site.call(note(&bob, "k-1")).await.status, 200);
    assert_eq!(site.call(note(&bob, &"k".repeat(201))).await.status, 422);
    let commands = site.inputs().await;
    let keys: Vec<String> = commands
        .iter()
        .map(|input| {
            serde_json::from_slice::<serde_json::Value>(&input.body).unwrap()["key"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(keys, ["ada/k-1", "bob/k-1"]);
    site.stop().await;
}

#[tokio::test]
async fn lists_of_an_empty_store_are_empty_lists() {
    let site = TestSite::open().await;
    for (path, wanted) in [
        ("/api/v1/incidents", json!({"incidents": [], "next_before": null, "untold": 0})),
        ("/api/v1/incidents?open=true&before=7&limit=500", json!({"incidents": [], "next_before": null, "untold": 0})),
        ("/api/v1/deliveries?incident=1&receiver=team&state=dead", json!({"deliveries": []})),
        ("/api/v1/quarantine", json!({"quarantine": []})),
        ("/api/v1/tokens", json!({"tokens": []})),
    ] {
        let answer = site.call(Request::get(path)).await;
        assert_eq!((answer.status, answer.json()), (200, wanted), "{path}");
    }
    for path in ["/api/v1/incidents/1", "/api/v1/incidents/1/timeline", "/api/v1/quarantine/1"] {
        assert_eq!(site.call(Request::get(path)).await.status, 404, "{path}");
    }
    let retry = site.call(Request::post("/api/v1/deliveries/9/retry", "")).await;
    let sentence = "delivery 9 was not given up, so there is nothing to take up again";
    assert_eq!((retry.status, retry.error().as_str()), (409, sentence));
    site.stop().await;
}

#[tokio::test]
async fn a_refused_body_can_be_looked_at_and_forgotten() {
    let site = TestSite::open().await;
    let id = site
        .store
        .quarantine(NewQuarantined {
            at: chrono::DateTime::UNIX_EPOCH,
            source: "default".to_owned(),
            path: "/x".to_owned(),
            because: "no reason".to_owned(),
            bytes: 17,
            body: b"<script>".to_vec(),
        })
        .await
        .unwrap();
    let listed = site.call(Request::get("/api/v1/quarantine")).await.json();
    assert_eq!(
        listed,
        json!({"quarantine": [{"id": id, "at": "1970-01-01T00:00:00Z", "source": "default", "path": "/x",
            "because": "no reason", "bytes": 17}]})
    );
    let path = format!("/api/v1/quarantine/{id}");
    let body = site.call(Request::get(&path)).await;
    assert_eq!((body.header("content-type"), body.body.as_str()), (Some("application/octet-stream"), "<script>"));
    assert!(body.header("content-disposition").unwrap().starts_with("attachment"));
    assert_eq!(site.call(Request::new("DELETE", &path)).await.status, 200);
    assert_eq!(site.call(Request::new("DELETE", &path)).await.status, 404);
    site.stop().await;
}

#[tokio::test]
async fn the_status_says_how_it_is() {
    let site = TestSite::open().await;
    let status = site.call(Request::get("/api/v1/status")).await.json();
    assert_eq!(status["mode"], "open to this machine");
    assert_eq!(status["inbox"], json!({"last_input": 0, "position": 0, "lag": 0}));
    assert_eq!(
        status["sources"],
        json!([{"name": "default", "last_seen": null, "poll": null},
        {"name": "second", "last_seen": null, "poll": null}])
    );
    assert_eq!(
        status["receivers"],
        json!([{"name": "team", "kind": "console", "public": false, "personal": false, "fallback": null, "standing": null, "connection": null,
                "waiting": 0, "oldest_at": null, "dead": 0}])
    );
    site.stop().await;
}
