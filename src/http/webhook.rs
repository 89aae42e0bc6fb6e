//! Takes alerts in: bounds the body, looks at it, puts it into the inbox, and only then says 200.

use super::auth::Identity;
use super::body::{announced_bytes, read};
use super::error::Failure;
use super::site::Site;
use crate::app::wire::alertmanager::Checked;
use crate::app::wire::{WireError, alertmanager, push, recorder};
use crate::config::DEFAULT_SOURCE;
use crate::store::{InputKind, NewQuarantined, Role};
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use std::sync::Arc;
use std::time::Instant;

/// Most bytes kept of a refused body; its full length is noted.
pub const QUARANTINED_BYTES_MAX: usize = 1024 * 1024;

/// What somebody reads who opens the webhook in a browser.
pub const HOW_TO: &str = "Alertmanager sends its alerts here by POST; add a receiver to alertmanager.yml: \
    `webhook_configs: [{url: <this address>, http_config: {authorization: {credentials: <token>}}}]`";

/// `POST /api/v1/alertmanager`: Alertmanager's webhook.
pub async fn alertmanager(
    site: web::Data<Site>,
    request: HttpRequest,
    who: Identity,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    let input = take(&site, &request, &who, payload, InputKind::Webhook).await?;
    Ok(json(StatusCode::OK, format!("{{\"status\":\"success\",\"input\":{input}}}")))
}

/// `POST /api/v1/alertmanager/events`: Alertmanager's event recorder.
pub async fn events(
    site: web::Data<Site>,
    request: HttpRequest,
    who: Identity,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    let input = take(&site, &request, &who, payload, InputKind::Events).await?;
    Ok(json(StatusCode::OK, format!("{{\"status\":\"success\",\"input\":{input}}}")))
}

/// `POST /api/v2/alerts`: what Prometheus and amtool send to an Alertmanager.
pub async fn push(site: web::Data<Site>, request: HttpRequest, who: Identity, payload: web::Payload) -> HttpResponse {
    match take(&site, &request, &who, payload, InputKind::Push).await {
        Ok(_) => HttpResponse::Ok().finish(),
        // amtool reads errors of this path as a JSON string, as Alertmanager writes them.
        Err(failure) => {
            let text = serde_json::Value::String(failure.to_string());
            failure.error_response().map_body(|_, _| actix_web::body::BoxBody::new(text.to_string()))
        }
    }
}

async fn take(
    site: &Site,
    request: &HttpRequest,
    who: &Identity,
    payload: web::Payload,
    kind: InputKind,
) -> Result<u64, Failure> {
    let began = Instant::now();
    let source = source(site, request, who)?;
    let body = match read(request, payload, &site.budget, site.alerts_body()).await {
        Ok(body) => body,
        Err(failure) => return Err(not_read(site, request, &source, failure).await),
    };
    let checked = match look(kind, &body.bytes) {
        Ok(checked) => checked,
        Err(error) => return Err(not_understood(site, request, &source, error, body.bytes).await),
    };
    if checked.dropped > 0 {
        in_part(site, request, &source, &checked, &body.bytes).await?;
    }
    let appended = site.parts.inbox.append(kind, &source, body.bytes).await;
    let appended = appended.inspect_err(|error| site.log_refused(error))?;
    site.log_taken();
    drop(body.held);
    site.parts.metrics.input_committed(began.elapsed());
    site.parts.metrics.recorder_told(&checked.kinds);
    Ok(appended.seq.0)
}

fn look(kind: InputKind, body: &[u8]) -> Result<Checked, WireError> {
    match kind {
        InputKind::Webhook => alertmanager::check(body),
        InputKind::Events => recorder::check(body),
        _ => push::check(body),
    }
}

// A token sends for its own source only; without one the path may name a configured source.
fn source(site: &Site, request: &HttpRequest, who: &Identity) -> Result<Arc<str>, Failure> {
    let named = request.match_info().get("source");
    if who.role == Role::Ingest {
        return match named {
            Some(other) if other != &*who.name => {
                Err(Failure::Forbidden(format!("the token is for the source {}, not {other}", who.name)))
            }
            _ => Ok(who.name.clone()),
        };
    }
    let name = named.unwrap_or(DEFAULT_SOURCE);
    if named.is_some() && !site.knows_source(name) {
        let config = site.parts.config.load();
        let known: Vec<&str> = config.sources.iter().map(|source| source.name.as_str()).collect();
        return Err(Failure::NotFound(format!("there is no source `{name}`; known: {}", known.join(", "))));
    }
    Ok(Arc::from(name))
}

async fn not_read(site: &Site, request: &HttpRequest, source: &str, failure: Failure) -> Failure {
    let reason = match failure {
        Failure::TooLarge { .. } => "too_large",
        Failure::Encoding(_) => "encoding",
        Failure::Slow { .. } => "timeout",
        Failure::Broken(_) => "incomplete",
        other => return other,
    };
    refuse(site, request, source, reason, failure, Vec::new()).await
}

async fn not_understood(site: &Site, request: &HttpRequest, source: &str, error: WireError, body: Vec<u8>) -> Failure {
    let reason = match error {
        WireError::NotJson(_) => "not_json",
        WireError::Shape(_) => "shape",
    };
    refuse(site, request, source, reason, error.into(), body).await
}

// Kept, counted and told, so that nothing is lost silently. If it can't be kept, the sender must send it again.
async fn refuse(
    site: &Site,
    request: &HttpRequest,
    source: &str,
    reason: &'static str,
    failure: Failure,
    mut body: Vec<u8>,
) -> Failure {
    let bytes = announced_bytes(request).unwrap_or(body.len());
    tracing::warn!(source, reason, bytes, path = request.path(), "alerts refused: {failure}");
    body.truncate(QUARANTINED_BYTES_MAX);
    match keep(site, request, source, reason, failure.to_string(), bytes, body).await {
        Ok(()) => failure,
        Err(error) => error,
    }
}

// One alert that can't be understood must not take the others with it; but somebody should look at it.
async fn in_part(
    site: &Site,
    request: &HttpRequest,
    source: &str,
    checked: &Checked,
    body: &[u8],
) -> Result<(), Failure> {
    let (dropped, alerts) = (checked.dropped, checked.alerts as u64 + checked.dropped);
    let problem = checked.problem.as_deref().unwrap_or("no reason");
    let because = format!("taken without {dropped} of its {alerts} alerts: {problem}");
    tracing::warn!(source, dropped, path = request.path(), "{because}");
    let kept = body[..body.len().min(QUARANTINED_BYTES_MAX)].to_vec();
    keep(site, request, source, "alert", because, body.len(), kept).await
}

async fn keep(
    site: &Site,
    request: &HttpRequest,
    source: &str,
    reason: &'static str,
    because: String,
    bytes: usize,
    body: Vec<u8>,
) -> Result<(), Failure> {
    site.parts.metrics.alerts_refused(reason);
    let item = NewQuarantined {
        at: site.now(),
        source: source.to_owned(),
        path: request.path().to_owned(),
        because,
        bytes: bytes as u64,
        body,
    };
    site.parts.store.quarantine(item).await?;
    Ok(())
}

/// An answer in JSON.
pub fn json(status: StatusCode, text: String) -> HttpResponse {
    HttpResponse::build(status).insert_header((CONTENT_TYPE, "application/json")).body(text)
}
