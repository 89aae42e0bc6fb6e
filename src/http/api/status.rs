//! How this program is doing, on one screen.

use super::ok;
use crate::app::delivery::Link;
use crate::http::error::Failure;
use crate::http::site::Site;
use crate::metrics::{REVISION, VERSION};
use crate::store::Figures;
use actix_web::{HttpResponse, web};
use chrono::DateTime;
use domain::delivery::breaker::Standing;
use domain::policy::ReceiverSpec;
use serde_json::{Value, json};

/// `GET /api/v1/status`
pub async fn status(site: web::Data<Site>) -> Result<HttpResponse, Failure> {
    let now = site.now();
    let figures = site.parts.store.figures(now).await?;
    let mode = if site.is_open() { "open to this machine" } else { "tokens" };
    Ok(ok(&json!({
        "version": VERSION,
        "revision": REVISION,
        "started_at": site.started_at,
        "uptime_seconds": (now - site.started_at).num_seconds().max(0),
        "mode": mode,
        "config_hash": format!("{:016x}", site.parts.config.load().hash),
        "inbox": {
            "last_input": figures.last_input,
            "position": figures.position,
            "lag": figures.last_input.0.saturating_sub(figures.position.0),
        },
        "incidents": incidents(&figures),
        "open_alerts": figures.open_alerts,
        "quarantined": figures.quarantined,
        "held": figures.held,
        "sources": sources(&site, &figures),
        "receivers": receivers(&site, &figures),
        "pads": pads(&site),
        "store": {"bytes": figures.bytes, "wal_bytes": figures.wal_bytes, "refuses": figures.refuses},
    })))
}

fn incidents(figures: &Figures) -> Vec<Value> {
    let shape = |(stage, severity, count): &(String, String, u64)| json!({"stage": stage, "severity": severity, "count": count});
    figures.incidents.iter().map(shape).collect()
}

fn sources(site: &Site, figures: &Figures) -> Vec<Value> {
    let config = site.parts.config.load();
    let polls = site.parts.metrics.polls();
    // A token may name a source that the configuration does not know; its alerts come in all the same.
    let mut names: Vec<&str> = config.sources.iter().map(|source| source.name.as_str()).collect();
    names.extend(figures.last_seen.iter().map(|(name, _)| name.as_str()));
    names.sort_unstable();
    names.dedup();
    let shape = |name: &str| {
        let seen = figures.last_seen.iter().find(|(known, _)| known == name).map(|(_, at)| at);
        json!({"name": name, "last_seen": seen, "poll": polls.get(name)})
    };
    names.into_iter().map(shape).collect()
}

// How the server of pads stands, where one is configured.
fn pads(site: &Site) -> Option<Value> {
    let config = site.parts.config.load();
    let pads = config.policy.pads.as_ref()?;
    let (up, well_at) = site.parts.metrics.pads_stand();
    let well_at = DateTime::from_timestamp(well_at as i64, 0).filter(|_| well_at > 0.0);
    Some(json!({"url": pads.url, "up": up, "last_success_at": well_at}))
}

/// How each receiver stands, in the order of the configuration.
pub fn receivers(site: &Site, figures: &Figures) -> Vec<Value> {
    let config = site.parts.config.load();
    let standings = site.parts.deliveries.as_ref().map(|deliveries| deliveries.standings()).unwrap_or_default();
    let links = site.parts.deliveries.as_ref().map(|deliveries| deliveries.links()).unwrap_or_default();
    let shape = |spec: &ReceiverSpec| {
        let name = &spec.name;
        let waiting = figures.outbox.iter().find(|(known, ..)| known == name);
        let dead = figures.dead.iter().find(|(known, _)| known == name).map_or(0, |(_, count)| *count);
        json!({
            "name": name,
            "kind": spec.kind,
            "public": spec.public,
            "personal": spec.personal,
            "fallback": config.policy.fallbacks.get(name),
            "standing": standings.get(name).map(|standing| word(*standing)),
            "connection": links.get(name).map(|(_, link)| connection(link)),
            "waiting": waiting.map_or(0, |(_, count, _)| *count),
            "oldest_at": waiting.map(|(_, _, since)| since),
            "dead": dead,
        })
    };
    config.policy.receivers.iter().map(shape).collect()
}

fn connection(link: &Link) -> Value {
    match link {
        Link::Up => json!({"up": true, "because": null}),
        Link::Down(because) => json!({"up": false, "because": because}),
    }
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Well => "well",
        Standing::Unreachable(_) => "unreachable",
        Standing::Misconfigured(_) => "misconfigured",
    }
}
