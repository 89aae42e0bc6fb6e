//! One table of verbs: its routes, and lines as people type them, asked of an engine that runs.

use crate::explain::Engine;
use crate::wire::{Answer, Request};
use domain::access::Role as Access;
use domain::incident::room::Part;
use domain::verbs::rows::ROWS;
use domain::verbs::table::About;
use earlybell::http::gate::Access as Gate;
use earlybell::http::routes::ROUTES;
use earlybell::store::{InputKind, Role};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[test]
fn every_verb_that_acts_has_its_path_and_nothing_more_has() {
    let mut expected: BTreeSet<(String, Role)> = BTreeSet::new();
    for row in ROWS {
        // Whoever leads an incident may end it: who does is asked of the engine, not at the gate.
        let gate = if row.about == About::Incident { row.access.min(Access::Responder) } else { row.access };
        expected.extend(row.path().map(|path| (path, gate)));
    }
    expected.extend(Part::ALL.map(|part| (format!("/api/v1/incidents/{{number}}/{}", part.word()), Role::Responder)));
    let is_verb = |path: &str| {
        path == "/api/v1/incidents" || path.starts_with("/api/v1/incidents/") || path.starts_with("/api/v1/alerts/")
    };
    let found: BTreeSet<(String, Role)> = ROUTES
        .iter()
        .filter(|endpoint| endpoint.method == "POST" && is_verb(endpoint.path))
        .map(|endpoint| {
            let Gate::AtLeast(role) = endpoint.access else { panic!("{} asks for no role", endpoint.path) };
            (endpoint.path.to_owned(), role)
        })
        .collect();
    assert_eq!(found, expected);
}

async fn say(engine: &Engine, token: &str, body: Value) -> Answer {
    engine.site.call(Request::post("/api/v1/command", body.to_string()).bearer(token)).await
}

// What somebody reads: the status, and the text.
async fn told(engine: &Engine, token: &str, line: &str) -> String {
    let answer = say(engine, token, json!({ "line": line })).await;
    let json = answer.json();
    let text = json["text"].as_str().or(json["error"].as_str()).unwrap_or_default();
    format!("{} {} {text}", answer.status, json["status"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn a_line_is_answered_as_on_every_surface() {
    let engine = Engine::start().await;
    engine.fires(&json!({"alertname": "Down", "severity": "page"})).await;
    let viewer = engine.site.token("vera", Role::Viewer).await;
    let carla = engine.site.token("carla", Role::Responder).await;
    let mona = engine.site.token("mona", Role::Manager).await;
    // Two rules declared: which one is meant is asked back, and nothing is guessed.
    let said = [
        (&carla, "ack", "422 misunderstood 2 incidents are open; say which:\n`ack #2` — Page: Down\n`ack #1` — Down"),
        (&carla, "ack #2 I look", "200 done the team knows that you have seen INC-2"),
        (&carla, "tkae", "422 misunderstood unknown verb `tkae`; did you mean `take`? `help` shows how they are used"),
        (
            &viewer,
            "take #2",
            "403 refused take needs the access role responder, and yours is viewer; an admin gives it to you",
        ),
        (
            &carla,
            "calloff #2 duplicate of the other one",
            "403 refused calloff needs the access role manager, and yours is responder; whoever leads it may, too: `take #2 incident_manager`",
        ),
        (&mona, "calloff #2 duplicate of the other one", "200 done called off INC-2 (duplicate); to undo: reopen #2"),
        (&carla, "note it began at noon", "200 done noted on INC-1, for the team only"),
        (&viewer, "show #9", "404 refused there is no INC-9; the open ones: `list`"),
        (&viewer, "list", "200 told #1 Down (suspected, major, for 0s); nobody leads it; 1 alert fires"),
        (&viewer, "list closed", "200 told #2 Page: Down (called off (duplicate), major, after 0s)"),
        (
            &viewer,
            "why",
            "200 told INC-1 was declared at 10:00 UTC: rule Down: 1 alert matches alertname = Down\n\
             Now Down: attached to INC-1, which is open\n\
             https://bell.example.org/incidents/1",
        ),
    ];
    let mut answers = Vec::new();
    for (who, line, _) in &said {
        answers.push(told(&engine, who, line).await);
    }
    assert_eq!(answers, said.map(|(_, _, expected)| expected.to_owned()));
    let help = told(&engine, &viewer, "help").await;
    assert!(help.starts_with("200 told Look: list, show, why, help\n"), "{help}");
    engine.stop().await;
}

#[tokio::test]
async fn what_nobody_with_this_role_may_is_no_input() {
    let engine = Engine::start().await;
    let viewer = engine.site.token("vera", Role::Viewer).await;
    let before = engine.site.inputs().await.len();
    for row in ROWS.iter().filter(|row| row.path().is_some()) {
        let answer = say(&engine, &viewer, json!({"line": row.examples[0], "incident": 1})).await;
        assert_eq!(answer.status, 403, "{}: {}", row.word, answer.body);
        assert_eq!(answer.json()["refusal"]["refusal"], "not_allowed", "{}", row.word);
    }
    assert_eq!(engine.site.inputs().await.len(), before);
    engine.stop().await;
}

#[tokio::test]
async fn a_line_in_a_thread_is_about_its_incident_and_hints_are_written_as_there() {
    let engine = Engine::start().await;
    let mona = engine.site.token("mona", Role::Manager).await;
    for title in ["First", "Second"] {
        let declared = say(&engine, &mona, json!({"line": format!("declare {title} severity=minor")})).await;
        assert_eq!(declared.status, 200, "{}", declared.body);
    }
    let resolved =
        say(&engine, &mona, json!({"line": "resolve all is well", "incident": 2, "prefix": "/incident"})).await;
    assert_eq!(
        resolved.json(),
        json!({
            "status": "done", "incident": 2, "to": "everyone", "url": "https://bell.example.org/incidents/2",
            "text": "resolved INC-2; if it comes back: /incident reopen #2",
        })
    );
    let refused = say(&engine, &mona, json!({"line": "update x", "incident": 2, "prefix": "!incident"})).await;
    assert_eq!(refused.status, 409);
    assert_eq!(refused.error(), "INC-2 is resolved already; reopen it first: `!incident reopen #2`");
    // One is open: it need not be named.
    let shown = say(&engine, &mona, json!({"line": "show"})).await.json();
    assert_eq!((&shown["verb"], &shown["to"]), (&json!("show"), &json!("speaker")));
    let text = shown["text"].as_str().unwrap();
    assert!(text.starts_with("#1 First (confirmed, minor, for 0s)"), "{text}");
    assert!(text.ends_with("\nhttps://bell.example.org/incidents/1"), "{text}");
    engine.stop().await;
}

#[tokio::test]
async fn a_line_said_twice_with_one_key_is_done_once() {
    let engine = Engine::start().await;
    let carla = engine.site.token("carla", Role::Responder).await;
    let declare = || {
        let request = Request::post("/api/v1/command", json!({"line": "declare Downloads are slow"}).to_string());
        engine.site.call(request.bearer(&carla).header("Idempotency-Key", "k-1"))
    };
    let (first, second) = (declare().await, declare().await);
    assert_eq!((first.status, first.json()["incident"].clone()), (200, json!(1)));
    assert_eq!(first.body, second.body);
    let commands = engine.site.inputs().await.into_iter().filter(|input| input.kind == InputKind::Command);
    assert_eq!(commands.count(), 1);
    engine.stop().await;
}
