//! `/api/v1/openapi.json`: the HTTP API for programs, made from the table of routes, the table of verbs and what bodies ask for.

pub mod bodies;
pub mod field;
mod rows;

use super::error::Failure;
use super::gate::Access;
use super::routes::{Endpoint, ROUTES};
use crate::metrics::VERSION;
use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::http::header::CONTENT_TYPE;
use domain::incident::room::Part;
use domain::verbs::Verb;
use field::{Field, object};
use rows::OPERATIONS;
use serde_json::{Map, Value, json};

// Shapes of answers; the tests hold them to what is answered.
const ANSWERS: &str = include_str!("answers.json");

const ABOUT: &str = "\
Earlybell declares incidents early from Alertmanager's alerts, tells people, and keeps the record. Times are RFC 3339 in UTC, lists are \
newest first, unknown keys are refused. A repeat of a verb with the same `Idempotency-Key` does nothing.";

/// One method of one path.
pub struct Operation {
    /// Which method.
    pub method: Method,
    /// Of which path, as in the table of routes.
    pub path: &'static str,
    /// What it does, in a line.
    pub says: &'static str,
    /// What may stand in the query.
    pub query: &'static [Field],
    /// What it takes.
    pub body: Body,
    /// What it answers.
    pub answer: Answer,
}

/// What an operation takes.
#[derive(Debug, Clone, Copy)]
pub enum Body {
    /// Nothing.
    Nothing,
    /// An object of these fields.
    Fields(&'static [Field]),
    /// Alerts in the shape of whoever sends them.
    Alerts,
    /// A tar archive.
    Archive,
}

/// What an operation answers, where all is well.
#[derive(Debug, Clone, Copy)]
pub enum Answer {
    /// This shape.
    Json(&'static str),
    /// This shape, of something new.
    Made(&'static str),
    /// Text or bytes of this kind.
    Words(&'static str),
    /// Nothing.
    Empty,
}

/// `GET /api/v1/openapi.json`
pub async fn show() -> Result<HttpResponse, Failure> {
    let document = document().map_err(|error| Failure::Internal(format!("the document can't be written: {error}")))?;
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, "application/json")).body(document.to_string()))
}

/// The document.
///
/// # Errors
/// The shapes of answers are no JSON, which a test rules out.
pub fn document() -> serde_json::Result<Value> {
    let mut paths: Map<String, Value> = Map::new();
    for endpoint in ROUTES.iter().filter(|endpoint| is_for_programs(endpoint)) {
        let Some(operation) = operation(endpoint) else { continue };
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        path[endpoint.method.as_str().to_lowercase()] = described(endpoint, &operation);
    }
    let schemas: Value = serde_json::from_str(ANSWERS)?;
    let bearer = json!({"type": "http", "scheme": "bearer", "description": "A token: `earlybell token new`"});
    Ok(json!({
        "openapi": "3.1.0",
        "info": {"title": "Earlybell", "version": VERSION, "description": ABOUT},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"token": bearer}},
    }))
}

/// Whether a route is for programs: pages and forms are for browsers, Slack's are for Slack. What may be written with a slash
/// at its end is described without.
pub fn is_for_programs(endpoint: &Endpoint) -> bool {
    let known = ["/api/", "/-/", "/metrics"].iter().any(|start| endpoint.path.starts_with(start));
    known && !endpoint.path.ends_with('/')
}

/// What is known of a route, besides who may: from the table here, or from that of verbs.
pub fn operation(endpoint: &Endpoint) -> Option<Operation> {
    let known = OPERATIONS.iter().find(|known| known.path == endpoint.path && known.method == endpoint.method);
    if let Some(Operation { method, path, says, query, body, answer }) = known {
        let (method, body, answer) = (method.clone(), *body, *answer);
        return Some(Operation { method, path, says, query, body, answer });
    }
    let last = endpoint.path.rsplit('/').next()?;
    let (says, body) = match (endpoint.path, Verb::parse(last), Part::parse(last)) {
        ("/api/v1/incidents", ..) => (Verb::Declare.spec().help, bodies::of(Verb::Declare)),
        (_, Some(verb), _) => (verb.spec().help, bodies::of(verb)),
        (_, None, Some(_)) => ("Rewrites this part of the state document", bodies::WRITTEN),
        (_, None, None) => return None,
    };
    let (method, answer) = (endpoint.method.clone(), Answer::Json("Done"));
    Some(Operation { method, path: endpoint.path, says, query: &[], body: Body::Fields(body), answer })
}

fn described(endpoint: &Endpoint, operation: &Operation) -> Value {
    let in_path = segments(endpoint.path).map(
        |name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string", "minLength": 1}}),
    );
    let in_query = operation.query.iter().map(
        |field| json!({"name": field.name, "in": "query", "required": field.needed, "schema": field.kind.schema()}),
    );
    let (status, answer) = answered(operation.answer);
    let problem = json!({"$ref": "#/components/schemas/Problem"});
    let mut described = json!({
        "summary": operation.says,
        "operationId": name(endpoint),
        "parameters": in_path.chain(in_query).collect::<Vec<_>>(),
        "responses": {
            status: answer,
            "default": {"description": "Why it was not done", "content": {"application/json": {"schema": problem}}},
        },
    });
    if let Some(body) = taken(operation.body) {
        described["requestBody"] = body;
    }
    if let Some(role) = role(endpoint.access) {
        described["security"] = json!([{"token": []}]);
        described["description"] = json!(format!("Asks for the role `{role}`."));
    }
    described
}

fn taken(body: Body) -> Option<Value> {
    let (kind, schema, needed) = match body {
        Body::Nothing | Body::Fields([]) => return None,
        Body::Fields(fields) => ("application/json", object(fields), fields.iter().any(|field| field.needed)),
        Body::Alerts => ("application/json", json!({}), true),
        Body::Archive => ("application/x-tar", json!({}), true),
    };
    Some(json!({"required": needed, "content": {kind: {"schema": schema}}}))
}

fn answered(answer: Answer) -> (&'static str, Value) {
    let shape = |name: &str| {
        let schema = json!({"$ref": format!("#/components/schemas/{name}")});
        json!({"description": "Done", "content": {"application/json": {"schema": schema}}})
    };
    match answer {
        Answer::Json(name) => ("200", shape(name)),
        Answer::Made(name) => ("201", shape(name)),
        Answer::Words(kind) => ("200", json!({"description": "Done", "content": {kind: {}}})),
        Answer::Empty => ("200", json!({"description": "Done"})),
    }
}

// `post_incidents_number_take`: what generated clients call it.
fn name(endpoint: &Endpoint) -> String {
    let path = endpoint.path.trim_start_matches("/api/v1/").trim_start_matches("/-");
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<String> =
        [endpoint.method.as_str().to_lowercase()].into_iter().chain(words.map(str::to_owned)).collect();
    words.join("_")
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
}

fn role(access: Access) -> Option<&'static str> {
    match access {
        Access::Anyone | Access::Reader | Access::Slack => None,
        Access::Ingest => Some("ingest"),
        Access::AtLeast(role) => Some(role.word()),
    }
}
