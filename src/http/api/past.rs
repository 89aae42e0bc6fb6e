//! Incidents that are over: deleted, exported, imported.

use super::ok;
use super::strict::number;
use crate::archive::incident::Origin;
use crate::archive::{self, ArchiveError, Member};
use crate::http::auth::Identity;
use crate::http::body::read;
use crate::http::error::Failure;
use crate::http::site::Site;
use crate::store::{Imported, NewImport};
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::audit::Effect;
use domain::ids::IncidentId;
use domain::incident::{Entry, Incident, Refusal, Reply};
use domain::text::clean_line;
use serde_json::json;
use std::time::Duration;

/// Rows of a deleted incident that go at once; of what is left, a batch goes whenever others do.
const SWEEP_ROWS_MAX: usize = 500;
const SWEEPS_MAX: usize = 20;

/// Longest address of another instance that is kept, in bytes.
const ORIGIN_BYTES_MAX: usize = 200;

/// A number above this is no number that people gave: an archive must not use up all that are left.
const NUMBER_MAX: u64 = 1_000_000_000;

/// Between two batches, so that others get their turn.
const SWEEP_PAUSE: Duration = Duration::from_millis(20);

/// `DELETE /api/v1/incidents/{number}`: a closed one, with all that hangs on it.
pub async fn delete(site: web::Data<Site>, request: HttpRequest, who: Identity) -> Result<HttpResponse, Failure> {
    let id = IncidentId(number(&request)?);
    let store = &site.parts.store;
    let Some(incident) = store.incident(id).await? else { return Err(missing(&site, id).await?) };
    let act = who.does(&format!("{id} deleted")).with(Effect::Delete { incident: id });
    if incident.stage.is_open() {
        let failure = Failure::Conflict(format!("{id} is open; end it first"));
        site.audit_refused(act, &failure).await?;
        return Err(failure);
    }
    if let Reply::Refused(refusal) = site.parts.inbox.act(&act).await? {
        return Err(refusal.into());
    }
    tracing::warn!(incident = %id, by = %who.name, "{id} was deleted");
    for _ in 0..SWEEPS_MAX {
        if store.past().sweep(SWEEP_ROWS_MAX).await? < SWEEP_ROWS_MAX {
            break;
        }
        tokio::time::sleep(SWEEP_PAUSE).await;
    }
    let text = format!("{id} is deleted; its number is never given again, and the audit log says who did it");
    Ok(ok(&json!({"status": "done", "text": text})))
}

/// `GET /api/v1/incidents/{number}/export`: the incident as an archive.
pub async fn export(site: web::Data<Site>, request: HttpRequest, who: Identity) -> Result<HttpResponse, Failure> {
    let id = IncidentId(number(&request)?);
    let Some(archive) = site.parts.store.past().export(id).await? else { return Err(missing(&site, id).await?) };
    // Whoever has it has what was said among the team.
    site.audit(who.does(&format!("{id} exported"))).await?;
    let name = format!("attachment; filename=\"inc-{}.tar\"", id.0);
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/x-tar"))
        .insert_header((CONTENT_DISPOSITION, name))
        .body(archive))
}

/// `POST /api/v1/import`: takes an archive; the incident is one of the past.
pub async fn import(
    site: web::Data<Site>,
    request: HttpRequest,
    who: Identity,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    let body = read(&request, payload, &site.budget, site.alerts_body()).await?;
    let wrong = |error: ArchiveError| Failure::Shape(format!("the archive can't be used: {error}"));
    let archived = archive::incident::read(body.bytes.as_slice()).map_err(wrong)?;
    let store = &site.parts.store;
    let sha256 = Member::of("", &mut body.bytes.as_slice()).map_err(|error| wrong(error.into()))?.sha256;
    if let Some(id) = store.past().imported_as(&sha256).await? {
        return Ok(there(id, &format!("nothing was changed: {id} is this archive already")));
    }
    let origin = &archived.about.origin;
    if archived.incident.stage.is_open() {
        let text = format!("INC-{} was open when it was exported; export it again when it is over", origin.number);
        return Err(Failure::Conflict(text));
    }
    let id = take_number(&site, &who, origin).await?;
    let from = Imported {
        instance: clean_line(&origin.instance, ORIGIN_BYTES_MAX),
        number: origin.number,
        at: site.now(),
        by: who.name.to_string(),
    };
    let text = match origin.number == id.0 {
        true => format!("imported {id}, to be read only"),
        false => format!(
            "imported INC-{} of {} as {id}, to be read only: its number is taken here",
            from.number, from.instance
        ),
    };
    let incident = Incident { id, ..archived.incident };
    let entries = archived.content.entries.into_iter().map(|entry| Entry { incident: id, ..entry }).collect();
    let new = NewImport { id, incident, entries, from, archive: body.bytes, sha256 };
    if !store.past().import(new).await? {
        return Err(Failure::Conflict(format!("{id} was taken meanwhile; import it again")));
    }
    tracing::info!(incident = %id, by = %who.name, "{text}");
    Ok(there(id, &text))
}

// Its own number where that is free; above all others, the engine must know.
async fn take_number(site: &Site, who: &Identity, origin: &Origin) -> Result<IncidentId, Failure> {
    let wanted = IncidentId(origin.number);
    let act = who.does(&format!("{wanted} of {} imported", clean_line(&origin.instance, ORIGIN_BYTES_MAX)));
    if site.parts.store.past().is_free(wanted).await? {
        site.audit(act).await?;
        return Ok(wanted);
    }
    let taken = site.parts.store.incident(wanted).await?.is_some()
        || site.parts.store.past().deleted(wanted).await?.is_some()
        || wanted.0 > NUMBER_MAX;
    let at_least = if taken { 0 } else { wanted.0 };
    match site.parts.inbox.act(&act.with(Effect::TakeNumber { at_least })).await? {
        Reply::Done { incident, .. } => Ok(incident),
        Reply::Refused(refusal) => Err(refusal.into()),
        Reply::Adopted { .. } => Err(Failure::Internal("the engine gave no number".to_owned())),
    }
}

fn there(id: IncidentId, text: &str) -> HttpResponse {
    ok(&json!({"status": "done", "incident": id, "text": text}))
}

/// Why there is no such incident.
///
/// # Errors
/// The store can't be read.
pub async fn missing(site: &Site, id: IncidentId) -> Result<Failure, Failure> {
    let Some(deleted) = site.parts.store.past().deleted(id).await? else {
        return Ok(Failure::Refused(Refusal::Unknown { incident: id }));
    };
    let at = deleted.at.format("%Y-%m-%d %H:%M");
    Ok(Failure::NotFound(match deleted.by.as_str() {
        "" => format!("{id} ended before {at} UTC, and was deleted with all that was so old"),
        by => format!("{id} was deleted by {by} on {at} UTC"),
    }))
}
