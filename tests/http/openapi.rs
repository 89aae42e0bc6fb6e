//! The document for programs is that of the program: every route, every name in a body or a query, and the shape of answers.

use crate::explain::Engine;
use crate::schema::fits;
use crate::wire::{Answer, Request};
use domain::ids::InputSeq;
use earlybell::http::openapi::field::{Field, Kind};
use earlybell::http::openapi::{Body, Operation, document, is_for_programs, operation};
use earlybell::http::routes::{Endpoint, ROUTES};
use earlybell::store::Role;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::path::Path;

fn described() -> impl Iterator<Item = (&'static Endpoint, Operation)> {
    let routes = ROUTES.iter().filter(|endpoint| is_for_programs(endpoint));
    routes.map(|endpoint| {
        let what = format!("{} {} is not described", endpoint.method, endpoint.path);
        (endpoint, operation(endpoint).unwrap_or_else(|| panic!("{what}")))
    })
}

/// `UPDATE=1` writes `docs/openapi.json` anew.
#[test]
fn the_document_is_that_of_the_program_and_whole() {
    let document = document().unwrap();
    let mut names = BTreeSet::new();
    for (endpoint, _) in described() {
        let described = &document["paths"][endpoint.path][endpoint.method.as_str().to_lowercase()];
        let name = described["operationId"].as_str().unwrap_or_else(|| panic!("{} is not there", endpoint.path));
        assert!(names.insert(name.to_owned()), "{name} is given twice");
    }
    let count: usize =
        document["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len()).sum();
    assert_eq!(count, names.len(), "there is more in it than routes");
    for reference in document.to_string().split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer} leads nowhere");
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    let text = serde_json::to_string_pretty(&document).unwrap() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert!(std::fs::read_to_string(&path).unwrap_or_default() == text, "docs/openapi.json is not current; UPDATE=1");
}

// Something that such a field takes.
fn example(kind: Kind) -> Value {
    match kind {
        Kind::Text => json!("words"),
        Kind::Number | Kind::Count => json!(1),
        Kind::Flag => json!(true),
        Kind::Length => json!("20m"),
        Kind::Time => json!("2026-11-22T10:00:00Z"),
        Kind::Day => json!("2026-12-01"),
        Kind::Severity => json!("major"),
        Kind::Code => json!("flapping"),
        Kind::Role => json!("viewer"),
        Kind::Part => json!("summary"),
        Kind::OneOf(words) => json!(words[0]),
        Kind::Labels => json!({"team": "ops"}),
        Kind::Texts => json!(["team = ops"]),
        Kind::Numbers => json!([1]),
        Kind::Options => json!([["next", "20m"]]),
        Kind::DrillAlerts => json!([{"labels": {"alertname": "Down"}, "annotations": {}, "for": "20m", "over": false}]),
    }
}

fn body(fields: &[&Field]) -> Value {
    fields.iter().map(|field| (field.name.to_owned(), example(field.kind))).collect::<Map<_, _>>().into()
}

// Numbers lead to nothing that is there, so that nothing is undone.
fn path(endpoint: &Endpoint) -> String {
    let fill = |path: String, (name, value): (&str, &str)| path.replace(name, value);
    [("{number}", "4711"), ("{section}", "impact"), ("{name}", "none"), ("{id}", "none"), ("{source}", "default")]
        .into_iter()
        .fold(endpoint.path.to_owned(), fill)
}

struct Api {
    engine: Engine,
    token: String,
}

impl Api {
    async fn start() -> Self {
        let engine = Engine::start().await;
        let token = engine.site.token("ada", Role::Admin).await;
        Self { engine, token }
    }

    async fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        let body = if *body == Value::Null { Vec::new() } else { body.to_string().into_bytes() };
        let request = if body.is_empty() { Request::new(method, path) } else { Request::post(path, body.clone()) };
        let request = if method == "PUT" { Request::put(path, body) } else { request };
        let answer = self.engine.site.call(request.bearer(&self.token)).await;
        if let Some(input) = serde_json::from_str::<Value>(&answer.body).ok().and_then(|said| said["input"].as_u64()) {
            self.engine.decided(InputSeq(input)).await;
        }
        answer
    }
}

