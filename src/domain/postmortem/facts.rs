//! What is measured of an incident that is over. The team reads it; no file that is published holds it.

use crate::document::Sources;
use crate::incident::roles::RoleName;
use crate::incident::{Actor, Fact};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// Times, and who did what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// Its first sign: the first alert, or the declaration.
    pub began_at: DateTime<Utc>,
    /// Start of its first alert.
    pub first_alert_at: Option<DateTime<Utc>>,
    /// When it was declared.
    pub declared_at: DateTime<Utc>,
    /// The rule that declared it; none if a person did.
    pub rule: Option<String>,
    /// Why, in words.
    pub because: String,
    /// When the public could first hear of it.
    pub first_public_at: Option<DateTime<Utc>>,
    /// When it was over.
    pub over_at: Option<DateTime<Utc>>,
    /// From its first sign to its declaration.
    pub until_declared_seconds: u64,
    /// From its first sign to the first public word.
    pub until_public_seconds: Option<u64>,
    /// From its first sign to its end.
    pub lasted_seconds: Option<u64>,
    /// Who held which role from when, in the order it was given.
    pub roles: Vec<Held>,
    /// Notices decided about it.
    pub notices: usize,
}

/// Somebody got a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Held {
    /// Which.
    pub role: RoleName,
    /// Who.
    pub person: String,
    /// From when on.
    pub from: DateTime<Utc>,
}

impl Facts {
    /// Measures it.
    pub fn of(sources: &Sources<'_>) -> Self {
        let incident = sources.incident;
        let began_at = incident.first_alert_at.unwrap_or(incident.declared_at).min(incident.declared_at);
        let over_at = incident.stage.closed_at();
        let first_public_at = incident
            .public_from
            .and_then(|number| sources.entries.iter().chain(sources.declared).find(|entry| entry.number == number))
            .map(|entry| entry.at);
        let since = |at: DateTime<Utc>| crate::duration::Duration::between(began_at, at).as_seconds();
        let by_rule = matches!(incident.declared_by, Actor::Rule);
        Self {
            began_at,
            first_alert_at: incident.first_alert_at,
            declared_at: incident.declared_at,
            rule: incident.rule.as_ref().filter(|_| by_rule).map(|rule| rule.name.clone()),
            because: incident.because.clone(),
            first_public_at,
            over_at,
            until_declared_seconds: since(incident.declared_at),
            until_public_seconds: first_public_at.map(since),
            lasted_seconds: over_at.map(since),
            roles: roles(sources),
            notices: sources.notices.len(),
        }
    }
}

fn roles(sources: &Sources<'_>) -> Vec<Held> {
    let given = sources.entries.iter().rev().filter_map(|entry| {
        let (role, person) = match &entry.fact {
            Fact::Taken { role, person, .. } | Fact::Assigned { role, person, .. } => (role, person),
            Fact::HandedOver { role, to, .. } => (role, to),
            _ => return None,
        };
        Some(Held { role: role.clone(), person: person.clone(), from: entry.at })
    });
    given.collect()
}
