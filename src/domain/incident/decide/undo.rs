//! Taking back what one did last: which deed that is, whether it still can be, and what makes it good.

use super::here;
use crate::duration::Duration;
use crate::ids::IncidentId;
use crate::incident::roles::{OfferEnd, RoleName, same_person};
use crate::incident::room::{Deed, Lasting, Undo};
use crate::incident::{Fact, Incident, Refusal, Stage};
use crate::verbs::{Next, Verb};
use chrono::{DateTime, Utc};

/// What this person did last on an incident, with all that came of it, if it can be taken back as such.
pub fn last<'a>(
    incident: &'a Incident,
    name: &str,
    at: DateTime<Utc>,
    within: Duration,
) -> Result<Vec<&'a Deed>, Refusal> {
    let mut theirs = incident.room.deeds.iter().rev().filter(|deed| same_person(&deed.person, name)).peekable();
    let newest = theirs.peek().map(|deed| (deed.input, deed.at)).filter(|(_, done_at)| at < *done_at + within.delta());
    let Some((input, _)) = newest else {
        return Err(Refusal::NothingToUndo { incident: Some(incident.id), person: name.to_owned(), within });
    };
    let deeds: Vec<&Deed> = theirs.take_while(|deed| deed.input == input).collect();
    match deeds.iter().find_map(|deed| deed.undo.as_ref().err()) {
        Some(what) => Err(Refusal::Lasting { incident: incident.id, what: *what }),
        None => Ok(deeds),
    }
}

/// What takes it back: first that it is taken back, then how things are again.
pub fn undo(incident: &Incident, name: &str, at: DateTime<Utc>, within: Duration) -> Result<Vec<Fact>, Refusal> {
    let deeds = last(incident, name, at, within)?;
    here(incident)?;
    let mut facts: Vec<Fact> = deeds.iter().map(|deed| Fact::Retracted { entry: deed.entry }).collect();
    for deed in deeds {
        let Ok(undo) = &deed.undo else { continue };
        let moved_on = |because| Refusal::MovedOn { incident: incident.id, because };
        facts.extend(reverse(incident, deed, undo).map_err(moved_on)?);
    }
    Ok(facts)
}

// What makes it as it was; or why that is too late.
fn reverse(incident: &Incident, deed: &Deed, undo: &Undo) -> Result<Option<Fact>, String> {
    Ok(Some(match undo {
        Undo::Note | Undo::Ack => return Ok(None),
        Undo::Role { role, now, to } => role_back(incident, deed, (role, now, to.as_deref()))?,
        Undo::Offer { role } => offer_back(incident, deed, role)?,
        Undo::Severity { now, to, .. } => {
            goes_on(incident)?;
            let again = |other: &Deed| other.entry > deed.entry && matches!(other.undo, Ok(Undo::Severity { .. }));
            if incident.severity != *now || incident.room.deeds.iter().any(again) {
                return Err(format!("the severity changed since; it is {} now", incident.severity));
            }
            Fact::Severity { from: *now, to: *to, because: "taken back".to_owned(), next_by: None }
        }
        Undo::Part { part, text } => {
            if let Some(edition) = incident.room.editions.get(part).filter(|edition| edition.version != deed.entry) {
                return Err(format!("the {} was written by {} since", part.word(), edition.by));
            }
            Fact::Edited { part: *part, text: text.clone() }
        }
        Undo::Todo { todo, was_there } => {
            let known = incident.room.todos.iter().find(|known| known.number == *todo);
            let Some(known) = known else { return Err(format!("to-do {todo} is gone")) };
            match (was_there, &known.done) {
                (true, Some(_)) => Fact::TodoReopened { todo: *todo },
                (true, None) => return Err(format!("to-do {todo} is to be done again already")),
                (false, None) => Fact::TodoDropped { todo: *todo },
                (false, Some((_, by))) => return Err(format!("to-do {todo} was done by {by} since")),
            }
        }
        Undo::Reopen => reopened(incident, deed)?,
        Undo::Review { back } => {
            super::review::unchanged_since(incident, deed, back)?;
            Fact::Review(back.clone())
        }
        Undo::Follow { before: true } => Fact::Followed { person: deed.person.clone() },
        Undo::Follow { before: false } => Fact::Unfollowed { person: deed.person.clone() },
    }))
}

