//! What the store says of past incidents.

use super::StoreError;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::alert::Pairs;
use domain::document::Audience;
use domain::history::{Outcome, Wanted};
use domain::ids::IncidentId;
use domain::incident::{Incident, Severity};
use domain::statistics::Past;

/// Which incidents somebody looks for. What is not said leaves nothing out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// Who looks: to everybody else than the team an incident that is not public is not there.
    pub audience: Audience,
    /// All of these words, in what this reader may read of it.
    pub words: Vec<Wanted>,
    /// With all of these labels: its own, or those of an alert it had.
    pub labels: Pairs,
    /// Declared by this rule.
    pub rule: Option<String>,
    /// Somebody who did something in it, or had a role.
    pub person: Option<String>,
    /// Declared then or later.
    pub from: Option<DateTime<Utc>>,
    /// Declared before.
    pub to: Option<DateTime<Utc>>,
    /// How bad it was in the end.
    pub severity: Option<Severity>,
    /// Open ones only, or closed ones only.
    pub open: Option<bool>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Drills only, or none.
    pub drill: Option<bool>,
    /// With a number below this: the next page.
    pub before: Option<IncidentId>,
    /// At most so many.
    pub max: usize,
}

impl Search {
    /// For all that this reader may see, newest first, at most so many.
    pub fn all(audience: Audience, max: usize) -> Self {
        Self {
            audience,
            words: Vec::new(),
            labels: Pairs::default(),
            rule: None,
            person: None,
            from: None,
            to: None,
            severity: None,
            open: None,
            outcome: None,
            drill: None,
            before: None,
            max,
        }
    }
}

/// Past incidents.
#[async_trait]
pub trait HistoryStore: Send + Sync {
    /// Incidents that fit, newest first.
    async fn find(&self, search: Search) -> Result<Vec<Incident>, StoreError>;

    /// What is kept for statistics of incidents declared at this time or later, newest first, at most so many; without drills.
    async fn past(&self, since: DateTime<Utc>, max: usize) -> Result<Vec<Past>, StoreError>;

    /// How many incidents of an older version are not found by their words, labels and people yet.
    async fn untold(&self) -> Result<u64, StoreError>;

    /// Reads some of those, newest first, until about so many entries were read. Returns how many incidents it had a look at; 0
    /// when all are told.
    async fn tell_more(&self, entries_max: usize) -> Result<usize, StoreError>;
}
