//! An alert as it stands, and whether it counts.

use crate::alert::{Alert, AlertState, Pairs};
use crate::ids::AlertId;
use crate::notice::phrase::{alert_state, alert_word};
use crate::text::clean_line;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

// Longest name of a silence, in bytes.
const MUTED_BY_BYTES_MAX: usize = 100;

/// An alert as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertExplained {
    /// Its row.
    pub id: AlertId,
    /// Where it is reported from.
    pub source: String,
    /// Of its labels, as Alertmanager writes it.
    pub fingerprint: String,
    /// For people.
    pub name: String,
    /// Its label set.
    pub labels: Pairs,
    /// `firing`, `unreported`, `muted` or `resolved`.
    pub state: String,
    /// Start of its episode.
    pub starts_at: DateTime<Utc>,
    /// Whether it counts for conditions.
    pub counts: bool,
    /// How it stands, in words.
    pub because: String,
}

impl AlertExplained {
    /// As of this time.
    pub fn new(alert: &Alert, at: DateTime<Utc>) -> Self {
        Self {
            id: alert.id,
            source: alert.key.source.to_string(),
            fingerprint: alert.key.fingerprint.to_string(),
            name: alert.name(),
            labels: alert.labels.clone(),
            state: alert_word(&alert.state).to_owned(),
            starts_at: alert.starts_at,
            counts: alert.state.counts() && !alert.pre_existing,
            because: because(alert, at),
        }
    }
}

fn because(alert: &Alert, at: DateTime<Utc>) -> String {
    let state = alert_state(alert, at);
    match &alert.state {
        AlertState::Firing if alert.pre_existing => format!(
            "{state}, and did long before the first start: it counts once it fires anew, or after `earlybell alert adopt {}`",
            alert.id.0
        ),
        AlertState::Firing => state,
        AlertState::Muted { by } if !by.is_empty() => {
            let by = clean_line(&by.join(", "), MUTED_BY_BYTES_MAX);
            format!("{state}, by {by}: it counts only where a rule says `count_silenced`")
        }
        AlertState::Muted { .. } => format!("{state}: it counts only where a rule says `count_silenced`"),
        AlertState::Unreported { .. } => {
            format!("{state}: it may be muted or over, and counts again when its source names it")
        }
        AlertState::Resolved { .. } => format!("{state}: it counts only where a rule looks back (`within`)"),
    }
}
