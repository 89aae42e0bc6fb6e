//! What an Alertmanager lists against what we know: the differences that webhooks can never tell.

use super::{Fingerprint, Observation, SourceName};
use serde::{Deserialize, Serialize};

/// Differences between what a source lists and what we know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Poll {
    /// Which source; all its replicas that answered, together.
    pub source: SourceName,
    /// Listed as active, while we have it otherwise or not at all.
    pub active: Vec<Observation>,
    /// Listed as silenced or inhibited, while we have it otherwise; with who mutes it.
    pub muted: Vec<(Observation, Vec<String>)>,
    /// Known as open, and not listed, by replicas that are up for long enough to know.
    pub gone: Vec<Fingerprint>,
}

/// State of a listed alert in `GET /api/v2/alerts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Listed {
    /// It fires and is told.
    Active,
    /// It fires and is muted by these.
    Muted(Vec<String>),
}
