//! The post mortem over HTTP: sections and their conflicts, marks, action items, the page, the list and its table.

use crate::explain::Engine;
use crate::session::FORM;
use crate::site::Session;
use crate::wire::{Answer, Request};
use chrono::TimeDelta;
use earlybell::store::Role;
use serde_json::{Value, json};

async fn put(engine: &Engine, token: &str, section: &str, body: Value) -> Answer {
    let path = format!("/api/v1/incidents/1/postmortem/sections/{section}");
    engine.site.call(Request::put(&path, body.to_string()).bearer(token)).await
}

async fn post(engine: &Engine, token: &str, verb: &str, body: Value) -> Answer {
    let path = if verb.is_empty() { "/api/v1/incidents".to_owned() } else { format!("/api/v1/incidents/1/{verb}") };
    engine.site.call(Request::post(&path, body.to_string()).bearer(token)).await
}

async fn get(engine: &Engine, token: &str, path: &str) -> Answer {
    engine.site.call(Request::get(path).bearer(token)).await
}

async fn page(engine: &Engine, session: &Session, path: &str) -> Answer {
    let request = Request::get(path).header("Cookie", &session.cookie).header("Accept", "text/html");
    engine.site.call(request).await
}

async fn posted(engine: &Engine, session: &Session, verb: &str, fields: &str) -> Answer {
    let body = format!("{fields}&csrf={}", session.csrf);
    let request = Request::post(&format!("/incidents/1/do/{verb}"), body).header("Content-Type", FORM);
    let request = request.header("Cookie", &session.cookie).header("Sec-Fetch-Site", "same-origin");
    engine.site.call(request.header("Accept", "text/html")).await
}

async fn over(engine: &Engine, token: &str) {
    let declared = post(engine, token, "", json!({"title": "Slow <builds>"})).await;
    assert_eq!(declared.status, 200, "{}", declared.body);
    post(engine, token, "note", json!({"text": "the password is hunter2"})).await;
    post(engine, token, "resolve", json!({"text": "The disk was emptied."})).await;
}

