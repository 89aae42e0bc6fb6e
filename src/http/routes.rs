//! Every route, and what it asks of whoever calls it. The server is configured from this table and nothing else, so a
//! route without a rule can't exist; `tests/http.rs` walks it.

use super::api::{self, commands};
use super::error::Failure;
use super::gate::{Access, Gate, gate};
use super::site::Site;
use super::{health, login, oidc, openapi, pages, slack, webhook};
use crate::store::Role;
use actix_web::http::Method;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, Route, guard};
use std::sync::Arc;

/// One method of one path.
pub struct Endpoint {
    /// `GET` answers `HEAD` too.
    pub method: Method,
    /// As a pattern.
    pub path: &'static str,
    /// What it asks for.
    pub access: Access,
    /// What answers.
    pub to: fn() -> Route,
}

const fn get(path: &'static str, access: Access, to: fn() -> Route) -> Endpoint {
    Endpoint { method: Method::GET, path, access, to }
}

const fn post(path: &'static str, access: Access, to: fn() -> Route) -> Endpoint {
    Endpoint { method: Method::POST, path, access, to }
}

const fn put(path: &'static str, access: Access, to: fn() -> Route) -> Endpoint {
    Endpoint { method: Method::PUT, path, access, to }
}

const fn delete(path: &'static str, access: Access, to: fn() -> Route) -> Endpoint {
    Endpoint { method: Method::DELETE, path, access, to }
}

const VIEWER: Access = Access::AtLeast(Role::Viewer);
const RESPONDER: Access = Access::AtLeast(Role::Responder);
const MANAGER: Access = Access::AtLeast(Role::Manager);
const ADMIN: Access = Access::AtLeast(Role::Admin);

