//! Alerts as Alertmanager reports them: identity, labels, states; and the matchers that select them.

pub mod drill;
pub mod event;
pub mod fingerprint;
pub mod matcher;
pub mod pairs;
mod past;
pub mod reconcile;
pub mod regex;
pub mod table;

pub use fingerprint::Fingerprint;
pub use pairs::Pairs;
pub use past::{PAST_MAX, PAST_REACH, Span};

use crate::ids::AlertId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Name of a configured source: one Alertmanager cluster, whatever number of replicas it has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceName(pub Arc<str>);

/// The source of the alerts that we raise ourselves.
pub const OWN_SOURCE: &str = "earlybell";

/// Identity of an alert: its source and the fingerprint of its labels; never `groupKey`, never `startsAt`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AlertKey {
    /// Where it is reported from.
    pub source: SourceName,
    /// Of its label set.
    pub fingerprint: Fingerprint,
}

/// What a message says of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It fires.
    Firing,
    /// It is over.
    Resolved,
}

/// One alert inside one message, parsed and cleaned at the door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// Per alert; the status of the whole message is never looked at.
    pub status: Status,
    /// Its label set, empty values dropped.
    pub labels: Pairs,
    /// Texts for people.
    pub annotations: Pairs,
    /// As claimed by the sender.
    pub starts_at: Option<DateTime<Utc>>,
    /// As claimed by the sender; `None` for Alertmanager's zero time. For a firing alert of `POST /api/v2/alerts`, when
    /// it ends by itself unless it is sent again.
    pub ends_at: Option<DateTime<Utc>>,
    /// Link to its expression; any text, not always a URL.
    pub generator_url: Box<str>,
    /// As sent, or computed from the labels.
    pub fingerprint: Fingerprint,
}

/// One message with alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Which configured source authenticated.
    pub source: SourceName,
    /// Group of a webhook: hash of receiver and `groupKey`. `None` for `POST /api/v2/alerts`, where absence says nothing.
    pub group: Option<u64>,
    /// How many alerts `max_alerts` cut off; over zero, absence proves nothing.
    pub truncated: u64,
    /// In the order of the message.
    pub observations: Vec<Observation>,
}

/// A known alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Its row.
    pub id: AlertId,
    /// Its identity.
    pub key: AlertKey,
    /// Its label set.
    pub labels: Pairs,
    /// Newest texts.
    pub annotations: Pairs,
    /// Newest link.
    pub generator_url: Box<str>,
    /// Where its episode stands.
    pub state: AlertState,
    /// Start of the current or last episode, clamped to 15 minutes before it was first seen.
    pub starts_at: DateTime<Utc>,
    /// The same as its sender claimed: tells a late message of this episode from a new one even if clocks differ.
    #[serde(default)]
    pub claimed_starts_at: Option<DateTime<Utc>>,
    /// When its state changed, or it was heard of, last; only refreshed when it is older than an eighth of
    /// `alert_timeout`, so that an unchanged repeat needs no write.
    pub last_seen: DateTime<Utc>,
    /// Group that last reported it.
    pub group: Option<u64>,
    /// Ends by itself at this time unless sent again (`POST /api/v2/alerts`).
    pub expires_at: Option<DateTime<Utc>>,
    /// Number of episodes so far.
    pub episodes: u32,
    /// It fired long before the very first start: shown and explained, but it does not count until it fires anew or a
    /// person adopts it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pre_existing: bool,
    /// When it fired before, the newest last: what `within` counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub past: Vec<Span>,
}

/// Where the episode of an alert stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum AlertState {
    /// It fires, and counts.
    Firing,
    /// It fired, and a complete message of its group left it out: muted or gone, the poll will tell.
    Unreported {
        /// Since when.
        since: DateTime<Utc>,
    },
    /// It fires under a silence or an inhibition: does not count, but keeps its incident open.
    Muted {
        /// Silences, or alerts that inhibit it.
        by: Vec<String>,
    },
    /// It is over.
    Resolved {
        /// Since when.
        ends_at: DateTime<Utc>,
        /// Who said so.
        because: ResolvedBecause,
        /// A late `firing` of the same episode came after this; settled by the next message, the poll, or this time.
        contested_until: Option<DateTime<Utc>>,
    },
}

/// Why an alert counts as resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResolvedBecause {
    /// Its source said so.
    Reported,
    /// Its source no longer lists it.
    Gone,
    /// Nothing was heard of it for too long.
    Stale,
    /// Its own `endsAt` passed.
    Expired,
}

impl AlertState {
    /// Counts for conditions: fires, and nothing mutes it.
    pub fn counts(&self) -> bool {
        matches!(self, Self::Firing)
    }

    /// Keeps an incident from being clear: known to fire, muted or not.
    pub fn is_open(&self) -> bool {
        !matches!(self, Self::Resolved { .. })
    }
}

impl Alert {
    /// Name for people; an alert without one goes by its fingerprint.
    pub fn name(&self) -> String {
        match self.labels.value("alertname") {
            "" => format!("alert {}", self.key.fingerprint),
            name => name.to_owned(),
        }
    }

    /// Text for people, from the annotations people use for it, in order of habit.
    pub fn summary(&self) -> String {
        ["summary", "title", "message", "description"]
            .iter()
            .find_map(|name| self.annotations.get(name).filter(|text| !text.is_empty()))
            .map_or_else(|| self.name(), str::to_owned)
    }
}

impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for SourceName {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}
