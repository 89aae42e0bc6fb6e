//! `/receivers`: who can be told, how each stands, and whether it works.

use super::chrome::Chrome;
use super::outbox::team_only;
use super::render::render;
use super::{path_segment, with_status};
use crate::http::api::{receivers, status};
use crate::http::auth::{Identity, Visitor};
use crate::http::error::Failure;
use crate::http::form::{Nothing, PostedForm};
use crate::http::site::Site;
use crate::store::{DeliveryFilter, Role};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use domain::delivery::DeliveryState;
use serde::Serialize;
use serde_json::Value;

/// Most waiting notices that are looked through for what a receiver said.
const WAITING_MAX: usize = 50;

#[derive(Serialize)]
struct Receivers {
    receivers: Vec<Row>,
    // Who may try one.
    manager: bool,
    tried: Option<Value>,
    problem: Option<String>,
}

// As the API has it, and why it does not take its notices.
#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    standing: Value,
    // Its name as a piece of an address.
    segment: String,
    because: Option<String>,
}

/// `GET /receivers`
pub async fn show(site: web::Data<Site>, visitor: Visitor) -> HttpResponse {
    let html = page(&site, &visitor, None, None).await;
    with_status(&site, &visitor, StatusCode::OK, html)
}

/// `POST /receivers/{name}/test`
pub async fn test(
    site: web::Data<Site>,
    request: HttpRequest,
    visitor: Visitor,
    who: Identity,
    _: PostedForm<Nothing>,
) -> HttpResponse {
    let name = request.match_info().get("name").unwrap_or_default();
    let (status, tried, problem) = match receivers::tried(&site, name, &who).await {
        Ok(tried) => (StatusCode::OK, Some(tried), None),
        Err(failure) => (failure.status_code(), None, Some(failure.to_string())),
    };
    let html = page(&site, &visitor, tried, problem).await;
    with_status(&site, &visitor, status, html)
}

async fn page(
    site: &Site,
    visitor: &Visitor,
    tried: Option<Value>,
    problem: Option<String>,
) -> Result<String, Failure> {
    team_only(visitor.reader())?;
    let figures = site.parts.store.figures(site.now()).await?;
    let mut rows = Vec::new();
    for standing in status::receivers(site, &figures) {
        let because = because(site, &standing).await?;
        let segment = path_segment(standing["name"].as_str().unwrap_or_default());
        rows.push(Row { standing, segment, because });
    }
    let manager = visitor.who.as_ref().is_some_and(|who| who.role >= Role::Manager);
    let content = Receivers { receivers: rows, manager, tried, problem };
    render("receivers.html", &Chrome::new(site, visitor, "Receivers").with_held(site).await?, &content)
}

// What it said last, if it does not take what waits for it.
async fn because(site: &Site, standing: &Value) -> Result<Option<String>, Failure> {
    if standing["waiting"] == 0 {
        return Ok(None);
    }
    let filter = DeliveryFilter {
        receiver: standing["name"].as_str().map(str::to_owned),
        states: vec![DeliveryState::Pending, DeliveryState::Leased, DeliveryState::Unsure],
        max: WAITING_MAX,
        ..DeliveryFilter::default()
    };
    let waiting = site.parts.store.deliveries(filter).await?;
    Ok(waiting.into_iter().rev().find_map(|row| row.last_error))
}
