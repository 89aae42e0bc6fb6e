//! Notices as the one status message that an Open Build Service shows of an incident: the newest words replace the others,
//! so each says by itself how things stand.

use super::NoticeKind;
use super::escape::safe_url;
use super::layout::{Message, Part, bounded};
use super::phrase::page_url;
use super::plan::{NewDelivery, Scene};
use super::telling::{About, Telling};
use crate::delivery::status::{MessageScope, MessageSeverity, Status, StatusAct};
use crate::delivery::{Content, Lane};
use crate::document::markdown::escaped;
use crate::incident::room::Part as RoomPart;
use crate::incident::{Fact, Incident, Stage};
use crate::policy::status_messages::{CalledOffMessage, StatusMessages};
use crate::policy::{ReceiverKind, ReceiverSpec};

/// What a telling becomes there, and in which lane; `None` if the message stays as it is.
pub fn shown<'a>(
    scene: &Scene<'_>,
    spec: &ReceiverSpec,
    telling: &Telling<'a>,
    lane: Lane,
    planned: &[NewDelivery],
) -> Option<(Telling<'a>, Lane)> {
    if !is_shown(telling.kind) {
        return None;
    }
    let rooted_now = planned.iter().any(|new| new.receiver == spec.name && new.lane == Lane::Root);
    match lane {
        Lane::Root => Some((*telling, lane)),
        // The first words of this step are written of how it stands after it; only what a person said is not in them.
        _ if rooted_now && scene.incident.stage.is_open() && !matches!(telling.about, About::Said { .. }) => None,
        // There is nothing any more to say it in.
        _ if !scene.incident.stage.is_open() && scene.incident.withdrawn.contains(&spec.name) => None,
        _ if telling.kind == NoticeKind::Published && is_withdrawn(scene, spec) => None,
        _ if scene.incident.stage.is_open() => Some((Telling { about: About::Board, ..*telling }, Lane::Put)),
        _ => Some((*telling, Lane::Put)),
    }
}

/// Receivers whose message goes in this step, because its incident has been over for long enough.
pub fn withdrawn<'a>(scene: &Scene<'a>) -> impl Iterator<Item = (&'a ReceiverSpec, u32)> {
    let policy = scene.policy;
    scene.entries.iter().filter_map(move |entry| match &entry.fact {
        Fact::Withdrawn { receiver } => Some((policy.receiver(receiver)?, entry.number)),
        _ => None,
    })
}

/// Whether somebody corrected what the message says, and nothing else of this step shows it.
pub fn is_edited(scene: &Scene<'_>, spec: &ReceiverSpec, planned: &[NewDelivery]) -> bool {
    let edited = |fact: &Fact| matches!(fact, Fact::Edited { part: RoomPart::Summary | RoomPart::Impact, .. });
    spec.kind == ReceiverKind::Obs
        && scene.incident.stage.is_open()
        && scene.entries.iter().any(|entry| edited(&entry.fact))
        && !planned.iter().any(|new| new.receiver == spec.name)
}

/// The message as it is to be.
pub fn content(scene: &Scene<'_>, spec: &ReceiverSpec, message: &Message) -> Content {
    let incident = scene.incident;
    let messages = messages(scene, spec);
    let (act, severity) = standing(incident, &spec.name, &messages);
    let text = format!(
        "**{}**

{}",
        markdown(&message.headline),
        bounded(&message.parts, paragraphs)
    );
    let mark = page_url(&scene.policy.source.external_url, incident);
    Status { act, severity, scope: messages.scope, mark, headline: message.headline.clone(), text }.content()
}

// Questions, roles and losses are for the team.
fn is_shown(kind: NoticeKind) -> bool {
    match kind {
        NoticeKind::Declared
        | NoticeKind::Updated
        | NoticeKind::Confirmed
        | NoticeKind::CalledOff
        | NoticeKind::Resolved
        | NoticeKind::Reopened
        | NoticeKind::Merged
        | NoticeKind::Published => true,
        NoticeKind::Role | NoticeKind::Prompt | NoticeKind::Post | NoticeKind::LossReport => false,
        NoticeKind::Board | NoticeKind::LastBoard => false,
    }
}

fn messages(scene: &Scene<'_>, spec: &ReceiverSpec) -> StatusMessages {
    scene.policy.source.status_messages.get(&spec.name).cloned().unwrap_or_default()
}

