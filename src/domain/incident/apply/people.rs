//! What people do to roles and to the room of an incident.

use super::deeds::{self, Undoes};
use crate::incident::promise::{Promise, keeps};
use crate::incident::roles::{Holding, MANAGER, Offer, Opened, RoleName, same_person};
use crate::incident::room::{CalledOffWith, Deed, Edition, Lasting, Part, Prompt, Room, Todo};
use crate::incident::{Entry, Fact, Incident};
use chrono::{DateTime, Utc};

/// The room as a declaration leaves it.
pub fn room_of(entry: &Entry) -> Room {
    let mut room = Room::default();
    if let Some(name) = entry.actor.name() {
        room.signs.insert(name.to_owned(), entry.at);
        let undo = Err(Lasting::Declared);
        let person = name.to_owned();
        room.deeds.push(Deed { person, at: entry.at, input: entry.input, entry: entry.number, undo });
    }
    promise(&mut room, entry);
    room
}

/// What one more entry does.
pub fn apply(incident: &mut Incident, entry: &Entry) -> Undoes {
    let mut undoes = Undoes::Nothing;
    if let Some(name) = entry.actor.name() {
        undoes = deeds::note(incident, entry, name);
        show_sign(incident, name, entry.at);
    }
    roles(incident, entry);
    room(incident, entry);
    parts(incident, entry);
    promise(&mut incident.room, entry);
    undoes
}

// Whoever is heard of again keeps their roles.
fn show_sign(incident: &mut Incident, name: &str, at: DateTime<Utc>) {
    incident.room.signs.insert(name.to_owned(), at);
    let held = &incident.roles.held;
    incident.roles.open.retain(|role, _| held.get(role).is_none_or(|holding| !same_person(&holding.person, name)));
}

fn roles(incident: &mut Incident, entry: &Entry) {
    match &entry.fact {
        Fact::Taken { role, person, .. } | Fact::Assigned { role, person, .. } => {
            hold(incident, role, person, entry.at)
        }
        Fact::HandedOver { role, to, .. } => hold(incident, role, to, entry.at),
        Fact::Offered { role, from, to, expires_at } => {
            let offer = Offer { from: from.clone(), to: to.clone(), at: entry.at, expires_at: *expires_at };
            incident.roles.offers.insert(role.clone(), offer);
        }
        Fact::OfferEnded { role, .. } => drop(incident.roles.offers.remove(role)),
        Fact::Released { role, .. } => {
            incident.roles.held.remove(role);
            incident.roles.open.remove(role);
            if role.0 == MANAGER {
                incident.roles.unclaimed_since = Some(entry.at);
            }
        }
        Fact::RoleOpen { role, because, times, .. } => {
            let opened = incident.roles.open.get(role).map_or(entry.at, |opened| opened.since);
            let opened = Opened { since: opened, said_at: entry.at, times: *times, because: because.clone() };
            incident.roles.open.insert(role.clone(), opened);
        }
        Fact::Reopened { .. } if incident.roles.manager().is_none() => {
            incident.roles.unclaimed_since = Some(entry.at);
        }
        // Who held what stays as it was; nothing else about roles goes on.
        Fact::CalledOff { .. } | Fact::Resolved { .. } | Fact::MergedInto { .. } => {
            incident.roles.offers.clear();
            incident.roles.open.clear();
        }
        _ => {}
    }
    // Nobody can hand over what is not theirs any more.
    let mut offers = std::mem::take(&mut incident.roles.offers);
    offers.retain(|role, offer| incident.roles.responsible(&role.0) == Some(&offer.from));
    incident.roles.offers = offers;
}

fn hold(incident: &mut Incident, role: &RoleName, person: &str, since: DateTime<Utc>) {
    incident.roles.held.insert(role.clone(), Holding { person: person.to_owned(), since });
    incident.roles.open.remove(role);
    incident.roles.offers.remove(role);
    if role.0 == MANAGER {
        incident.roles.unclaimed_since = None;
    }
}

