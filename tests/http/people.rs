//! People and squads by API: added, changed, removed, by whom that is asked for, and what is refused.

use crate::explain::Engine;
use crate::site::{TestSite, config, keeper};
use crate::wire::{Answer, Request};
use domain::directory::{Directory, Person, Squad};
use earlybell::config::Config;
use earlybell::store::{InputKind, Role, Store};
use serde_json::{Value, json};
use std::sync::Arc;

// Anna and Core stand in the configuration.
fn written() -> Config {
    let anna = Person { name: "anna".to_owned(), email: Some("anna@example.org".to_owned()), ..Person::default() };
    let core = Squad { name: "Core".to_owned(), members: vec!["anna".to_owned()] };
    let directory = Directory { people: vec![anna], squads: vec![core], ..Directory::default() };
    Config { directory, ..config() }
}

async fn site() -> (TestSite, String) {
    let site = TestSite::with(|parts| parts.directory = Arc::new(keeper(parts, &written()))).await;
    site.running.site.parts.directory.tell().await.unwrap();
    let token = site.token("henne", Role::Admin).await;
    (site, token)
}

async fn post(site: &TestSite, token: &str, path: &str, body: &Value) -> Answer {
    site.call(Request::post(&format!("/api/v1/{path}"), body.to_string()).bearer(token)).await
}

async fn get(site: &TestSite, token: &str, path: &str) -> Value {
    without_times(site.call(Request::get(&format!("/api/v1/{path}")).bearer(token)).await.json())
}

fn without_times(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            fields.iter_mut().for_each(|(key, value)| {
                *value =
                    if key == "added_at" && value.is_string() { json!("then") } else { without_times(value.take()) };
            });
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = without_times(item.take())),
        _ => {}
    }
    value
}

fn said(answer: &Answer) -> String {
    let json = answer.json();
    let text = json["text"].as_str().or(json["error"].as_str()).unwrap_or_default();
    format!("{} {text}", answer.status)
}

#[tokio::test]
async fn people_and_squads_come_and_go() {
    let (site, henne) = site().await;
    let bert = json!({"name": "bert", "full_name": "Bert B.", "slack": "U0BERT", "time_zone": "Europe/Berlin"});
    let added = post(&site, &henne, "people", &bert).await;
    let shape = json!({
        "name": "bert", "full_name": "Bert B.", "email": null, "time_zone": "Europe/Berlin", "slack": "U0BERT", "irc": null,
        "squads": [], "on_duty": [], "holds": [], "in_config": false, "added_by": "henne", "added_at": "then",
    });
    let mut told = shape.clone();
    told["text"] = json!("added bert");
    assert_eq!((added.status, without_times(added.json())), (201, told));
    assert_eq!(get(&site, &henne, "people/bert").await, shape);
    for (path, body, expected) in [
        ("squads", json!({"name": "Web", "members": ["bert", "Anna"]}), "201 added squad Web"),
        ("people/bert", json!({"slack": null, "irc": "bert"}), "200 changed bert"),
        ("people/Bert", json!({"irc": "bert"}), "200 bert is known like that already"),
        ("people", json!({"name": "carla", "squads": ["Web"]}), "201 added carla"),
        ("squads/web/leave", json!({"people": ["anna"]}), "200 anna is no longer in Web"),
        ("squads/Web/join", json!({"people": ["anna", "carla"]}), "200 anna is in Web now"),
    ] {
        assert_eq!(said(&post(&site, &henne, path, &body).await), expected, "{path}");
    }
    let by_hand = |row: Value| {
        let mut row = row;
        row["in_config"] = json!(false);
        row["added_by"] = json!("henne");
        row["added_at"] = json!("then");
        row
    };
    let core = json!({
        "name": "Core", "members": ["anna"], "on_duty": [], "calendar": null, "in_config": true, "added_by": null,
        "added_at": null,
    });
    let web = json!({"name": "Web", "members": ["bert", "carla", "anna"], "on_duty": [], "calendar": null});
    assert_eq!(get(&site, &henne, "squads").await, json!({"squads": [core, by_hand(web.clone())]}));
    assert_eq!(get(&site, &henne, "squads/web").await, by_hand(web));
    let people = get(&site, &henne, "people").await;
    let names: Vec<_> = people["people"].as_array().unwrap().iter().map(|person| &person["name"]).collect();
    assert_eq!(names, ["anna", "bert", "carla"]);
    assert_eq!(people["people"][0]["squads"], json!(["Core", "Web"]));
    let gone = site.call(Request::new("DELETE", "/api/v1/people/bert").bearer(&henne)).await;
    assert_eq!((gone.status, gone.json()), (200, json!({"status": "done", "name": "bert", "text": "removed bert"})));
    let gone = site.call(Request::new("DELETE", "/api/v1/squads/WEB").bearer(&henne)).await;
    assert_eq!(gone.json(), json!({"status": "done", "name": "Web", "text": "removed squad Web"}));
    assert_eq!(site.call(Request::get("/api/v1/people/bert").bearer(&henne)).await.status, 404);
    site.stop().await;
}