fn goes_on(incident: &Incident) -> Result<(), String> {
    if incident.stage.is_open() { Ok(()) } else { Err(format!("it is {} by now", incident.stage.word())) }
}

fn role_back(
    incident: &Incident,
    deed: &Deed,
    (role, now, to): (&RoleName, &str, Option<&str>),
) -> Result<Fact, String> {
    goes_on(incident)?;
    let holding = incident.roles.held.get(role);
    match holding {
        Some(holding) if holding.person == now && holding.since == deed.at => {}
        Some(holding) => return Err(format!("{} has been {}'s since", role.words(), holding.person)),
        None => return Err(format!("nobody is {} any more", role.words())),
    }
    Ok(match to {
        Some(person) => Fact::Assigned { role: role.clone(), person: person.to_owned(), from: Some(now.to_owned()) },
        None => Fact::Released { role: role.clone(), person: now.to_owned(), because: "taken back".to_owned() },
    })
}

fn offer_back(incident: &Incident, deed: &Deed, role: &RoleName) -> Result<Fact, String> {
    let offer = incident.roles.offers.get(role).filter(|offer| offer.at == deed.at);
    let Some(offer) = offer else { return Err("the offer has been answered, or is over".to_owned()) };
    let (from, to) = (offer.from.clone(), offer.to.clone());
    Ok(Fact::OfferEnded { role: role.clone(), from, to, end: OfferEnd::Withdrawn })
}

fn reopened(incident: &Incident, deed: &Deed) -> Result<Fact, String> {
    let because = match incident.stage {
        Stage::CalledOff { at, .. } if at == deed.at => "calling it off was a mistake",
        Stage::Resolved { at } if at == deed.at => "it was resolved by mistake",
        Stage::Suspected | Stage::Confirmed => return Err("it goes on already".to_owned()),
        Stage::CalledOff { .. } | Stage::Resolved { .. } | Stage::Merged { .. } => {
            return Err(format!("it went on since, and is {} again", incident.stage.word()));
        }
    };
    Ok(Fact::Reopened { because: because.to_owned(), confirmed: incident.confirmed_at.is_some(), next_by: None })
}

impl Lasting {
    /// Why it stays.
    pub fn words(self) -> &'static str {
        match self {
            Self::Declared => "everybody was told",
            Self::Confirmed => "everybody was told that it is real",
            Self::Updated => "everybody has read it",
            Self::Reopened => "everybody was told that it goes on",
            Self::HandedOver => "two people agreed on it",
            Self::Published => "it is on its way to the blog; publish another text, or take it out there",
            Self::Answered => "the offer is gone; ask for another one",
            Self::Merged => "alerts and receivers have moved; split its alerts off again",
            Self::Split => "alerts have moved, and everybody was told; merge the new incident into the old one",
            Self::Undid => "that was taking something back; do it again instead",
            Self::Decided => "say the opposite instead",
        }
    }

    /// What to type instead, on that incident.
    pub fn instead(self, incident: IncidentId) -> Option<Next> {
        Some(match self {
            Self::Declared | Self::Confirmed => {
                Next::on("if it was nothing", Verb::CallOff, incident).with("other \"why\"")
            }
            Self::Updated => Next::on("say what is right", Verb::Update, incident).with("\"…\""),
            Self::Reopened => Next::on("if it is over", Verb::Resolve, incident),
            Self::HandedOver => Next::on("hand it back", Verb::HandOver, incident).with("ROLE PERSON"),
            Self::Answered | Self::Published | Self::Merged | Self::Split | Self::Undid | Self::Decided => return None,
        })
    }
}

#[cfg(test)]
mod tests;
