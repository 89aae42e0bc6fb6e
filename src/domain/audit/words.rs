//! What was asked for, in a line: the verb and what was said with it, cut where it is long.

use super::{TEXT_BYTES_MAX, canonical};
use crate::alert::Pairs;
use crate::ids::AlertId;
use crate::incident::Act;
use crate::incident::act::{DueDate, ReviewAct};
use crate::text;
use crate::verbs::Verb;
use std::fmt::Write;

// How much of a cut text is kept; the rest of `TEXT_BYTES_MAX` says how long it was, and its hash.
const KEPT_BYTES_MAX: usize = 160;

/// A text in a line: cleaned, and cut where it is long. The hash of the whole stands for what was cut.
pub fn short(data: &str) -> String {
    let line = text::clean_line(data, usize::MAX);
    if line.len() <= TEXT_BYTES_MAX {
        return line;
    }
    let kept = text::clean_line(&line, KEPT_BYTES_MAX);
    format!("{kept} ({} bytes, sha256 {})", data.len(), canonical::digest(data).first())
}

/// What somebody asked for.
pub fn what(act: &Act) -> String {
    let mut line = verb(act).to_owned();
    // Writing to a String cannot fail.
    let mut with = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = match name {
                "" => write!(line, " {}", short(value)),
                name => write!(line, "; {name}: {}", short(value)),
            };
        }
    };
    match act {
        Act::Declare { title, severity, impact, labels, drill } => {
            with("", title);
            with("severity", severity.map(|severity| severity.word()).unwrap_or_default());
            with("impact", impact);
            with("labels", &pairs(labels));
            with("drill", if *drill { "yes" } else { "" });
        }
        Act::Take { role } => with("", &role.0),
        Act::Assign { role, person } | Act::HandOver { role, person } => with("", &format!("{role} {person}")),
        Act::Accept { role } | Act::Decline { role } => {
            with("", role.as_ref().map(|role| role.0.as_str()).unwrap_or_default());
        }
        Act::Update { text, impact, next_in } => {
            with("", text);
            with("impact", impact.as_deref().unwrap_or_default());
            with("next in", &next_in.map(|wait| wait.to_string()).unwrap_or_default());
        }
        Act::Ack { text }
        | Act::Confirm { text }
        | Act::Note { text }
        | Act::Resolve { text }
        | Act::Reopen { text } => with("", text),
        Act::Edit { part, text, version } => {
            with("", part.word());
            with("text", text);
            with("version", &version.map(|version| version.to_string()).unwrap_or_default());
        }
        Act::Todo { text, owner } => {
            with("", text);
            with("owner", owner.as_deref().unwrap_or_default());
        }
        Act::Done { todo } => with("", &todo.to_string()),
        Act::Follow | Act::Unfollow | Act::Undo => {}
        Act::Merge { into, text } => {
            with("", &format!("into {into}"));
            with("text", text);
        }
        Act::Split { title, matchers, alerts } => {
            let matchers = matchers.iter().map(|one| one.as_str().to_owned());
            let which: Vec<String> = matchers.chain(alerts.iter().map(AlertId::to_string)).collect();
            with("", title);
            with("alerts", &which.join(", "));
        }
        Act::Severity { to, text } => {
            with("", to.word());
            with("text", text);
        }
        Act::CallOff { code, reason } => {
            with("", code.word());
            with("reason", reason);
        }
        Act::Publish { text, path, anyway } => {
            with("path", path.as_deref().unwrap_or_default());
            with("anyway", if *anyway { "yes" } else { "" });
            with("text", text);
        }
        Act::Review(act) => afterwards(act, &mut with),
        Act::Adopt { alert } => with("", &format!("alert {alert}")),
    }
    line
}

fn afterwards(act: &ReviewAct, with: &mut impl FnMut(&str, &str)) {
    let mut item = |owner: &Option<String>, due: &Option<DueDate>, link: &Option<String>| {
        with("owner", owner.as_deref().unwrap_or_default());
        with("due", &due.map(String::from).unwrap_or_default());
        with("link", link.as_deref().unwrap_or_default());
    };
    match act {
        ReviewAct::Section { section, text, version } => {
            with("", section);
            with("text", text);
            with("version", &version.map(|version| version.to_string()).unwrap_or_default());
        }
        ReviewAct::Mark { entry, shown } => {
            with("", &format!("entry {entry} {}", shown.map_or("default", |shown| shown.word())));
        }
        ReviewAct::Correct { entry, text } => {
            with("", &format!("entry {entry}"));
            with("text", text);
        }
        ReviewAct::Action { text, owner, due, link } => {
            item(owner, due, link);
            with("text", text);
        }
        ReviewAct::ActionEdit { action, text, owner, due, link } => {
            item(owner, due, link);
            with("", &action.to_string());
            with("text", text.as_deref().unwrap_or_default());
        }
        ReviewAct::ActionDone { action } => with("", &action.to_string()),
        ReviewAct::ActionDrop { action, because } => {
            with("", &action.to_string());
            with("reason", because);
        }
        ReviewAct::Ask => {}
        ReviewAct::Waive { because } => with("", because),
    }
}

fn verb(act: &Act) -> &'static str {
    match act {
        Act::Declare { .. } => "declare",
        Act::Ack { .. } => "ack",
        Act::Take { .. } => "take",
        Act::Assign { .. } => "assign",
        Act::HandOver { .. } => "handover",
        Act::Accept { .. } => "accept",
        Act::Decline { .. } => "decline",
        Act::Confirm { .. } => "confirm",
        Act::Update { .. } => "update",
        Act::Note { .. } => "note",
        Act::Edit { .. } => "edit",
        Act::Todo { .. } => "todo",
        Act::Done { .. } => "done",
        Act::Follow => "follow",
        Act::Unfollow => "unfollow",
        Act::Undo => "undo",
        Act::Merge { .. } => "merge",
        Act::Split { .. } => "split",
        Act::Severity { .. } => "severity",
        Act::CallOff { .. } => "calloff",
        Act::Resolve { .. } => "resolve",
        Act::Reopen { .. } => "reopen",
        Act::Publish { .. } => "publish",
        Act::Adopt { .. } => "adopt",
        Act::Review(_) => Verb::of(act).word(),
    }
}

fn pairs(labels: &Pairs) -> String {
    labels.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ")
}
