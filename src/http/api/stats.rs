//! What past incidents teach, in numbers.

use super::ok;
use super::strict::query;
use crate::http::error::Failure;
use crate::http::site::Site;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::directory::Directory;
use domain::statistics::{MONTHS, MONTHS_MAX, Statistics, since, statistics};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// Most incidents that are counted, newest first.
const PAST_MAX: usize = 50_000;

/// Longest wait for the engine, which knows where people live; without an answer everybody lives in UTC.
const ENGINE_WAIT: Duration = Duration::from_secs(2);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    months: Option<u32>,
}

/// `GET /api/v1/stats`
pub async fn stats(site: web::Data<Site>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let statistics = counted(&site, asked(&request)?).await?;
    Ok(ok(&json!({ "stats": statistics })))
}

/// How many months are asked for.
pub fn asked(request: &HttpRequest) -> Result<u32, Failure> {
    let range: Range = query(request)?;
    match range.months.unwrap_or(MONTHS) {
        months @ 1..=MONTHS_MAX => Ok(months),
        other => Err(Failure::Shape(format!("in the query: months is {other}; write 1 to {MONTHS_MAX}"))),
    }
}

/// The numbers of the last so many months.
pub async fn counted(site: &Site, months: u32) -> Result<Statistics, Failure> {
    let now = site.now();
    let mut past = site.parts.store.history().past(since(now, months), PAST_MAX + 1).await?;
    let cut = past.len() > PAST_MAX;
    past.truncate(PAST_MAX);
    let directory = directory(site).await;
    // Thousands of incidents take some milliseconds, in which other requests need not wait.
    let count = move || Statistics { cut, ..statistics(&past, now, months, &directory) };
    web::block(count).await.map_err(|error| Failure::Internal(error.to_string()))
}

async fn directory(site: &Site) -> Arc<Directory> {
    let asked = site.parts.questions.ask(|state| Arc::clone(state.directory()));
    tokio::time::timeout(ENGINE_WAIT, asked).await.ok().and_then(Result::ok).unwrap_or_default()
}
