//! What somebody can do about an incident now, the most pressing first: what its page offers them, and why. What may be
//! done is decided by the engine; here it is guessed well, so that nobody is offered what would be refused.

mod pressing;

use super::roles::{COMMUNICATIONS, MANAGER, RoleName};
use super::room::{Deed, Part};
use super::{Incident, Stage, decide};
use crate::access::Role;
use crate::policy::PolicySource;
use chrono::{DateTime, Utc};

/// Who looks.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// The name they go by.
    pub name: &'a str,
    /// What they may do.
    pub access: Role,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What.
    pub what: What,
    /// Why now, in words; nothing where it can simply be done.
    pub because: Option<String>,
}

/// What can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Accept a role, or decline it.
    Answer {
        /// Which.
        role: RoleName,
        /// Who offers it.
        from: String,
    },
    /// Take a role.
    Take {
        /// Which.
        role: RoleName,
    },
    /// Offer roles of one's own to somebody.
    HandOver {
        /// Which.
        roles: Vec<RoleName>,
    },
    /// Give a role to somebody.
    Assign {
        /// Which.
        roles: Vec<RoleName>,
    },
    /// Say that it is real.
    Confirm,
    /// Tell the public something.
    Update,
    /// Note something for the team.
    Note,
    /// Say that one has seen it.
    Ack,
    /// Write the state document.
    Edit {
        /// The part that is asked for, if one is.
        part: Option<Part>,
    },
    /// Note what is to be done.
    Todo,
    /// Say that it is done.
    Done {
        /// Number of the to-do.
        todo: u32,
    },
    /// Change how bad it is.
    Severity,
    /// Say that it was nothing.
    CallOff,
    /// Say that it is over.
    Resolve,
    /// Say that it came back.
    Reopen,
    /// Say that it is part of another one.
    Merge,
    /// Make some of its alerts an incident of their own.
    Split,
    /// Hear of it personally.
    Follow,
    /// Not any more.
    Unfollow,
    /// Take back what one did last.
    Undo {
        /// Its entry.
        entry: u32,
    },
}

/// What this person can do now: what is pressing, with its reason, then everything else. Nothing for those who only read.
pub fn next_steps(incident: &Incident, asker: Asker<'_>, policy: &PolicySource, at: DateTime<Utc>) -> Vec<Step> {
    if asker.access < Role::Responder {
        return Vec::new();
    }
    let mut steps = pressing::pressing(incident, asker, policy, at);
    for what in possible(incident, asker, policy, at) {
        if !steps.iter().any(|step| covers(&step.what, &what)) {
            steps.push(Step { what, because: None });
        }
    }
    steps.retain(|step| may(incident, asker, &step.what));
    steps
}

/// What this person did last, if it can still be taken back.
pub fn can_undo<'a>(incident: &'a Incident, who: &str, policy: &PolicySource, at: DateTime<Utc>) -> Option<&'a Deed> {
    let within = policy.rituals.undo_within;
    decide::undo::last(incident, who, at, within).ok()?.first().copied()
}

// Everything that goes, in the order people look for it.
fn possible(incident: &Incident, asker: Asker<'_>, policy: &PolicySource, at: DateTime<Utc>) -> Vec<What> {
    let mut all = Vec::new();
    let open = incident.stage.is_open();
    if open && speaks(incident, asker) {
        all.extend([What::Update, What::Note]);
    } else if open {
        all.extend([What::Note, What::Update]);
    } else {
        all.push(What::Note);
    }
    if open {
        if !incident.room.acknowledged.contains_key(asker.name) {
            all.push(What::Ack);
        }
        all.extend(free_roles(incident, asker, policy).map(|role| What::Take { role }));
        all.extend(hand_over(incident, asker));
        all.push(What::Assign { roles: policy.roles.iter().map(|spec| spec.name.clone()).collect() });
    }
    all.push(What::Edit { part: None });
    all.push(What::Todo);
    let open_todos = incident.room.todos.iter().filter(|todo| todo.done.is_none());
    all.extend(open_todos.map(|todo| What::Done { todo: todo.number }));
    if incident.stage == Stage::Suspected {
        all.push(What::Confirm);
    }
    if open {
        all.push(What::Severity);
        if incident.tally.firing == 0 {
            all.push(What::Resolve);
        }
        all.extend([What::CallOff, What::Merge]);
        if incident.tally.alerts > 1 {
            all.push(What::Split);
        }
    }
    all.push(if incident.room.followers.contains(asker.name) { What::Unfollow } else { What::Follow });
    all.extend(can_undo(incident, asker.name, policy, at).map(|deed| What::Undo { entry: deed.entry }));
    all
}

// Roles that nobody holds, and those that anyone may take from whoever does.
fn free_roles<'a>(
    incident: &'a Incident,
    asker: Asker<'a>,
    policy: &'a PolicySource,
) -> impl Iterator<Item = RoleName> + 'a {
    let roles = &incident.roles;
    let free = move |role: &RoleName| match roles.holder(&role.0) {
        None => true,
        Some(holder) => holder != asker.name && roles.open.contains_key(role),
    };
    policy.roles.iter().map(|spec| &spec.name).filter(move |role| free(role)).cloned()
}

// One's own roles that are not offered to somebody already.
fn hand_over(incident: &Incident, asker: Asker<'_>) -> Option<What> {
    let own = incident.roles.of(asker.name).filter(|role| !incident.roles.offers.contains_key(*role));
    let roles: Vec<RoleName> = own.cloned().collect();
    (!roles.is_empty()).then_some(What::HandOver { roles })
}

// Whether this person answers for what the public hears.
fn speaks(incident: &Incident, asker: Asker<'_>) -> bool {
    incident.roles.responsible(COMMUNICATIONS) == Some(asker.name)
}

// Whether what is pressing offers this already.
fn covers(pressing: &What, possible: &What) -> bool {
    match (pressing, possible) {
        (What::Edit { .. }, What::Edit { .. }) => true,
        (pressing, possible) => pressing == possible,
    }
}

fn may(incident: &Incident, asker: Asker<'_>, what: &What) -> bool {
    match what {
        What::Severity | What::CallOff | What::Resolve | What::Reopen | What::Merge | What::Split => {
            asker.access >= Role::Manager || incident.roles.holder(MANAGER) == Some(asker.name)
        }
        What::Answer { .. }
        | What::Take { .. }
        | What::HandOver { .. }
        | What::Assign { .. }
        | What::Confirm
        | What::Update
        | What::Note
        | What::Ack
        | What::Edit { .. }
        | What::Todo
        | What::Done { .. }
        | What::Follow
        | What::Unfollow
        | What::Undo { .. } => true,
    }
}

#[cfg(test)]
mod tests;