#[tokio::test]
async fn what_is_wrong_is_told_with_what_to_do_and_changes_nothing() {
    let (site, henne) = site().await;
    let long = "a".repeat(65);
    let in_config =
        |what: &str, key: &str| format!("409 {what} stands in the configuration; change `{key}:` there, then reload");
    for (path, body, expected) in [
        ("people", json!({"name": "bert", "mail": "b@c"}), "422 unknown field `mail`, expected one of ".to_owned()),
        ("people", json!({"nmae": "bert"}), "422 unknown field `nmae`, ".to_owned()),
        ("people", json!({}), "422 missing field `name`".to_owned()),
        ("people", json!({"name": long}), "422 name: a name is one word of ".to_owned()),
        ("people", json!({"name": "everyone"}), "422 name: `everyone` means somebody else ".to_owned()),
        ("people", json!({"name": "@everyone"}), "422 name: a name is one word of ".to_owned()),
        ("people", json!({"name": "h\u{435}re"}), "422 name: a name is one word of ".to_owned()),
        ("people", json!({"name": "b\u{0}b"}), "422 name: a name is one word of ".to_owned()),
        ("people", json!({"name": "b", "full_name": "\u{202E}b"}), "422 full_name: is more than one line".to_owned()),
        ("people", json!({"name": "b", "full_name": "<!channel>"}), "422 full_name: holds `<`, which ".to_owned()),
        (
            "people",
            json!({"name": "b", "email": "a@b\r\nBcc: x@y"}),
            "422 email: `a@b  Bcc: x@y` is no mail".to_owned(),
        ),
        ("people", json!({"name": "b", "slack": "bert"}), "422 slack: `bert` is no Slack user id; ".to_owned()),
        ("people", json!({"name": "b", "email": "ANNA@example.org"}), "422 email: `anna` has the same; ".to_owned()),
        ("people", json!({"name": "b", "squads": ["Wep"]}), "404 unknown squad `Wep`; known: Core".to_owned()),
        ("people", json!({"name": "anna"}), in_config("person anna", "people")),
        ("people/anna", json!({"irc": "anna"}), in_config("person anna", "people")),
        ("people/anna", json!({}), "422 nothing is to be changed; say full_name, ".to_owned()),
        ("people/ana", json!({"irc": "anna"}), "404 unknown person `ana`; did you mean `anna`?".to_owned()),
        ("people/anna", json!({"ircc": "anna"}), "422 unknown field `ircc`, ".to_owned()),
        ("squads", json!({"name": "here"}), "422 name: `here` means somebody else ".to_owned()),
        ("squads", json!({"name": "A B"}), "422 name: a squad's name is one word ".to_owned()),
        ("squads", json!({"name": "Web", "people": []}), "422 unknown field `people`, ".to_owned()),
        ("squads", json!({"name": "Web", "members": ["ana"]}), "422 unknown person `ana`; did you ".to_owned()),
        ("squads", json!({"name": "Core"}), in_config("squad Core", "squads")),
        ("squads/Core/join", json!({"people": ["anna"]}), in_config("squad Core", "squads")),
        ("squads/Web/join", json!({"people": ["anna"]}), "404 unknown squad `Web`; known: Core".to_owned()),
        ("squads/Core/join", json!({"people": []}), "422 nobody is named; say who: ".to_owned()),
        ("squads/Core/join", json!({}), "422 missing field `people`".to_owned()),
    ] {
        let answer = said(&post(&site, &henne, path, &body).await);
        assert!(answer.starts_with(&expected), "{path} {body}: {answer}");
    }
    let near = said(&post(&site, &henne, "people", &json!({"nmae": "bert"})).await);
    assert!(near.contains("; did you mean `name`?"), "{near}");
    for (path, expected) in [
        ("people/anna", in_config("person anna", "people")),
        ("people/x", "404 unknown person `x`; known: anna".to_owned()),
        ("squads/core", in_config("squad Core", "squads")),
    ] {
        let answer = site.call(Request::new("DELETE", &format!("/api/v1/{path}")).bearer(&henne)).await;
        assert_eq!(said(&answer), expected);
    }
    assert_eq!(site.store.people().by_hand().await.unwrap(), Default::default());
    let told = site.inputs().await.iter().filter(|input| input.kind == InputKind::Directory).count();
    assert_eq!(told, 1, "what is written in the configuration, and no more");
    site.stop().await;
}

