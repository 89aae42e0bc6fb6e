//! `/`: incidents, open ones first.

use super::chrome::Chrome;
use super::documents::audience;
use super::render::page;
use super::shown;
use crate::http::api::actions::State;
use crate::http::auth::{Reader, Visitor};
use crate::http::error::Failure;
use crate::http::site::Site;
use crate::store::Search;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use domain::ids::IncidentId;
use domain::incident::{Incident, Severity, Stage};
use domain::notice::phrase::counts;
use serde::{Deserialize, Serialize};

/// Most open incidents on the page; more than that is one incident that nobody gathered.
const OPEN_MAX: usize = 200;
// Most owed post mortems looked through for late ones.
const OWED_MAX: usize = 1_000;
/// Closed incidents on one page.
const CLOSED_PAGE: usize = 30;

#[derive(Deserialize, Default)]
struct Which {
    before: Option<u64>,
}

#[derive(Serialize)]
struct Content {
    open: Vec<Row>,
    closed: Vec<Row>,
    // Number below which the next page begins.
    before: Option<u64>,
    first_page: bool,
    // What is late, for the team: post mortems, action items.
    late_posts: usize,
    late_actions: usize,
}

#[derive(Serialize)]
struct Row {
    number: u64,
    id: String,
    stage: &'static str,
    class: &'static str,
    severity: &'static str,
    title: String,
    counts: Option<String>,
    declared_at: DateTime<Utc>,
    closed_at: Option<DateTime<Utc>>,
    changed_at: DateTime<Utc>,
}

/// `GET /`
pub async fn list(site: web::Data<Site>, visitor: Visitor, request: HttpRequest) -> HttpResponse {
    let found = content(&site, &visitor, &request).await;
    shown(&site, &visitor, found)
}

async fn content(site: &Site, visitor: &Visitor, request: &HttpRequest) -> Result<HttpResponse, Failure> {
    let reader = visitor.reader();
    let which = web::Query::<Which>::from_query(request.query_string()).map(web::Query::into_inner).unwrap_or_default();
    let before = which.before.map(IncidentId);
    let history = site.parts.store.history();
    // What a reader may not see is left out by the store: pages are full, and say nothing by what is missing.
    let seen = |open: bool, max: usize| Search { open: Some(open), before, ..Search::all(audience(reader), max) };
    let open = if before.is_none() { history.find(seen(true, OPEN_MAX)).await? } else { Vec::new() };
    let mut closed = history.find(seen(false, CLOSED_PAGE + 1)).await?;
    let more = closed.len() > CLOSED_PAGE;
    closed.truncate(CLOSED_PAGE);
    let next = closed.last().filter(|_| more).map(|incident| incident.id.0);
    let [open, closed] = [open, closed].map(|incidents| incidents.iter().map(row).collect());
    let (late_posts, late_actions) = match (before, reader) {
        (None, Reader::Team) => late(site).await?,
        _ => (0, 0),
    };
    let content = Content { open, closed, before: next, first_page: before.is_none(), late_posts, late_actions };
    page("list.html", &Chrome::new(site, visitor, "Incidents").with_banners(site).await?, &content)
}

async fn late(site: &Site) -> Result<(usize, usize), Failure> {
    let (now, config) = (site.now(), site.parts.config.load());
    let owed = site.parts.store.owed_since(OWED_MAX).await?;
    let is_late = |(severity, since): &&(Severity, DateTime<Utc>)| {
        config.policy.postmortem.due(*severity, *since).is_some_and(|due| due <= now)
    };
    let posts = owed.iter().filter(is_late).count();
    let items = crate::http::api::actions::read(site, State::Overdue, None).await?.len();
    Ok((posts, items))
}

/// Whether this reader may know of an incident: what was only suspected is for the team.
pub fn may_see(incident: &Incident, reader: Reader) -> bool {
    match reader {
        Reader::Team => true,
        Reader::Public => incident.is_public(),
    }
}

/// Name of a stage in the style sheet.
pub fn class(stage: &Stage) -> &'static str {
    match stage {
        Stage::Suspected => "suspected",
        Stage::Confirmed => "confirmed",
        Stage::CalledOff { .. } => "called-off",
        Stage::Resolved { .. } => "resolved",
        Stage::Merged { .. } => "merged",
    }
}

fn row(incident: &Incident) -> Row {
    Row {
        number: incident.id.0,
        id: incident.name(),
        stage: incident.stage.word(),
        class: class(&incident.stage),
        severity: incident.severity.word(),
        title: incident.title.clone(),
        counts: counts(&incident.tally),
        declared_at: incident.declared_at,
        closed_at: incident.stage.closed_at(),
        changed_at: incident.changed_at,
    }
}
