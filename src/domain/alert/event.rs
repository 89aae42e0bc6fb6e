//! What Alertmanager's event recorder tells of alerts: sooner than its webhook, but lossy and in any order.

use super::{Fingerprint, Observation, SourceName};
use chrono::{DateTime, Utc};

/// Events of one Alertmanager, as many as came together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Events {
    /// Which configured source authenticated.
    pub source: SourceName,
    /// In the order of the message, which proves nothing.
    pub events: Vec<Event>,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When it happened, by the clock of its Alertmanager.
    pub said_at: DateTime<Utc>,
    /// What.
    pub what: Said,
}

/// What an event says of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// It fires, or is over; always with a start.
    Observed(Observation),
    /// It fires, and nobody is told.
    Muted {
        /// Which.
        fingerprint: Fingerprint,
        /// A silence, or the alerts that inhibit it.
        by: Vec<String>,
        /// When the silence ends.
        until: Option<DateTime<Utc>>,
    },
}
