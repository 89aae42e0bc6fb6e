//! What an act changed about an incident: its fields as short texts, before and after.

use super::{CHANGES_MAX, Difference};
use crate::ids::IncidentId;
use crate::incident::review::ActionItem;
use crate::incident::room::{Part, Todo};
use crate::incident::{Incident, Stage};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// What is different; `before` is `None` for an incident that was not there. Fields of another incident than the one
/// that the act named say of which.
pub fn diff(before: Option<&Incident>, after: &Incident, named: Option<IncidentId>) -> Vec<Difference> {
    let was = before.map(fields).unwrap_or_default();
    let is = fields(after);
    let other = if named == Some(after.id) { String::new() } else { format!("{} ", after.id) };
    let mut names: Vec<&String> = was.keys().chain(is.keys()).collect();
    names.sort();
    names.dedup();
    let mut changes = Vec::new();
    for name in names {
        let text = |fields: &BTreeMap<String, String>| fields.get(name).cloned().unwrap_or_default();
        let (before, after) = (text(&was), text(&is));
        if before != after {
            changes.push(Difference::new(&format!("{other}{name}"), &before, &after));
        }
    }
    changes
}

/// Cuts to [`CHANGES_MAX`]; the last one says how many were left out.
pub fn cut(mut changes: Vec<Difference>) -> Vec<Difference> {
    let more = changes.len().saturating_sub(CHANGES_MAX);
    if more > 0 {
        changes.truncate(CHANGES_MAX - 1);
        changes.push(Difference::new("more", "", &format!("{} more changes", more + 1)));
    }
    changes
}

// Every field of an incident that an act can change, under the name people know it by. Empty ones are left out.
fn fields(incident: &Incident) -> BTreeMap<String, String> {
    let mut fields = Fields::default();
    fields.put("stage", stage(&incident.stage));
    fields.put("title", incident.title.clone());
    fields.put("severity", incident.severity.word().to_owned());
    fields.put("receivers", incident.receivers.join(", "));
    fields.put("drill", if incident.drill { "yes".to_owned() } else { String::new() });
    // What was noted or said is in the timeline, and how long that is, here.
    fields.put("entries", incident.entries.to_string());
    for part in Part::ALL {
        fields.put(part.word(), incident.part(part).to_owned());
    }
    if let Some(update) = &incident.last_update {
        fields.put("update", update.text.clone());
        fields.put("promise", update.next_by.map(time).unwrap_or_default());
    }
    roles(incident, &mut fields);
    room(incident, &mut fields);
    review(incident, &mut fields);
    fields.0
}

fn roles(incident: &Incident, fields: &mut Fields) {
    for (role, holding) in &incident.roles.held {
        fields.put(&format!("role {role}"), holding.person.clone());
    }
    for (role, opened) in &incident.roles.open {
        fields.put(&format!("role {role} open to anyone"), opened.because.clone());
    }
    for (role, offer) in &incident.roles.offers {
        let until = time(offer.expires_at);
        fields.put(&format!("hand-over of {role}"), format!("{} to {}, until {until}", offer.from, offer.to));
    }
}

fn room(incident: &Incident, fields: &mut Fields) {
    let room = &incident.room;
    for todo in &room.todos {
        fields.put(&format!("to-do {}", todo.number), todo_text(todo));
    }
    for person in &room.followers {
        fields.put(&format!("follows {person}"), "yes".to_owned());
    }
    for (person, at) in &room.acknowledged {
        fields.put(&format!("seen by {person}"), time(*at));
    }
    for entry in &room.retracted {
        fields.put(&format!("entry {entry}"), "taken back".to_owned());
    }
    for member in &room.members {
        fields.put(&format!("includes {}", member.incident), "yes".to_owned());
    }
    for id in &room.split_into {
        fields.put(&format!("split off as {id}"), "yes".to_owned());
    }
    if !room.took.is_empty() {
        let alerts: Vec<String> = room.took.iter().flat_map(|took| &took.alerts).map(ToString::to_string).collect();
        fields.put("alerts taken along", alerts.join(", "));
    }
}

fn review(incident: &Incident, fields: &mut Fields) {
    let review = &incident.review;
    for (name, written) in &review.sections {
        fields.put(&format!("section {name}"), written.text.clone());
    }
    for (entry, shown) in &review.shown {
        fields.put(&format!("entry {entry} in the post mortem"), shown.word().to_owned());
    }
    for (entry, correction) in &review.corrected {
        fields.put(&format!("words of entry {entry}"), correction.text.clone());
    }
    for action in &review.actions {
        let ActionItem { text, owner, due, link } = &action.item;
        let owner = owner.as_ref().map(|owner| format!(" ({owner})")).unwrap_or_default();
        let due = due.map(|due| format!(", by {due}")).unwrap_or_default();
        let link = link.as_ref().map(|link| format!(", {link}")).unwrap_or_default();
        fields.put(&format!("action {}", action.number), format!("{text}{owner}{due}{link}, {}", action.state()));
    }
    fields.put("post mortem asked for", review.asked_at.map(time).unwrap_or_default());
    fields.put("post mortem waived", review.waived.as_ref().map(|it| it.because.clone()).unwrap_or_default());
}

fn stage(stage: &Stage) -> String {
    match stage {
        Stage::Suspected | Stage::Confirmed | Stage::Resolved { .. } => stage.word().to_owned(),
        Stage::CalledOff { code, reason, .. } => format!("called off ({code}): {reason}"),
        Stage::Merged { into, .. } => format!("merged into {into}"),
    }
}

fn todo_text(todo: &Todo) -> String {
    let owner = todo.owner.as_ref().map(|owner| format!(" ({owner})")).unwrap_or_default();
    let done = todo.done.as_ref().map(|(at, by)| format!(", done by {by} at {}", time(*at))).unwrap_or_default();
    format!("{}{owner}{done}", todo.text)
}

fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[derive(Default)]
struct Fields(BTreeMap<String, String>);

impl Fields {
    fn put(&mut self, name: &str, value: String) {
        if !value.is_empty() {
            self.0.insert(name.to_owned(), value);
        }
    }
}
