//! What acts outside of incidents change for the engine: incidents that are deleted, numbers that are given away.

use super::changes::{Answer, Deleted};
use super::state::State;
use super::timers::Timer;
use super::turn::Turn;
use crate::audit::{AdminAct, Effect};
use crate::ids::IncidentId;
use crate::incident::{Incident, Refusal, Reply};

impl Turn<'_> {
    /// Does what follows from an act, and answers whoever waits; says why, if nothing does.
    pub(super) fn take_effect(&mut self, act: &AdminAct) -> Option<String> {
        let effect = act.effect.filter(|_| act.refused.is_none())?;
        let reply = match effect {
            Effect::Delete { incident } => self.delete(incident, act),
            Effect::TakeNumber { at_least } => Ok(self.take_number(at_least)),
        };
        let because = reply.as_ref().err().map(ToString::to_string);
        let reply = reply.unwrap_or_else(Reply::Refused);
        self.out.answers.push(Answer { input: self.seq, key: None, reply, at: self.at });
        because
    }

    fn delete(&mut self, id: IncidentId, act: &AdminAct) -> Result<Reply, Refusal> {
        match self.state.incidents.get(&id) {
            Some(incident) if incident.stage.is_open() => {
                let problem = "is open; end it first".to_owned();
                return Err(Refusal::Words { field: id.to_string(), problem });
            }
            Some(incident) if self.state.keeps_quiet(incident) => {
                let problem = "keeps its rule from declaring once more what still fires; wait until that is over";
                return Err(Refusal::Words { field: id.to_string(), problem: problem.to_owned() });
            }
            // Whatever is not in memory any more ended long ago.
            None if id.0 == 0 || id.0 > self.state.last_incident => return Err(Refusal::Unknown { incident: id }),
            Some(_) | None => {}
        }
        self.state.forget_incident(id);
        self.changed.remove(&id);
        self.recorded.remove(&id);
        let by = act.actor.name().unwrap_or_default().to_owned();
        self.out.deleted.insert(id, Deleted { by, at: self.at });
        Ok(Reply::Done { incident: id, text: format!("{id} is deleted"), next: None })
    }

    fn take_number(&mut self, at_least: u64) -> Reply {
        self.state.last_incident = at_least.max(self.state.last_incident + 1);
        self.out.numbers_given = self.state.last_incident;
        let incident = IncidentId(self.state.last_incident);
        Reply::Done { incident, text: format!("{incident} is taken"), next: None }
    }
}

impl State {
    // Whether its rule would declare anew if it were not there.
    fn keeps_quiet(&self, incident: &Incident) -> bool {
        let stands = self.newest.values().any(|newest| *newest == incident.id);
        stands && self.stands_for(incident).iter().any(|stand| self.when_holds(&stand.subject, stand.storm))
    }

    /// Lets a closed incident leave the memory at once.
    fn forget_incident(&mut self, id: IncidentId) {
        if self.kept.remove(&id).is_some() {
            self.timers.set(Timer::Incident(id), None);
        }
        let Some(incident) = self.incidents.remove(&id) else { return };
        if !self.released.remove(&id) {
            for alert in self.attached.alerts(id).collect::<Vec<_>>() {
                self.alerts.unpin(alert);
            }
        }
        self.attached.forget(id);
        self.timers.set(Timer::Incident(id), None);
        self.unclaim(&incident);
        self.declared.values_mut().for_each(|declared| declared.retain(|(_, declared)| *declared != id));
    }
}
