//! An act as the line somebody would type for it.

use super::acts::written;
use super::words::quoted;
use super::{Spelling, Verb};
use crate::ids::IncidentId;
use crate::incident::Act;
use crate::incident::act::{DueDate, ReviewAct};

/// The line; read again where it was said, it is the same act.
pub fn line(incident: Option<IncidentId>, act: &Act, spelling: &Spelling) -> String {
    spelling.line(Verb::of(act), incident, &rest(act, spelling))
}

fn rest(act: &Act, spelling: &Spelling) -> String {
    let mut words: Vec<String> = Vec::new();
    match act {
        Act::Declare { title, severity, impact, labels, drill } => {
            words.push(written(title));
            words.extend(severity.map(|severity| format!("severity={severity}")));
            words.extend(pair("impact", Some(impact).filter(|impact| !impact.is_empty())));
            words.extend(labels.iter().map(|(name, value)| format!("label={}", quoted(&format!("{name}={value}")))));
            words.extend(drill.then(|| "--drill".to_owned()));
        }
        Act::Ack { text } | Act::Confirm { text } | Act::Resolve { text } | Act::Reopen { text } => {
            words.extend((!text.is_empty()).then(|| written(text)));
        }
        Act::Note { text } => words.push(written(text)),
        Act::Take { role } => words.push(role.0.clone()),
        Act::Assign { role, person } | Act::HandOver { role, person } => words.extend([role.0.clone(), person.clone()]),
        Act::Accept { role } | Act::Decline { role } => words.extend(role.as_ref().map(|role| role.0.clone())),
        Act::Update { text, impact, next_in } => {
            words.push(written(text));
            words.extend(pair("impact", impact.as_ref()));
            words.extend(next_in.map(|next| format!("next={next}")));
        }
        Act::Edit { part, text, version } => {
            words.extend([part.word().to_owned(), quoted(text)]);
            words.extend(version.map(|version| format!("version={version}")));
        }
        Act::Todo { text, owner } => {
            words.push(written(text));
            words.extend(pair("owner", owner.as_ref()));
        }
        Act::Done { todo } => words.push(todo.to_string()),
        Act::Review(act) => afterwards(act, &mut words),
        Act::Follow | Act::Unfollow | Act::Undo => {}
        Act::Merge { into, text } => {
            words.push(format!("into {}", spelling.number(*into)));
            words.extend((!text.is_empty()).then(|| written(text)));
        }
        // Rows are picked on a page; a line names labels.
        Act::Split { title, matchers, alerts: _ } => {
            words.push(written(title));
            words.extend(matchers.iter().map(|matcher| matcher.as_str().to_owned()));
        }
        Act::Severity { to, text } => {
            words.push(to.to_string());
            words.extend((!text.is_empty()).then(|| written(text)));
        }
        Act::CallOff { code, reason } => words.extend([code.to_string(), written(reason)]),
        Act::Publish { text, path, anyway } => {
            words.push(written(text));
            words.extend(pair("path", path.as_ref()));
            words.extend(anyway.then(|| "--anyway".to_owned()));
        }
        Act::Adopt { alert } => words.push(alert.to_string()),
    }
    words.join(" ")
}

fn afterwards(act: &ReviewAct, words: &mut Vec<String>) {
    match act {
        ReviewAct::Section { section, text, version } => {
            words.extend([section.clone(), quoted(text)]);
            words.extend(version.map(|version| format!("version={version}")));
        }
        ReviewAct::Mark { entry, shown } => {
            words.extend([entry.to_string(), shown.map_or("default", |shown| shown.word()).to_owned()]);
        }
        ReviewAct::Correct { entry, text } => words.extend([entry.to_string(), quoted(text)]),
        ReviewAct::Action { text, owner, due, link } => {
            words.push(written(text));
            words.extend(item(owner.as_ref(), *due, link.as_ref()));
        }
        ReviewAct::ActionEdit { action, text, owner, due, link } => {
            words.push(action.to_string());
            words.extend(text.as_deref().map(quoted));
            words.extend(item(owner.as_ref(), *due, link.as_ref()));
        }
        ReviewAct::ActionDone { action } => words.push(action.to_string()),
        ReviewAct::ActionDrop { action, because } => words.extend([action.to_string(), written(because)]),
        ReviewAct::Ask => {}
        ReviewAct::Waive { because } => words.push(written(because)),
    }
}

fn item(owner: Option<&String>, due: Option<DueDate>, link: Option<&String>) -> Vec<String> {
    let due = due.map(|due| format!("due={}", String::from(due)));
    [pair("owner", owner), due, pair("link", link)].into_iter().flatten().collect()
}

fn pair(name: &str, value: Option<&String>) -> Option<String> {
    value.map(|value| format!("{name}={}", quoted(value)))
}
