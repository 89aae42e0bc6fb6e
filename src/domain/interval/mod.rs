//! Times that come again: Alertmanager's `time_intervals`, with `location`.

use serde::{Deserialize, Serialize};

/// A named list of intervals; a time is in it if it is in one of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedIntervals {
    /// Its name.
    pub name: String,
}