#[tokio::test]
async fn a_manager_reads_who_is_there_and_changes_nobody() {
    let (site, _) = site().await;
    for role in [Role::Viewer, Role::Responder, Role::Manager] {
        let token = site.token("mona", role).await;
        assert_eq!(get(&site, &token, "people/anna").await["name"], "anna");
        let refused = post(&site, &token, "people", &json!({"name": "bert"})).await;
        assert_eq!(refused.status, 403, "{}", refused.body);
    }
    site.stop().await;
}

#[tokio::test]
async fn whoever_is_removed_loses_their_roles_and_the_record_says_who_did_it() {
    let engine = Engine::start().await;
    let henne = engine.site.token("henne", Role::Admin).await;
    for name in ["anna", "bert"] {
        let added = post(&engine.site, &henne, "people", &json!({"name": name})).await;
        assert_eq!(added.status, 201, "{}", added.body);
    }
    let bert = engine.site.token("BERT", Role::Responder).await;
    let line = |token: &str, line: &str| {
        let request = Request::post("/api/v1/command", json!({ "line": line }).to_string()).bearer(token);
        engine.site.call(request)
    };
    for words in ["declare Downloads are slow", "take #1 operations", "take #1 communications"] {
        assert_eq!(line(&bert, words).await.status, 200);
    }
    let shown = get(&engine.site, &henne, "people/bert").await;
    let roles: Vec<_> = shown["holds"].as_array().unwrap().iter().map(|hold| (&hold["id"], &hold["role"])).collect();
    let (inc, ops, comms) = (json!("INC-1"), json!("operations"), json!("communications"));
    assert_eq!(roles, [(&inc, &comms), (&inc, &ops)]);
    let removed = engine.site.call(Request::new("DELETE", "/api/v1/people/bert").bearer(&henne)).await;
    assert_eq!(said(&removed), "200 removed bert; communications of INC-1, operations of INC-1 are free now");
    engine.decided(engine.site.inputs().await.last().unwrap().seq).await;
    let incident = get(&engine.site, &henne, "incidents/1").await;
    assert_eq!(incident["incident"]["roles"]["held"], json!({}));
    let timeline = get(&engine.site, &henne, "incidents/1/timeline?limit=2").await;
    for (entry, role) in [(0, "operations"), (1, "communications")] {
        let fact = json!({"fact": "released", "role": role, "person": "bert", "because": "they left the directory"});
        assert_eq!(timeline["entries"][entry]["fact"], fact);
    }
    let records = get(&engine.site, &henne, "audit?limit=1").await;
    let record = &records["records"][0];
    let told = [&record["what"], &record["actor"]["name"], &record["changes"][0]["before"], &record["access"]];
    assert_eq!(told, [&json!("person bert removed"), &json!("henne"), &json!("bert"), &json!("admin")]);
    engine.stop().await;
}