/// The table. Senders of alerts may write a trailing slash; a redirect would turn their POST into a GET.
pub static ROUTES: &[Endpoint] = &[
    post("/api/v1/alertmanager", Access::Ingest, || web::to(webhook::alertmanager)),
    post("/api/v1/alertmanager/", Access::Ingest, || web::to(webhook::alertmanager)),
    post("/api/v1/alertmanager/events", Access::Ingest, || web::to(webhook::events)),
    post("/api/v1/alertmanager/events/", Access::Ingest, || web::to(webhook::events)),
    post("/api/v1/alertmanager/{source}/events", Access::Ingest, || web::to(webhook::events)),
    post("/api/v1/alertmanager/{source}/events/", Access::Ingest, || web::to(webhook::events)),
    post("/api/v1/alertmanager/{source}", Access::Ingest, || web::to(webhook::alertmanager)),
    post("/api/v1/alertmanager/{source}/", Access::Ingest, || web::to(webhook::alertmanager)),
    post("/api/v2/alerts", Access::Ingest, || web::to(webhook::push)),
    post("/api/v2/alerts/", Access::Ingest, || web::to(webhook::push)),
    post("/slack/commands", Access::Slack, || web::to(slack::commands)),
    post("/slack/interactive", Access::Slack, || web::to(slack::interactive)),
    post("/slack/events", Access::Slack, || web::to(slack::events)),
    get("/-/healthy", Access::Anyone, || web::to(health::healthy)),
    get("/-/ready", Access::Anyone, || web::to(health::ready)),
    post("/-/reload", ADMIN, || web::to(health::reload)),
    get("/metrics", VIEWER, || web::to(health::metrics)),
    get("/api/v1/openapi.json", Access::Anyone, || web::to(openapi::show)),
    get("/api/v1/status", VIEWER, || web::to(api::status::status)),
    get("/api/v1/stats", VIEWER, || web::to(api::stats::stats)),
    get("/api/v1/incidents", VIEWER, || web::to(api::incidents::list)),
    post("/api/v1/incidents", RESPONDER, || web::to(commands::declare)),
    get("/api/v1/incidents/{number}", VIEWER, || web::to(api::incidents::one)),
    get("/api/v1/incidents/{number}/export", MANAGER, || web::to(api::past::export)),
    post("/api/v1/import", ADMIN, || web::to(api::past::import)),
    delete("/api/v1/incidents/{number}", ADMIN, || web::to(api::past::delete)),
    get("/api/v1/incidents/{number}/timeline", VIEWER, || web::to(api::incidents::timeline)),
    get("/api/v1/incidents/{number}/score", VIEWER, || web::to(api::incidents::score)),
    get("/api/v1/incidents/{number}/postmortem", VIEWER, || web::to(api::postmortem::show)),
    get("/api/v1/incidents/{number}/postmortem.md", VIEWER, || web::to(api::postmortem::markdown)),
    // Who may say a verb is decided with it (`domain::verbs::may`): whoever leads an incident may do more to it.
    post("/api/v1/incidents/{number}/confirm", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/severity", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/calloff", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/resolve", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/reopen", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/merge", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/split", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/take", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/assign", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/handover", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/accept", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/decline", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/update", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/note", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/edit", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/summary", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/impact", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/exit-criteria", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/links", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/publish", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/section", RESPONDER, || web::to(commands::act)),
    put("/api/v1/incidents/{number}/postmortem/sections/{section}", RESPONDER, || web::to(api::review::put_section)),
    post("/api/v1/incidents/{number}/mark", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/correct", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/action", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/action-edit", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/action-done", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/action-drop", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/postmortem", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/waive", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/todo", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/done", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/ack", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/follow", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/unfollow", RESPONDER, || web::to(commands::act)),
    post("/api/v1/incidents/{number}/undo", RESPONDER, || web::to(commands::act)),
    post("/api/v1/alerts/{number}/adopt", MANAGER, || web::to(commands::adopt)),
    get("/api/v1/actions", VIEWER, || web::to(api::actions::list)),
    get("/api/v1/actions.csv", VIEWER, || web::to(api::actions::csv)),
    post("/api/v1/command", VIEWER, || web::to(commands::line)),
    get("/api/v1/drills", VIEWER, || web::to(api::drills::list)),
    // Whoever starts one wakes people.
    post("/api/v1/drills", MANAGER, || web::to(api::drills::send)),
    post("/api/v1/drills/{name}/stop", MANAGER, || web::to(api::drills::stop)),
    get("/api/v1/explain", VIEWER, || web::to(api::explain::ask)),
    post("/api/v1/explain", VIEWER, || web::to(api::explain::payload)),
    get("/api/v1/deliveries", VIEWER, || web::to(api::outbox::list)),
    post("/api/v1/deliveries/{number}/retry", MANAGER, || web::to(api::outbox::retry)),
    get("/api/v1/receivers", VIEWER, || web::to(api::receivers::list)),
    post("/api/v1/receivers/{name}/test", MANAGER, || web::to(api::receivers::test)),
    post("/api/v1/deliveries/release", ADMIN, || web::to(api::outbox::release)),
    get("/api/v1/quarantine", VIEWER, || web::to(api::quarantine::list)),
    get("/api/v1/quarantine/{number}", VIEWER, || web::to(api::quarantine::body)),
    delete("/api/v1/quarantine/{number}", ADMIN, || web::to(api::quarantine::forget)),
    get("/api/v1/audit", MANAGER, || web::to(api::audit::list)),
    // An account in a chat speaks for its person: whoever may link one, may act as anybody.
    get("/api/v1/people", VIEWER, || web::to(api::people::list)),
    post("/api/v1/people", ADMIN, || web::to(api::people::add)),
    get("/api/v1/people/{name}", VIEWER, || web::to(api::people::one)),
    post("/api/v1/people/{name}", ADMIN, || web::to(api::people::change)),
    delete("/api/v1/people/{name}", ADMIN, || web::to(api::people::remove)),
    get("/api/v1/squads", VIEWER, || web::to(api::squads::list)),
    post("/api/v1/squads", ADMIN, || web::to(api::squads::add)),
    get("/api/v1/squads/{name}", VIEWER, || web::to(api::squads::one)),
    delete("/api/v1/squads/{name}", ADMIN, || web::to(api::squads::remove)),
    post("/api/v1/squads/{name}/join", ADMIN, || web::to(api::squads::join)),
    post("/api/v1/squads/{name}/leave", ADMIN, || web::to(api::squads::leave)),
    get("/api/v1/tokens", ADMIN, || web::to(api::tokens::list)),
    post("/api/v1/tokens", ADMIN, || web::to(api::tokens::add)),
    delete("/api/v1/tokens/{id}", ADMIN, || web::to(api::tokens::revoke)),
    post("/api/v1/tokens/{id}/rotate", ADMIN, || web::to(api::tokens::rotate)),
    get("/api/v1/logins", ADMIN, || web::to(api::logins::list)),
    post("/api/v1/logins", ADMIN, || web::to(api::logins::add)),
    delete("/api/v1/logins/{name}", ADMIN, || web::to(api::logins::remove)),
    post("/api/v1/logins/{name}/role", ADMIN, || web::to(api::logins::role)),
    post("/api/v1/logins/{name}/password", ADMIN, || web::to(api::logins::password)),
    post("/api/v1/logins/{name}/totp", ADMIN, || web::to(api::logins::totp)),
    post("/api/v1/logins/{name}/disable", ADMIN, || web::to(api::logins::disable)),
    post("/api/v1/logins/{name}/enable", ADMIN, || web::to(api::logins::enable)),
    get("/api/v1/logins/{name}/sessions", ADMIN, || web::to(api::logins::sessions)),
    post("/api/v1/logins/{name}/logout", ADMIN, || web::to(api::logins::logout)),
    get("/declare", RESPONDER, || web::to(pages::acts::declaring)),
    post("/declare", RESPONDER, || web::to(pages::acts::declare)),
    get("/incidents/{number}/edit", RESPONDER, || web::to(pages::edit::show)),
    get("/incidents/{number}/postmortem", VIEWER, || web::to(pages::postmortem::show)),
    get("/actions", VIEWER, || web::to(pages::actions::show)),
    post("/incidents/{number}/do/{verb}", RESPONDER, || web::to(pages::acts::act)),
    get("/people", VIEWER, || web::to(pages::people::show)),
    post("/people", ADMIN, || web::to(pages::people::add)),
    post("/people/{name}/change", ADMIN, || web::to(pages::people::change)),
    post("/people/{name}/remove", ADMIN, || web::to(pages::people::remove)),
    post("/squads", ADMIN, || web::to(pages::people::add_squad)),
    post("/squads/{name}/join", ADMIN, || web::to(pages::people::join)),
    post("/squads/{name}/leave", ADMIN, || web::to(pages::people::leave)),
    post("/squads/{name}/remove", ADMIN, || web::to(pages::people::remove_squad)),
    post("/receivers/{name}/test", MANAGER, || web::to(pages::receivers::test)),
    post("/deliveries/release", ADMIN, || web::to(pages::outbox::release)),
    get("/login", Access::Reader, || web::to(login::page::show)),
    post("/login", Access::Anyone, || web::to(login::local::login)),
    get("/login/oidc", Access::Anyone, || web::to(oidc::flow::start)),
    get("/login/oidc/callback", Access::Anyone, || web::to(oidc::flow::callback)),
    post("/logout", VIEWER, || web::to(login::out::logout)),
];

