//! What is kept of one incident for the numbers: a fold over its entries, written down with them, so that nobody reads a million
//! entries for a page.

use crate::incident::entry::Change;
use crate::incident::judgement::Verdict;
use crate::incident::roles::{MANAGER, RoleName, same_person};
use crate::incident::{CallOffCode, Entry, Fact, Incident, Stage};
use chrono::{DateTime, Timelike, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most times that people got roles which are kept of one incident.
const HELD_MAX: usize = 200;

/// One incident in numbers. The stored form only grows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Past {
    /// Its number.
    pub number: u64,
    /// The rule that declared it, unless a person did.
    pub rule: Option<String>,
    /// Nothing was wrong: people practised.
    pub drill: bool,
    /// Start of its first alert.
    pub first_alert_at: Option<DateTime<Utc>>,
    /// When it was declared.
    pub declared_at: DateTime<Utc>,
    /// When everybody could first hear of it.
    pub public_at: Option<DateTime<Utc>>,
    /// When somebody first led it.
    pub led_at: Option<DateTime<Utc>>,
    /// When it was resolved, if that is how it ended.
    pub resolved_at: Option<DateTime<Utc>>,
    /// Why it was nothing, if it was called off.
    pub code: Option<CallOffCode>,
    /// Updates that came in time.
    pub kept: u32,
    /// Promises that passed without an update.
    pub missed: u32,
    /// What became of it.
    pub verdict: Verdict,
    /// Who had which role from when to when.
    pub held: Vec<Held>,
    /// How often its alerts came back after they were gone, by hour of the day in UTC.
    pub returns: BTreeMap<u32, u32>,
    /// No alert fires now.
    pub clear: bool,
    /// When it ended last, while it is over.
    pub over_at: Option<DateTime<Utc>>,
}

/// Somebody had a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Which.
    pub role: RoleName,
    /// Who.
    pub person: String,
    /// From when on.
    pub from: DateTime<Utc>,
    /// Until when; `None`: still.
    pub until: Option<DateTime<Utc>>,
}

impl Past {
    /// Folds one more entry in; `incident` as it stands, now or later.
    pub fn take(&mut self, incident: &Incident, entry: &Entry) {
        if incident.public_from == Some(entry.number) {
            self.public_at = Some(entry.at);
        }
        match &entry.fact {
            Fact::Taken { role, person, .. } | Fact::Assigned { role, person, .. } => self.hold(role, person, entry.at),
            Fact::HandedOver { role, to, .. } => self.hold(role, to, entry.at),
            Fact::Released { role, .. } => self.end(entry.at, |held| held.role == *role),
            Fact::CalledOff { .. } | Fact::Resolved { .. } | Fact::MergedInto { .. } => {
                self.end(entry.at, |_| true);
                self.over_at = Some(entry.at);
            }
            Fact::Reopened { .. } => self.go_on(entry.at),
            Fact::Clear { .. } => self.clear = true,
            Fact::NotClear { .. } => self.came_back(entry.at),
            Fact::Alerts(changed) => {
                let fires = |change| matches!(change, Change::Attached | Change::Firing);
                if changed.firing > 0 || changed.named.iter().any(|alert| fires(alert.change)) {
                    self.came_back(entry.at);
                }
            }
            _ => {}
        }
    }

    /// Takes over what the incident itself says.
    pub fn settle(&mut self, incident: &Incident) {
        self.number = incident.id.0;
        self.rule = incident.rule.as_ref().map(|rule| rule.name.clone());
        self.drill = incident.drill;
        self.first_alert_at = incident.first_alert_at;
        self.declared_at = incident.declared_at;
        self.kept = incident.room.promises.kept;
        self.missed = incident.room.promises.missed;
        self.verdict = Verdict::of(incident);
        (self.resolved_at, self.code) = match &incident.stage {
            Stage::Resolved { at } => (Some(*at), None),
            Stage::CalledOff { code, .. } => (None, Some(*code)),
            Stage::Merged { .. } => (None, incident.room.called_off_with.as_ref().map(|with| with.code)),
            Stage::Suspected | Stage::Confirmed => (None, None),
        };
    }

    fn hold(&mut self, role: &RoleName, person: &str, at: DateTime<Utc>) {
        self.end(at, |held| held.role == *role);
        if role.0 == MANAGER {
            self.led_at.get_or_insert(at);
        }
        if self.held.len() < HELD_MAX {
            self.held.push(Held { role: role.clone(), person: person.to_owned(), from: at, until: None });
        }
    }

    fn end(&mut self, at: DateTime<Utc>, ends: impl Fn(&Held) -> bool) {
        self.held.iter_mut().filter(|held| held.until.is_none() && ends(held)).for_each(|held| held.until = Some(at));
    }

    // Whoever had a role at the end has it again.
    fn go_on(&mut self, at: DateTime<Utc>) {
        let Some(over_at) = self.over_at.take() else { return };
        let again: Vec<Held> = self.held.iter().filter(|held| held.until == Some(over_at)).cloned().collect();
        let room = HELD_MAX.saturating_sub(self.held.len());
        self.held.extend(again.into_iter().take(room).map(|held| Held { from: at, until: None, ..held }));
        self.came_back(at);
    }

    fn came_back(&mut self, at: DateTime<Utc>) {
        if std::mem::take(&mut self.clear) {
            *self.returns.entry(at.hour()).or_default() += 1;
        }
    }

    /// Whether this person led it at any time.
    pub fn was_led_by(&self, person: &str) -> bool {
        self.held.iter().any(|held| held.role.0 == MANAGER && same_person(&held.person, person))
    }
}