fn is_withdrawn(scene: &Scene<'_>, spec: &ReceiverSpec) -> bool {
    standing(scene.incident, &spec.name, &messages(scene, spec)).0 == StatusAct::Withdraw
}

/// What the message of a receiver is to be: whether it is shown, and how bad it looks.
pub fn standing(incident: &Incident, receiver: &str, messages: &StatusMessages) -> (StatusAct, MessageSeverity) {
    match incident.stage {
        _ if incident.withdrawn.contains(receiver) => (StatusAct::Withdraw, MessageSeverity::Green),
        // In a drill nothing is wrong, and nobody who only sees the colour shall think so.
        Stage::Suspected | Stage::Confirmed if incident.drill => (StatusAct::Show, MessageSeverity::Information),
        Stage::Suspected | Stage::Confirmed => (StatusAct::Show, messages.severity(incident.severity)),
        Stage::CalledOff { .. } if messages.called_off == CalledOffMessage::Withdraw => {
            (StatusAct::Withdraw, MessageSeverity::Green)
        }
        Stage::CalledOff { .. } | Stage::Resolved { .. } => (StatusAct::Show, MessageSeverity::Green),
        // The other message says how it goes on.
        Stage::Merged { .. } => (StatusAct::Show, MessageSeverity::Information),
    }
}

/// Whether a message of this scope reaches others than the team.
pub fn is_public(scope: MessageScope) -> bool {
    scope != MessageScope::AdminUsers
}

/// Parts as paragraphs of Markdown, to be read as they are, too.
pub fn paragraphs(parts: &[Part]) -> String {
    let paragraphs = parts.iter().map(|part| match part {
        Part::Words(text) | Part::Said(text) => markdown(text),
        Part::Field(name, value) => format!("**{name}:** {}", escaped_line(value)),
        Part::List(items) => {
            items.iter().map(|item| format!("- {}", escaped_line(item))).collect::<Vec<_>>().join("\n")
        }
        Part::Link(name, url) => match safe_url(url) {
            Some(url) => format!("{name}: <{url}>"),
            None => format!("{name}: {}", escaped_line(url)),
        },
        Part::Command(text) => format!("    {}", text.split_whitespace().collect::<Vec<_>>().join(" ")),
        Part::Ready(text) => broken(text.lines().map(str::to_owned)),
    });
    paragraphs.filter(|paragraph| !paragraph.trim().is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// Data as text: no markup, no link, no mention of a user.
pub fn markdown(data: &str) -> String {
    broken(data.lines().map(escaped_line))
}

// A line of ours is a line there: two blanks at its end say so.
fn broken(lines: impl Iterator<Item = String>) -> String {
    let lines: Vec<String> = lines.collect();
    let ends = |at: usize| lines.get(at + 1).is_none_or(|next| next.trim().is_empty()) || lines[at].trim().is_empty();
    let line = |(at, line): (usize, &String)| format!("{}{}", line.trim_end(), if ends(at) { "" } else { "  " });
    lines.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
}

// `@name` is a link to a user there, whatever stands before it; as an entity it is a letter.
fn escaped_line(data: &str) -> String {
    escaped(data).replace('@', "&#64;")
}

#[cfg(test)]
mod tests {
    use super::{markdown, paragraphs};
    use crate::notice::layout::Part;

    #[test]
    fn data_is_no_markup_link_or_mention() {
        let data = "# **all** <b>gone</b> @adrian\n[x](https://evil.example)\n\n- node_exporter_down";
        assert_eq!(
            markdown(data),
            "\\# \\*\\*all\\*\\* \\<b\\>gone\\</b\\> &#64;adrian  \n\\[x\\](https\\://evil.example)\n\n\\- node_exporter_down"
        );
    }

    #[test]
    fn parts_are_paragraphs_that_read_well_raw() {
        let parts = [
            Part::Words("There is a service disruption.".to_owned()),
            Part::Field("Who is affected", "All users\nof *everything*".to_owned()),
            Part::Said(String::new()),
            Part::List(vec!["one".to_owned(), "two".to_owned()]),
            Part::Link("Follow it here", "https://bell.example.org/incidents/42".to_owned()),
            Part::Link("No link", "javascript:alert(1)".to_owned()),
        ];
        assert_eq!(
            paragraphs(&parts),
            "There is a service disruption.\n\n**Who is affected:** All users of \\*everything\\*\n\n- one\n- two\n\n\
             Follow it here: <https://bell.example.org/incidents/42>\n\nNo link: javascript:alert(1)"
        );
    }
}
