//! The brief for whoever goes on with a role: how it stands, what was promised, what is to be done, who knows what.

use super::layout::Part;
use super::phrase::{clock, counts, lasted, next_update};
use super::plan::Scene;
use crate::incident::Incident;
use crate::incident::roles::{RoleName, same_person};
use crate::incident::room::{Part as Written, Todo};
use crate::policy::Policy;
use crate::text::clean_line;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// What somebody needs who goes on with a role.
pub fn brief(scene: &Scene<'_>, role: &RoleName) -> Vec<Part> {
    let incident = scene.incident;
    let mut parts = vec![Part::Field("State", state(scene))];
    let said = |name, text: &str| (!text.is_empty()).then(|| Part::Field(name, text.to_owned()));
    parts.extend(said("Summary", &incident.summary));
    parts.extend(said("Who is affected", &incident.impact));
    parts.extend(counts(&incident.tally).map(|counts| Part::Field("What we know", counts)));
    parts.extend(said("It is over when", &incident.room.exit_criteria));
    parts.extend(said("Links", &incident.room.links));
    if let Some(update) = &incident.last_update {
        parts.push(Part::Field("Last update", format!("{} ({})", update.text, clock(update.at, scene.at))));
    }
    parts.extend(promised(scene).map(|words| Part::Field("Promised", words)));
    parts.extend(list("To do:", to_do(incident)));
    parts.extend(list("Who knows what:", who_knows_what(incident, scene.at)));
    parts.extend(duties(scene.policy, role));
    parts
}

/// What a role has to do.
pub fn duties(policy: &Policy, role: &RoleName) -> Vec<Part> {
    let spec = policy.source.roles.iter().find(|spec| spec.name == *role);
    let duties = spec.map(|spec| spec.duties.clone()).unwrap_or_default();
    list(&format!("What {} does:", role.words()), duties).collect()
}

fn list(title: &str, lines: Vec<String>) -> impl Iterator<Item = Part> + use<> {
    let there = !lines.is_empty();
    [Part::Words(title.to_owned()), Part::List(lines)].into_iter().filter(move |_| there)
}

fn state(scene: &Scene<'_>) -> String {
    let incident = scene.incident;
    let times = match incident.reopened {
        0 => String::new(),
        1 => ", reopened once".to_owned(),
        times => format!(", reopened {times} times"),
    };
    format!("{} ({}), for {}{times}", incident.stage.word(), incident.severity, lasted(incident, scene.at))
}

fn promised(scene: &Scene<'_>) -> Option<String> {
    let by = next_update(scene.incident)?;
    let due = if by > scene.at { "the next update by" } else { "an update, which was due by" };
    let promises = &scene.incident.room.promises;
    let kept = match (promises.kept, promises.missed) {
        (0, 0) => String::new(),
        (kept, missed) => format!("; so far {kept} kept, {missed} missed"),
    };
    Some(format!("{due} {}{kept}", clock(by, scene.at)))
}

fn to_do(incident: &Incident) -> Vec<String> {
    incident.room.todos.iter().filter(|todo| todo.done.is_none()).map(todo_line).collect()
}

/// A to-do in one line.
pub fn todo_line(todo: &Todo) -> String {
    let owner = todo.owner.as_ref().map(|owner| format!(" ({owner})")).unwrap_or_default();
    format!("{}. {}{owner}", todo.number, clean_line(&todo.text, 300))
}

// Everybody of whom there was a sign, whoever was heard of last first: their roles, what they wrote and have to do.
fn who_knows_what(incident: &Incident, now: DateTime<Utc>) -> Vec<String> {
    let mut people: BTreeMap<&str, Option<DateTime<Utc>>> =
        incident.room.signs.iter().map(|(name, at)| (name.as_str(), Some(*at))).collect();
    for holding in incident.roles.held.values() {
        people.entry(&holding.person).or_default();
    }
    let mut people: Vec<_> = people.into_iter().collect();
    people.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
    people.into_iter().map(|(name, at)| one(incident, name, at, now)).collect()
}

fn one(incident: &Incident, name: &str, at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> String {
    let room = &incident.room;
    let roles = incident.roles.of(name).map(RoleName::words);
    let wrote = Written::ALL
        .into_iter()
        .filter(|part| room.editions.get(part).is_some_and(|edition| same_person(&edition.by, name)));
    let wrote = wrote.map(|part| format!("wrote the {}", part.word().replace('-', " ")));
    let theirs =
        |todo: &&Todo| todo.done.is_none() && todo.owner.as_deref().is_some_and(|owner| same_person(owner, name));
    let todos = room.todos.iter().filter(theirs).map(|todo| format!("has to-do {}", todo.number));
    let heard = match at {
        Some(at) => format!("last heard of at {}", clock(at, now)),
        None => "not heard of yet".to_owned(),
    };
    let known: Vec<String> = roles.chain(wrote).chain(todos).chain([heard]).collect();
    format!("{name}: {}", known.join(", "))
}
