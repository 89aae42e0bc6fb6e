//! Drills: alerts of nothing, sent by people who practise. They come in like those of any source, with a mark that no
//! sender can leave out, and end by themselves.

use super::ok;
use super::strict::body;
use crate::http::auth::Identity;
use crate::http::error::Failure;
use crate::http::site::Site;
use crate::store::{IncidentFilter, InputKind};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, SecondsFormat, Utc};
use domain::alert::drill::{DRILL_LABEL, DRILL_SOURCE};
use domain::alert::{Alert, AlertState, Pairs};
use domain::drill::{ALERTS_MAX, DrillName, LABELS_MAX, LASTS, LASTS_MAX};
use domain::duration::Duration;
use domain::text::counted;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Open incidents that are looked at to find those of drills.
const OPEN_MAX: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    name: DrillName,
    alerts: Vec<SentAlert>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SentAlert {
    labels: Pairs,
    #[serde(default)]
    annotations: Pairs,
    #[serde(rename = "for")]
    lasts: Option<Duration>,
    #[serde(default)]
    over: bool,
}

#[derive(Default)]
struct Standing {
    firing: usize,
    incidents: Vec<u64>,
}

/// `GET /api/v1/drills`: those that go on, by what fires and what is open.
pub async fn list(site: web::Data<Site>) -> Result<HttpResponse, Failure> {
    let mut found: BTreeMap<String, Standing> = BTreeMap::new();
    for alert in firing(&site).await? {
        found.entry(alert.labels.value(DRILL_LABEL).to_owned()).or_default().firing += 1;
    }
    let open = IncidentFilter { open: Some(true), max: OPEN_MAX, ..IncidentFilter::default() };
    for incident in site.parts.store.incidents(open).await? {
        if let Some(name) = incident.drill_name() {
            found.entry(name.to_owned()).or_default().incidents.push(incident.id.0);
        }
    }
    let row = |(name, standing): (String, Standing)| json!({"name": name, "firing": standing.firing, "incidents": standing.incidents});
    Ok(ok(&json!({"drills": found.into_iter().map(row).collect::<Vec<_>>()})))
}

/// `POST /api/v1/drills`: alerts of nothing begin, or are over.
pub async fn send(
    site: web::Data<Site>,
    request: HttpRequest,
    who: Identity,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    let Sent { name, alerts } = body(&site, &request, payload).await?;
    if !(1..=ALERTS_MAX).contains(&alerts.len()) {
        return Err(Failure::Shape(format!("alerts: are {}; send 1 to {ALERTS_MAX} at once", alerts.len())));
    }
    let now = site.now();
    let place = |(at, alert): (usize, &SentAlert)| {
        pushed(&name, alert, now).map_err(|problem| Failure::Shape(format!("alerts[{at}]: {problem}")))
    };
    let pushed: Vec<Value> = alerts.iter().enumerate().map(place).collect::<Result<_, _>>()?;
    let over = alerts.iter().filter(|alert| alert.over).count();
    take(&site, &who, &name, pushed, over).await
}

/// `POST /api/v1/drills/{name}/stop`: what it still fires is over.
pub async fn stop(site: web::Data<Site>, request: HttpRequest, who: Identity) -> Result<HttpResponse, Failure> {
    let name = DrillName::parse(request.match_info().get("name").unwrap_or_default());
    let name = name.map_err(|problem| Failure::NotFound(problem.to_string()))?;
    let mut own = firing(&site).await?;
    own.retain(|alert| alert.labels.value(DRILL_LABEL) == name.as_str());
    if own.is_empty() {
        let text = format!("nothing of drill {name} fires");
        return Ok(ok(&json!({"status": "done", "drill": name, "firing": 0, "over": 0, "text": text})));
    }
    let now = site.now();
    let ended = |alert: Alert| wire(&alert.labels, &alert.annotations, now);
    let ended: Vec<Value> = own.into_iter().map(ended).collect();
    let over = ended.len();
    take(&site, &who, &name, ended, over).await
}

async fn firing(site: &Site) -> Result<Vec<Alert>, Failure> {
    let mut alerts = site.parts.store.open_alerts(DRILL_SOURCE).await?;
    // A contested end is no alert that fires.
    alerts.retain(|alert| !matches!(alert.state, AlertState::Resolved { .. }));
    Ok(alerts)
}

// As Prometheus would send them, so that a replay needs to know of no other message. Written down before they are taken
// in, as every act is.
async fn take(
    site: &Site,
    who: &Identity,
    name: &DrillName,
    alerts: Vec<Value>,
    over: usize,
) -> Result<HttpResponse, Failure> {
    let firing = alerts.len() - over;
    let said = match (firing, over) {
        (firing, 0) => format!("begins {}", counted(firing as u64, "alert")),
        (0, over) => format!("ends {}", counted(over as u64, "alert")),
        (firing, over) => format!("begins {}, ends {over}", counted(firing as u64, "alert")),
    };
    let text = format!("drill {name} {said}");
    site.audit(who.does(&text)).await?;
    let body = Value::from(alerts).to_string().into_bytes();
    let appended = site.parts.inbox.append(InputKind::Push, DRILL_SOURCE, body).await;
    let appended = appended.inspect_err(|error| site.log_refused(error))?;
    let (input, at) = (appended.seq, appended.at);
    Ok(ok(&json!({
        "status": "done", "drill": name, "firing": firing, "over": over, "at": at, "input": input, "text": text,
    })))
}

fn pushed(name: &DrillName, alert: &SentAlert, now: DateTime<Utc>) -> Result<Value, String> {
    let SentAlert { labels, annotations, lasts, over } = alert;
    if labels.is_empty() || labels.iter().all(|(_, value)| value.is_empty()) {
        return Err("labels: are missing; an alert is known by its labels".to_owned());
    }
    if labels.len().max(annotations.len()) > LABELS_MAX {
        return Err(format!("has more than {LABELS_MAX} labels or annotations"));
    }
    if labels.get(DRILL_LABEL).is_some() {
        return Err(format!("labels: have `{DRILL_LABEL}`, which is set by the name of the drill; leave it out"));
    }
    let labels = name.mark(labels);
    match (over, lasts) {
        (true, Some(_)) => Err("is over, and has a time for which it fires; leave one out".to_owned()),
        (true, None) => Ok(wire(&labels, annotations, now)),
        (false, lasts) => {
            let lasts = lasts.unwrap_or(LASTS);
            if lasts == Duration::default() || lasts > LASTS_MAX {
                return Err(format!("for: is {lasts}; write up to {LASTS_MAX}"));
            }
            Ok(wire(&labels, annotations, now + lasts.delta()))
        }
    }
}

// Cut to microseconds, as times are kept: an end that is now must not come after it.
fn wire(labels: &Pairs, annotations: &Pairs, ends_at: DateTime<Utc>) -> Value {
    let ends_at = ends_at.to_rfc3339_opts(SecondsFormat::Micros, true);
    json!({"labels": labels, "annotations": annotations, "endsAt": ends_at})
}