/// Configures the server from the table; pages come last, and can be read only.
pub fn configure(cfg: &mut ServiceConfig, site: &web::Data<Site>) {
    let mut done: Vec<&str> = Vec::new();
    for endpoint in ROUTES {
        if done.contains(&endpoint.path) {
            continue;
        }
        done.push(endpoint.path);
        add(cfg, site, endpoint.path);
    }
    let reading = guard::Any(guard::Get()).or(guard::Head());
    let door = door(site, "pages", vec![(Method::GET, Access::Reader)]);
    cfg.service(
        web::scope("")
            .guard(reading)
            .wrap(from_fn(move |request, next: Next<_>| gate(door.clone(), request, next)))
            .configure(pages::configure),
    );
    cfg.default_service(web::to(nothing));
}

fn add(cfg: &mut ServiceConfig, site: &web::Data<Site>, path: &'static str) {
    let methods: Vec<&Endpoint> = ROUTES.iter().filter(|endpoint| endpoint.path == path).collect();
    let rules = methods.iter().map(|endpoint| (endpoint.method.clone(), endpoint.access)).collect();
    let door = door(site, path, rules);
    let mut resource = web::resource(path);
    for endpoint in methods {
        let route = (endpoint.to)();
        resource = resource.route(match endpoint.method {
            Method::GET => route.guard(guard::Any(guard::Get()).or(guard::Head())),
            _ => route.method(endpoint.method.clone()),
        });
    }
    cfg.service(resource.wrap(from_fn(move |request, next: Next<_>| gate(door.clone(), request, next))));
}

fn door(site: &web::Data<Site>, route: &'static str, rules: Vec<(Method, Access)>) -> Arc<Gate> {
    Arc::new(Gate { rules, metrics: site.parts.metrics.route(route), site: site.clone() })
}

async fn nothing(request: HttpRequest) -> Result<&'static str, Failure> {
    Err(Failure::NotFound(format!("there is nothing at {}", domain::text::clean_line(request.path(), 200))))
}
