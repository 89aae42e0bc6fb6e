//! For whoever watches us: alive, ready, metrics, reload.

use super::auth::Identity;
use super::error::Failure;
use super::site::Site;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};

/// The engine loop goes round every ten seconds, also when there is nothing to do; silent for longer than this, it is
/// stuck or gone.
pub const ENGINE_SILENCE_SECONDS_MAX: f64 = 30.0;

/// `GET /-/healthy`: the process answers.
pub async fn healthy() -> HttpResponse {
    plain("OK".to_owned())
}

/// `GET /-/ready`: an alert sent now would be kept and decided. Never about channels: those have their own queue.
pub async fn ready(site: web::Data<Site>) -> Result<HttpResponse, Failure> {
    let metrics = &site.parts.metrics;
    if !metrics.config_is_loaded() {
        return Err(Failure::NotReady("no configuration is loaded".to_owned()));
    }
    site.parts.store.check().await?;
    // Before its first sign of life it has as long as later.
    let began = epoch_seconds(site.started_at);
    let silent = epoch_seconds(site.now()) - metrics.engine_progress_seconds().max(began);
    if silent > ENGINE_SILENCE_SECONDS_MAX {
        return Err(Failure::NotReady(format!("the engine has not moved for {ENGINE_SILENCE_SECONDS_MAX} seconds")));
    }
    if !metrics.policy_is_in_force() {
        let problem = "alerts are kept, but not judged by the newest rules: this version can't use them; see the log";
        return Err(Failure::NotReady(problem.to_owned()));
    }
    Ok(plain("OK".to_owned()))
}

/// `POST /-/reload`: reads the configuration again; a wrong one leaves the old one in force.
pub async fn reload(site: web::Data<Site>, who: Identity) -> Result<HttpResponse, Failure> {
    let hash = || format!("{:016x}", site.parts.config.load().hash);
    let (act, before) = (who.does("configuration read again"), hash());
    if let Err(error) = (site.parts.reload)().await {
        // Not the error itself: it quotes the file.
        site.audit(act.refused("the file has mistakes")).await?;
        return Err(Failure::BadConfig(format!("failed to reload config: {error}")));
    }
    site.audit(act.from_to(&before, &hash())).await?;
    Ok(plain("reloaded".to_owned()))
}

/// `GET /metrics`, text 0.0.4.
pub async fn metrics(site: web::Data<Site>) -> Result<HttpResponse, Failure> {
    let now = site.now();
    let figures = site.parts.store.figures(now).await;
    if let Err(error) = &figures {
        tracing::error!("the store gives no figures for /metrics: {error}");
    }
    let policy = &site.parts.config.load().policy.postmortem;
    let links = site.parts.deliveries.as_ref().map(|deliveries| deliveries.links()).unwrap_or_default();
    let text = site.parts.metrics.scrape(figures.as_ref().ok(), &links, policy, now);
    let text = text.map_err(|error| Failure::Internal(format!("the metrics can't be written: {error}")))?;
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")).body(text))
}

fn epoch_seconds(at: DateTime<Utc>) -> f64 {
    at.timestamp_micros() as f64 / 1e6
}

fn plain(text: String) -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, "text/plain; charset=utf-8")).body(text)
}