#[tokio::test]
async fn sections_are_written_with_their_versions_and_stand_in_the_file() {
    let engine = Engine::start().await;
    let (carla, mona) =
        (engine.site.token("carla", Role::Responder).await, engine.site.token("mona", Role::Manager).await);
    let viewer = engine.site.token("vera", Role::Viewer).await;
    over(&engine, &mona).await;
    let answer = put(&engine, &carla, "root-cause", json!({"text": "A full disk.", "version": 0})).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let answer = put(&engine, &mona, "root-cause", json!({"text": "The disk was full.", "version": 0})).await;
    assert_eq!(answer.status, 409);
    let conflict = answer.json();
    assert!(conflict["error"].as_str().unwrap().contains("“A full disk.” (version 4)"), "{conflict}");
    assert_eq!(put(&engine, &viewer, "root-cause", json!({"text": "x"})).await.status, 403);
    let unknown = put(&engine, &carla, "root-cuase", json!({"text": "x"})).await;
    assert!(unknown.status == 422 && unknown.body.contains("did you mean `root-cause`?"), "{}", unknown.body);
    // Notes stay inside, whatever is marked that is not theirs.
    let shown = get(&engine, &viewer, "/api/v1/incidents/1/postmortem").await.json();
    let waiting: Vec<&str> =
        shown["unfilled"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(waiting, ["intro", "impact", "detection", "action-items", "lessons-learned"]);
    assert_eq!(shown["postmortem"]["owed"]["due"], "2026-11-27T10:00:00Z");
    let file = get(&engine, &viewer, "/api/v1/incidents/1/postmortem.md").await.body;
    assert!(file.contains("## Root Cause\n\nA full disk.\n") && !file.contains("hunter2"), "{file}");
    assert_eq!(post(&engine, &carla, "mark", json!({"entry": 2, "shown": "public"})).await.status, 200);
    assert!(get(&engine, &viewer, "/api/v1/incidents/1/postmortem.md").await.body.contains("hunter2"));
    assert_eq!(
        post(&engine, &carla, "correct", json!({"entry": 2, "text": "we looked at the host"})).await.status,
        200
    );
    let file = get(&engine, &viewer, "/api/v1/incidents/1/postmortem.md").await.body;
    assert!(file.contains("we looked at the host") && !file.contains("hunter2"), "{file}");
    assert_eq!(post(&engine, &carla, "mark", json!({"entry": 2, "shown": "secret"})).await.status, 422);
    engine.stop().await;
}

#[tokio::test]
async fn action_items_are_listed_over_all_incidents_and_as_a_table() {
    let engine = Engine::start().await;
    let (carla, mona) =
        (engine.site.token("carla", Role::Responder).await, engine.site.token("mona", Role::Manager).await);
    over(&engine, &mona).await;
    let due =
        json!({"text": "=HYPERLINK(\"evil\")", "owner": "bert", "due": "2026-11-22", "link": "https://t.example/1"});
    assert_eq!(post(&engine, &carla, "action", due).await.status, 200);
    assert_eq!(
        post(&engine, &carla, "action", json!({"text": "Alert on disks", "due": "2026-12-24"})).await.status,
        200
    );
    for wrong in [json!({"text": "x", "due": "soon"}), json!({"text": "x", "link": "javascript:alert(1)"}), json!({})] {
        assert_eq!(post(&engine, &carla, "action", wrong).await.status, 422);
    }
    engine.clock.advance(TimeDelta::days(1));
    let list = |query: &'static str| get(&engine, &carla, query);
    let late = list("/api/v1/actions?state=overdue").await.json();
    assert_eq!(late["actions"].as_array().unwrap().len(), 1);
    assert_eq!(late["actions"][0]["late"], true);
    assert_eq!(list("/api/v1/actions").await.json()["actions"].as_array().unwrap().len(), 2);
    assert_eq!(list("/api/v1/actions?owner=BERT").await.json()["actions"].as_array().unwrap().len(), 1);
    assert_eq!(list("/api/v1/actions?state=lost").await.status, 422);
    let table = list("/api/v1/actions.csv").await;
    assert_eq!(table.header("content-type"), Some("text/csv; charset=utf-8"));
    let expected = "incident,title,action,text,owner,due,state,late,link\r\n\
        \"INC-1\",\"Slow <builds>\",\"1\",\"'=HYPERLINK(\"\"evil\"\")\",\"bert\",\"2026-11-22\",\"open\",\"late\",\"https://t.example/1\"\r\n\
        \"INC-1\",\"Slow <builds>\",\"2\",\"Alert on disks\",\"\",\"2026-12-24\",\"open\",\"\",\"\"\r\n";
    assert_eq!(table.body, expected);
    assert_eq!(post(&engine, &carla, "action-done", json!({"action": 1})).await.status, 200);
    assert_eq!(post(&engine, &carla, "action-done", json!({"action": 1})).await.status, 409);
    assert_eq!(list("/api/v1/actions?state=ended").await.json()["actions"][0]["state"], "done");
    engine.stop().await;
}

#[tokio::test]
async fn the_page_shows_what_is_missing_and_sends_what_it_shows() {
    let engine = Engine::start().await;
    let ada = engine.site.session("ada", Role::Manager).await;
    let mona = engine.site.token("mona", Role::Manager).await;
    over(&engine, &mona).await;
    let shown = page(&engine, &ada, "/incidents/1/postmortem").await;
    assert_eq!(shown.status, 200, "{}", shown.body);
    assert!(shown.body.contains("It is due by") && shown.body.contains("What made it happen"), "{}", shown.body);
    assert!(shown.body.contains("Slow &lt;builds&gt;") && !shown.body.contains("Slow <builds>"));
    crate::pages::assert_only_our_markup(&shown.body);
    let answer = posted(&engine, &ada, "section", "key=K&section=impact&version=0&text=Everyone+%3Cb%3E").await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/incidents/1/postmortem?done=section")));
    // The second writer sees both texts, and loses neither.
    let answer = posted(&engine, &ada, "section", "key=K2&section=impact&version=0&text=Nobody").await;
    assert_eq!(answer.status, 409);
    assert!(answer.body.contains("Both texts are below"), "{}", answer.body);
    assert!(answer.body.contains("Everyone &lt;b&gt;</blockquote>") && answer.body.contains(">\nNobody</textarea>"));
    let answer = posted(&engine, &ada, "action", "key=K3&text=Alert&owner=bert&due=2026-11-01&link=").await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let answer = posted(&engine, &ada, "mark", "key=K4&entry=2&shown=public").await;
    assert_eq!(answer.status, 303);
    let shown = page(&engine, &ada, "/incidents/1/postmortem").await;
    assert!(shown.body.contains("entry 2 is for the team, and was marked public"), "{}", shown.body);
    let listed = page(&engine, &ada, "/actions").await;
    assert!(listed.body.contains("INC-1: Slow &lt;builds&gt;") && listed.body.contains("late"), "{}", listed.body);
    crate::pages::assert_only_our_markup(&listed.body);
    let start = page(&engine, &ada, "/").await;
    assert!(start.body.contains("1 action item</a> is late"), "{}", start.body);
    let incident = page(&engine, &ada, "/incidents/1").await;
    assert!(incident.body.contains("/incidents/1/postmortem\">Post mortem</a>"), "{}", incident.body);
    engine.clock.advance(TimeDelta::days(6));
    // A session does not last that long.
    let ada = engine.site.session("eva", Role::Manager).await;
    let start = page(&engine, &ada, "/").await;
    assert!(start.body.contains("1 post mortem and 1 action item</a> are late"), "{}", start.body);
    // While it goes on, there is none.
    post(&engine, &mona, "reopen", json!({})).await;
    assert_eq!(page(&engine, &ada, "/incidents/1/postmortem").await.status, 404);
    engine.stop().await;
}
