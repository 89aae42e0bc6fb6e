//! What makes sense to do with an incident now, for somebody: what a page shows as buttons, the likeliest first.

use super::{Verb, may};
use crate::access::Role;
use crate::duration::Duration;
use crate::incident::decide::undo;
use crate::incident::roles::same_person;
use crate::incident::{Incident, Stage};
use chrono::{DateTime, Utc};

/// Who looks, and when.
#[derive(Debug, Clone, Copy)]
pub struct Looking<'a> {
    /// The name they go by.
    pub name: &'a str,
    /// What they may do.
    pub access: Role,
    /// When.
    pub at: DateTime<Utc>,
    /// An act can be undone for this long.
    pub undo_within: Duration,
}

/// Verbs that make sense now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Offered {
    /// What most people want here.
    pub first: Vec<Verb>,
    /// What else there is.
    pub more: Vec<Verb>,
}

/// What makes sense to do with this incident. What somebody may not do is not offered, but for one thing: whoever takes the lead
/// may end it, and taking it is offered.
pub fn offered(incident: &Incident, who: &Looking<'_>) -> Offered {
    let roles = &incident.roles;
    let asked = roles.offers.values().any(|offer| same_person(&offer.to, who.name));
    let holds = roles.of(who.name).next().is_some();
    let nobody_leads = roles.manager().is_none() || !roles.open.is_empty();
    let follows = incident.room.followers.iter().any(|name| same_person(name, who.name));
    let seen = incident.room.acknowledged.keys().any(|name| same_person(name, who.name));
    let undoes = undo::last(incident, who.name, who.at, who.undo_within).is_ok();
    let makes_sense = |verb: Verb| match verb {
        Verb::Accept | Verb::Decline => asked,
        Verb::HandOver => holds,
        Verb::Follow => !follows,
        Verb::Unfollow => follows,
        Verb::Ack => !seen,
        Verb::Split => incident.tally.alerts > 1,
        Verb::Undo => undoes,
        Verb::Confirm => incident.stage == Stage::Suspected,
        Verb::Postmortem => incident.owes_since().is_none() && incident.published.is_empty() && !incident.drill,
        Verb::Waive => incident.owes_since().is_some(),
        _ => true,
    };
    let (first, more): (&[Verb], &[Verb]) = match incident.stage {
        Stage::Suspected if nobody_leads => (&SUSPECTED_UNLED, &OPEN),
        Stage::Suspected => (&SUSPECTED, &OPEN),
        Stage::Confirmed if nobody_leads => (&CONFIRMED_UNLED, &OPEN),
        Stage::Confirmed => (&CONFIRMED, &OPEN),
        Stage::CalledOff { .. } | Stage::Resolved { .. } => (&OVER, &AFTERWARDS),
        Stage::Merged { .. } => (&[], &[]),
    };
    let offer =
        |verb: &&Verb| makes_sense(**verb) && may::say(**verb, who.access, Some(who.name), Some(incident)).is_ok();
    // Who is asked for an answer sees that before anything else.
    let first: Vec<Verb> =
        ANSWERS.iter().filter(|_| incident.stage.is_open()).chain(first).filter(offer).copied().collect();
    let more = more.iter().filter(offer).filter(|verb| !first.contains(verb)).copied().collect();
    Offered { first, more }
}

const ANSWERS: [Verb; 2] = [Verb::Accept, Verb::Decline];
const SUSPECTED_UNLED: [Verb; 4] = [Verb::Confirm, Verb::CallOff, Verb::Take, Verb::Ack];
const SUSPECTED: [Verb; 3] = [Verb::Confirm, Verb::CallOff, Verb::Ack];
const CONFIRMED_UNLED: [Verb; 4] = [Verb::Take, Verb::Update, Verb::Resolve, Verb::Note];
const CONFIRMED: [Verb; 3] = [Verb::Update, Verb::Resolve, Verb::Note];
const OPEN: [Verb; 16] = [
    Verb::Undo,
    Verb::Update,
    Verb::Note,
    Verb::Todo,
    Verb::Take,
    Verb::HandOver,
    Verb::Assign,
    Verb::Severity,
    Verb::Confirm,
    Verb::CallOff,
    Verb::Resolve,
    Verb::Ack,
    Verb::Follow,
    Verb::Unfollow,
    Verb::Merge,
    Verb::Split,
];
const OVER: [Verb; 2] = [Verb::Reopen, Verb::Undo];
// A post mortem is published from where it is written.
const AFTERWARDS: [Verb; 5] = [Verb::Note, Verb::Todo, Verb::Action, Verb::Postmortem, Verb::Waive];

#[cfg(test)]
mod tests {
    use super::{Looking, offered};
    use crate::access::Role;
    use crate::duration::Duration;
    use crate::incident::{Incident, Stage};
    use crate::notice::template::fixture;
    use crate::verbs::Verb;

    fn first(incident: &Incident, name: &str, access: Role) -> Vec<Verb> {
        let who = Looking { name, access, at: fixture::time(), undo_within: Duration::minutes(10) };
        offered(incident, &who).first
    }

    #[test]
    fn what_comes_first_follows_the_stage_and_who_looks() {
        let mut incident = Incident { stage: Stage::Suspected, ..fixture::ruled() };
        incident.roles = crate::incident::roles::Roles::default();
        assert_eq!(first(&incident, "bea", Role::Manager), [Verb::Confirm, Verb::CallOff, Verb::Take, Verb::Ack]);
        // A responder may lead, and then end it; nothing is offered that would be refused.
        assert_eq!(first(&incident, "bea", Role::Responder), [Verb::Confirm, Verb::Take, Verb::Ack]);
        assert_eq!(first(&incident, "bea", Role::Viewer), []);
        incident.stage = Stage::Confirmed;
        assert_eq!(first(&incident, "bea", Role::Manager), [Verb::Take, Verb::Update, Verb::Resolve, Verb::Note]);
        incident.stage = Stage::Resolved { at: fixture::time() };
        assert_eq!(first(&incident, "bea", Role::Manager), [Verb::Reopen]);
    }
}
