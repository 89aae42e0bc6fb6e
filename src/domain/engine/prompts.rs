//! Promises that were missed, and what people are asked: all that is due at one moment is one notice.

use super::turn::Turn;
use crate::ids::IncidentId;
use crate::incident::due::Due;
use crate::incident::due::prompts::PromptDue;
use crate::incident::room::Prompt;
use crate::incident::{Actor, Fact};

impl Turn<'_> {
    /// Says that a promise was missed, or else asks everything that is due.
    pub(super) fn prompt(&mut self, id: IncidentId) {
        let Some(incident) = self.state.incidents.get(&id) else { return };
        let dues = self.state.dues_of_incident(incident).into_iter();
        let due = dues.filter(|(at, _)| *at <= self.at).filter_map(|(_, due)| match due {
            Due::Prompt(due) => Some(due),
            _ => None,
        });
        let mut prompts: Vec<Prompt> = Vec::new();
        for due in due {
            match due {
                // It may make the questions needless: those are looked at again after it.
                PromptDue::Missed(by) => return self.record(id, Actor::Rule, Fact::PromiseMissed { by }),
                PromptDue::Ask(prompt) => prompts.push(prompt),
            }
        }
        prompts.sort();
        self.record(id, Actor::Rule, Fact::Prompted { prompts });
    }
}

#[cfg(test)]
mod tests;
