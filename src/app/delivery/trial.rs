//! Tries a receiver: looks whether notices would arrive, and sends one that says so.

use super::one::send;
pub use crate::channels::Finding;
use crate::channels::{Attempt, Channel, SEND_SECONDS_MAX};
use chrono::{DateTime, Utc};
use domain::delivery::Outcome;
use domain::notice::trial::{can_be_tried, trial};
use domain::policy::ReceiverSpec;
use std::sync::Arc;
use std::time::Duration;

/// What came of it.
#[derive(Debug)]
pub struct Tried {
    /// What was found without telling anybody.
    pub findings: Vec<Finding>,
    /// What became of the test; none if none was sent.
    pub sent: Option<Outcome>,
}

impl Tried {
    /// Whether everything is as it should be.
    pub fn is_well(&self) -> bool {
        let wrong = self.findings.iter().any(|finding| matches!(finding, Finding::Wrong(_)));
        !wrong && self.sent.as_ref().is_none_or(|sent| matches!(sent, Outcome::Sent { .. }))
    }
}

/// Looks, and tells nobody.
pub async fn look(channel: &dyn Channel) -> Vec<Finding> {
    let limit = Duration::from_secs(SEND_SECONDS_MAX);
    let late = |_| vec![Finding::Wrong(format!("no answer within {SEND_SECONDS_MAX}s"))];
    tokio::time::timeout(limit, channel.look()).await.unwrap_or_else(late)
}

/// Looks, and sends a test where that tells people in one place something. The outbox knows nothing of it: what does not
/// arrive now is not repeated.
pub async fn try_out(
    spec: &ReceiverSpec,
    channel: Arc<dyn Channel>,
    by: &str,
    external_url: &str,
    now: DateTime<Utc>,
) -> Tried {
    let findings = look(channel.as_ref()).await;
    if !can_be_tried(spec) {
        return Tried { findings, sent: None };
    }
    let delivery = trial(spec, by, external_url, now);
    let attempt = Attempt { delivery, number: 1, first_attempt_at: now, thread: None, unsure: false };
    let sent = send(channel, attempt, Duration::from_secs(SEND_SECONDS_MAX)).await;
    Tried { findings, sent: Some(sent) }
}
