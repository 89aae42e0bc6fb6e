//! What people ask for, on any surface, and what they are answered.

use super::Act;
use super::decide::review::SectionConflict;
use super::roles::RoleName;
use super::room::{Lasting, Part};
use crate::access::Role;
use crate::duration::Duration;
use crate::ids::{AlertId, IncidentId};
use crate::verbs::{Next, Verb};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Actor {
    /// The rules and clocks of Earlybell.
    Rule,
    /// A person.
    Person {
        /// The name they go by.
        name: String,
        /// Where they said it.
        on: Surface,
    },
}

/// Where somebody said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Surface {
    /// HTTP API.
    Api,
    /// Command line.
    Cli,
    /// A page.
    Web,
    /// Slack.
    Slack,
    /// IRC.
    Irc,
    /// A line in a pad, by whoever may write there.
    Pad,
}

/// A command of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Who.
    pub actor: Actor,
    /// What they may do; whoever leads an incident may end it, too.
    #[serde(default = "Command::before_access")]
    pub access: Role,
    /// Repeats with the same key are answered with the first answer, and do nothing.
    pub key: Option<String>,
    /// On which incident; `None` to declare a new one.
    pub incident: Option<IncidentId>,
    /// What.
    pub act: Act,
}

/// The answer to a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Reply {
    /// Done.
    Done {
        /// On this incident.
        incident: IncidentId,
        /// What was done.
        text: String,
        /// How to undo it, or go on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<Next>,
    },
    /// An alert counts now.
    Adopted {
        /// Its row.
        alert: AlertId,
        /// What was done.
        text: String,
    },
    /// Not done.
    Refused(Refusal),
}

