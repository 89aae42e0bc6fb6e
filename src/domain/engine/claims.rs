//! Which incident stands for a rule and its correlation labels: the one that was opened last for them, or that took over what
//! stood for them. A function of the incidents alone, so that a restart finds the same.

use super::state::State;
use crate::alert::Pairs;
use crate::ids::{IncidentId, InputSeq};
use crate::incident::{Incident, Stage};
use crate::rules::{Rule, Subject};

/// What an incident stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stand {
    pub(super) subject: Subject,
    /// It stands for all that its rule would declare.
    pub(super) storm: bool,
}

// What is claimed, and how: the greatest wins. In one input, whoever took over comes after whoever opened.
struct Claim {
    key: (String, Pairs),
    rank: (InputSeq, bool, IncidentId),
}

impl State {
    /// Of this rule and key, the incident that stands for them: it is open, or was last.
    pub(super) fn newest(&self, rule: &Rule, key: &Pairs) -> Option<&Incident> {
        self.newest.get(&(rule.name.to_string(), key.clone())).and_then(|id| self.incidents.get(id))
    }

    /// What it stands for, by rules in force: its own subject first, then those of its parts.
    pub(super) fn stands_for(&self, incident: &Incident) -> Vec<Stand> {
        let own = self.subject_of(incident).map(|subject| Stand { subject, storm: incident.storm });
        let parts = incident.room.members.iter().filter_map(|member| {
            let key = (member.rule.clone()?, member.correlation.clone());
            // Another one may have been opened for it since.
            let rule = self.policy.rules.by_name(&key.0).filter(|_| self.newest.get(&key) == Some(&incident.id))?;
            Some(Stand { subject: Subject { rule, key: key.1 }, storm: member.storm })
        });
        own.into_iter().chain(parts).collect()
    }

    /// Whether it stands for all that this rule would declare.
    pub(super) fn is_storm_of(&self, incident: &Incident, rule: &Rule) -> bool {
        let own = incident.storm && incident.rule.as_ref().is_some_and(|own| *own.name == *rule.name);
        let stand = |stand: &Stand| stand.storm && *self.policy.rules.rule(stand.subject.rule).name == *rule.name;
        own || (!incident.room.members.is_empty() && self.stands_for(incident).iter().any(stand))
    }

    /// Notes what an incident stands for from now on: it was opened, or took over.
    pub(super) fn claim(&mut self, id: IncidentId) {
        let Some(incident) = self.incidents.get(&id) else { return };
        if !incident.room.members.is_empty() {
            self.targets.insert(id);
        }
        if !incident.room.took.is_empty() {
            self.takers.insert(id);
        }
        for claim in claims(incident) {
            let holder = self.newest.get(&claim.key).and_then(|holder| self.incidents.get(holder));
            if holder.and_then(|holder| rank(holder, &claim.key)).is_none_or(|rank| rank <= claim.rank) {
                self.newest.insert(claim.key, id);
            }
        }
    }

    /// Forgets what an incident that left the memory stood for.
    pub(super) fn unclaim(&mut self, incident: &Incident) {
        self.targets.remove(&incident.id);
        self.takers.remove(&incident.id);
        for Claim { key, .. } in claims(incident) {
            if self.newest.get(&key) != Some(&incident.id) {
                continue;
            }
            self.newest.remove(&key);
            // Whatever else was opened for it ended before, and is forgotten; what took over may still be there.
            let targets = self.targets.iter().filter_map(|id| self.incidents.get(id));
            if let Some((_, id)) = targets.filter_map(|target| Some((rank(target, &key)?, target.id))).max() {
                self.newest.insert(key, id);
            }
        }
    }
}

fn claims(incident: &Incident) -> impl Iterator<Item = Claim> {
    let id = incident.id;
    let own = incident.rule.as_ref().map(|rule| Claim {
        key: (rule.name.clone(), incident.correlation.clone()),
        rank: (incident.opened_by, false, id),
    });
    let part = move |member: &crate::incident::room::Member| {
        Some(Claim { key: (member.rule.clone()?, member.correlation.clone()), rank: (member.since, true, id) })
    };
    // What is part of another one stands for nothing itself.
    let all = own.into_iter().chain(incident.room.members.iter().filter_map(part));
    all.filter(|_| !matches!(incident.stage, Stage::Merged { .. }))
}

fn rank(incident: &Incident, key: &(String, Pairs)) -> Option<(InputSeq, bool, IncidentId)> {
    claims(incident).filter(|claim| claim.key == *key).map(|claim| claim.rank).max()
}
