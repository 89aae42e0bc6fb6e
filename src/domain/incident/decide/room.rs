//! What people do in the room of an incident: parts of the document, to-dos, following. After its end, too: a post mortem is
//! written then.

pub mod links;
#[cfg(test)]
mod tests;

use super::{TEXT_BYTES_MAX, already, here, open, optional, required, words};
use crate::incident::room::{FOLLOWERS_MAX, Part, TODOS_MAX};
use crate::incident::{Act, Actor, Fact, Incident, Refusal};
use crate::text::clean_line;

/// Longest text of a to-do, in bytes.
pub const TODO_BYTES_MAX: usize = 1024;
/// Longest name of who does it, in bytes.
pub const OWNER_BYTES_MAX: usize = 100;

/// What it leads to.
pub fn decide(incident: &Incident, actor: &Actor, act: &Act) -> Result<Vec<Fact>, Refusal> {
    here(incident)?;
    let name = actor.name().ok_or_else(|| words("person", "is missing; this is for people"))?;
    let fact = match act {
        Act::Ack { text } => ack(incident, name, text)?,
        Act::Edit { part, text, version } => edit(incident, *part, text, *version)?,
        Act::Todo { text, owner } => todo(incident, text, owner.as_deref())?,
        Act::Done { todo } => done(incident, *todo)?,
        Act::Follow => follow(incident, name)?,
        Act::Unfollow => unfollow(incident, name)?,
        Act::Declare { .. }
        | Act::Take { .. }
        | Act::Assign { .. }
        | Act::HandOver { .. }
        | Act::Accept { .. }
        | Act::Decline { .. }
        | Act::Confirm { .. }
        | Act::Update { .. }
        | Act::Note { .. }
        | Act::Undo
        | Act::Publish { .. }
        | Act::Review(_)
        | Act::Merge { .. }
        | Act::Split { .. }
        | Act::Severity { .. }
        | Act::CallOff { .. }
        | Act::Resolve { .. }
        | Act::Adopt { .. }
        | Act::Reopen { .. } => return Err(words("verb", "is decided elsewhere")),
    };
    Ok(vec![fact])
}

fn ack(incident: &Incident, name: &str, text: &str) -> Result<Fact, Refusal> {
    open(incident)?;
    let text = optional("text", text)?;
    if text.is_empty() && incident.room.acknowledged.contains_key(name) {
        return Err(already(incident, &format!("seen by {name}")));
    }
    Ok(Fact::Acknowledged { text })
}

fn edit(incident: &Incident, part: Part, text: &str, version: Option<u32>) -> Result<Fact, Refusal> {
    let text = if text.trim().is_empty() { String::new() } else { required(part.word(), text, TEXT_BYTES_MAX)? };
    let text = if part == Part::Links { links::checked(&text)? } else { text };
    let theirs = incident.part(part);
    // Whoever wrote it first: it says what was meant.
    if theirs == text {
        return Err(already(incident, &format!("like that in its {}", part.word())));
    }
    let edition = incident.room.editions.get(&part);
    let known = edition.map_or(0, |edition| edition.version);
    if version.is_some_and(|version| version != known) {
        return Err(Refusal::Conflict {
            incident: incident.id,
            part,
            version: known,
            theirs: theirs.to_owned(),
            yours: text,
            by: edition.map(|edition| edition.by.clone()),
            at: edition.map(|edition| edition.at),
        });
    }
    Ok(Fact::Edited { part, text })
}

fn todo(incident: &Incident, text: &str, owner: Option<&str>) -> Result<Fact, Refusal> {
    let text = required("text", &clean_line(text, usize::MAX), TODO_BYTES_MAX)?;
    let owner = owner.filter(|owner| !owner.trim().is_empty());
    let owner = owner.map(|owner| required("owner", &clean_line(owner, usize::MAX), OWNER_BYTES_MAX)).transpose()?;
    if incident.room.todos.len() >= TODOS_MAX {
        return Err(words("to-dos", &format!("are {TODOS_MAX}, and no more fit; write it into the summary")));
    }
    Ok(Fact::TodoAdded { todo: incident.room.todos_ever + 1, text, owner })
}

fn done(incident: &Incident, number: u32) -> Result<Fact, Refusal> {
    let todos = &incident.room.todos;
    match todos.iter().find(|todo| todo.number == number) {
        Some(todo) if todo.done.is_some() => Err(already(incident, &format!("done with to-do {number}"))),
        Some(_) => Ok(Fact::TodoDone { todo: number }),
        None => {
            let open = todos.iter().filter(|todo| todo.done.is_none());
            let open = open.map(|todo| format!("{} ({})", todo.number, clean_line(&todo.text, 60))).collect();
            Err(Refusal::NoTodo { incident: incident.id, todo: number, open })
        }
    }
}

fn follow(incident: &Incident, name: &str) -> Result<Fact, Refusal> {
    let followers = &incident.room.followers;
    if followers.contains(name) {
        return Err(already(incident, &format!("followed by {name}")));
    }
    if followers.len() >= FOLLOWERS_MAX {
        return Err(words("followers", &format!("are {FOLLOWERS_MAX}, and no more fit; read along where it is told")));
    }
    Ok(Fact::Followed { person: name.to_owned() })
}

fn unfollow(incident: &Incident, name: &str) -> Result<Fact, Refusal> {
    if incident.room.followers.contains(name) {
        return Ok(Fact::Unfollowed { person: name.to_owned() });
    }
    Err(already(incident, &format!("unfollowed by {name}")))
}
