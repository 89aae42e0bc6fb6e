//! What runs beside everything: retention, older incidents made ready to be found, and the life sign for systemd.

use crate::clock::Clock;
use crate::store::Store;
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

/// Deletes what is older than the retention, in batches, every hour.
pub async fn prune(store: Arc<dyn Store>, clock: Arc<dyn Clock>, retention: Length) {
    let mut every = interval_at(Instant::now() + PRUNE_FIRST_AFTER, PRUNE_EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        prune_once(store.as_ref(), clock.as_ref(), retention).await;
    }
}

async fn prune_once(store: &dyn Store, clock: &dyn Clock, retention: Length) {
    let before = clock.now() - retention.delta();
    let mut deleted = 0;
    loop {
        match store.prune(before, PRUNE_ROWS_MAX).await {
            Ok(0) => break,
            Ok(rows) => deleted += rows,
            Err(error) => {
                warn!("what is older than {retention} could not be deleted, tried again in an hour: {error}");
                return;
            }
        }
        sleep(PRUNE_PAUSE).await;
    }
    if deleted > 0 {
        info!(rows = deleted, "deleted {deleted} rows older than {retention}");
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
