//! Notices about what is to be written, or to be better, afterwards.

use super::layout::{Message, Part, show_plainly};
use super::phrase::clock;
use super::plan::Scene;
use super::webhook;
use crate::delivery::Content;
use crate::directory::Directory;
use crate::ids::IncidentId;
use crate::incident::Incident;
use crate::incident::review::{Action, Reminder};
use crate::incident::roles::{COMMUNICATIONS, MANAGER};
use crate::policy::{Policy, ReceiverKind, ReceiverSpec};
use crate::text::{clean_line, counted};
use chrono::{DateTime, Utc};

/// Whoever is reminded of a post mortem, if anybody has that role.
pub fn addressed(incident: &Incident, whom: Reminder) -> Option<&str> {
    match whom {
        Reminder::Writer => incident.roles.responsible(COMMUNICATIONS),
        Reminder::Manager => incident.roles.holder(MANAGER),
    }
}

/// Its post mortem is due then, or was.
pub fn due(scene: &Scene<'_>, whom: Reminder, due: DateTime<Utc>) -> Vec<Part> {
    let number = scene.incident.id.0;
    let name = addressed(scene.incident, whom).map(|name| format!("{name}: ")).unwrap_or_default();
    let the = if name.is_empty() { "The" } else { "the" };
    let by = clock(due, scene.at);
    let words = match whom {
        Reminder::Writer if due > scene.at => format!("{name}{the} post mortem is due by {by}."),
        Reminder::Writer => format!("{name}{the} post mortem was due by {by}."),
        Reminder::Manager => {
            format!("{name}{the} post mortem was due by {by}, and is not published. Nobody is reminded after this.")
        }
    };
    vec![
        Part::Words(words),
        Part::Words("What is known is written already; add what only people know:".to_owned()),
        Part::Command(format!("earlybell postmortem edit {number}")),
        Part::Words("If none is needed, say why:".to_owned()),
        Part::Command(format!("earlybell incident waive {number} \"…\"")),
    ]
}

/// An action item that is late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Late {
    /// Of which incident.
    pub incident: IncidentId,
    /// What people call that.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What it is.
    pub action: Action,
}

/// Most action items named in one notice; the others are counted.
const LATE_NAMED_MAX: usize = 30;

/// Action items that are late, whatever incidents they are of: one notice that stands alone.
pub fn late(
    spec: &ReceiverSpec,
    all: &[Late],
    policy: &Policy,
    (directory, at): (&Directory, DateTime<Utc>),
) -> Content {
    let are = if all.len() == 1 { "is" } else { "are" };
    let headline = format!("{} {are} late", counted(all.len() as u64, "action item"));
    let more = all.len().saturating_sub(LATE_NAMED_MAX);
    let more = (more > 0).then(|| format!("and {more} more"));
    let lines = all.iter().take(LATE_NAMED_MAX).map(|late| line(late, directory, at)).chain(more).collect();
    let first = all.first().map_or((0, 0), |late| (late.incident.0, late.action.number));
    let parts = vec![
        Part::List(lines),
        Part::Words("Do them, give them another day, or say why they will not be done:".to_owned()),
        Part::Command(format!("earlybell incident action-done {} {}", first.0, first.1)),
        Part::Link("All of them", format!("{}/actions", policy.source.external_url.trim_end_matches('/'))),
    ];
    let mut message = Message { headline, icon: "hourglass", parts };
    message.spell(&policy.spelling(&spec.name));
    // It is about more than one incident.
    let content = show_plainly(spec.kind, &message);
    match spec.kind {
        ReceiverKind::Webhook => webhook::actions_late(at, content),
        _ => content,
    }
}

// `INC-42 action 3: Alert on full disks (carla, by 2026-12-01, 6 days late)`.
fn line(late: &Late, directory: &Directory, at: DateTime<Utc>) -> String {
    let Late { name, action, .. } = late;
    let item = &action.item;
    let gone = |owner: &&String| !directory.people.is_empty() && directory.known_as(owner).is_none();
    let owner = item.owner.as_ref().map(|owner| match Some(owner).filter(gone) {
        Some(_) => format!("{owner}, who is not among the people any more"),
        None => owner.clone(),
    });
    let owner = owner.unwrap_or_else(|| "nobody has it".to_owned());
    let days = item.due.map_or(0, |due| (at.date_naive() - due).num_days().max(1));
    let by = item.due.map(|due| format!(", by {due}")).unwrap_or_default();
    let text = clean_line(&item.text, 300);
    format!("{name} action {}: {text} ({owner}{by}, {} late)", action.number, counted(days.unsigned_abs(), "day"))
}
