//! Reads the draft of a post mortem, as JSON and as the file itself. It is the team's until somebody publishes it.

use super::incidents;
use super::ok;
use super::strict::number;
use crate::http::error::Failure;
use crate::http::site::Site;
use crate::store::{DeliveryFilter, DeliveryRow};
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::directory::Directory;
use domain::document::{Sources, Told};
use domain::ids::IncidentId;
use domain::incident::Incident;
use domain::postmortem::{PostFile, PostMortem, check, draft, file, hints};
use serde_json::json;

/// Most entries read for a draft, newest first.
const ENTRIES_MAX: usize = 5_000;
/// Most notices counted for a draft.
const NOTICES_MAX: usize = 500;

/// `GET /api/v1/incidents/{number}/postmortem`
pub async fn show(site: web::Data<Site>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let Drafted { post, file, .. } = read(&site, IncidentId(number(&request)?)).await?;
    let (unfilled, hints) = (check(&post), hints(&post));
    Ok(ok(&json!({"postmortem": post, "file": file, "unfilled": unfilled, "hints": hints})))
}

/// `GET /api/v1/incidents/{number}/postmortem.md`
pub async fn markdown(site: web::Data<Site>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let file = read(&site, IncidentId(number(&request)?)).await?.file;
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, "text/markdown; charset=utf-8")).body(file.text))
}

/// A draft, and what it is of.
pub struct Drafted {
    /// The incident.
    pub incident: Incident,
    /// Its post mortem.
    pub post: PostMortem,
    /// The file that is made of it.
    pub file: PostFile,
}

/// Reads an incident that is over, and drafts its post mortem.
///
/// # Errors
/// There is no such incident, it goes on, or the store can't be read.
pub async fn read(site: &Site, id: IncidentId) -> Result<Drafted, Failure> {
    let store = &site.parts.store;
    let incident = incidents::find(site, id).await?;
    if incident.stage.is_open() {
        return Err(Failure::NotFound(format!("{id} has no post mortem before its end; resolve it first")));
    }
    let entries = store.timeline(id, None, ENTRIES_MAX).await?;
    let declared = store.timeline(id, Some(2), 1).await?;
    let filter = DeliveryFilter { incident: Some(id), max: NOTICES_MAX, ..DeliveryFilter::default() };
    let notices: Vec<Told> = store.deliveries(filter).await?.into_iter().filter_map(DeliveryRow::told).collect();
    let policy = &site.parts.config.load().policy;
    let post = draft(&Sources {
        incident: &incident,
        entries: &entries,
        declared: declared.first(),
        alerts: &[],
        notices: &notices,
        external_url: &policy.external_url,
        policy,
        directory: &Directory::default(),
        now: site.now(),
    });
    let file = file(&post, &policy.postmortem);
    Ok(Drafted { incident, post, file })
}
