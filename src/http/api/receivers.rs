//! Receivers: how each stands, and whether it works.

use super::ok;
use super::status;
use crate::app::delivery::trial::{Finding, Tried, try_out};
use crate::http::auth::Identity;
use crate::http::error::Failure;
use crate::http::site::Site;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::delivery::Outcome;
use domain::nearest::unknown;
use serde_json::{Value, json};

/// `GET /api/v1/receivers`: in the order of the configuration.
pub async fn list(site: web::Data<Site>) -> Result<HttpResponse, Failure> {
    let figures = site.parts.store.figures(site.now()).await?;
    Ok(ok(&json!({"receivers": status::receivers(&site, &figures)})))
}

/// `POST /api/v1/receivers/{name}/test`: looks whether notices would arrive, and sends one that says so.
pub async fn test(site: web::Data<Site>, request: HttpRequest, who: Identity) -> Result<HttpResponse, Failure> {
    let name = request.match_info().get("name").unwrap_or_default();
    Ok(ok(&tried(&site, name, &who).await?))
}

/// Tries one, and says what came of it.
pub async fn tried(site: &Site, name: &str, who: &Identity) -> Result<Value, Failure> {
    let config = site.parts.config.load();
    let reached = site.parts.deliveries.as_ref().and_then(|deliveries| deliveries.reached(name));
    let Some((spec, channel)) = reached else {
        let names: Vec<&str> = config.receivers.iter().map(|receiver| receiver.spec.name.as_str()).collect();
        return Err(Failure::NotFound(unknown("receiver", name, &names)));
    };
    site.audit(who.does(&format!("receiver {} tested", spec.name))).await?;
    let tried = try_out(&spec, channel, &who.name, &config.policy.external_url, site.now()).await;
    Ok(shape(&spec.name, &tried))
}

fn shape(name: &str, tried: &Tried) -> Value {
    let findings: Vec<Value> = tried
        .findings
        .iter()
        .map(|finding| match finding {
            Finding::Well(text) => json!({"well": true, "text": text}),
            Finding::Wrong(text) => json!({"well": false, "text": text}),
        })
        .collect();
    let (sent, because) = match &tried.sent {
        None => (None, None),
        Some(Outcome::Sent { .. }) => (Some(true), None),
        Some(Outcome::Retry { because, .. } | Outcome::Fatal { because } | Outcome::Misconfigured { because }) => {
            (Some(false), Some(because))
        }
    };
    json!({"receiver": name, "well": tried.is_well(), "findings": findings, "sent": sent, "because": because})
}
