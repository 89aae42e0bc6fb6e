//! What happened to the alerts of an incident.

use crate::alert::{Fingerprint, ResolvedBecause, SourceName};
use crate::ids::AlertId;
use serde::{Deserialize, Serialize};

/// Alerts of one incident that changed with one input.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AlertsChanged {
    /// What happened to each, the first [`ALERTS_NAMED_MAX`] of them.
    pub named: Vec<AlertChange>,
    /// How many more there were.
    pub more: u32,
    /// Known to fire now, muted ones included.
    pub firing: u32,
    /// Attached so far.
    pub alerts: u32,
    /// Whether the message was cut off by `max_alerts`: the counts are lower bounds.
    pub truncated: bool,
}

/// Most alerts named in one timeline entry; the others are counted.
pub const ALERTS_NAMED_MAX: usize = 20;

/// What happened to one alert of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertChange {
    /// Its row.
    pub alert: AlertId,
    /// Where it is reported from.
    pub source: SourceName,
    /// Its identity there.
    pub fingerprint: Fingerprint,
    /// Its name.
    pub name: String,
    /// Its text for people.
    pub summary: String,
    /// What happened.
    pub change: Change,
    /// Who mutes it: silences, or alerts that inhibit it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
}

/// What happened to an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It was attached, firing.
    Attached,
    /// It fires again.
    Firing,
    /// A complete message left it out.
    Unreported,
    /// A silence or inhibition mutes it.
    Muted,
    /// It is over.
    Resolved(ResolvedBecause),
}
