//! What people keep about an incident beside its timeline: parts with their versions, to-dos, who saw it, who follows, and which
//! incidents it came from or became.

use super::Audience;
use crate::ids::IncidentId;
use crate::incident::decide::room::links::{Link, links};
use crate::incident::room::{Part, Room, Todo};
use crate::incident::{Incident, Stage};
use crate::notice::phrase::incident_url;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::BTreeMap;

/// What people keep, for a reader.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RoomLines {
    /// When it is over, one criterion a line; may be empty.
    pub exit_criteria: String,
    /// Dashboards, tickets, command posts; for the team.
    pub links: Vec<LinkLine>,
    /// To-dos, open ones first; for the team.
    pub todos: Vec<TodoLine>,
    /// When each part was last written, by its word: what an edit is checked against. For the team.
    pub versions: BTreeMap<&'static str, VersionLine>,
    /// Who has seen it, first ones first; for the team.
    pub seen_by: Vec<SeenLine>,
    /// Who hears of it personally; for the team.
    pub followers: Vec<String>,
    /// The incident that it is part of.
    pub part_of: Option<Pointer>,
    /// Incidents that are part of it; for the team.
    pub parts: Vec<Pointer>,
    /// The incident that it was split off; for the team.
    pub split_from: Option<Pointer>,
    /// Incidents that some of its alerts became; for the team.
    pub split_into: Vec<Pointer>,
}

/// One line of the links.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkLine {
    /// In words.
    pub label: String,
    /// Where it leads: `http` or `https`, nothing else.
    pub url: String,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TodoLine {
    /// Its number, for `done`.
    pub number: u32,
    /// What.
    pub text: String,
    /// Who does it, if anyone said so.
    pub owner: Option<String>,
    /// Who added it.
    pub by: String,
    /// When it was done.
    pub done_at: Option<DateTime<Utc>>,
    /// By whom.
    pub done_by: Option<String>,
}

/// When a part was last written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VersionLine {
    /// What an edit names, so that it overwrites nothing it has not seen.
    pub version: u32,
    /// By whom.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Somebody who has seen it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeenLine {
    /// Who.
    pub person: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Another incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pointer {
    /// `INC-43`.
    pub id: String,
    /// 43.
    pub number: u64,
    /// Its page.
    pub url: String,
}

impl RoomLines {
    /// Of this incident, for this reader: the public sees the exit criteria, and where a merged incident goes on.
    pub fn of(incident: &Incident, external_url: &str, audience: Audience) -> Self {
        let room = &incident.room;
        let pointer = |id: IncidentId| Pointer::to(id, external_url);
        let part_of = match incident.stage {
            Stage::Merged { into, .. } => Some(pointer(into)),
            Stage::Suspected | Stage::Confirmed | Stage::CalledOff { .. } | Stage::Resolved { .. } => None,
        };
        let public = Self { exit_criteria: room.exit_criteria.clone(), part_of, ..Self::default() };
        match audience {
            Audience::Public => public,
            Audience::Team => Self {
                links: links(&room.links).map(LinkLine::of).collect(),
                todos: todos(&room.todos),
                versions: versions(room),
                seen_by: seen_by(room),
                followers: room.followers.iter().cloned().collect(),
                parts: room.members.iter().map(|member| pointer(member.incident)).collect(),
                split_from: room.split_from.map(pointer),
                split_into: room.split_into.iter().copied().map(pointer).collect(),
                ..public
            },
        }
    }

    /// The version of a part; 0 before anybody wrote it.
    pub fn version(&self, part: Part) -> u32 {
        self.versions.get(part.word()).map_or(0, |line| line.version)
    }
}

impl LinkLine {
    fn of(link: Link<'_>) -> Self {
        Self { label: link.label.to_owned(), url: link.url.to_owned() }
    }
}

impl Pointer {
    fn to(incident: IncidentId, external_url: &str) -> Self {
        Self { id: incident.to_string(), number: incident.0, url: incident_url(external_url, incident) }
    }
}

fn todos(todos: &[Todo]) -> Vec<TodoLine> {
    let mut lines: Vec<TodoLine> = todos.iter().map(todo).collect();
    lines.sort_by_key(|line| line.done_at.is_some());
    lines
}

fn todo(todo: &Todo) -> TodoLine {
    TodoLine {
        number: todo.number,
        text: todo.text.clone(),
        owner: todo.owner.clone(),
        by: todo.by.clone(),
        done_at: todo.done.as_ref().map(|(at, _)| *at),
        done_by: todo.done.as_ref().map(|(_, by)| by.clone()),
    }
}

fn versions(room: &Room) -> BTreeMap<&'static str, VersionLine> {
    let line = |part: &Part| {
        let edition = room.editions.get(part)?;
        Some((part.word(), VersionLine { version: edition.version, by: edition.by.clone(), at: edition.at }))
    };
    Part::ALL.iter().filter_map(line).collect()
}

fn seen_by(room: &Room) -> Vec<SeenLine> {
    let mut lines: Vec<SeenLine> =
        room.acknowledged.iter().map(|(person, at)| SeenLine { person: person.clone(), at: *at }).collect();
    lines.sort_by_key(|line| line.at);
    lines
}
