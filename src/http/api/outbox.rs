//! Deliveries: what was told, what waits, what was given up; and trying once more.

use super::ok;
use super::strict::{body, limit, number, query};
use crate::app::delivery;
use crate::http::auth::Identity;
use crate::http::error::Failure;
use crate::http::site::Site;
use crate::store::{DeliveryFilter, DeliveryRow, Pending};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::delivery::DeliveryState;
use domain::ids::{DeliveryId, IncidentId};
use domain::text::counted;
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Release {
    #[serde(default)]
    pending: What,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "snake_case")]
enum What {
    #[default]
    Drop,
    Send,
}

/// `POST /api/v1/deliveries/release`: sends again, after a restore.
pub async fn release(
    site: web::Data<Site>,
    request: HttpRequest,
    who: Identity,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    let asked: Release = body(&site, &request, payload).await?;
    let pending = match asked.pending {
        What::Drop => Pending::Drop,
        What::Send => Pending::Send,
    };
    let text = released(&site, &who, pending).await?;
    Ok(ok(&json!({"status": "done", "text": text})))
}

/// Sends again, and says what comes of it.
///
/// # Errors
/// Nothing is held, or the store can't do it.
pub async fn released(site: &Site, who: &Identity, pending: Pending) -> Result<String, Failure> {
    let parts = &site.parts;
    let (word, fate) = match pending {
        Pending::Drop => ("dropped", "dropped"),
        Pending::Send => ("sent", "sent now"),
    };
    let act = who.does(&format!("notices released after a restore; what waited at the backup is {word}"));
    if parts.store.holding().held().await?.is_none() {
        let failure = Failure::Conflict("nothing is held: notices are sent as they are decided".to_owned());
        site.audit_refused(act, &failure).await?;
        return Err(failure);
    }
    site.audit(act.from_to("held", "sent")).await?;
    let held = delivery::release::release(parts.store.as_ref(), &parts.inbox, pending, site.now()).await?;
    if let Some(deliveries) = &parts.deliveries {
        deliveries.ring_all();
    }
    let (before, since) = held.map_or((0, 0), |held| (held.before, held.since));
    let [before, since] = [before, since].map(|count| counted(count, "notice"));
    tracing::warn!(by = %who.name, "notices are sent again: {before} from before the backup {fate}, {since} since then");
    Ok(format!("notices are sent again: {before} from before the backup {fate}, {since} from since then sent"))
}

fn shape(row: &DeliveryRow) -> Value {
    let content = row.sent_as.as_ref().unwrap_or(&row.delivery.content);
    json!({
        "id": row.delivery.id,
        "incident": row.delivery.incident,
        "receiver": row.delivery.receiver,
        "notice": row.delivery.notice,
        "lane": row.delivery.lane,
        "key": row.delivery.key,
        "subject": content.subject,
        "body": content.body,
        "state": row.state,
        "attempts": row.attempts,
        "decided_at": row.delivery.decided_at,
        "next_at": row.next_at,
        "finished_at": row.finished_at,
        "remote_id": row.remote_id,
        "last_error": row.last_error,
        "told_with": row.joined,
    })
}