// Names between backticks, but for the first, which is the wrong one.
fn expected(error: &str) -> BTreeSet<String> {
    let known = error.split("; did you mean").next().unwrap();
    known.split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

fn names(fields: &[Field]) -> BTreeSet<String> {
    fields.iter().map(|field| field.name.to_owned()).collect()
}

#[tokio::test]
async fn what_bodies_and_queries_ask_for_is_what_is_described() {
    let api = Api::start().await;
    for (endpoint, operation) in described() {
        let what = format!("{} {}", endpoint.method, endpoint.path);
        let method = endpoint.method.as_str();
        if !operation.query.is_empty() {
            let refused = api.call(method, &format!("{}?zzz=1", path(endpoint)), &Value::Null).await;
            assert_eq!((refused.status, expected(&refused.error())), (422, names(operation.query)), "{what}");
            for field in operation.query {
                let value = example(field.kind).to_string();
                let asked = format!("{}?{}={}", path(endpoint), field.name, value.trim_matches('"'));
                let answer = api.call(method, &asked, &Value::Null).await;
                assert!(!answer.body.contains("unknown field"), "{what}: {asked}: {}", answer.body);
            }
        }
        let Body::Fields(fields) = operation.body else { continue };
        let refused = api.call(method, &path(endpoint), &json!({"zzz": 1})).await;
        let error = refused.error();
        assert!(refused.status == 422 && error.contains("unknown field `zzz`"), "{what}: {}", refused.body);
        assert_eq!(expected(&error), names(fields), "{what}: {error}");
        for left_out in fields {
            let rest: Vec<&Field> = fields.iter().filter(|field| field.name != left_out.name).collect();
            let answer = api.call(method, &path(endpoint), &body(&rest)).await;
            let missed = answer.body.contains(&format!("missing field `{}`", left_out.name));
            assert_eq!(missed, left_out.needed, "{what} without {}: {}", left_out.name, answer.body);
        }
        let answer = api.call(method, &path(endpoint), &body(&fields.iter().collect::<Vec<_>>())).await;
        let misread = ["invalid type", "invalid value", "missing field", "unknown field", "unknown variant"];
        assert!(!misread.iter().any(|wrong| answer.body.contains(wrong)), "{what}: {}", answer.body);
    }
    api.engine.stop().await;
}

#[tokio::test]
async fn answers_have_the_promised_shape() {
    let api = Api::start().await;
    let document = document().unwrap();
    let mut seen = BTreeSet::new();
    let mut look = |method: &str, pattern: &str, answer: &Answer| {
        let responses = &document["paths"][pattern][method.to_lowercase()]["responses"];
        let promised = responses.get(answer.status.to_string()).unwrap_or(&responses["default"]);
        let schema = &promised["content"]["application/json"]["schema"];
        if schema.is_object() {
            fits(&document, schema, &answer.json(), &format!("{method} {pattern}"));
            seen.insert(format!("{method} {pattern} {}", answer.status));
        }
    };
    let labels = json!({"alertname": "Down", "severity": "critical"});
    let alert = json!({"status": "firing", "labels": labels, "annotations": {"summary": "no answer"}, "startsAt": "2026-11-22T10:00:00Z", "endsAt": "0001-01-01T00:00:00Z", "generatorURL": ""});
    let message = json!({"version": "4", "groupKey": "{}", "truncatedAlerts": 0, "status": "firing", "receiver": "earlybell",
        "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "", "alerts": [alert]});
    // A life of an incident, and of everything beside it.
    for (method, pattern, path, body) in [
        ("POST", "/api/v1/alertmanager", "/api/v1/alertmanager", message.clone()),
        ("POST", "/api/v1/explain", "/api/v1/explain", message),
        ("POST", "/api/v1/incidents", "/api/v1/incidents", json!({"title": "Queue stuck"})),
        ("POST", "/api/v1/incidents/{number}/take", "/api/v1/incidents/1/take", json!({})),
        ("POST", "/api/v1/incidents/{number}/confirm", "/api/v1/incidents/1/confirm", json!({})),
        ("POST", "/api/v1/incidents/{number}/update", "/api/v1/incidents/1/update", json!({"text": "We look."})),
        ("POST", "/api/v1/incidents/{number}/action", "/api/v1/incidents/1/action", json!({"text": "More memory"})),
        ("POST", "/api/v1/incidents/{number}/resolve", "/api/v1/incidents/1/resolve", json!({"text": "restarted"})),
        (
            "POST",
            "/api/v1/incidents/{number}/calloff",
            "/api/v1/incidents/2/calloff",
            json!({"code": "test", "reason": "a test"}),
        ),
        (
            "POST",
            "/api/v1/incidents/{number}/calloff",
            "/api/v1/incidents/2/calloff",
            json!({"code": "test", "reason": "again"}),
        ),
        ("POST", "/api/v1/incidents/{number}/note", "/api/v1/incidents/9/note", json!({"text": "nowhere"})),
        ("POST", "/api/v1/incidents/{number}/note", "/api/v1/incidents/1/note", json!({"txet": "wrong"})),
        ("POST", "/api/v1/command", "/api/v1/command", json!({"line": "list"})),
        ("POST", "/api/v1/command", "/api/v1/command", json!({"line": "frobnicate"})),
        (
            "POST",
            "/api/v1/drills",
            "/api/v1/drills",
            json!({"name": "march", "alerts": [{"labels": {"alertname": "Down"}}]}),
        ),
        ("POST", "/api/v1/people", "/api/v1/people", json!({"name": "bert", "email": "bert@example.org"})),
        ("POST", "/api/v1/people/{name}", "/api/v1/people/bert", json!({"irc": "bert"})),
        ("POST", "/api/v1/squads", "/api/v1/squads", json!({"name": "Web", "members": ["bert"]})),
        ("POST", "/api/v1/squads/{name}/leave", "/api/v1/squads/Web/leave", json!({"people": ["bert"]})),
        (
            "POST",
            "/api/v1/logins",
            "/api/v1/logins",
            json!({"name": "cleo", "role": "viewer", "password": "correct horse battery", "totp": true}),
        ),
        ("POST", "/api/v1/logins/{name}/role", "/api/v1/logins/cleo/role", json!({"role": "responder"})),
        ("POST", "/api/v1/tokens", "/api/v1/tokens", json!({"name": "scraper", "role": "viewer", "expires_in": "90d"})),
    ] {
        let answer = api.call(method, path, &body).await;
        look(method, pattern, &answer);
    }
    let score = api.call("GET", "/api/v1/drills", &Value::Null).await.json()["drills"][0]["incidents"][0].clone();
    let reads = described().filter(|(endpoint, _)| endpoint.method == actix_web::http::Method::GET);
    for (endpoint, _) in reads {
        let number = match endpoint.path {
            path if path.ends_with("/score") => score.to_string(),
            // Of what is over.
            path if path.contains("/postmortem") => "2".to_owned(),
            _ => "1".to_owned(),
        };
        let path = endpoint.path.replace("{number}", &number).replace("people/{name}", "people/bert");
        let path = path.replace("squads/{name}", "squads/Web").replace("logins/{name}", "logins/cleo");
        let answer = api.call("GET", &path, &Value::Null).await;
        look("GET", endpoint.path, &answer);
    }
    let nobody = api.engine.site.call(Request::get("/api/v1/status")).await;
    look("GET", "/api/v1/status", &nobody);
    // Each shape was met once where all was well.
    let shapes = document["components"]["schemas"].as_object().unwrap().keys();
    let met: BTreeSet<&str> = seen.iter().filter_map(|one| shape_of(&document, one)).collect();
    // Parts of others; and `Tried`, which needs somebody to tell (tests/cli/receivers.rs shows it).
    let inner = ["Tried", "Action", "Alert", "Delivery", "Entry", "Incident", "Receiver", "Record", "Token"];
    let unmet: Vec<&String> =
        shapes.filter(|name| !met.contains(name.as_str()) && !inner.contains(&name.as_str())).collect();
    assert!(unmet.is_empty(), "never answered: {unmet:?}");
    api.engine.stop().await;
}

fn shape_of<'a>(document: &'a Value, seen: &str) -> Option<&'a str> {
    let [method, pattern, status] = seen.split(' ').collect::<Vec<_>>()[..] else { return None };
    let responses = &document["paths"][pattern][method.to_lowercase()]["responses"];
    let promised = responses.get(status).unwrap_or(&responses["default"]);
    promised["content"]["application/json"]["schema"]["$ref"].as_str()?.rsplit('/').next()
}
