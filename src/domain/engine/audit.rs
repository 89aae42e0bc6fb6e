//! The audit log: every act of people becomes a record behind the head of the chain, whatever came of it.

use super::turn::Turn;
use crate::access::Role;
use crate::audit::diff::{cut, diff};
use crate::audit::{AdminAct, Difference, Effect, Outcome, Record, WHOLE, short, what};
use crate::ids::IncidentId;
use crate::incident::{Actor, Command, Entry, Incident, Reply};
use crate::notice::telling::is_end;
use std::collections::BTreeMap;

/// Incidents as they were before a command touched them; `None` was not there.
pub(super) type Before = BTreeMap<IncidentId, Option<Incident>>;

impl Turn<'_> {
    /// Writes down a command and what came of it. Before anything is told: the notices of this turn bear its record.
    pub(super) fn audit_command(&mut self, command: &Command, before: &Before, reply: &Reply) {
        let (incident, outcome) = match reply {
            Reply::Done { incident, .. } => (Some(*incident), Outcome::Done),
            Reply::Adopted { .. } => (None, Outcome::Done),
            Reply::Refused(refusal) => (command.incident, Outcome::Refused { because: short(&refusal.to_string()) }),
        };
        let after = |id: &IncidentId| self.state.remembered(*id);
        let changed = before.iter().filter_map(|(id, before)| Some((before.as_ref(), after(id)?)));
        let changes = changed.flat_map(|(before, after)| diff(before, after, incident)).collect();
        let record = self.next_record(&command.actor, Some(command.access), what(&command.act));
        self.seal(Record { incident, changes: cut(changes), outcome, ..record });
    }

    /// Writes down what somebody did outside of incidents.
    pub(super) fn acted(&mut self, act: AdminAct) {
        let refused = act.refused.clone().or_else(|| self.take_effect(&act));
        let outcome = refused.map_or(Outcome::Done, |because| Outcome::Refused { because: short(&because) });
        let whole = Difference::new(WHOLE, &act.before, &act.after);
        let changes = if whole.before == whole.after { Vec::new() } else { vec![whole] };
        let record = self.next_record(&act.actor, act.access, short(&act.what));
        let incident = act.effect.and_then(|effect| match effect {
            Effect::Delete { incident } => Some(incident),
            Effect::TakeNumber { .. } => None,
        });
        self.seal(Record { incident, changes, outcome, ..record });
    }

    /// Whoever reads that an incident is over learns the newest record with it: from then on nobody can change what led
    /// there without being found out.
    pub(super) fn note_audit_head(&mut self, id: IncidentId, entries: &[Entry]) {
        let head = Some(self.state.audit).filter(|head| head.number > 0);
        let Some(incident) = self.state.remembered_mut(id) else { return };
        if incident.stage.is_open() {
            incident.audit_head = None;
        } else if entries.iter().any(|entry| is_end(&entry.fact)) {
            incident.audit_head = head;
        }
    }

    fn next_record(&self, actor: &Actor, access: Option<Role>, what: String) -> Record {
        let actor = match actor {
            Actor::Rule => Actor::Rule,
            Actor::Person { name, on } => Actor::person(&short(name), *on),
        };
        Record {
            number: self.state.audit.number + 1,
            at: self.at,
            input: self.seq,
            actor,
            access,
            what,
            incident: None,
            changes: Vec::new(),
            outcome: Outcome::Done,
        }
    }

    fn seal(&mut self, record: Record) {
        let sealed = self.state.audit.seal(record);
        self.state.audit = sealed.head();
        self.out.audit.push(sealed);
    }
}
