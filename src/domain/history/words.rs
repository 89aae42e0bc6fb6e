//! The words an incident is found by, apart for those who may read everything and for everybody else. What is found is what
//! can be read: words that were taken back, or that nobody shows any more, are no longer among them.

use crate::incident::entry::{PostFact, ReviewFact};
use crate::incident::review::Ended;
use crate::incident::room::Part;
use crate::incident::{Entry, Fact, Incident};

/// Most bytes of words kept of one incident for each kind of reader; what is said after that is not found by its words.
pub const WORDS_BYTES_MAX: usize = 128 * 1024;

/// Most label pairs an incident is found by.
pub const LABELS_MAX: usize = 200;

// Stands between two sayings, as a word of its own: `disk-full` is not found where one ends with `disk` and the next begins
// with `full`.
const BETWEEN: &str = "\n\u{E000}\n";

/// What one entry says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said<'a> {
    /// To everybody, once the incident is public.
    pub public: Vec<&'a str>,
    /// To the team only.
    pub team: Vec<&'a str>,
}

/// All that is said in an incident.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words {
    /// To everybody, once the incident is public.
    pub public: String,
    /// To the team only.
    pub team: String,
}

impl Words {
    /// Adds what an entry says; whether anything in it is new.
    pub fn add(&mut self, said: &Said<'_>) -> bool {
        let public = said.public.iter().fold(false, |new, words| add(&mut self.public, words) | new);
        said.team.iter().fold(public, |new, words| add(&mut self.team, words) | new)
    }

    /// Adds words for the team.
    pub fn add_for_team(&mut self, words: &str) -> bool {
        add(&mut self.team, words)
    }
}

// The same again is nothing new: alerts come and go under one name.
fn add(all: &mut String, words: &str) -> bool {
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let room = WORDS_BYTES_MAX.saturating_sub(all.len() + BETWEEN.len());
    if words.is_empty() || words.len() > room || all.split(BETWEEN).any(|known| known == words) {
        return false;
    }
    if !all.is_empty() {
        all.push_str(BETWEEN);
    }
    all.push_str(&words);
    true
}

/// Whether this entry changes what earlier ones say: all of them must be read again.
pub fn rewrites(entry: &Entry) -> bool {
    matches!(
        entry.fact,
        Fact::Retracted { .. }
            | Fact::Edited { part: Part::Impact, .. }
            | Fact::Updated { impact: Some(_), .. }
            | Fact::Review(ReviewFact::Corrected { .. })
    )
}

/// What an entry says, as the incident stands now. It follows [`crate::document::sentence`]: what is not shown to a reader is
/// not found by them either.
pub fn said<'a>(incident: &'a Incident, entry: &'a Entry) -> Said<'a> {
    if incident.room.retracted.contains(&entry.number) {
        return Said::default();
    }
    let own = own(incident, entry);
    let Some(correction) = incident.review.corrected.get(&entry.number) else { return own };
    let text = correction.text.as_str();
    // Only the team sees what it replaces.
    let (public, new) = if own.public.is_empty() { (None, Some(text)) } else { (Some(text), None) };
    Said { public: public.into_iter().collect(), team: own.public.into_iter().chain(own.team).chain(new).collect() }
}

