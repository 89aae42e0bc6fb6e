//! What people are answered: what was done, and what to type to undo it.

use super::turn::Turn;
use crate::document::sentence::review::item_words;
use crate::duration::Duration;
use crate::ids::IncidentId;
use crate::incident::act::ReviewAct;
use crate::incident::roles::RoleName;
use crate::incident::{Act, Incident};
use crate::notice::phrase::next_update;
use crate::policy::rituals::role_named;
use crate::verbs::table::Back;
use crate::verbs::{Next, Verb};

impl Turn<'_> {
    /// What was done.
    pub(super) fn done(&self, id: IncidentId, act: &Act) -> String {
        let name = self.called(id);
        match act {
            Act::Declare { .. } => format!("declared {name}"),
            Act::Adopt { alert } => format!("adopted alert {alert}"),
            Act::Confirm { .. } => format!("confirmed {name}; everyone it concerns is told"),
            Act::Update { .. } => {
                let incident = self.state.incidents.get(&id);
                let by = incident.and_then(next_update);
                let promise = by
                    .map(|by| format!("; the next one is promised within {}", Duration::between(self.at, by).rough()));
                format!("updated {name}{}", promise.unwrap_or_default())
            }
            Act::Note { .. } => format!("noted on {name}, for the team only"),
            Act::Ack { .. } => format!("the team knows that you have seen {name}"),
            Act::Take { role } => format!("you are {} of {name}{}", self.role_words(role), self.duties(role)),
            Act::Assign { role, person } => format!("{person} is {} of {name}", self.role_words(role)),
            Act::HandOver { role, person } => {
                format!("offered {} of {name} to {person}; until they accept, it is yours", self.role_words(role))
            }
            Act::Accept { .. } => format!("it is yours now; {name} says so everywhere"),
            Act::Decline { .. } => format!("declined; {name} stays with whoever offered it"),
            Act::Edit { part, .. } => format!("rewrote the {} of {name}", part.word()),
            Act::Todo { .. } => {
                let last = self.state.incidents.get(&id).and_then(|incident| incident.room.todos.last());
                last.map_or_else(String::new, |todo| format!("to-do {} of {name}: {}", todo.number, todo.text))
            }
            Act::Done { todo } => format!("to-do {todo} of {name} is done"),
            Act::Follow => format!("you hear of {name} personally"),
            Act::Unfollow => format!("you no longer hear of {name} personally"),
            Act::Undo => self.taken_back(id),
            Act::Merge { into, .. } => format!("{name} is part of {} now", self.called(*into)),
            Act::Split { .. } => {
                let incident = self.state.incidents.get(&id);
                let new = incident.and_then(|incident| incident.room.split_into.last()).copied().unwrap_or(id);
                format!("{} was split off {name}; its alerts and whoever hears of it are told there", self.called(new))
            }
            Act::Severity { to, .. } => format!("{name} is {to} now"),
            Act::CallOff { code, .. } => format!("called off {name} ({code})"),
            Act::Resolve { .. } => format!("resolved {name}"),
            Act::Reopen { .. } => format!("reopened {name}"),
            Act::Review(act) => self.reviewed(id, act),
            Act::Publish { .. } => {
                format!("the post mortem of {name} is on its way to the blog; everyone is told once it is there")
            }
        }
    }

    // Whoever reads an answer over somebody's shoulder must not take practice for the real thing.
    pub(super) fn called(&self, id: IncidentId) -> String {
        self.state.incidents.get(&id).map_or_else(|| id.to_string(), Incident::name)
    }

    /// What to type if it was wrong: said where others see what was done.
    pub(super) fn next(&self, id: IncidentId, act: &Act) -> Option<Next> {
        let undo_within = self.state.policy.source.rituals.undo_within;
        match Verb::of(act) {
            Verb::Declare => Some(Next::on("if it was nothing", Verb::CallOff, id).with("other \"why\"")),
            Verb::CallOff => Some(Next::on("to undo", Verb::Reopen, id)),
            Verb::Resolve => Some(Next::on("if it comes back", Verb::Reopen, id)),
            verb @ (Verb::Assign | Verb::Severity | Verb::Edit) if undo_within.as_seconds() > 0 => {
                (verb.spec().back == Back::Undo).then(|| Next::on("to undo", Verb::Undo, id))
            }
            _ => None,
        }
    }

    fn reviewed(&self, id: IncidentId, act: &ReviewAct) -> String {
        let last = || self.state.remembered(id).and_then(|incident| incident.review.actions.last());
        match act {
            ReviewAct::Section { section, .. } => format!("wrote the section {section} of the post mortem of {id}"),
            ReviewAct::Mark { entry, shown } => {
                let how = shown.map_or("in it by what it tells", |shown| shown.word());
                format!("entry {entry} of {id} is {how} in the post mortem")
            }
            ReviewAct::Correct { entry, .. } => {
                format!("entry {entry} of {id} reads so from now on; its own words are kept")
            }
            ReviewAct::Action { .. } => last()
                .map_or_else(String::new, |last| format!("action {} of {id}: {}", last.number, item_words(&last.item))),
            ReviewAct::ActionEdit { action, .. } => {
                let now = self.state.remembered(id).and_then(|incident| incident.review.action(*action));
                let now = now.map(|now| format!(": {}", item_words(&now.item)));
                format!("action {action} of {id} is another one now{}", now.unwrap_or_default())
            }
            ReviewAct::ActionDone { action } => format!("action {action} of {id} is done"),
            ReviewAct::ActionDrop { action, .. } => format!("action {action} of {id} will not be done"),
            ReviewAct::Ask => format!("{id} will have a post mortem"),
            ReviewAct::Waive { .. } => format!("nobody has to write a post mortem of {id}"),
        }
    }

    // As it is called here, whatever was typed.
    fn role_words(&self, given: &RoleName) -> String {
        role_named(&given.0, &self.state.policy.source.roles).map_or_else(|_| given.words(), |role| role.words())
    }

    // What whoever takes a role has to do.
    fn duties(&self, given: &RoleName) -> String {
        let specs = &self.state.policy.source.roles;
        let role = role_named(&given.0, specs).ok();
        let spec = specs.iter().find(|spec| Some(&spec.name) == role.as_ref());
        let duties = spec.map(|spec| spec.duties.join(" ")).unwrap_or_default();
        if duties.is_empty() { duties } else { format!(". {duties}") }
    }
}
