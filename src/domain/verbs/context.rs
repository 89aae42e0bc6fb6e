//! Where something is said: which incidents are open, in whose thread, and how commands are written there.

use super::Spelling;
use crate::ids::IncidentId;
use crate::incident::Incident;
use crate::incident::roles::same_person;

/// What a line is read with.
#[derive(Debug, Clone)]
pub struct Context {
    /// How commands are written here.
    pub spelling: Spelling,
    /// Open incidents, newest first.
    pub open: Vec<Open>,
    /// The incident in whose thread it is said.
    pub thread: Option<IncidentId>,
    /// Where the speaker did something last: what `undo` is about.
    pub last: Option<IncidentId>,
}

/// An open incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Its number.
    pub incident: IncidentId,
    /// Its title.
    pub title: String,
}

impl Context {
    /// Where nothing is known but how commands are written.
    pub fn new(spelling: Spelling) -> Self {
        Self { spelling, open: Vec::new(), thread: None, last: None }
    }
}

/// Where somebody did something last.
pub fn last_of<'a>(name: &str, incidents: impl Iterator<Item = &'a Incident>) -> Option<IncidentId> {
    let deeds = incidents.filter_map(|incident| {
        let own = incident.room.deeds.iter().filter(|deed| same_person(&deed.person, name));
        own.map(|deed| deed.at).max().map(|at| (at, incident.id))
    });
    deeds.max().map(|(_, id)| id)
}
