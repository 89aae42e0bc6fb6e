//! Sentences about what is written and decided afterwards; for the team.

use super::utc;
use crate::incident::entry::ReviewFact;
use crate::incident::review::{ActionItem, Ended, Reminder};

/// What happened.
pub fn sentence(fact: &ReviewFact) -> String {
    match fact {
        ReviewFact::Written { section, text } if text.is_empty() => format!("post mortem: {section} cleared"),
        ReviewFact::Written { section, text } => format!("post mortem: {section}: {text}"),
        ReviewFact::Shown { entry, shown: Some(shown) } => {
            format!("post mortem: entry {entry} is {} in it", shown.word())
        }
        ReviewFact::Shown { entry, shown: None } => format!("post mortem: entry {entry} is in it by what it tells"),
        ReviewFact::Corrected { entry, text } if text.is_empty() => format!("entry {entry} has its own words again"),
        ReviewFact::Corrected { entry, text } => format!("entry {entry} should read: {text}"),
        ReviewFact::ActionAdded { action, item } => format!("action {action}: {}", item_words(item)),
        ReviewFact::ActionChanged { action, item } => format!("action {action} is now: {}", item_words(item)),
        ReviewFact::ActionEnded { action, end: Ended::Done } => format!("action {action} is done"),
        ReviewFact::ActionEnded { action, end: Ended::Dropped { because } } => {
            format!("action {action} will not be done: {because}")
        }
        ReviewFact::ActionEnded { action, end: Ended::Moved } => format!("action {action} goes on there"),
        ReviewFact::ActionReopened { action } => format!("action {action} is to be done after all"),
        ReviewFact::ActionsLate { actions } => {
            let numbers: Vec<String> = actions.iter().map(u32::to_string).collect();
            let (s, are) = if actions.len() == 1 { ("", "is") } else { ("s", "are") };
            format!("it was told that action{s} {} {are} late", numbers.join(", "))
        }
        ReviewFact::Asked => "a post mortem is wanted".to_owned(),
        ReviewFact::Waived { because } => format!("nobody has to write a post mortem: {because}"),
        ReviewFact::Reminded { whom: Reminder::Writer, due } => {
            format!("reminded of the post mortem, due by {}", utc(*due))
        }
        ReviewFact::Reminded { whom: Reminder::Manager, due } => {
            format!("told the incident manager that the post mortem was due by {}", utc(*due))
        }
        ReviewFact::Left { because } => format!("nobody is reminded of what is left any more: {because}"),
    }
}

/// An action item in a line: `Alert on full disks (carla, by 2026-12-01)`.
pub fn item_words(item: &ActionItem) -> String {
    let due = item.due.map(|due| format!("by {due}"));
    let about: Vec<String> = item.owner.iter().cloned().chain(due).collect();
    let about = if about.is_empty() { String::new() } else { format!(" ({})", about.join(", ")) };
    let link = item.link.as_ref().map(|link| format!(" {link}")).unwrap_or_default();
    format!("{}{about}{link}", item.text)
}
