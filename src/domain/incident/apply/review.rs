//! What is written and decided afterwards.

use crate::incident::entry::ReviewFact;
use crate::incident::review::{Action, ActionEnd, Correction, Ended, Review, Waived, Written};
use crate::incident::room::{Lasting, Undo};
use crate::incident::{Entry, Incident};

/// What one more fact does.
pub fn apply(incident: &mut Incident, entry: &Entry, fact: &ReviewFact) {
    let review = &mut incident.review;
    let by = || entry.actor.name().unwrap_or("earlybell").to_owned();
    if entry.actor.name().is_some() {
        review.worked_at = Some(entry.at);
        review.left = false;
    }
    match fact {
        ReviewFact::Written { section, text } => {
            let written = Written { text: text.clone(), version: entry.number, by: by(), at: entry.at };
            review.sections.insert(section.clone(), written);
        }
        ReviewFact::Shown { entry, shown: Some(shown) } => drop(review.shown.insert(*entry, *shown)),
        ReviewFact::Shown { entry, shown: None } => drop(review.shown.remove(entry)),
        ReviewFact::Corrected { entry, text } if text.is_empty() => drop(review.corrected.remove(entry)),
        ReviewFact::Corrected { entry: number, text } => {
            let correction = Correction { text: text.clone(), by: by(), at: entry.at };
            review.corrected.insert(*number, correction);
        }
        ReviewFact::ActionAdded { action, item } => {
            review.actions_ever = review.actions_ever.max(*action);
            let (by, at, end) = (by(), entry.at, None);
            review.actions.push(Action { number: *action, item: item.clone(), by, at, end });
        }
        ReviewFact::ActionChanged { action, item } => with(review, *action, |known| known.item = item.clone()),
        ReviewFact::ActionEnded { action, end } => {
            let end = ActionEnd { how: end.clone(), by: by(), at: entry.at };
            with(review, *action, |known| known.end = Some(end));
        }
        ReviewFact::ActionReopened { action } => with(review, *action, |known| known.end = None),
        ReviewFact::Asked => {
            review.asked_at = Some(entry.at);
            review.waived = None;
        }
        ReviewFact::Waived { because } => {
            review.waived = Some(Waived { because: because.clone(), by: by(), at: entry.at });
            review.asked_at = None;
        }
        ReviewFact::Reminded { whom, .. } => drop(review.reminded.insert(*whom, entry.at)),
        ReviewFact::Left { .. } => review.left = true,
        ReviewFact::ActionsLate { .. } => {}
    }
}

/// What would take it back, seen from before it; `None` where nobody did it.
pub fn undo_of(incident: &Incident, fact: &ReviewFact) -> Option<Result<Undo, Lasting>> {
    let review = &incident.review;
    let item = |number: u32| review.action(number).map(|action| action.item.clone());
    let back = match fact {
        ReviewFact::Written { section, .. } => {
            let text = review.sections.get(section).map(|written| written.text.clone()).unwrap_or_default();
            ReviewFact::Written { section: section.clone(), text }
        }
        ReviewFact::Shown { entry, .. } => ReviewFact::Shown { entry: *entry, shown: review.shown.get(entry).copied() },
        ReviewFact::Corrected { entry, .. } => {
            let text = review.corrected.get(entry).map(|correction| correction.text.clone()).unwrap_or_default();
            ReviewFact::Corrected { entry: *entry, text }
        }
        ReviewFact::ActionAdded { action, .. } => {
            let because = "taken back".to_owned();
            ReviewFact::ActionEnded { action: *action, end: Ended::Dropped { because } }
        }
        ReviewFact::ActionChanged { action, .. } => ReviewFact::ActionChanged { action: *action, item: item(*action)? },
        ReviewFact::ActionEnded { action, .. } => ReviewFact::ActionReopened { action: *action },
        ReviewFact::Asked | ReviewFact::Waived { .. } => return Some(Err(Lasting::Decided)),
        ReviewFact::ActionReopened { .. }
        | ReviewFact::ActionsLate { .. }
        | ReviewFact::Reminded { .. }
        | ReviewFact::Left { .. } => return None,
    };
    Some(Ok(Undo::Review { back }))
}

fn with(review: &mut Review, number: u32, change: impl FnOnce(&mut Action)) {
    if let Some(action) = review.actions.iter_mut().find(|action| action.number == number) {
        change(action);
    }
}
