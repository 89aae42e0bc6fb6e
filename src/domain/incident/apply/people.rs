//! What people do to roles and to the room of an incident.

use crate::incident::roles::{Holding, MANAGER, Offer, Opened, RoleName};
use crate::incident::room::{DEEDS_MAX, Deed, Edition, Part, Room, Todo, Undo};
use crate::incident::{Entry, Fact, Incident};
use chrono::{DateTime, Utc};

/// The room as a declaration leaves it.
pub fn room_of(entry: &Entry) -> Room {
    let mut room = Room::default();
    if let Some(name) = entry.actor.name() {
        room.signs.insert(name.to_owned(), entry.at);
        room.deeds.push(Deed { person: name.to_owned(), at: entry.at, entry: entry.number, undo: None });
    }
    room
}

/// What one more entry does.
pub fn apply(incident: &mut Incident, entry: &Entry) {
    if let Some(name) = entry.actor.name() {
        let deed =
            Deed { person: name.to_owned(), at: entry.at, entry: entry.number, undo: undo_of(incident, entry, name) };
        if incident.room.deeds.len() == DEEDS_MAX {
            incident.room.deeds.remove(0);
        }
        incident.room.deeds.push(deed);
        show_sign(incident, name, entry.at);
    }
    roles(incident, entry);
    room(incident, entry);
}

// Whoever is heard of again keeps their roles.
fn show_sign(incident: &mut Incident, name: &str, at: DateTime<Utc>) {
    incident.room.signs.insert(name.to_owned(), at);
    let held = &incident.roles.held;
    incident.roles.open.retain(|role, _| held.get(role).is_none_or(|holding| holding.person != name));
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
            incident.roles.open.clear();
        }
        _ => {}
    }
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
        Fact::Updated { impact, promised, .. } => {
            if promised.is_some_and(|by| entry.at <= by) {
                room.promises.kept += 1;
            }
            if impact.is_some() {
                written(room, Part::Impact, entry, by());
            }
        }
        Fact::PromiseMissed { by } => {
            room.promises.missed += 1;
            room.promises.missed_by = Some(*by);
        }
        Fact::Acknowledged { .. } => room.acknowledged.extend([(by(), entry.at)]),
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
        Fact::Retracted { entry } => drop(room.retracted.insert(*entry)),
        Fact::Absorbed { from, stands_for, .. } => {
            room.merged.insert(*from);
            room.stands_for.extend(stands_for.iter().cloned());
        }
        Fact::SplitOff { alerts, .. } => room.split_off.extend(alerts.iter().copied()),
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

// What would take it back, seen from before it.
fn undo_of(incident: &Incident, entry: &Entry, person: &str) -> Option<Undo> {
    match &entry.fact {
        Fact::Taken { role, from, .. } | Fact::Assigned { role, from, .. } => {
            Some(Undo::Role { role: role.clone(), to: from.clone() })
        }
        Fact::Offered { role, .. } => Some(Undo::Offer { role: role.clone() }),
        Fact::Severity { from, .. } => Some(Undo::Severity { to: *from }),
        Fact::Edited { part, .. } => Some(Undo::Part { part: *part, text: incident.part(*part).to_owned() }),
        Fact::Noted { .. } | Fact::Acknowledged { .. } => Some(Undo::Entry { number: entry.number }),
        Fact::TodoAdded { todo, .. } => Some(Undo::Todo { todo: *todo, was_there: false }),
        Fact::TodoDone { todo } => Some(Undo::Todo { todo: *todo, was_there: true }),
        Fact::CalledOff { .. } | Fact::Resolved { .. } => Some(Undo::Reopen),
        Fact::Followed { .. } | Fact::Unfollowed { .. } => {
            Some(Undo::Follow { before: incident.room.followers.contains(person) })
        }
        _ => None,
    }
}
