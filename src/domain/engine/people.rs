//! Commands of people: answered once, whatever is repeated.

use super::audit::Before;
use super::changes::Answer;
use super::split::Leaving;
use super::turn::Turn;
use crate::alert::Pairs;
use crate::alert::drill::DRILL_LABEL;
use crate::alert::table::Taken;
use crate::drill::DrillName;
use crate::ids::{AlertId, IncidentId};
use crate::incident::decide::{self, TITLE_BYTES_MAX};
use crate::incident::publication::Asked;
use crate::incident::{Act, Actor, Command, Fact, Incident, Refusal, Reply, Severity, Stage};
use crate::text;
use crate::verbs::{Verb, may};

// Labels of an incident declared by hand; more is no routing any more.
const LABELS_MAX: usize = 32;

/// What a person declares.
#[derive(Clone, Copy)]
pub(super) struct ByHand<'a> {
    pub(super) title: &'a str,
    pub(super) severity: Option<Severity>,
    pub(super) impact: &'a str,
    pub(super) labels: &'a Pairs,
    pub(super) drill: bool,
}

impl Turn<'_> {
    pub(super) fn command(&mut self, command: Command) {
        let known = command.key.as_ref().and_then(|key| self.state.answer(key, self.at)).cloned();
        let is_new = known.is_none();
        let actor = self.known(command.actor);
        let command = Command { actor, ..command };
        let reply = known.unwrap_or_else(|| self.act_audited(&command));
        let answer = Answer { input: self.seq, key: command.key, reply, at: self.at };
        if is_new {
            self.state.remember_answer(&answer);
        }
        self.out.answers.push(answer);
    }

    // Somebody whom the directory knows is called the same wherever they speak: what they hold, follow and take back is
    // found by that name.
    fn known(&self, actor: Actor) -> Actor {
        let Actor::Person { name, on } = actor else { return actor };
        let person = self.state.directory.known_as(&name);
        Actor::Person { name: person.map_or(name, |person| person.name.clone()), on }
    }

    fn act_audited(&mut self, command: &Command) -> Reply {
        self.before = Some(Before::new());
        let reply = self.act(command).unwrap_or_else(Reply::Refused);
        let before = self.before.take().unwrap_or_default();
        self.audit_command(command, &before, &reply);
        reply
    }

    fn act(&mut self, command: &Command) -> Result<Reply, Refusal> {
        may::ever(Verb::of(&command.act), command.access)?;
        let id = match (&command.act, command.incident) {
            (Act::Declare { title, severity, impact, labels, drill }, _) => {
                let new = ByHand { title, severity: *severity, impact, labels, drill: *drill };
                self.declare_by_hand(&command.actor, &new)?
            }
            (Act::Adopt { alert }, _) => {
                may::on(command, None)?;
                return self.adopt_alert(*alert);
            }
            (act, named) => {
                let id = named.map_or_else(|| self.meant(command), Ok)?;
                self.act_on(id, command, act)?;
                id
            }
        };
        Ok(Reply::Done { incident: id, text: self.done(id, &command.act), next: self.next(id, &command.act) })
    }

    // The incident of a command that names none.
    fn meant(&self, command: &Command) -> Result<IncidentId, Refusal> {
        match (&command.act, command.actor.name()) {
            (Act::Undo, Some(name)) => self.last_done_by(name),
            _ => Err(decide::words("incident", "is missing; name one")),
        }
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

    fn act_on(&mut self, id: IncidentId, command: &Command, act: &Act) -> Result<(), Refusal> {
        let actor = &command.actor;
        // What is kept for its post mortem only is there for nothing else.
        let incident = match act {
            Act::Review(_) | Act::Publish { .. } | Act::Undo => self.state.remembered(id),
            _ => self.state.incidents.get(&id),
        };
        let incident = incident.ok_or_else(|| self.state.unknown(id))?;
        may::on(command, Some(incident))?;
        if let (Act::Reopen { .. }, Some(other)) = (act, self.open_beside(incident)) {
            return Err(Refusal::Covered { incident: id, by: other });
        }
        if let (Act::Resolve { .. }, Some(because)) = (act, self.still_true(incident)) {
            return Err(Refusal::StillTrue { incident: id, because });
        }
        match act {
            Act::Take { role } => return self.role_act(id, command, |desk| desk.take(role)),
            Act::Assign { role, person } => return self.role_act(id, command, |desk| desk.assign(role, person)),
            Act::HandOver { role, person } => return self.role_act(id, command, |desk| desk.hand_over(role, person)),
            Act::Accept { role } => return self.role_act(id, command, |desk| desk.accept(role.as_ref())),
            Act::Decline { role } => return self.role_act(id, command, |desk| desk.decline(role.as_ref())),
            Act::Undo => return self.undo(id, command),
            Act::Publish { text, path, anyway } => {
                return self.publish(id, actor, Asked { text, path: path.as_deref(), anyway: *anyway });
            }
            Act::Review(act) => return self.review(id, command, act),
            Act::Merge { into, text } => return self.merge(id, actor, *into, text),
            Act::Split { title, matchers, alerts } => {
                return self.split(id, actor, title, &Leaving { matchers, alerts });
            }
            _ => {}
        }
        let facts = decide::decide(incident, actor, act, self.at, &self.state.policy.source.timing)?;
        for fact in facts {
            self.record(id, actor.clone(), fact);
        }
        if matches!(act, Act::Reopen { .. }) {
            self.say_unsaid(id);
        }
        Ok(())
    }

    // Why it would be reopened at once: its rule needs no alert, and its condition is true.
    pub(super) fn still_true(&self, incident: &Incident) -> Option<String> {
        let rules = &self.state.policy.rules;
        let stands = self.state.stands_for(incident).into_iter().filter(|_| incident.stage.is_open());
        let mut stands = stands.filter(|stand| rules.rule(stand.subject.rule).is_standing());
        let holds = stands.find(|stand| self.state.when_holds(&stand.subject, stand.storm))?;
        Some(self.state.evaluator.explain(rules, &holds.subject, self.at).reason())
    }

    // Another incident of the same rule and correlation labels that is open: there must not be two.
    pub(super) fn open_beside(&self, incident: &Incident) -> Option<IncidentId> {
        // What is part of another one is told so first.
        let rule = incident.rule.as_ref().filter(|_| !matches!(incident.stage, Stage::Merged { .. }))?;
        let key = (rule.name.clone(), incident.correlation.clone());
        let newest = self.state.newest.get(&key).filter(|newest| **newest != incident.id)?;
        self.state.incidents.get(newest).filter(|other| other.stage.is_open()).map(|other| other.id)
    }

    pub(super) fn declare_by_hand(&mut self, actor: &Actor, new: &ByHand<'_>) -> Result<IncidentId, Refusal> {
        let ByHand { title, severity, impact, labels, drill } = *new;
        let title = decide::required("title", &text::clean_line(title, usize::MAX), TITLE_BYTES_MAX)?;
        let impact = decide::optional("impact", impact)?;
        if labels.len() > LABELS_MAX {
            let problem = format!("are {}; at most {LABELS_MAX} fit", labels.len());
            return Err(Refusal::Words { field: "labels".into(), problem });
        }
        let labels = Pairs::labels(
            labels.iter().map(|(name, value)| (text::clean_line(name, 200), text::clean_line(value, 200))),
        );
        let named = named(&labels, drill)?;
        let id = self.state.next_incident_id();
        let labels = if drill { marked(&labels, named, id) } else { labels };
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
            drill,
            squad: self.state.policy.squad_for(None),
            next_by: None,
        };
        self.record(id, actor.clone(), fact);
        Ok(id)
    }
}

// Which drill people say it belongs to. A route that knows drills by their mark must not send the real thing where
// practice goes.
fn named(labels: &Pairs, drill: bool) -> Result<Option<DrillName>, Refusal> {
    let Some(name) = labels.get(DRILL_LABEL) else { return Ok(None) };
    if !drill {
        let problem = format!("have `{DRILL_LABEL}`, the mark of drills; declare it as a drill, or leave it out");
        return Err(decide::words("labels", &problem));
    }
    let name = DrillName::parse(name);
    name.map(Some).map_err(|problem| decide::words("labels", &format!("name a drill wrongly: {problem}")))
}

// A drill by hand is named like all, so that routes know it and it says nothing to another one.
fn marked(labels: &Pairs, named: Option<DrillName>, id: IncidentId) -> Pairs {
    named.unwrap_or_else(|| DrillName::by_hand(id)).mark(labels)
}
