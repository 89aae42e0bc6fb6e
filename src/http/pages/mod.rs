//! Pages for people: the list of incidents, the state document of each, the rules. HTML without JavaScript.

pub mod actions;
pub mod acts;
mod chrome;
mod documents;
pub mod edit;
mod explained;
mod forms;
mod history;
mod lanes;
mod list;
pub mod outbox;
pub mod people;
pub mod postmortem;
pub mod receivers;
mod render;
mod rules;
mod stats;
mod strip;
mod trend;

pub use chrome::Chrome;
pub use render::render;

use super::auth::Visitor;
use super::error::Failure;
use super::site::Site;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use domain::engine::explain::About;
use explained::ExplainedRows;
use std::time::Duration;

/// Longest that a page waits for the engine; it is shown without what the engine would say.
const ENGINE_WAIT: Duration = Duration::from_secs(2);

const STYLE: &str = include_str!("assets/earlybell.css");
const ICON: &str = include_str!("assets/earlybell.svg");

/// Adds the pages: `GET` only, behind [`super::gate`] with [`super::auth::Visitor`] as extractor.
pub fn configure(cfg: &mut ServiceConfig) {
    cfg.route("/", web::to(list::list))
        .route(r"/incidents/{number:[^/.]+}", web::to(documents::html))
        .route(r"/incidents/{number:[^/.]+}.md", web::to(documents::markdown))
        .route(r"/incidents/{number:[^/.]+}.json", web::to(documents::json))
        .route("/history", web::to(history::show))
        .route("/stats", web::to(stats::show))
        .route("/rules", web::to(rules::list))
        .route("/rules/{name:.+}", web::to(rules::one))
        .route("/receivers", web::to(receivers::show))
        .route("/deliveries", web::to(outbox::deliveries))
        .route("/quarantine", web::to(outbox::quarantine))
        .route("/assets/earlybell.css", web::to(|| asset("text/css; charset=utf-8", STYLE)))
        .route("/assets/earlybell.svg", web::to(|| asset("image/svg+xml", ICON)))
        .default_service(web::to(nothing));
}

// The version of the program stands in their address, so they may be kept.
async fn asset(kind: &'static str, text: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, kind))
        .insert_header((CACHE_CONTROL, "public, max-age=86400"))
        .body(text)
}

async fn nothing(site: web::Data<Site>, visitor: Visitor, request: HttpRequest) -> HttpResponse {
    let path = domain::text::clean_line(request.path(), 200);
    let failure = Failure::NotFound(format!("there is nothing at {path}"));
    // Programs read JSON, and find no page useful.
    if path.starts_with("/api/") || path.starts_with("/-/") {
        return failure.error_response();
    }
    problem(&site, &visitor, &failure)
}

// A page or, where that failed, one that says what to do.
fn shown(site: &Site, visitor: &Visitor, page: Result<HttpResponse, Failure>) -> HttpResponse {
    page.unwrap_or_else(|failure| problem(site, visitor, &failure))
}

/// A page with this status; or, where it could not be written, one that says so.
pub fn with_status(site: &Site, visitor: &Visitor, status: StatusCode, page: Result<String, Failure>) -> HttpResponse {
    match page {
        Ok(html) => HttpResponse::build(status).insert_header((CONTENT_TYPE, render::HTML)).body(html),
        Err(failure) => problem(site, visitor, &failure),
    }
}

/// A page that says what to do.
pub fn problem(site: &Site, visitor: &Visitor, failure: &Failure) -> HttpResponse {
    let status = failure.status_code();
    let page = chrome::problem(site, visitor, status.as_u16(), &failure.to_string());
    match page {
        Ok(html) => HttpResponse::build(status).insert_header((CONTENT_TYPE, render::HTML)).body(html),
        Err(_) => failure.error_response(),
    }
}

// What the engine says, or why it says nothing: a page is never missing because of that.
async fn asked(site: &Site, about: About) -> (Option<ExplainedRows>, Option<String>) {
    match tokio::time::timeout(ENGINE_WAIT, site.explainer.explain(about, site.now())).await {
        Ok(Ok(explained)) => (Some(ExplainedRows::new(explained)), None),
        Ok(Err(because)) => (None, Some(because.to_string())),
        Err(_) => (None, Some("the engine is busy; load the page again in a moment".to_owned())),
    }
}

// A name as one piece of an address.
fn path_segment(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encode = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    name.bytes().map(encode).collect()
}
