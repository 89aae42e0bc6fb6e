//! What should be done now, and why: the first of it is the one button of the page.

use super::{Asker, Step, What, speaks};
use crate::duration::Duration;
use crate::incident::roles::{MANAGER, RoleName};
use crate::incident::room::Part;
use crate::incident::{Incident, Stage};
use crate::notice::phrase::{clock, next_update};
use crate::policy::PolicySource;
use chrono::{DateTime, Utc};

/// What is pressing for this person, the most pressing first.
pub(super) fn pressing(incident: &Incident, asker: Asker<'_>, policy: &PolicySource, at: DateTime<Utc>) -> Vec<Step> {
    if !incident.stage.is_open() {
        return over(incident);
    }
    let mut steps = offers(incident, asker, at);
    steps.extend(nobody_leads(incident, at));
    if incident.stage == Stage::Suspected {
        steps.push(step(What::Confirm, "is it real? It is only suspected".to_owned()));
        steps.push(step(What::CallOff, "or was it nothing?".to_owned()));
    }
    steps.extend(update(incident, asker, policy, at));
    steps.extend(clear(incident, at));
    steps.extend(open_roles(incident, asker));
    if incident.impact.is_empty() && speaks(incident, asker) {
        steps.push(step(What::Edit { part: Some(Part::Impact) }, "nobody has said yet who is affected".to_owned()));
    }
    let own =
        incident.room.todos.iter().filter(|todo| todo.done.is_none() && todo.owner.as_deref() == Some(asker.name));
    steps.extend(own.map(|todo| step(What::Done { todo: todo.number }, format!("yours to do: {}", todo.text))));
    steps
}

fn step(what: What, because: String) -> Step {
    Step { what, because: Some(because) }
}

// What was merged goes on elsewhere.
fn over(incident: &Incident) -> Vec<Step> {
    match &incident.stage {
        Stage::CalledOff { .. } | Stage::Resolved { .. } => {
            vec![step(What::Reopen, format!("it is {}; if it came back", incident.stage.word()))]
        }
        Stage::Suspected | Stage::Confirmed | Stage::Merged { .. } => Vec::new(),
    }
}

fn offers(incident: &Incident, asker: Asker<'_>, at: DateTime<Utc>) -> Vec<Step> {
    let mine = incident.roles.offers.iter().filter(|(_, offer)| offer.to == asker.name && at < offer.expires_at);
    let answer = |role: &RoleName, from: &str, until| {
        let because = format!("{from} offers you {} until {}", role.words(), clock(until, at));
        step(What::Answer { role: role.clone(), from: from.to_owned() }, because)
    };
    mine.map(|(role, offer)| answer(role, &offer.from, offer.expires_at)).collect()
}

fn nobody_leads(incident: &Incident, at: DateTime<Utc>) -> Option<Step> {
    if incident.roles.manager().is_some() {
        return None;
    }
    let since = Duration::between(incident.roles.unclaimed_since.unwrap_or(incident.opened_at), at).rough();
    let because = match (incident.roles.open.get(MANAGER), incident.roles.asked.as_str()) {
        (Some(opened), _) => format!("nobody has led it for {since}, and anyone may: {}", opened.because),
        (None, "") => format!("nobody has led it for {since}"),
        (None, squad) => format!("nobody has led it for {since}; {squad} was asked"),
    };
    Some(step(What::Take { role: RoleName::from(MANAGER) }, because))
}

fn update(incident: &Incident, asker: Asker<'_>, policy: &PolicySource, at: DateTime<Utc>) -> Option<Step> {
    let due = next_update(incident)?;
    // Late is late for everyone; before that, it is for whoever speaks.
    if due <= at {
        let late = Duration::between(due, at).rough();
        return Some(step(What::Update, format!("the next update was promised by {}: {late} ago", clock(due, at))));
    }
    let soon = due - at <= policy.rituals.remind_before.delta();
    let left = Duration::between(at, due).rough();
    (soon && speaks(incident, asker))
        .then(|| step(What::Update, format!("the next update is promised by {}: in {left}", clock(due, at))))
}

fn clear(incident: &Incident, at: DateTime<Utc>) -> Option<Step> {
    let since = incident.clear_since.filter(|_| incident.tally.firing == 0)?;
    let because = format!("no alert has fired for {}; is it over?", Duration::between(since, at).rough());
    Some(step(What::Resolve, because))
}

// Roles whose holder is silent, or that were said to be free.
fn open_roles(incident: &Incident, asker: Asker<'_>) -> Vec<Step> {
    let roles = &incident.roles;
    let led = roles.manager().is_some();
    let open = roles.open.iter().filter(|(role, _)| role.0 != MANAGER || led);
    let others = open.filter(|(role, _)| roles.holder(&role.0) != Some(asker.name));
    others
        .map(|(role, opened)| {
            step(What::Take { role: role.clone() }, format!("anyone may take {}: {}", role.words(), opened.because))
        })
        .collect()
}
