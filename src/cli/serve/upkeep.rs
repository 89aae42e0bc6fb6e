//! What runs beside everything: retention, older incidents made ready to be found, and the life sign for systemd.

use super::flags::Serve;
use crate::clock::Clock;
use crate::store::Store;
use chrono::{DateTime, TimeDelta, Utc};
use domain::duration::Duration as Length;
use sd_notify::NotifyState;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};
use tracing::{info, warn};

/// How often old rows are looked for.
const PRUNE_EVERY: Duration = Duration::from_secs(3600);

/// Not in the first minute: a restart has better things to do.
const PRUNE_FIRST_AFTER: Duration = Duration::from_secs(60);

/// How often it is written down where a replay may begin.
const CHECKPOINT_EVERY: TimeDelta = TimeDelta::hours(24);

/// How often it is said that nothing is sent.
const HELD_EVERY: Duration = Duration::from_secs(600);

/// Rows deleted at once.
const PRUNE_ROWS_MAX: usize = 500;

/// Between two batches, so that others get their turn.
const PRUNE_PAUSE: Duration = Duration::from_millis(50);

/// Entries read at once for the search.
const TELL_ENTRIES_MAX: usize = 2_000;

/// Between two such batches.
const TELL_PAUSE: Duration = Duration::from_millis(20);

/// After a failure.
const TELL_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// How long things are kept.
#[derive(Debug, Clone, Copy)]
pub struct Retention {
    /// Messages, as they came.
    messages: Length,
    /// Closed incidents; for ever, if not said.
    incidents: Option<Length>,
}

impl From<&Serve> for Retention {
    fn from(flags: &Serve) -> Self {
        Self { messages: flags.retention, incidents: flags.incident_retention }
    }
}

/// Every hour: writes down where a replay may begin, once a day, and deletes what is older than the retention, in batches.
pub async fn run(store: Arc<dyn Store>, clock: Arc<dyn Clock>, retention: Retention) {
    let mut every = interval_at(Instant::now() + PRUNE_FIRST_AFTER, PRUNE_EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        let now = clock.now();
        if let Err(error) = store.past().checkpoint(now - CHECKPOINT_EVERY, now).await {
            warn!("where a replay may begin could not be written down, tried again in an hour: {error}");
        }
        prune_all(store.as_ref(), Old::Messages, retention.messages, now).await;
        if let Some(kept) = retention.incidents {
            prune_all(store.as_ref(), Old::Incidents, kept, now).await;
        }
    }
}

#[derive(Clone, Copy)]
enum Old {
    Messages,
    Incidents,
}

async fn prune_all(store: &dyn Store, what: Old, kept: Length, now: DateTime<Utc>) {
    let (before, mut deleted) = (now - kept.delta(), 0);
    loop {
        let batch = match what {
            Old::Messages => store.prune(before, PRUNE_ROWS_MAX).await,
            Old::Incidents => store.past().prune_incidents(before, PRUNE_ROWS_MAX).await,
        };
        match batch {
            Ok(0) => break,
            Ok(rows) => deleted += rows,
            Err(error) => {
                warn!("what is older than {kept} could not be deleted, tried again in an hour: {error}");
                return;
            }
        }
        sleep(PRUNE_PAUSE).await;
    }
    if deleted > 0 {
        info!(rows = deleted, "deleted {deleted} rows older than {kept}");
    }
}

/// Says in the log that nothing is sent, as long as it is so.
pub async fn say_held(store: Arc<dyn Store>) {
    let mut every = tokio::time::interval(HELD_EVERY);
    loop {
        every.tick().await;
        match store.holding().held().await {
            Ok(None) => return,
            Ok(Some(held)) => {
                let waiting = held.before + held.since;
                warn!(
                    waiting,
                    "nothing is sent: this store was restored from a backup of {}; see `earlybell deliveries release`",
                    held.backup_at
                );
            }
            Err(error) => warn!("whether notices are held can't be read: {error}"),
        }
    }
}

/// Reads what an older version left, so that it is found: once, in batches, newest first. Stopped in between, it goes on
/// after the next start.
pub async fn tell(store: Arc<dyn Store>) {
    let mut told = 0;
    loop {
        match store.history().tell_more(TELL_ENTRIES_MAX).await {
            Ok(0) => break,
            Ok(incidents) => told += incidents,
            Err(error) => {
                warn!("older incidents could not be made ready to be found, tried again in a minute: {error}");
                sleep(TELL_AGAIN_AFTER).await;
            }
        }
        sleep(TELL_PAUSE).await;
    }
    if told > 0 {
        info!(incidents = told, "{told} incidents of an older version are found by their words, labels and people now");
    }
}

/// Tells systemd that we live, twice in the time it allows. Not whether a part is in trouble: a restart heals no full
/// disk, and while we run we say so to whoever asks.
pub async fn watchdog() {
    let Some(limit) = sd_notify::watchdog_enabled() else { return };
    let mut every = tokio::time::interval(limit / 2);
    loop {
        every.tick().await;
        tell_systemd(&[NotifyState::Watchdog]);
    }
}

/// Tells systemd, if it started us.
pub fn tell_systemd(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        warn!("systemd can't be told: {error}");
    }
}
