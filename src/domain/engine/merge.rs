//! Incidents that become one: the alerts of the one come to the other, as do its receivers, followers and to-dos, and whatever
//! its rule would tell it from now on.

use super::changes::Evidence;
use super::turn::Turn;
use crate::alert::{AlertState, Pairs};
use crate::ids::{AlertId, IncidentId};
use crate::incident::decide::{self, open};
use crate::incident::entry::Change;
use crate::incident::room::{FOLLOWERS_MAX, Member, TODOS_MAX};
use crate::incident::{Actor, Fact, Incident, Refusal, Stage};

impl Turn<'_> {
    pub(super) fn merge(&mut self, id: IncidentId, actor: &Actor, into: IncidentId, text: &str) -> Result<(), Refusal> {
        let because = decide::optional("text", text)?;
        let (from, target) = self.to_merge(id, into)?;
        let (from, target) = (from.clone(), target.clone());
        // Before it ends: then it stands for nothing any more.
        let absorbed = self.absorbed(&from, &target);
        self.record(id, actor.clone(), Fact::MergedInto { into, because });
        self.record(into, actor.clone(), absorbed);
        self.bring_alerts(id, into);
        self.bring_weight(&from, &target);
        self.bring_people(&from, into);
        self.bring_actions(&from, into);
        self.weighed.insert(into);
        Ok(())
    }

    fn to_merge(&self, id: IncidentId, into: IncidentId) -> Result<(&Incident, &Incident), Refusal> {
        let known = |id: IncidentId| self.state.incidents.get(&id).ok_or_else(|| self.state.unknown(id));
        let (from, target) = (known(id)?, known(into)?);
        let apart = |because: String| Err(Refusal::Apart { incident: id, into, because });
        if id == into {
            return apart("that is the same incident".to_owned());
        }
        match from.stage {
            Stage::Merged { into: before, .. } if before == into => {
                return Err(Refusal::Already { incident: id, what: format!("part of {into}") });
            }
            _ => open(from)?,
        }
        match target.stage {
            Stage::Merged { into: end, .. } if end == id => {
                return Err(Refusal::Already { incident: into, what: format!("part of {id}") });
            }
            Stage::Merged { into: next, .. } => {
                let end = self.end_of(next);
                return apart(format!("{into} is part of {end} itself; merge it into that one"));
            }
            _ => open(target)?,
        }
        if from.drill != target.drill {
            let drill = if from.drill { id } else { into };
            return apart(format!("{drill} is a drill, and the other one is real"));
        }
        Ok((from, target))
    }

    // What is merged may be merged on; never in a circle, for only what is open can be merged into something open.
    fn end_of(&self, mut id: IncidentId) -> IncidentId {
        while let Some(Stage::Merged { into, .. }) = self.state.incidents.get(&id).map(|incident| &incident.stage) {
            id = *into;
        }
        id
    }

    fn absorbed(&self, from: &Incident, target: &Incident) -> Fact {
        let state = &*self.state;
        let is_held = |member: &Member| {
            let held = |rule: &String| state.newest.get(&(rule.clone(), member.correlation.clone())) == Some(&from.id);
            member.rule.as_ref().is_none_or(held)
        };
        let own = Member {
            incident: from.id,
            rule: from.rule.as_ref().map(|rule| rule.name.clone()),
            correlation: from.correlation.clone(),
            storm: from.storm,
            // Those of what was split off are those of what it comes from.
            labels: if from.room.split_from.is_some() { Pairs::default() } else { from.labels.clone() },
            since: self.seq,
        };
        let parts = from.room.members.iter().filter(|member| is_held(member)).cloned();
        let members = [own].into_iter().chain(parts.map(|member| Member { since: self.seq, ..member })).collect();
        let new = from.receivers.iter().filter(|name| !target.receivers.contains(name)).cloned();
        Fact::Absorbed {
            from: from.id,
            title: from.title.clone(),
            public: from.public_from.is_some(),
            receivers: new.collect(),
            members,
            took: from.room.took.clone(),
            first_alert_at: from.first_alert_at,
        }
    }

    fn bring_alerts(&mut self, from: IncidentId, into: IncidentId) {
        let alerts: Vec<AlertId> = self.state.attached.alerts(from).collect();
        for alert in alerts {
            self.bring(Evidence { incident: into, alert, counted: false });
        }
    }

    /// Attaches an alert as it stands: what is over is not new.
    pub(super) fn bring(&mut self, evidence: Evidence) {
        let change = match self.state.alerts.get(evidence.alert).map(|alert| &alert.state) {
            Some(AlertState::Resolved { because, .. }) => Change::Resolved(*because),
            _ => Change::Attached,
        };
        self.attach_as(evidence, change);
    }

    // Together they are as bad as the worse one, and as real as the one that is.
    fn bring_weight(&mut self, from: &Incident, target: &Incident) {
        if from.stage == Stage::Confirmed && target.stage == Stage::Suspected {
            let because = format!("{}, which is part of it now, is confirmed", from.id);
            self.record(target.id, Actor::Rule, Fact::Confirmed { because, next_by: None });
        }
        if from.severity > target.severity {
            let because = format!("{}, which is part of it now, is {}", from.id, from.severity);
            let (from, to) = (target.severity, from.severity);
            self.record(target.id, Actor::Rule, Fact::Severity { from, to, because, next_by: None });
        }
    }

    fn bring_people(&mut self, from: &Incident, into: IncidentId) {
        for person in &from.room.followers {
            let room = self.state.incidents.get(&into).map(|target| &target.room.followers);
            if room.is_some_and(|followers| followers.len() < FOLLOWERS_MAX && !followers.contains(person)) {
                self.record(into, Actor::Rule, Fact::Followed { person: person.clone() });
            }
        }
        for open in from.room.todos.iter().filter(|todo| todo.done.is_none()) {
            let Some(room) = self.state.incidents.get(&into).map(|target| &target.room) else { return };
            if room.todos.len() >= TODOS_MAX {
                return;
            }
            let (todo, text, owner) = (room.todos_ever + 1, open.text.clone(), open.owner.clone());
            self.record(into, Actor::Rule, Fact::TodoAdded { todo, text, owner });
        }
    }

    /// Whoever saw the alarm of its parts is told as well that it was nothing; and that it goes on after all.
    pub(super) fn tell_parts(&mut self, id: IncidentId, actor: &Actor, fact: &Fact) {
        let Some(target) = self.state.incidents.get(&id) else { return };
        let parts: Vec<IncidentId> = target.room.members.iter().map(|member| member.incident).collect();
        for part in parts {
            let Some(incident) = self.state.incidents.get(&part) else { continue };
            let fact = match (fact, &incident.room.called_off_with) {
                (Fact::CalledOff { code, reason }, _) => {
                    Fact::TargetCalledOff { into: id, code: *code, reason: reason.clone() }
                }
                (Fact::Reopened { because, .. }, Some(_)) => {
                    Fact::TargetReopened { into: id, because: because.clone() }
                }
                _ => continue,
            };
            self.record(part, actor.clone(), fact);
        }
    }
}
