//! `/deliveries` and `/quarantine`: what did not get out, and what did not get in.

use super::chrome::Chrome;
use super::render::{page, render};
use super::{shown, with_status};
use crate::http::api::outbox::released;
use crate::http::auth::{Identity, Reader, Visitor};
use crate::http::error::Failure;
use crate::http::form::PostedForm;
use crate::http::site::Site;
use crate::store::{DeliveryFilter, DeliveryRow, Held, Pending, Quarantined, Role};
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, ResponseError, web};
use chrono::{DateTime, Utc};
use domain::delivery::DeliveryState;
use domain::document::markdown::state_word;
use serde::{Deserialize, Serialize};

/// Most rows on a page, newest first.
const ROWS_MAX: usize = 200;

#[derive(Serialize)]
struct Deliveries {
    held: Option<Held>,
    // Who may end it.
    admin: bool,
    problem: Option<String>,
    dead: Vec<Row>,
    waiting: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    id: u64,
    number: u64,
    incident: String,
    receiver: String,
    notice: &'static str,
    state: &'static str,
    decided_at: DateTime<Utc>,
    attempts: u32,
    // Only what is still to come: one whose time has passed waits for those before it.
    next_at: Option<DateTime<Utc>>,
    last_error: Option<String>,
}

#[derive(Serialize)]
struct Refused {
    rows: Vec<Quarantined>,
}

/// `GET /deliveries`
pub async fn deliveries(site: web::Data<Site>, visitor: Visitor) -> HttpResponse {
    let found = delivery_lists(&site, &visitor, None).await;
    with_status(&site, &visitor, StatusCode::OK, found)
}

/// What the form after a restore says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Released {
    pending: String,
}

/// `POST /deliveries/release`
pub async fn release(
    site: web::Data<Site>,
    visitor: Visitor,
    who: Identity,
    form: PostedForm<Released>,
) -> HttpResponse {
    let pending = if form.0.pending == "send" { Pending::Send } else { Pending::Drop };
    let failure = match released(&site, &who, pending).await {
        Ok(_) => {
            let back = format!("{}/deliveries", site.prefix());
            return HttpResponse::SeeOther().insert_header((LOCATION, back)).finish();
        }
        Err(failure) => failure,
    };
    let html = delivery_lists(&site, &visitor, Some(failure.to_string())).await;
    with_status(&site, &visitor, failure.status_code(), html)
}

/// `GET /quarantine`
pub async fn quarantine(site: web::Data<Site>, visitor: Visitor) -> HttpResponse {
    let found = refused(&site, &visitor).await;
    shown(&site, &visitor, found)
}

async fn delivery_lists(site: &Site, visitor: &Visitor, problem: Option<String>) -> Result<String, Failure> {
    team_only(visitor.reader())?;
    let held = site.parts.store.holding().held().await?;
    let admin = visitor.who.as_ref().is_some_and(|who| who.role == Role::Admin);
    let dead = rows(site, vec![DeliveryState::Dead]).await?;
    let waiting = rows(site, vec![DeliveryState::Pending, DeliveryState::Leased, DeliveryState::Unsure]).await?;
    let content = Deliveries { held, admin, problem, dead, waiting };
    render("deliveries.html", &Chrome::new(site, visitor, "Deliveries"), &content)
}

async fn refused(site: &Site, visitor: &Visitor) -> Result<HttpResponse, Failure> {
    team_only(visitor.reader())?;
    let rows = site.parts.store.quarantined(ROWS_MAX).await?;
    page("quarantine.html", &Chrome::new(site, visitor, "Quarantine"), &Refused { rows })
}

async fn rows(site: &Site, states: Vec<DeliveryState>) -> Result<Vec<Row>, Failure> {
    let filter = DeliveryFilter { states, max: ROWS_MAX, ..DeliveryFilter::default() };
    Ok(site.parts.store.deliveries(filter).await?.into_iter().map(|found| row(found, site.now())).collect())
}

fn row(row: DeliveryRow, now: DateTime<Utc>) -> Row {
    Row {
        id: row.delivery.id.0,
        number: row.delivery.incident.0,
        incident: row.delivery.incident.to_string(),
        receiver: row.delivery.receiver,
        notice: row.delivery.notice.word(),
        state: state_word(row.state),
        decided_at: row.delivery.decided_at,
        attempts: row.attempts,
        next_at: row.next_at.filter(|at| *at > now),
        last_error: row.last_error,
    }
}

/// Refuses the public.
pub fn team_only(reader: Reader) -> Result<(), Failure> {
    match reader {
        Reader::Team => Ok(()),
        Reader::Public => Err(Failure::Unauthorized("this page is for the team: sign in".to_owned())),
    }
}
