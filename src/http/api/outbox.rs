//! Deliveries: what was told, what waits, what was given up; and trying once more.

use super::ok;
use super::strict::{limit, number, query};
use crate::http::auth::Identity;
use crate::http::error::Failure;
use crate::http::site::Site;
use crate::store::{DeliveryFilter, DeliveryRow};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::delivery::DeliveryState;
use domain::ids::{DeliveryId, IncidentId};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    incident: Option<u64>,
    receiver: Option<String>,
    state: Option<DeliveryState>,
    limit: Option<usize>,
}

/// `GET /api/v1/deliveries`: newest first.
pub async fn list(site: web::Data<Site>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let which: Which = query(&request)?;
    let filter = DeliveryFilter {
        incident: which.incident.map(IncidentId),
        receiver: which.receiver,
        states: which.state.into_iter().collect(),
        max: limit(which.limit)?,
    };
    let rows = site.parts.store.deliveries(filter).await?;
    Ok(ok(&json!({"deliveries": rows.iter().map(shape).collect::<Vec<_>>()})))
}

/// `POST /api/v1/deliveries/{number}/retry`: takes a dead delivery up again.
pub async fn retry(site: web::Data<Site>, request: HttpRequest, who: Identity) -> Result<HttpResponse, Failure> {
    let id = DeliveryId(number(&request)?);
    let act = who.does(&format!("delivery {id} tried again"));
    if !site.parts.store.retry_delivery(id, site.now()).await? {
        let text = format!("delivery {id} was not given up, so there is nothing to take up again");
        let failure = Failure::Conflict(text);
        site.audit_refused(act, &failure).await?;
        return Err(failure);
    }
    site.audit(act.from_to("given up", "pending")).await?;
    if let Some(deliveries) = &site.parts.deliveries {
        deliveries.ring_all();
    }
    Ok(ok(&json!({"status": "done", "text": format!("delivery {id} is tried again now")})))
}

fn shape(row: &DeliveryRow) -> Value {
    json!({
        "id": row.delivery.id,
        "incident": row.delivery.incident,
        "receiver": row.delivery.receiver,
        "notice": row.delivery.notice,
        "lane": row.delivery.lane,
        "key": row.delivery.key,
        "subject": row.delivery.content.subject,
        "body": row.delivery.content.body,
        "state": row.state,
        "attempts": row.attempts,
        "decided_at": row.delivery.decided_at,
        "next_at": row.next_at,
        "finished_at": row.finished_at,
        "remote_id": row.remote_id,
        "last_error": row.last_error,
    })
}
