//! How a drill went, told from the timeline of its incident alone: it needs no scenario, so a drill that somebody declared
//! by hand has one too. A fold over the entries, oldest first.

use crate::duration::Duration;
use crate::ids::IncidentId;
use crate::incident::promise::keeps;
use crate::incident::roles::{MANAGER, RoleName};
use crate::incident::{Actor, Entry, Fact};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// How people did. Times count from the declaration, in seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// Which incident.
    pub incident: IncidentId,
    /// Its title.
    pub title: String,
    /// When it was declared.
    pub declared_at: DateTime<Utc>,
    /// From the first alert to the declaration; `None` without alerts.
    pub declare_seconds: Option<u64>,
    /// Until somebody said that they saw it.
    pub ack_seconds: Option<u64>,
    /// Who had each role first, in the order they took them.
    pub claims: Vec<Claim>,
    /// How often everyone was told that anyone may take a role.
    pub nobody_came: u32,
    /// Until somebody said that it is real; `None` where that was known, or nobody did.
    pub confirm_seconds: Option<u64>,
    /// Until the first public update of a person.
    pub first_word_seconds: Option<u64>,
    /// Public updates of people.
    pub updates: u32,
    /// Promised updates that came in time.
    pub kept: u32,
    /// Promised updates that did not.
    pub missed: u32,
    /// Roles that went from one to another, in order.
    pub handovers: Vec<Handover>,
    /// Hand-overs that were offered and not accepted.
    pub declined: u32,
    /// How it ended; `None` while it goes on.
    pub end: Option<End>,
}

/// Somebody had a role first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Which.
    pub role: RoleName,
    /// Who.
    pub person: String,
    /// How long after the declaration.
    pub after_seconds: u64,
}

/// A role went from one to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handover {
    /// Which.
    pub role: RoleName,
    /// Who had it.
    pub from: String,
    /// Who has it.
    pub to: String,
    /// How long after the declaration.
    pub after_seconds: u64,
    /// From the offer to its acceptance.
    pub took_seconds: Option<u64>,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// `resolved`, `called off` or `merged`.
    pub how: String,
    /// Who said so; `None`: its rule.
    pub by: Option<String>,
    /// How long after the declaration.
    pub after_seconds: u64,
}

// An offer that waits for its answer.
struct Offered<'a> {
    role: &'a RoleName,
    at: DateTime<Utc>,
}

impl Score {
    /// Of this timeline, oldest first and whole; `None` if it does not begin with a declaration.
    pub fn of(entries: &[Entry]) -> Option<Self> {
        let first = entries.first()?;
        let Fact::Declared { title, first_alert_at, confirmed, .. } = &first.fact else { return None };
        let mut score = Self {
            incident: first.incident,
            title: title.clone(),
            declared_at: first.at,
            declare_seconds: first_alert_at.map(|began| seconds(began, first.at)),
            ack_seconds: None,
            claims: Vec::new(),
            nobody_came: 0,
            confirm_seconds: None,
            first_word_seconds: None,
            updates: 0,
            kept: 0,
            missed: 0,
            handovers: Vec::new(),
            declined: 0,
            end: None,
        };
        let mut offered = Vec::new();
        entries.iter().for_each(|entry| score.add(entry, *confirmed, &mut offered));
        Some(score)
    }