fn form(path: &str, session: &crate::site::Session, fields: &str) -> Request {
    let body = format!("{fields}&csrf={}", session.csrf);
    Request::post(path, body).header("Content-Type", crate::session::FORM).header("Cookie", &session.cookie)
}

#[tokio::test]
async fn an_admin_changes_people_on_their_page() {
    let (site, _) = site().await;
    let ada = site.session("ada", Role::Admin).await;
    let blank = "full_name=&email=&time_zone=&slack=&irc=";
    for (path, fields) in [
        ("/people", "name=bert&full_name=Bert+B.&email=&time_zone=&slack=U0BERT&irc="),
        ("/people/bert/change", "full_name=Bert+%3Cb%3E&email=&time_zone=&slack=&irc=bert"),
        ("/people/bert/change", "full_name=Bert&email=&time_zone=&slack=&irc=bert"),
        ("/squads", "name=Web&members=bert%2C+anna"),
        ("/squads/Web/leave", "person=anna"),
        ("/squads/Web/join", "person=Anna"),
    ] {
        let answer = site.call(form(path, &ada, fields)).await;
        let refused = fields.contains("%3C");
        assert_eq!(answer.status, if refused { 422 } else { 303 }, "{path}: {}", answer.body);
        assert_eq!(answer.header("location"), (!refused).then_some("/people"));
        if refused {
            assert!(
                answer.body.contains("Nothing was changed:") && answer.body.contains("holds `&lt;`"),
                "{}",
                answer.body
            );
        }
    }
    let page = site.call(Request::get("/people").header("Cookie", &ada.cookie)).await;
    for part in ["<span class=\"detail\">Bert</span>", "IRC bert", "bert, anna", "Remove bert", "Add to Web"] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    assert!(!page.body.contains("Change anna") && !page.body.contains("U0BERT"), "{}", page.body);
    // What was typed is still there, as text, and the page says what is wrong.
    let typed = format!("name=%22%3E%3Cscript%3E&{blank}");
    let refused = site.call(form("/people", &ada, &typed)).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.body.contains("a name is one word of a-z") && !refused.body.contains("<script"),
        "{}",
        refused.body
    );
    assert!(refused.body.contains("value=\"&quot;&gt;&lt;script&gt;\""), "{}", refused.body);
    for (path, fields) in [("/people/bert/remove", ""), ("/squads/Web/remove", "")] {
        assert_eq!(site.call(form(path, &ada, fields)).await.status, 303, "{path}");
    }
    let gone = site.call(form("/people/bert/remove", &ada, "")).await;
    assert_eq!(gone.status, 404);
    let mona = site.session("mona", Role::Manager).await;
    let page = site.call(Request::get("/people").header("Cookie", &mona.cookie)).await;
    assert!(page.status == 200 && page.body.contains("anna") && !page.body.contains("<button>Add"), "{}", page.body);
    assert_eq!(site.call(form("/people", &mona, &format!("name=eve&{blank}"))).await.status, 403);
    let stranger = site.call(Request::get("/people").header("Accept", "text/html")).await;
    assert!(stranger.status == 401 && !stranger.body.contains("anna@"), "{}", stranger.body);
    site.stop().await;
}
