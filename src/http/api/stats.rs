//! What past incidents teach, in numbers.

use super::ok;
use super::strict::query;
use crate::http::error::Failure;
use crate::http::site::Site;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::directory::Directory;
use domain::ids::InputSeq;
use domain::statistics::{MONTHS, MONTHS_MAX, Statistics, since, statistics};
use serde::Deserialize;
use serde_json::json;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Most incidents that are counted, newest first.
const PAST_MAX: usize = 50_000;

const HOUR_SECONDS: i64 = 60 * 60;

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

/// The numbers of the last so many months. Kept until something was decided, or another hour began: counting ten thousand
/// incidents takes a blink, but a page that is looked at for an afternoon need not blink each time.
pub async fn counted(site: &Site, months: u32) -> Result<Arc<Statistics>, Failure> {
    let now = site.now();
    let engine = engine(site).await;
    let key = engine.as_ref().map(|(position, _)| (*position, now.timestamp() / HOUR_SECONDS, months));
    if let Some(kept) = key.and_then(|key| site.statistics.get(&key)) {
        return Ok(kept);
    }
    let mut past = site.parts.store.history().past(since(now, months), PAST_MAX + 1).await?;
    let cut = past.len() > PAST_MAX;
    past.truncate(PAST_MAX);
    let directory = engine.map(|(_, directory)| directory).unwrap_or_default();
    // Thousands of incidents take some milliseconds, in which other requests need not wait.
    let count = move || Statistics { cut, ..statistics(&past, now, months, &directory) };
    let counted = web::block(count).await.map_err(|error| Failure::Internal(error.to_string()))?;
    let counted = Arc::new(counted);
    if let Some(key) = key {
        site.statistics.keep(key, Arc::clone(&counted));
    }
    Ok(counted)
}

/// Up to where it was counted, in which hour, over how many months.
pub type Key = (InputSeq, i64, u32);

/// What was counted last.
#[derive(Default)]
pub struct Kept(Mutex<Option<(Key, Arc<Statistics>)>>);

impl Kept {
    fn get(&self, key: &Key) -> Option<Arc<Statistics>> {
        self.lock().as_ref().filter(|(kept, _)| kept == key).map(|(_, statistics)| Arc::clone(statistics))
    }

    fn keep(&self, key: Key, statistics: Arc<Statistics>) {
        *self.lock() = Some((key, statistics));
    }

    // One assignment stands under it: it is whole after any panic.
    fn lock(&self) -> MutexGuard<'_, Option<(Key, Arc<Statistics>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// Up to where it decided, and where people live.
async fn engine(site: &Site) -> Option<(InputSeq, Arc<Directory>)> {
    let asked = site.parts.questions.ask(|state| (state.position(), Arc::clone(state.directory())));
    tokio::time::timeout(ENGINE_WAIT, asked).await.ok()?.ok()
}
