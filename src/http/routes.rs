//! Every route, and what it asks of whoever calls it. The server is configured from this table and nothing else, so a
//! route without a rule can't exist; `tests/http.rs` walks it.

use super::error::Failure;
use super::gate::{Access, Gate, gate};
use super::site::Site;
use super::{health, pages, webhook};
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

/// The table. Senders of alerts may write a trailing slash; a redirect would turn their POST into a GET.
pub static ROUTES: &[Endpoint] = &[
    post("/api/v1/alertmanager", Access::Ingest, || web::to(webhook::alertmanager)),
    post("/api/v1/alertmanager/", Access::Ingest, || web::to(webhook::alertmanager)),
    post("/api/v1/alertmanager/{source}", Access::Ingest, || web::to(webhook::alertmanager)),
    post("/api/v1/alertmanager/{source}/", Access::Ingest, || web::to(webhook::alertmanager)),
    post("/api/v2/alerts", Access::Ingest, || web::to(webhook::push)),
    post("/api/v2/alerts/", Access::Ingest, || web::to(webhook::push)),
    get("/-/healthy", Access::Anyone, || web::to(health::healthy)),
    get("/-/ready", Access::Anyone, || web::to(health::ready)),
    post("/-/reload", Access::AtLeast(Role::Admin), || web::to(health::reload)),
    get("/metrics", Access::AtLeast(Role::Viewer), || web::to(health::metrics)),
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
