//! Who did what.

use super::strict::query;
use super::{PAGE, ok};
use crate::http::error::Failure;
use crate::http::site::Site;
use crate::store::{AUDIT_PAGE_MAX, AuditFilter, AuditFrom};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use domain::ids::IncidentId;
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    incident: Option<u64>,
    since: Option<DateTime<Utc>>,
    before: Option<u64>,
    after: Option<u64>,
    limit: Option<usize>,
}

/// `GET /api/v1/audit`: newest first; after a record, in the order of the chain. `head` is the newest as it was written,
/// and was read before the records: whoever checks a chain must find it among them.
pub async fn list(site: web::Data<Site>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let which: Which = query(&request)?;
    let max = match which.limit.unwrap_or(PAGE) {
        limit @ 1..=AUDIT_PAGE_MAX => limit,
        other => return Err(Failure::Shape(format!("in the query: limit is {other}; write 1 to {AUDIT_PAGE_MAX}"))),
    };
    let from = match (which.before, which.after) {
        (None, None) => AuditFrom::End,
        (Some(number), None) => AuditFrom::Before(number),
        (None, Some(number)) => AuditFrom::After(number),
        (Some(_), Some(_)) => {
            return Err(Failure::Shape("in the query: `before` and `after` exclude each other".to_owned()));
        }
    };
    let audit = site.parts.store.audit();
    let head = audit.head().await?;
    let incident = which.incident.map(IncidentId);
    let records = audit.records(AuditFilter { incident, since: which.since, from, max }).await?;
    let next = records.last().filter(|_| records.len() == max).map(|sealed| sealed.record.number);
    let (before, after) = if which.after.is_some() { (None, next) } else { (next, None) };
    Ok(ok(&json!({"records": records, "head": head, "next_before": before, "next_after": after})))
}
