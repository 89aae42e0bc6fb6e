//! The pad of an incident, as its document shows it: where it is, and what people wrote there.

use super::Audience;
use crate::duration::Duration;
use chrono::{DateTime, Utc};
use serde::Serialize;

/// A pad.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PadLine {
    /// Where people find it.
    pub url: String,
    /// What they wrote outside of our block; for the team.
    pub people: String,
    /// When that was first seen so.
    pub seen_at: Option<DateTime<Utc>>,
    /// How long ago: `3 minutes`.
    pub age: Option<String>,
    /// When the pad was last found, or made, as it should be.
    pub well_at: Option<DateTime<Utc>>,
}

impl PadLine {
    /// For this reader: what people wrote is for the team, wherever the pad stands.
    pub fn new(
        url: String,
        people: &str,
        seen_at: Option<DateTime<Utc>>,
        well_at: Option<DateTime<Utc>>,
        audience: Audience,
        now: DateTime<Utc>,
    ) -> Self {
        let (people, seen_at) = match audience {
            Audience::Team => (people.to_owned(), seen_at.filter(|_| !people.is_empty())),
            Audience::Public => (String::new(), None),
        };
        let age = seen_at.map(|at| Duration::between(at, now).rough());
        Self { url, people, seen_at, age, well_at }
    }
}