    fn add<'a>(&mut self, entry: &'a Entry, was_real: bool, offered: &mut Vec<Offered<'a>>) {
        let after = seconds(self.declared_at, entry.at);
        let by = entry.actor.name();
        match &entry.fact {
            Fact::Acknowledged { .. } => drop(self.ack_seconds.get_or_insert(after)),
            Fact::Taken { role, person, .. } | Fact::Assigned { role, person, .. } => self.claimed(role, person, after),
            Fact::RoleOpen { role, .. } if role.0 == MANAGER => self.nobody_came += 1,
            Fact::Confirmed { .. } if !was_real => drop(self.confirm_seconds.get_or_insert(after)),
            Fact::Updated { promised, .. } if by.is_some() => {
                self.first_word_seconds.get_or_insert(after);
                self.updates += 1;
                self.kept += u32::from(keeps(*promised, entry.at));
            }
            Fact::PromiseMissed { .. } => self.missed += 1,
            Fact::Offered { role, .. } => offered.push(Offered { role, at: entry.at }),
            Fact::OfferEnded { role, .. } => {
                offered.retain(|offer| offer.role != role);
                self.declined += 1;
            }
            Fact::HandedOver { role, from, to } => {
                let offer = offered.iter().position(|offer| offer.role == role).map(|at| offered.remove(at));
                self.handovers.push(Handover {
                    role: role.clone(),
                    from: from.clone(),
                    to: to.clone(),
                    after_seconds: after,
                    took_seconds: offer.map(|offer| seconds(offer.at, entry.at)),
                });
            }
            Fact::Resolved { .. } => self.ended("resolved", &entry.actor, after),
            Fact::CalledOff { .. } => self.ended("called off", &entry.actor, after),
            Fact::MergedInto { .. } => self.ended("merged", &entry.actor, after),
            Fact::Reopened { .. } => self.end = None,
            _ => {}
        }
    }

    fn claimed(&mut self, role: &RoleName, person: &str, after: u64) {
        if self.claims.iter().all(|claim| claim.role != *role) {
            self.claims.push(Claim { role: role.clone(), person: person.to_owned(), after_seconds: after });
        }
    }

    fn ended(&mut self, how: &str, by: &Actor, after: u64) {
        let by = by.name().map(str::to_owned);
        self.end = Some(End { how: how.to_owned(), by, after_seconds: after });
    }

    /// In lines for people, each with its name: `("first word", "after 4m 10s")`.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = Vec::new();
        lines.extend(self.declare_seconds.map(|after| ("declared", format!("{} after the first alert", words(after)))));
        lines.extend(self.ack_seconds.map(|after| ("seen", format!("after {}", words(after)))));
        lines.push(("incident manager", self.manager()));
        let others = self.claims.iter().filter(|claim| claim.role.0 != MANAGER);
        lines.extend(others.map(|claim| ("other role", claim.words())));
        lines.extend(self.confirm_seconds.map(|after| ("confirmed", format!("after {}", words(after)))));
        let word = self.first_word_seconds.map_or("none".to_owned(), |after| format!("after {}", words(after)));
        lines.push(("first word", word));
        lines.push(("promises", format!("{} kept, {} missed", self.kept, self.missed)));
        lines.extend(self.handovers.iter().map(|handover| ("hand-over", handover.words())));
        if self.declined > 0 {
            lines.push(("hand-overs", format!("{} offered and not accepted", self.declined)));
        }
        lines.push(("end", self.end.as_ref().map_or("it goes on".to_owned(), End::words)));
        lines
    }

    fn manager(&self) -> String {
        let nobody = match self.nobody_came {
            0 => String::new(),
            1 => "; everyone was asked once".to_owned(),
            times => format!("; everyone was asked {times} times"),
        };
        let claim = self.claims.iter().find(|claim| claim.role.0 == MANAGER);
        let who =
            claim.map_or("nobody".to_owned(), |claim| format!("{} after {}", claim.person, words(claim.after_seconds)));
        format!("{who}{nobody}")
    }
}

impl Claim {
    fn words(&self) -> String {
        format!("{}: {} after {}", self.role.words(), self.person, words(self.after_seconds))
    }
}

impl Handover {
    fn words(&self) -> String {
        let took = self.took_seconds.map(|took| format!(", {} after the offer", words(took))).unwrap_or_default();
        let Self { role, from, to, after_seconds, .. } = self;
        format!("{}: {from} to {to} after {}{took}", role.words(), words(*after_seconds))
    }
}

impl End {
    fn words(&self) -> String {
        let by = self.by.as_deref().unwrap_or("its rule");
        format!("{} by {by} after {}", self.how, words(self.after_seconds))
    }
}

fn seconds(from: DateTime<Utc>, to: DateTime<Utc>) -> u64 {
    Duration::between(from, to).as_seconds()
}

// To the second: people compare themselves with the drill before.
fn words(seconds: u64) -> String {
    Duration::seconds(u32::try_from(seconds).unwrap_or(u32::MAX)).to_string()
}