fn room(incident: &mut Incident, entry: &Entry) {
    let by = || entry.actor.name().unwrap_or("earlybell").to_owned();
    let room = &mut incident.room;
    match &entry.fact {
        Fact::Edited { part, text } => {
            *text_of_mut(incident, *part) = text.clone();
            written(&mut incident.room, *part, entry, by());
        }
        Fact::Updated { impact: Some(_), .. } => written(room, Part::Impact, entry, by()),
        Fact::Acknowledged { .. } => drop(room.acknowledged.entry(by()).or_insert(entry.at)),
        Fact::Prompted { prompts } => room.prompted.extend(prompts.iter().map(|prompt| (*prompt, entry.at))),
        Fact::TodoAdded { todo, text, owner } => {
            room.todos_ever = room.todos_ever.max(*todo);
            let (text, owner) = (text.clone(), owner.clone());
            room.todos.push(Todo { number: *todo, text, owner, by: by(), at: entry.at, done: None });
        }
        Fact::TodoDone { todo } => with_todo(room, *todo, |todo| todo.done = Some((entry.at, by()))),
        Fact::TodoReopened { todo } => with_todo(room, *todo, |todo| todo.done = None),
        Fact::TodoDropped { todo } => room.todos.retain(|known| known.number != *todo),
        Fact::Followed { person } => drop(room.followers.insert(person.clone())),
        Fact::Unfollowed { person } => drop(room.followers.remove(person)),
        Fact::Retracted { entry } => deeds::retract(incident, *entry),
        _ => {}
    }
}

// Incidents that become one, and one that becomes two.
fn parts(incident: &mut Incident, entry: &Entry) {
    let room = &mut incident.room;
    match &entry.fact {
        Fact::Absorbed { receivers, members, took, first_alert_at, .. } => {
            for name in receivers.iter().filter(|name| !incident.receivers.contains(name)) {
                room.joined.insert(name.clone(), entry.number);
            }
            incident
                .receivers
                .extend(room.joined.iter().filter(|(_, at)| **at == entry.number).map(|(name, _)| name.clone()));
            room.members.extend(members.iter().cloned());
            room.took.extend(took.iter().cloned());
            incident.first_alert_at = incident.first_alert_at.into_iter().chain(*first_alert_at).min();
        }
        Fact::SplitOff { into, .. } => drop(room.split_into.insert(*into)),
        Fact::SplitFrom { from, took } => {
            room.split_from = Some(*from);
            room.took.push(took.clone());
        }
        Fact::TargetCalledOff { code, .. } => {
            room.called_off_with = Some(CalledOffWith { code: *code, by: entry.actor.clone() });
        }
        Fact::TargetReopened { .. } => room.called_off_with = None,
        _ => {}
    }
}

// What was promised, and what became of it. A promise that another one replaces before its time is neither kept nor missed,
// unless people said something.
fn promise(room: &mut Room, entry: &Entry) {
    let promises = &mut room.promises;
    let made = |by: &Option<DateTime<Utc>>| by.map(|by| Promise { made_at: entry.at, by });
    match &entry.fact {
        Fact::Declared { next_by, .. } | Fact::Confirmed { next_by, .. } | Fact::Reopened { next_by, .. } => {
            promises.promised = made(next_by);
        }
        Fact::Severity { next_by: next_by @ Some(_), .. } => promises.promised = made(next_by),
        Fact::Updated { next_by, promised, .. } => {
            promises.kept += u32::from(keeps(*promised, entry.at));
            promises.promised = made(next_by);
        }
        Fact::PromiseMissed { by } => {
            promises.missed += 1;
            promises.missed_by = Some(*by);
            promises.missed_at = Some(entry.at);
        }
        Fact::Prompted { prompts } if prompts.contains(&Prompt::Promise) => {
            promises.reminded_of = promises.promised.map(|promise| promise.by);
        }
        _ => {}
    }
}

fn written(room: &mut Room, part: Part, entry: &Entry, by: String) {
    room.editions.insert(part, Edition { version: entry.number, by, at: entry.at });
}

fn with_todo(room: &mut Room, number: u32, change: impl FnOnce(&mut Todo)) {
    if let Some(todo) = room.todos.iter_mut().find(|todo| todo.number == number) {
        change(todo);
    }
}

fn text_of_mut(incident: &mut Incident, part: Part) -> &mut String {
    match part {
        Part::Summary => &mut incident.summary,
        Part::Impact => &mut incident.impact,
        Part::ExitCriteria => &mut incident.room.exit_criteria,
        Part::Links => &mut incident.room.links,
    }
}
