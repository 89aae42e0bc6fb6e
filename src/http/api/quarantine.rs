//! Refused bodies with alerts: kept so that nothing is lost silently.

use super::ok;
use super::strict::{limit, number, query};
use crate::http::auth::Identity;
use crate::http::error::Failure;
use crate::http::site::Site;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    limit: Option<usize>,
}

/// `GET /api/v1/quarantine`: newest first.
pub async fn list(site: web::Data<Site>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let which: Which = query(&request)?;
    let kept = site.parts.store.quarantined(limit(which.limit)?).await?;
    Ok(ok(&json!({"quarantine": kept})))
}

/// `GET /api/v1/quarantine/{number}`: the body as it came, as a download: a browser must not show it.
pub async fn body(site: web::Data<Site>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let id = number(&request)?;
    let Some(body) = site.parts.store.quarantined_body(id).await? else { return Err(unknown(id)) };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/octet-stream"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"quarantine-{id}\"")))
        .body(body))
}

/// `DELETE /api/v1/quarantine/{number}`
pub async fn forget(site: web::Data<Site>, request: HttpRequest, who: Identity) -> Result<HttpResponse, Failure> {
    let id = number(&request)?;
    let (store, act) = (&site.parts.store, who.does(&format!("refused body {id} forgotten")));
    if store.quarantined_body(id).await?.is_none() {
        site.audit_refused(act, &unknown(id)).await?;
        return Err(unknown(id));
    }
    // First who did it: afterwards nothing would be left of either.
    site.audit(act).await?;
    store.drop_quarantined(id).await?;
    Ok(ok(&json!({"status": "done", "text": format!("refused body {id} is forgotten")})))
}

fn unknown(id: u64) -> Failure {
    Failure::NotFound(format!("there is no refused body {id}; `earlybell quarantine list` shows them"))
}
