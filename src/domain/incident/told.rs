//! What people are told of a command: the sentence, and what to type next, as their surface writes it.

use super::roles::MANAGER;
use super::{Refusal, Reply};
use crate::access::Role;
use crate::verbs::{Next, Spelling, Verb};

impl Reply {
    /// What people are told, on a surface that writes commands so.
    pub fn words(&self, spelling: &Spelling) -> String {
        match self {
            Self::Done { text, next, .. } => {
                let next = next.as_ref().map(|next| format!("; {}: {}", next.why, next.line(spelling)));
                format!("{text}{}", next.unwrap_or_default())
            }
            Self::Adopted { text, .. } => text.clone(),
            Self::Refused(refusal) => refusal.words(spelling),
        }
    }
}

impl Refusal {
    /// What people are told, on a surface that writes commands so.
    pub fn words(&self, spelling: &Spelling) -> String {
        let instead = self.instead().map(|next| format!("; {}: `{}`", next.why, next.line(spelling)));
        format!("{self}{}", instead.unwrap_or_default())
    }

    /// What to type instead, where that is one command.
    pub fn instead(&self) -> Option<Next> {
        match self {
            Self::Unknown { .. } => Some(Next::alone("the open ones", Verb::List)),
            Self::NotOpen { incident, .. } => Some(Next::on("reopen it first", Verb::Reopen, *incident)),
            Self::Merged { into, .. } => Some(Next::on("how it stands", Verb::Show, *into)),
            Self::NoTodo { incident, .. } => Some(Next::on("all of them", Verb::Show, *incident)),
            Self::NotAllowed { incident, needs: Role::Manager, .. } => {
                let lead = |incident| Next::on("whoever leads it may, too", Verb::Take, incident).with(MANAGER);
                incident.map(lead)
            }
            Self::RoleHeld { next, .. } | Self::RoleNotYours { next, .. } | Self::WhichRole { next, .. } => {
                Some(next.clone())
            }
            Self::NoOffer { next, .. } => next.clone(),
            Self::Lasting { incident, what } => what.instead(*incident),
            Self::NoAlert { .. }
            | Self::UnknownName { .. }
            | Self::LongOver { .. }
            | Self::Apart { .. }
            | Self::NoSplit { .. }
            | Self::NothingToUndo { .. }
            | Self::MovedOn { .. }
            | Self::NotPreExisting { .. }
            | Self::StillOpen { .. }
            | Self::Covered { .. }
            | Self::Already { .. }
            | Self::NotAllowed { .. }
            | Self::Words { .. }
            | Self::Conflict { .. }
            | Self::SectionConflict(_)
            | Self::StillTrue { .. }
            | Self::StillFiring { .. } => None,
        }
    }
}
