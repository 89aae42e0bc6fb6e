//! `/actions`: what is to be better, over all incidents; and which post mortems are owed.

use super::chrome::Chrome;
use super::render::page;
use super::shown;
use crate::http::api::actions::{ActionShape, State, read};
use crate::http::auth::{Identity, Visitor};
use crate::http::error::Failure;
use crate::http::site::Site;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use domain::incident::Incident;
use serde::{Deserialize, Serialize};

/// Most owed post mortems listed.
const OWED_MAX: usize = 200;

#[derive(Deserialize, Default)]
struct Which {
    #[serde(default)]
    state: State,
    owner: Option<String>,
}

#[derive(Serialize)]
struct Content {
    state: &'static str,
    owner: String,
    actions: Vec<ActionShape>,
    owed: Vec<OwedRow>,
}

/// A post mortem that is owed.
#[derive(Serialize)]
pub struct OwedRow {
    number: u64,
    id: String,
    title: String,
    due: Option<DateTime<Utc>>,
    /// Whether that is over.
    pub late: bool,
}

/// `GET /actions`
pub async fn show(site: web::Data<Site>, request: HttpRequest, who: Identity) -> HttpResponse {
    let visitor = Visitor { who: Some(who), path: request.path().to_owned() };
    let found = content(&site, &visitor, &request).await;
    shown(&site, &visitor, found)
}

async fn content(site: &Site, visitor: &Visitor, request: &HttpRequest) -> Result<HttpResponse, Failure> {
    let which = web::Query::<Which>::from_query(request.query_string()).map(web::Query::into_inner).unwrap_or_default();
    let owner = which.owner.filter(|owner| !owner.trim().is_empty());
    let state = match which.state {
        State::Open => "open",
        State::Overdue => "overdue",
        State::Ended => "ended",
        State::All => "all",
    };
    let actions = read(site, which.state, owner.clone()).await?;
    let content = Content { state, owner: owner.unwrap_or_default(), actions, owed: owed(site).await? };
    page("actions.html", &Chrome::new(site, visitor, "What is left to do"), &content)
}

/// Post mortems that are owed, those due first.
///
/// # Errors
/// The store can't be read.
pub async fn owed(site: &Site) -> Result<Vec<OwedRow>, Failure> {
    let config = site.parts.config.load();
    let now = site.now();
    let row = |incident: &Incident| {
        let due = incident.post_mortem_due(&config.policy.postmortem);
        let (number, id, title) = (incident.id.0, incident.name(), incident.title.clone());
        OwedRow { number, id, title, due, late: due.is_some_and(|due| due <= now) }
    };
    let mut rows: Vec<OwedRow> = site.parts.store.owed(OWED_MAX).await?.iter().map(row).collect();
    rows.sort_by_key(|row| (row.due.is_none(), row.due, row.number));
    Ok(rows)
}