/// Why a command was not done. What to type instead is in [`Refusal::instead`], for each surface to write as it does: told
/// to people by [`Refusal::words`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "refusal", rename_all = "snake_case")]
pub enum Refusal {
    /// No such incident.
    #[error("there is no {incident}")]
    Unknown {
        /// The number asked for.
        incident: IncidentId,
    },
    /// It ended so long ago that it is only read.
    #[error("{incident} ended more than a week ago; it stays as it is. Declare a new one, and name it there")]
    LongOver {
        /// Which.
        incident: IncidentId,
    },
    /// No such alert.
    #[error("there is no alert {alert}; `earlybell explain` shows those that are known")]
    NoAlert {
        /// The number asked for.
        alert: AlertId,
    },
    /// It counts, or does not fire: there is nothing to adopt.
    #[error("alert {alert} is not one that fired before the first start and still does; there is nothing to adopt")]
    NotPreExisting {
        /// Which.
        alert: AlertId,
    },
    /// It is over.
    #[error("{incident} is {stage} already")]
    NotOpen {
        /// Which.
        incident: IncidentId,
        /// The bare number.
        number: u64,
        /// Where it stands.
        stage: String,
    },
    /// It is still open.
    #[error("{incident} is open ({stage}); there is nothing to reopen")]
    StillOpen {
        /// Which.
        incident: IncidentId,
        /// Where it stands.
        stage: String,
    },
    /// Another one of the same rule is open.
    #[error("{incident} stays closed: {by} is open for the same rule and alerts; go on there")]
    Covered {
        /// Which.
        incident: IncidentId,
        /// The open one.
        by: IncidentId,
    },
    /// It is so already.
    #[error("{incident} is {what} already")]
    Already {
        /// Which.
        incident: IncidentId,
        /// What it is.
        what: String,
    },
    /// It is part of another one.
    #[error("{incident} is part of {into} now: go on there, or split its alerts off again")]
    Merged {
        /// Which.
        incident: IncidentId,
        /// What it is part of.
        into: IncidentId,
    },
    /// Somebody wrote that part meanwhile: both texts are here, so that nothing is lost.
    #[error("{}", conflict(*part, by.as_deref(), *version, theirs, yours))]
    Conflict {
        /// Of which.
        incident: IncidentId,
        /// Which part.
        part: Part,
        /// Its version now.
        version: u32,
        /// What it says now.
        theirs: String,
        /// What was to be written.
        yours: String,
        /// Who wrote it, if anyone did.
        by: Option<String>,
        /// When.
        at: Option<DateTime<Utc>>,
    },
    /// Somebody wrote that section of the post mortem meanwhile.
    #[error("{0}")]
    SectionConflict(Box<SectionConflict>),
    /// No such to-do.
    #[error("{incident} has no to-do {todo}; {}", open_todos(open))]
    NoTodo {
        /// Of which.
        incident: IncidentId,
        /// The number asked for.
        todo: u32,
        /// Those that are to be done: number and words.
        open: Vec<String>,
    },
    /// Whoever asked may not.
    #[error(
        "{} needs the access role {}, and yours is {}{}",
        verb.word(),
        needs.word(),
        has.word(),
        if incident.is_some() { "" } else { "; an admin gives it to you" }
    )]
    NotAllowed {
        /// To do this.
        verb: Verb,
        /// What it needs.
        needs: Role,
        /// What they have.
        has: Role,
        /// On which incident, if leading it would be enough.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        incident: Option<IncidentId>,
    },
    /// The two don't go together.
    #[error("{incident} can't be part of {into}: {because}")]
    Apart {
        /// Which was to be a part.
        incident: IncidentId,
        /// Of which.
        into: IncidentId,
        /// Why, and what to do instead.
        because: String,
    },
    /// These alerts make no incident of their own.
    #[error("{incident} can't be split so: {because}")]
    NoSplit {
        /// Which.
        incident: IncidentId,
        /// Why, and what to do instead.
        because: String,
    },
    /// Of what they did lately, nothing can be taken back.
    #[error("nothing that {person} did {}within the last {within} can be taken back", on(*incident))]
    NothingToUndo {
        /// On this incident; on any, where none is named.
        incident: Option<IncidentId>,
        /// Who asks.
        person: String,
        /// How long people have.
        within: Duration,
    },
    /// What they did last stays.
    #[error("what you did last on {incident} can't be taken back: {}", what.words())]
    Lasting {
        /// On which.
        incident: IncidentId,
        /// What it was.
        what: Lasting,
    },
    /// Others went on from what they did.
    #[error("that can't be taken back any more: {because}")]
    MovedOn {
        /// On which.
        incident: IncidentId,
        /// What happened since.
        because: String,
    },
    /// Words are missing, or too many.
    #[error("{field} {problem}")]
    Words {
        /// Which field.
        field: String,
        /// What is wrong with it, and what to write.
        problem: String,
    },
    /// Its rule's condition is still true, without any alert.
    #[error(
        "the condition of {incident} is still true ({because}); wait until it is not, or call it off with a reason"
    )]
    StillTrue {
        /// Which.
        incident: IncidentId,
        /// What is true.
        because: String,
    },
    /// Alerts still fire.
    #[error(
        "alerts of {incident} still fire ({firing} of {alerts}); wait for them, silence them, or call it off with a reason"
    )]
    StillFiring {
        /// Which.
        incident: IncidentId,
        /// Known to fire.
        firing: u32,
        /// Attached.
        alerts: u32,
    },
    /// No such role, or no such person.
    #[error("{problem}")]
    UnknownName {
        /// What was named: `role`, `person`.
        what: String,
        /// The name.
        name: String,
        /// Which was meant, or which there are.
        problem: String,
    },
    /// Somebody has that role: they were first.
    #[error("{problem}")]
    RoleHeld {
        /// Of which incident.
        incident: IncidentId,
        /// Which.
        role: RoleName,
        /// Who has it.
        holder: String,
        /// Since when.
        since: DateTime<Utc>,
        /// In words.
        problem: String,
        /// How to get it.
        next: Next,
    },
    /// Only others can give that role away.
    #[error("{problem}")]
    RoleNotYours {
        /// Of which incident.
        incident: IncidentId,
        /// Which.
        role: RoleName,
        /// In words.
        problem: String,
        /// What to do instead.
        next: Next,
    },
    /// Nothing is offered to whoever answers, or not any more.
    #[error("{problem}")]
    NoOffer {
        /// Of which incident.
        incident: IncidentId,
        /// In words.
        problem: String,
        /// What to do instead, if there is something.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<Next>,
    },
    /// More than one role is offered to whoever answers.
    #[error("{problem}")]
    WhichRole {
        /// Of which incident.
        incident: IncidentId,
        /// Those.
        roles: Vec<RoleName>,
        /// In words.
        problem: String,
        /// How to name one.
        next: Next,
    },
}

fn conflict(part: Part, by: Option<&str>, version: u32, theirs: &str, yours: &str) -> String {
    let part = part.word();
    let who = by.map_or_else(|| "is another one".to_owned(), |by| format!("was written by {by} meanwhile"));
    format!(
        "the {part} {who}: “{theirs}” (version {version}). Yours is not lost: “{yours}”. Put both together, and write it again"
    )
}

fn on(incident: Option<IncidentId>) -> String {
    incident.map_or_else(String::new, |incident| format!("on {incident} "))
}

fn open_todos(open: &[String]) -> String {
    if open.is_empty() { "nothing is to be done".to_owned() } else { format!("to be done: {}", open.join(", ")) }
}

impl Command {
    // Commands stored before this was said were let in by what they asked for.
    fn before_access() -> Role {
        Role::Admin
    }
}

impl Actor {
    /// The person, if it is one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Rule => None,
            Self::Person { name, .. } => Some(name),
        }
    }

    /// A person on the command line.
    pub fn person(name: &str, on: Surface) -> Self {
        Self::Person { name: name.to_owned(), on }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule => f.write_str("rule"),
            Self::Person { name, .. } => f.write_str(name),
        }
    }
}
