//! What people did lately, and what would take it back: seen from before it.

use crate::incident::entry::{Entry, Fact, PostFact};
use crate::incident::roles::OfferEnd;
use crate::incident::room::{DEEDS_MAX, Deed, Lasting, Part, Undo};
use crate::incident::{Incident, room::Room};

/// Whether an entry takes back something, with others of its step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undoes {
    /// It does.
    Something,
    /// It is a deed of its own, or none.
    Nothing,
}

/// Remembers what somebody did.
pub fn note(incident: &mut Incident, entry: &Entry, name: &str) -> Undoes {
    let goes_on = incident
        .room
        .deeds
        .last()
        .is_some_and(|last| last.undo == Err(Lasting::Undid) && last.input == entry.input && last.person == name);
    if goes_on || matches!(entry.fact, Fact::Retracted { .. }) {
        push(&mut incident.room, entry, name, Err(Lasting::Undid));
        return Undoes::Something;
    }
    if let Some(undo) = undo_of(incident, entry, name) {
        push(&mut incident.room, entry, name, undo);
    }
    Undoes::Nothing
}

/// Hides what was taken back, and makes good what no other entry says.
pub fn retract(incident: &mut Incident, number: u32) {
    incident.room.retracted.insert(number);
    let Some(deed) = incident.room.deeds.iter().find(|deed| deed.entry == number) else { return };
    match &deed.undo {
        Ok(Undo::Severity { lowered_from, .. }) => incident.lowered_from = *lowered_from,
        // Seen more than once, it counts from the first time.
        Ok(Undo::Ack) if incident.room.acknowledged.get(&deed.person) == Some(&deed.at) => {
            let name = deed.person.clone();
            incident.room.acknowledged.remove(&name);
        }
        _ => {}
    }
}

fn push(room: &mut Room, entry: &Entry, name: &str, undo: Result<Undo, Lasting>) {
    if room.deeds.len() == DEEDS_MAX {
        room.deeds.remove(0);
    }
    let person = name.to_owned();
    room.deeds.push(Deed { person, at: entry.at, input: entry.input, entry: entry.number, undo });
}

// `None` where it only follows from what somebody did.
fn undo_of(incident: &Incident, entry: &Entry, person: &str) -> Option<Result<Undo, Lasting>> {
    Some(match &entry.fact {
        Fact::Taken { role, person, from, .. } | Fact::Assigned { role, person, from } => {
            Ok(Undo::Role { role: role.clone(), now: person.clone(), to: from.clone() })
        }
        Fact::Offered { role, .. } => Ok(Undo::Offer { role: role.clone() }),
        Fact::Severity { from, to, .. } => {
            Ok(Undo::Severity { now: *to, to: *from, lowered_from: incident.lowered_from })
        }
        Fact::Edited { part, .. } => Ok(Undo::Part { part: *part, text: text_of(incident, *part) }),
        Fact::Noted { .. } => Ok(Undo::Note),
        Fact::Acknowledged { .. } => Ok(Undo::Ack),
        Fact::TodoAdded { todo, .. } => Ok(Undo::Todo { todo: *todo, was_there: false }),
        Fact::TodoDone { todo } => Ok(Undo::Todo { todo: *todo, was_there: true }),
        Fact::CalledOff { .. } | Fact::Resolved { .. } => Ok(Undo::Reopen),
        Fact::Followed { .. } | Fact::Unfollowed { .. } => {
            Ok(Undo::Follow { before: incident.room.followers.contains(person) })
        }
        Fact::Declared { .. } => Err(Lasting::Declared),
        Fact::Confirmed { .. } => Err(Lasting::Confirmed),
        Fact::Updated { .. } => Err(Lasting::Updated),
        Fact::Reopened { .. } => Err(Lasting::Reopened),
        Fact::HandedOver { .. } => Err(Lasting::HandedOver),
        Fact::OfferEnded { end: OfferEnd::Declined | OfferEnd::Withdrawn, .. } => Err(Lasting::Answered),
        Fact::Post(PostFact::Sent { .. }) => Err(Lasting::Published),
        Fact::Review(fact) => return super::review::undo_of(incident, fact),
        Fact::MergedInto { .. } | Fact::Absorbed { .. } => Err(Lasting::Merged),
        Fact::SplitOff { .. } | Fact::SplitFrom { .. } => Err(Lasting::Split),
        Fact::OfferEnded { end: OfferEnd::Expired | OfferEnd::Void, .. }
        | Fact::TargetCalledOff { .. }
        | Fact::TargetReopened { .. }
        | Fact::Retracted { .. }
        | Fact::Released { .. }
        | Fact::RoleOpen { .. }
        | Fact::PromiseMissed { .. }
        | Fact::Prompted { .. }
        | Fact::TodoReopened { .. }
        | Fact::TodoDropped { .. }
        | Fact::Alerts(_)
        | Fact::Clear { .. }
        | Fact::NotClear { .. }
        | Fact::ResolveProposed { .. }
        | Fact::Flapping { .. }
        | Fact::Steady
        | Fact::Withdrawn { .. }
        | Fact::Inhibits { .. }
        | Fact::ThreadStarted { .. }
        | Fact::NoticeLost { .. }
        | Fact::ReceiverBlocked { .. }
        | Fact::Post(PostFact::Arrived { .. })
        | Fact::TemplateFailed { .. }
        | Fact::RuleGone { .. } => return None,
    })
}

fn text_of(incident: &Incident, part: Part) -> String {
    incident.part(part).to_owned()
}
