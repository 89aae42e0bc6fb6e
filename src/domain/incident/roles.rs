//! Who does what in an incident. The manager holds every role that nobody else holds; a role that nobody holds at all has
//! its take-over clock running.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;

/// A role of an incident: `incident_manager`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RoleName(pub String);

/// Holds every role not delegated, and ends the incident.
pub const MANAGER: &str = "incident_manager";
/// Keeps the document and everyone outside up to date.
pub const COMMUNICATIONS: &str = "communications";
/// Stops the bleeding, and finds the cause.
pub const OPERATIONS: &str = "operations";

/// Why a role could be taken that nobody was asked for in vain: no take-over.
pub const NOBODY_HAD_IT: &str = "nobody had it";

/// Who does what in one incident.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Roles {
    /// Who was asked for the manager role when it was declared: a squad. Empty: nobody.
    pub asked: String,
    /// Who holds what.
    pub held: BTreeMap<RoleName, Holding>,
    /// Roles that anyone may take now, whoever held them.
    pub open: BTreeMap<RoleName, Opened>,
    /// Hand-overs that were offered and not answered yet.
    pub offers: BTreeMap<RoleName, Offer>,
    /// Since when nobody leads; the take-over clock counts from here.
    pub unclaimed_since: Option<DateTime<Utc>>,
}

/// Somebody has a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// Who.
    pub person: String,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// Anyone may take a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// Since when.
    pub since: DateTime<Utc>,
    /// When that was last said.
    pub said_at: DateTime<Utc>,
    /// How often that was said.
    pub times: u32,
    /// Why, in words: what whoever takes it is recorded with.
    pub because: String,
}

/// A hand-over that waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Who hands over, and stays responsible until it is accepted.
    pub from: String,
    /// Who is asked.
    pub to: String,
    /// When it was offered.
    pub at: DateTime<Utc>,
    /// When it ends by itself.
    pub expires_at: DateTime<Utc>,
}

/// How an offer ended without being accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferEnd {
    /// Whoever was asked said no.
    Declined,
    /// Nobody answered in time.
    Expired,
    /// Whoever offered took it back.
    Withdrawn,
    /// Somebody else got the role meanwhile, or it is over.
    Void,
}

impl Roles {
    /// Who holds a role itself, not as the manager.
    pub fn holder(&self, role: &str) -> Option<&str> {
        self.held.get(role).map(|holding| holding.person.as_str())
    }

    /// Who leads.
    pub fn manager(&self) -> Option<&str> {
        self.holder(MANAGER)
    }

    /// Who answers for a role: its holder, else the manager.
    pub fn responsible(&self, role: &str) -> Option<&str> {
        self.holder(role).or_else(|| self.manager())
    }

    /// Roles that somebody holds.
    pub fn of<'a>(&'a self, person: &'a str) -> impl Iterator<Item = &'a RoleName> {
        self.held.iter().filter(move |(_, holding)| same_person(&holding.person, person)).map(|(role, _)| role)
    }
}

/// Whether two names are one person: the case of letters tells nobody apart.
pub fn same_person(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

impl RoleName {
    /// As people say it: `incident manager`.
    pub fn words(&self) -> String {
        self.0.replace('_', " ")
    }
}

impl From<&str> for RoleName {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

impl Borrow<str> for RoleName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