fn own<'a>(incident: &Incident, entry: &'a Entry) -> Said<'a> {
    let public = |words: &[&'a str]| Said { public: words.to_vec(), team: Vec::new() };
    let team = |words: &[&'a str]| Said { public: Vec::new(), team: words.to_vec() };
    match &entry.fact {
        Fact::Declared { title, impact, because, rule, squad, .. } => {
            let rule = rule.as_ref().map_or("", |rule| rule.name.as_str());
            let mut said = Said { public: vec![title], team: vec![because, rule, squad] };
            // No line of the timeline shows it; the document does, until somebody knows better.
            let place = if incident.impact == *impact { &mut said.public } else { &mut said.team };
            place.push(impact);
            said
        }
        Fact::Alerts(changed) => Said {
            public: changed.named.iter().map(|alert| alert.name.as_str()).collect(),
            team: changed.named.iter().map(|alert| alert.summary.as_str()).collect(),
        },
        Fact::Updated { text, impact, .. } => public(&[text, impact.as_deref().unwrap_or_default()]),
        Fact::CalledOff { reason, .. } | Fact::TargetCalledOff { reason, .. } => public(&[reason]),
        Fact::Resolved { because } => public(&[because]),
        Fact::Edited { part: Part::Summary | Part::Impact | Part::ExitCriteria, text } => public(&[text]),
        Fact::Absorbed { title, public: true, .. } => public(&[title]),
        Fact::Absorbed { title, public: false, .. } => team(&[title]),
        Fact::Edited { part: Part::Links, text }
        | Fact::Noted { text }
        | Fact::Acknowledged { text }
        | Fact::TodoAdded { text, .. } => team(&[text]),
        Fact::Confirmed { because, .. }
        | Fact::Severity { because, .. }
        | Fact::NotClear { because }
        | Fact::Reopened { because, .. }
        | Fact::MergedInto { because, .. }
        | Fact::TargetReopened { because, .. } => team(&[because]),
        Fact::Inhibits { rule, because, .. } => team(&[rule, because]),
        Fact::Post(PostFact::Sent { title, .. }) => team(&[title]),
        Fact::Review(fact) => team(&review(fact)),
        // Who did what is asked by name, and what became of notices is no word of people.
        Fact::Post(PostFact::Arrived { .. })
        | Fact::Taken { .. }
        | Fact::Assigned { .. }
        | Fact::Offered { .. }
        | Fact::OfferEnded { .. }
        | Fact::HandedOver { .. }
        | Fact::Released { .. }
        | Fact::RoleOpen { .. }
        | Fact::PromiseMissed { .. }
        | Fact::Prompted { .. }
        | Fact::TodoDone { .. }
        | Fact::TodoReopened { .. }
        | Fact::TodoDropped { .. }
        | Fact::Followed { .. }
        | Fact::Unfollowed { .. }
        | Fact::Retracted { .. }
        | Fact::SplitOff { .. }
        | Fact::SplitFrom { .. }
        | Fact::Clear { .. }
        | Fact::ResolveProposed { .. }
        | Fact::Flapping { .. }
        | Fact::Steady
        | Fact::Withdrawn { .. }
        | Fact::ThreadStarted { .. }
        | Fact::NoticeLost { .. }
        | Fact::ReceiverBlocked { .. }
        | Fact::TemplateFailed { .. }
        | Fact::RuleGone { .. } => Said::default(),
    }
}

// Of the team, until it is published elsewhere. What corrects an entry is found as that entry.
fn review(fact: &ReviewFact) -> Vec<&str> {
    match fact {
        ReviewFact::Written { text, .. } => vec![text],
        ReviewFact::ActionAdded { item, .. } | ReviewFact::ActionChanged { item, .. } => vec![&item.text],
        ReviewFact::ActionEnded { end: Ended::Dropped { because }, .. } | ReviewFact::Waived { because } => {
            vec![because]
        }
        ReviewFact::ActionEnded { end: Ended::Done | Ended::Moved, .. }
        | ReviewFact::Corrected { .. }
        | ReviewFact::Shown { .. }
        | ReviewFact::ActionReopened { .. }
        | ReviewFact::ActionsLate { .. }
        | ReviewFact::Asked
        | ReviewFact::Reminded { .. }
        | ReviewFact::Left { .. } => Vec::new(),
    }
}

/// Who had to do with it by this entry: whoever did something, or got something to do.
pub fn people(entry: &Entry) -> impl Iterator<Item = &str> {
    let named = match &entry.fact {
        Fact::Taken { person, .. } | Fact::Assigned { person, .. } | Fact::HandedOver { to: person, .. } => {
            Some(person.as_str())
        }
        Fact::TodoAdded { owner, .. } => owner.as_deref(),
        Fact::Review(ReviewFact::ActionAdded { item, .. } | ReviewFact::ActionChanged { item, .. }) => {
            item.owner.as_deref()
        }
        _ => None,
    };
    entry.actor.name().into_iter().chain(named)
}

/// The labels an incident has by itself; those of its alerts come with them.
pub fn labels(incident: &Incident) -> impl Iterator<Item = (&str, &str)> {
    incident.labels.iter().chain(incident.correlation.iter())
}

#[cfg(test)]
mod tests {
    use super::{WORDS_BYTES_MAX, Words};

    #[test]
    fn the_same_again_is_nothing_new_and_there_is_an_end() {
        let mut words = Words::default();
        assert!(words.add_for_team(" disk\n full "));
        assert!(!words.add_for_team("disk full") && !words.add_for_team(" "));
        assert!(words.add_for_team("disk"));
        assert_eq!(words.team, "disk full\n\u{E000}\ndisk");
        assert!(!words.add_for_team(&"x".repeat(WORDS_BYTES_MAX)));
    }
}
