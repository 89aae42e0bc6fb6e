//! Words that somebody took back are not shown any more, wherever entries are read. The entry itself stays: a timeline only grows.

use crate::incident::entry::ReviewFact;
use crate::incident::review::Ended;
use crate::incident::{Entry, Fact, Incident};

/// What stands in place of words that were taken back.
pub const TAKEN_BACK: &str = "(taken back)";

/// Whether whoever wrote this entry took it back.
pub fn is_taken_back(incident: &Incident, entry: &Entry) -> bool {
    incident.room.retracted.contains(&entry.number)
}

/// The entry as it is shown: without the words of people, if they took them back.
pub fn shown(incident: &Incident, mut entry: Entry) -> Entry {
    if is_taken_back(incident, &entry) {
        withhold(&mut entry.fact);
    }
    entry
}

fn withhold(fact: &mut Fact) {
    match fact {
        Fact::Noted { text }
        | Fact::Acknowledged { text }
        | Fact::TodoAdded { text, .. }
        | Fact::Edited { text, .. }
        | Fact::Severity { because: text, .. }
        | Fact::CalledOff { reason: text, .. }
        | Fact::Review(ReviewFact::Written { text, .. } | ReviewFact::Corrected { text, .. })
        | Fact::Resolved { because: text } => TAKEN_BACK.clone_into(text),
        Fact::Review(ReviewFact::ActionAdded { item, .. } | ReviewFact::ActionChanged { item, .. }) => {
            TAKEN_BACK.clone_into(&mut item.text);
            item.link = None;
        }
        Fact::Review(ReviewFact::ActionEnded { end: Ended::Dropped { because }, .. }) => {
            TAKEN_BACK.clone_into(because);
        }
        // Nobody takes back what declared it, what everybody was told, or why it is part of something else.
        Fact::Review(
            ReviewFact::Shown { .. }
            | ReviewFact::ActionEnded { end: Ended::Done | Ended::Moved, .. }
            | ReviewFact::ActionReopened { .. }
            | ReviewFact::ActionsLate { .. }
            | ReviewFact::Asked
            | ReviewFact::Waived { .. }
            | ReviewFact::Reminded { .. }
            | ReviewFact::Left { .. },
        )
        | Fact::Declared { .. }
        | Fact::Confirmed { .. }
        | Fact::Updated { .. }
        | Fact::Reopened { .. }
        | Fact::MergedInto { .. }
        | Fact::Absorbed { .. }
        | Fact::TargetCalledOff { .. }
        | Fact::TargetReopened { .. }
        // Nothing in these was typed as a sentence: who, which role, which number.
        | Fact::Taken { .. }
        | Fact::Assigned { .. }
        | Fact::Offered { .. }
        | Fact::OfferEnded { .. }
        | Fact::HandedOver { .. }
        | Fact::Released { .. }
        | Fact::TodoDone { .. }
        | Fact::TodoReopened { .. }
        | Fact::TodoDropped { .. }
        | Fact::Followed { .. }
        | Fact::Unfollowed { .. }
        | Fact::Retracted { .. }
        | Fact::SplitOff { .. }
        | Fact::SplitFrom { .. }
        | Fact::Post(_)
        // The program's own.
        | Fact::Alerts(_)
        | Fact::RoleOpen { .. }
        | Fact::PromiseMissed { .. }
        | Fact::Prompted { .. }
        | Fact::Clear { .. }
        | Fact::NotClear { .. }
        | Fact::ResolveProposed { .. }
        | Fact::Flapping { .. }
        | Fact::Steady
        | Fact::Withdrawn { .. }
        | Fact::Inhibits { .. }
        | Fact::ThreadStarted { .. }
        | Fact::NoticeLost { .. }
        | Fact::ReceiverBlocked { .. }
        | Fact::TemplateFailed { .. }
        | Fact::RuleGone { .. } => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{TAKEN_BACK, withhold};
    use crate::incident::Fact;
    use crate::incident::entry::ReviewFact;
    use crate::incident::review::{ActionItem, Ended};

    #[test]
    fn why_an_action_was_dropped_goes_with_it() {
        let because = "bert broke it".to_owned();
        let mut fact = Fact::Review(ReviewFact::ActionEnded { action: 1, end: Ended::Dropped { because } });
        withhold(&mut fact);
        let end = Ended::Dropped { because: TAKEN_BACK.to_owned() };
        assert_eq!(fact, Fact::Review(ReviewFact::ActionEnded { action: 1, end }));
        let text = "see there".to_owned();
        let item = ActionItem { text, owner: None, due: None, link: Some("https://example.org/bert".to_owned()) };
        let mut fact = Fact::Review(ReviewFact::ActionAdded { action: 1, item });
        withhold(&mut fact);
        let item = ActionItem { text: TAKEN_BACK.to_owned(), owner: None, due: None, link: None };
        assert_eq!(fact, Fact::Review(ReviewFact::ActionAdded { action: 1, item }));
    }
}
