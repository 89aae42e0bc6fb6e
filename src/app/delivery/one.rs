//! One attempt, held to its time; and what a channel that panics said.

use crate::channels::{Attempt, Channel};
use domain::delivery::Outcome;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinError;

/// Sends, and no longer than this.
pub(super) async fn send(channel: Arc<dyn Channel>, attempt: Attempt, limit: Duration) -> Outcome {
    match tokio::time::timeout(limit, channel.send(&attempt)).await {
        Ok(outcome) => outcome,
        Err(_) => {
            let because = format!("no end within {}s", limit.as_secs());
            Outcome::Retry { because, after: None, unsure: true }
        }
    }
}

/// What it panicked with.
pub(super) fn panic_text(error: JoinError) -> String {
    let Ok(panic) = error.try_into_panic() else { return "it was cut off".to_owned() };
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic.downcast::<&str>().map_or_else(|_| "a panic".to_owned(), |text| (*text).to_owned()),
    }
}
