//! Reads incidents: the list, one, its timeline.

use super::ok;
use super::past::missing;
use super::search::Asked;
use super::shape::{AlertShape, IncidentShape};
use super::strict::{limit, number, query};
use crate::http::auth::Reader;
use crate::http::error::Failure;
use crate::http::site::Site;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::document::withheld::shown;
use domain::drill::Score;
use domain::ids::IncidentId;
use domain::incident::{Entry, Incident};
use serde::Deserialize;
use serde_json::json;

/// Most alerts shown with an incident, firing ones first; `alerts` says how many there are.
pub const ALERTS_SHOWN_MAX: usize = 100;

/// Most entries read for a score, newest first.
const SCORED_ENTRIES_MAX: usize = 5_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    before: Option<u32>,
    limit: Option<usize>,
}

/// `GET /api/v1/incidents`: newest first.
pub async fn list(site: web::Data<Site>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let asked: Asked = query(&request)?;
    let wrong = |text| Failure::Shape(format!("in the query: {text}"));
    let max = limit(asked.limit().map_err(wrong)?)?;
    // One more than asked for says whether there is a next page.
    let search = asked.search(Reader::Team, max + 1).map_err(wrong)?;
    let history = site.parts.store.history();
    let mut found = history.find(search).await?;
    let more = found.len() > max;
    found.truncate(max);
    let next = found.last().filter(|_| more).map(|incident| incident.id);
    let url = site.external_url();
    let shown: Vec<_> = found.iter().map(|incident| IncidentShape::new(incident, &url)).collect();
    Ok(ok(&json!({"incidents": shown, "next_before": next, "untold": history.untold().await?})))
}

/// `GET /api/v1/incidents/{number}`.
pub async fn one(site: web::Data<Site>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let incident = named(&site, &request).await?;
    let alerts = site.parts.store.alerts_of(incident.id, ALERTS_SHOWN_MAX).await?;
    let alerts: Vec<_> = alerts.iter().map(AlertShape::new).collect();
    let url = site.external_url();
    let imported = site.parts.store.past().imported(incident.id).await?;
    let shape = IncidentShape::new(&incident, &url);
    Ok(ok(&match imported {
        None => json!({"incident": shape, "alerts": alerts}),
        Some(from) => json!({"incident": shape, "alerts": alerts, "imported": from}),
    }))
}

/// `GET /api/v1/incidents/{number}/timeline`: newest first.
pub async fn timeline(site: web::Data<Site>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let part: Part = query(&request)?;
    let max = limit(part.limit)?;
    let incident = named(&site, &request).await?;
    let entries = site.parts.store.timeline(incident.id, part.before, max).await?;
    let entries: Vec<Entry> = entries.into_iter().map(|entry| shown(&incident, entry)).collect();
    let next = entries.last().map(|entry| entry.number).filter(|number| *number > 1);
    Ok(ok(&json!({"entries": entries, "next_before": next})))
}

/// `GET /api/v1/incidents/{number}/score`: how people did in a drill.
pub async fn score(site: web::Data<Site>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let incident = named(&site, &request).await?;
    match scored(&site, &incident).await? {
        Some(score) => Ok(ok(&json!({"score": score}))),
        None => Err(Failure::Conflict(format!("{} is no drill; only practice is scored", incident.id))),
    }
}

/// The score of a drill; nothing of what is real.
pub async fn scored(site: &Site, incident: &Incident) -> Result<Option<Score>, Failure> {
    if !incident.drill {
        return Ok(None);
    }
    let mut entries = site.parts.store.timeline(incident.id, None, SCORED_ENTRIES_MAX).await?;
    entries.reverse();
    // Of a very long one what is left out lies in between: it counts from the declaration all the same.
    if entries.first().is_some_and(|entry| entry.number > 1) {
        let declared = site.parts.store.timeline(incident.id, Some(2), 1).await?;
        entries.splice(0..0, declared);
    }
    Ok(Score::of(&entries))
}

/// The incident that a path names.
///
/// # Errors
/// It is not there, or the store does not answer.
pub async fn named(site: &Site, request: &HttpRequest) -> Result<Incident, Failure> {
    find(site, IncidentId(number(request)?)).await
}

/// An incident.
///
/// # Errors
/// It is not there, or the store does not answer.
pub async fn find(site: &Site, id: IncidentId) -> Result<Incident, Failure> {
    match site.parts.store.incident(id).await? {
        Some(found) => Ok(found),
        None => Err(missing(site, id).await?),
    }
}
