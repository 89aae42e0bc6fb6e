//! What time, and people who leave, do to roles.

use crate::directory::Directory;
use crate::engine::roles::offers::ended;
use crate::engine::turn::Turn;
use crate::ids::IncidentId;
use crate::incident::due::roles::{RoleDue, again_after, again_at, silence};
use crate::incident::roles::{MANAGER, OfferEnd, RoleName};
use crate::incident::{Actor, Fact, Incident};
use crate::notice::phrase::clock;

impl Turn<'_> {
    /// Does what is due. Each of these removes its own deadline, or moves it on.
    pub(in crate::engine) fn role_due(&mut self, id: IncidentId, due: RoleDue) {
        let Some(incident) = self.state.incidents.get(&id) else { return };
        let facts = match due {
            RoleDue::OfferExpires => {
                let offers = incident.roles.offers.iter().filter(|(_, offer)| offer.expires_at <= self.at);
                offers.map(|(role, offer)| ended(role, offer, OfferEnd::Expired)).collect()
            }
            RoleDue::Unclaimed => {
                let asked = Some(incident.roles.asked.as_str()).filter(|asked| !asked.is_empty());
                let because = asked.map_or("nobody took it".to_owned(), |squad| format!("{squad} did not respond"));
                vec![self.open(MANAGER.into(), because, 1)]
            }
            RoleDue::Silent => self.silent(incident).into_iter().collect(),
            RoleDue::StillOpen => self.still_open(incident),
        };
        for fact in facts {
            self.record(id, Actor::Rule, fact);
        }
    }

    /// Roles of people whom the directory knows no more are free; what was offered to them, or by them, is void.
    pub(in crate::engine) fn people_left(&mut self, before: &Directory) {
        let now = &self.state.directory;
        // One that can't be read is never told: who was known, and is not any more, left, be it the last one.
        let left = |name: &str| before.person(name).is_some() && now.person(name).is_none();
        let open = self.state.incidents.values().filter(|incident| incident.stage.is_open());
        let facts: Vec<(IncidentId, Fact)> =
            open.flat_map(|incident| gone(incident, &left).into_iter().map(|fact| (incident.id, fact))).collect();
        for (id, fact) in facts {
            self.record(id, Actor::Rule, fact);
        }
    }

    fn silent(&self, incident: &Incident) -> Option<Fact> {
        let rule = self.state.subject_of(incident).map(|subject| self.state.policy.rules.rule(subject.rule));
        let silence = silence(incident, rule, &self.state.policy.source).filter(|silence| silence.at <= self.at)?;
        let because = format!(
            "{} was not heard of since {}, and the update promised by {} is missing",
            silence.person,
            clock(silence.since, self.at),
            clock(silence.promised, self.at)
        );
        Some(self.open(silence.role, because, 1))
    }

    fn still_open(&self, incident: &Incident) -> Vec<Fact> {
        let source = &self.state.policy.source;
        let due = incident
            .roles
            .open
            .iter()
            .filter(|(role, opened)| again_at(incident, role, opened, source).is_some_and(|at| at <= self.at));
        let again =
            due.map(|(role, opened)| self.open(role.clone(), opened.because.clone(), opened.times.saturating_add(1)));
        again.collect()
    }

    fn open(&self, role: RoleName, because: String, times: u32) -> Fact {
        let again_at = again_after(times, &self.state.policy.source.rituals).map(|wait| self.at + wait);
        Fact::RoleOpen { role, because, times, again_at }
    }
}

// What the incident loses with those who left.
fn gone(incident: &Incident, left: &impl Fn(&str) -> bool) -> Vec<Fact> {
    let roles = &incident.roles;
    let void = roles.offers.iter().filter(|(_, offer)| left(&offer.from) || left(&offer.to));
    let void = void.map(|(role, offer)| ended(role, offer, OfferEnd::Void));
    let released = roles.held.iter().filter(|(_, holding)| left(&holding.person)).map(|(role, holding)| {
        let (person, because) = (holding.person.clone(), "they left the directory".to_owned());
        Fact::Released { role: role.clone(), person, because }
    });
    void.chain(released).collect()
}
