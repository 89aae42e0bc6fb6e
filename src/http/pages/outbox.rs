//! `/deliveries` and `/quarantine`: what did not get out, and what did not get in.

use super::chrome::Chrome;
use super::render::page;
use super::shown;
use crate::http::auth::{Reader, Visitor};
use crate::http::error::Failure;
use crate::http::site::Site;
use crate::store::{DeliveryFilter, DeliveryRow, Quarantined};
use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use domain::delivery::DeliveryState;
use domain::document::markdown::state_word;
use serde::Serialize;

/// Most rows on a page, newest first.
const ROWS_MAX: usize = 200;

#[derive(Serialize)]
struct Deliveries {
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
    let found = delivery_lists(&site, &visitor).await;
    shown(&site, &visitor, found)
}

/// `GET /quarantine`
pub async fn quarantine(site: web::Data<Site>, visitor: Visitor) -> HttpResponse {
    let found = refused(&site, &visitor).await;
    shown(&site, &visitor, found)
}

async fn delivery_lists(site: &Site, visitor: &Visitor) -> Result<HttpResponse, Failure> {
    team_only(visitor.reader())?;
    let dead = rows(site, vec![DeliveryState::Dead]).await?;
    let waiting = rows(site, vec![DeliveryState::Pending, DeliveryState::Leased, DeliveryState::Unsure]).await?;
    page("deliveries.html", &Chrome::new(site, visitor, "Deliveries"), &Deliveries { dead, waiting })
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
