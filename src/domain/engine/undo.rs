//! Taking back what one did last.

use super::turn::Turn;
use crate::document::sentence::entry_text;
use crate::ids::IncidentId;
use crate::incident::decide::{self, words};
use crate::incident::roles::same_person;
use crate::incident::{Command, Fact, Incident, Refusal};

impl Turn<'_> {
    pub(super) fn undo(&mut self, id: IncidentId, command: &Command) -> Result<(), Refusal> {
        let name = command.actor.name().ok_or_else(|| words("person", "is missing; this is for people"))?;
        let within = self.state.policy.source.rituals.undo_within;
        if within.as_seconds() == 0 {
            return Err(words("undo", "is turned off here (`undo_within: 0`); do the opposite instead"));
        }
        let incident = self.state.remembered(id).ok_or_else(|| self.state.unknown(id))?;
        let facts = decide::undo::undo(incident, name, self.at, within)?;
        let reopens = facts.iter().any(|fact| matches!(fact, Fact::Reopened { .. }));
        if let Some(by) = self.open_beside(incident).filter(|_| reopens) {
            let because = format!("{by} is open for the same rule and alerts; go on there");
            return Err(Refusal::MovedOn { incident: id, because });
        }
        for fact in facts {
            self.record(id, command.actor.clone(), fact);
        }
        if reopens {
            self.say_unsaid(id);
        }
        Ok(())
    }

    /// The incident on which somebody did something last.
    pub(super) fn last_done_by(&self, name: &str) -> Result<IncidentId, Refusal> {
        let last = |incident: &Incident| {
            let mut deeds = incident.room.deeds.iter().rev();
            deeds.find(|deed| same_person(&deed.person, name)).map(|deed| (deed.input, std::cmp::Reverse(incident.id)))
        };
        // Where one command changed two, the older one says what it was.
        let newest = self.state.incidents.values().chain(self.state.kept.values()).filter_map(last).max();
        let within = self.state.policy.source.rituals.undo_within;
        let nothing = || Refusal::NothingToUndo { incident: None, person: name.to_owned(), within };
        newest.map(|(_, id)| id.0).ok_or_else(nothing)
    }

    /// What was taken back, and how it is now.
    pub(super) fn taken_back(&self, id: IncidentId) -> String {
        let (gone, again): (Vec<_>, Vec<_>) =
            self.recorded(id).iter().partition(|entry| matches!(entry.fact, Fact::Retracted { .. }));
        let texts =
            |entries: Vec<&crate::incident::Entry>| entries.into_iter().map(entry_text).collect::<Vec<_>>().join(", ");
        let id = self.called(id);
        match again.is_empty() {
            true => format!("{} of {id}: the document no longer shows its words", texts(gone)),
            false => format!("{} of {id}: {}", texts(gone), texts(again)),
        }
    }
}
