//! Commands of people: answered once, whatever is repeated.

use super::changes::Answer;
use super::turn::Turn;
use crate::alert::Pairs;
use crate::alert::table::Taken;
use crate::duration::Duration;
use crate::ids::{AlertId, IncidentId};
use crate::incident::decide::{self, TITLE_BYTES_MAX};
use crate::incident::{Act, Actor, Command, Fact, Incident, Refusal, Reply, Severity};
use crate::notice::phrase::next_update;
use crate::text;

// Labels of an incident declared by hand; more is no routing any more.
const LABELS_MAX: usize = 32;

impl Turn<'_> {
    pub(super) fn command(&mut self, command: Command) {
        let known = command.key.as_ref().and_then(|key| self.state.answer(key, self.at));
        let is_new = known.is_none();
        let reply = known.cloned().unwrap_or_else(|| self.act(&command).unwrap_or_else(Reply::Refused));
        let answer = Answer { input: self.seq, key: command.key, reply, at: self.at };
        if is_new {
            self.state.remember_answer(&answer);
        }
        self.out.answers.push(answer);
    }

    fn act(&mut self, command: &Command) -> Result<Reply, Refusal> {
        let id = match (&command.act, command.incident) {
            (Act::Declare { title, severity, impact, labels }, _) => {
                self.declare_by_hand(&command.actor, title, *severity, impact, labels)?
            }
            (Act::Adopt { alert }, _) => return self.adopt_alert(*alert),
            (_, None) => {
                return Err(Refusal::Words { field: "incident".into(), problem: "is missing; name one".into() });
            }
            (act, Some(id)) => {
                self.act_on(id, &command.actor, act)?;
                id
            }
        };
        Ok(Reply::Done { incident: id, text: self.done(id, &command.act) })
    }

    fn adopt_alert(&mut self, id: AlertId) -> Result<Reply, Refusal> {
        let alert = self.state.alert(id).ok_or(Refusal::NoAlert { alert: id })?;
        let name = alert.name();
        if !self.state.alerts.adopt(id) {
            return Err(Refusal::NotPreExisting { alert: id });
        }
        self.alerts_changed(Taken { changed: vec![id], ..Taken::default() });
        Ok(Reply::Adopted { alert: id, text: format!("{name} counts from now on") })
    }

    fn act_on(&mut self, id: IncidentId, actor: &Actor, act: &Act) -> Result<(), Refusal> {
        let incident = self.state.incidents.get(&id).ok_or(Refusal::Unknown { incident: id })?;
        if let (Act::Reopen { .. }, Some(other)) = (act, self.open_beside(incident)) {
            return Err(Refusal::Covered { incident: id, by: other });
        }
        if let (Act::Resolve { .. }, Some(because)) = (act, self.still_true(incident)) {
            return Err(Refusal::StillTrue { incident: id, because });
        }
        let facts = decide::decide(incident, act, self.at, &self.state.policy.source.timing)?;
        for fact in facts {
            self.record(id, actor.clone(), fact);
        }
        if matches!(act, Act::Reopen { .. }) {
            self.say_unsaid(id);
        }
        Ok(())
    }

    // Why it would be reopened at once: its rule needs no alert, and its condition is true.
    fn still_true(&self, incident: &Incident) -> Option<String> {
        let rules = &self.state.policy.rules;
        let subject = self.state.subject_of(incident).filter(|_| incident.stage.is_open())?;
        let stands = rules.rule(subject.rule).is_standing() && self.state.when_holds(incident, &subject);
        stands.then(|| self.state.evaluator.explain(rules, &subject, self.at).reason())
    }

    // Another incident of the same rule and correlation labels that is open: there must not be two.
    fn open_beside(&self, incident: &Incident) -> Option<IncidentId> {
        let key = (incident.rule.as_ref()?.name.clone(), incident.correlation.clone());
        let newest = self.state.newest.get(&key).filter(|newest| **newest != incident.id)?;
        self.state.incidents.get(newest).filter(|other| other.stage.is_open()).map(|other| other.id)
    }

    fn declare_by_hand(
        &mut self,
        actor: &Actor,
        title: &str,
        severity: Option<Severity>,
        impact: &str,
        labels: &Pairs,
    ) -> Result<IncidentId, Refusal> {
        let title = decide::required("title", &text::clean_line(title, usize::MAX), TITLE_BYTES_MAX)?;
        let impact = decide::optional("impact", impact)?;
        if labels.len() > LABELS_MAX {
            let problem = format!("are {}; at most {LABELS_MAX} fit", labels.len());
            return Err(Refusal::Words { field: "labels".into(), problem });
        }
        let labels = Pairs::labels(
            labels.iter().map(|(name, value)| (text::clean_line(name, 200), text::clean_line(value, 200))),
        );
        let fact = Fact::Declared {
            title,
            impact,
            severity: severity.unwrap_or(Severity::Major),
            confirmed: true,
            rule: None,
            correlation: Pairs::default(),
            receivers: self.state.policy.receivers_for(None, &labels),
            labels,
            first_alert_at: None,
            because: format!("{actor} declared it"),
            explanation: None,
            storm: false,
        };
        let id = self.state.next_incident_id();
        self.record(id, actor.clone(), fact);
        Ok(id)
    }

    // What was done, and how to undo it.
    fn done(&self, id: IncidentId, act: &Act) -> String {
        let number = id.0;
        match act {
            Act::Declare { .. } => {
                format!("declared {id}; if it was nothing: earlybell incident calloff {number} other \"why\"")
            }
            Act::Adopt { alert } => format!("adopted alert {alert}"),
            Act::Confirm { .. } => format!("confirmed {id}; everyone it concerns is told"),
            Act::Update { .. } => {
                let incident = self.state.incidents.get(&id);
                let by = incident.and_then(|incident| next_update(incident, &self.state.policy.source.timing));
                let promise = by
                    .map(|by| format!("; the next one is promised within {}", Duration::between(self.at, by).rough()));
                format!("updated {id}{}", promise.unwrap_or_default())
            }
            Act::Note { .. } => format!("noted on {id}, for the team only"),
            Act::Summarise { .. } => format!("rewrote the summary of {id}"),
            Act::Severity { to, .. } => format!("{id} is {to} now"),
            Act::CallOff { code, .. } => {
                format!("called off {id} ({code}); to undo: earlybell incident reopen {number}")
            }
            Act::Resolve { .. } => format!("resolved {id}; if it comes back: earlybell incident reopen {number}"),
            Act::Reopen { .. } => format!("reopened {id}"),
        }
    }
}
