//! When something about who does what is due: the take-over clock, holders who are silent, offers, hand-overs.

use super::{Waits, end_if_clear_from};
use crate::duration::Duration;
use crate::incident::Incident;
use crate::incident::roles::{COMMUNICATIONS, Holding, MANAGER, Opened, RoleName, same_person};
use crate::incident::room::Prompt;
use crate::policy::{PolicySource, Rituals};
use crate::rules::Rule;
use chrono::{DateTime, TimeDelta, Utc};

/// What time brings to the roles of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoleDue {
    /// An offer ends that nobody answered.
    OfferExpires,
    /// Nobody leads, and who was asked did not respond: anyone may.
    Unclaimed,
    /// Whoever answers for a missed promise is silent: anyone may take their role.
    Silent,
    /// Nobody took what anyone may take: it is said again.
    StillOpen,
}

/// Somebody who answers for what was promised, and does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    /// The role that anyone may take then.
    pub role: RoleName,
    /// Who has it.
    pub person: String,
    /// Since when nothing was heard of them.
    pub since: DateTime<Utc>,
    /// The promise that they answer for.
    pub promised: DateTime<Utc>,
    /// When that is for too long.
    pub at: DateTime<Utc>,
}

/// Somebody who should hand a role over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tired {
    /// The role.
    pub role: RoleName,
    /// Who has it.
    pub person: String,
    /// Since when they have it; since it was reopened, if that was later.
    pub since: DateTime<Utc>,
    /// When their duty ended, if it did.
    pub duty_ended: Option<DateTime<Utc>>,
}

/// Everything that time will bring to an open incident, if nothing else happens.
pub fn deadlines(
    incident: &Incident,
    rule: Option<&Rule>,
    waits: &Waits<'_>,
) -> impl Iterator<Item = (DateTime<Utc>, RoleDue)> + use<> {
    let source = waits.source;
    let expires = incident.roles.offers.values().map(|offer| offer.expires_at).min();
    let open = incident.roles.open.iter().filter(|_| !ends_soon(incident, rule));
    let again = open.filter_map(|(role, opened)| again_at(incident, role, opened, source)).min();
    [
        expires.map(|at| (at, RoleDue::OfferExpires)),
        claim_until(incident, &source.rituals).map(|at| (at, RoleDue::Unclaimed)),
        silence(incident, rule, source).map(|silence| (silence.at, RoleDue::Silent)),
        again.map(|at| (at, RoleDue::StillOpen)),
    ]
    .into_iter()
    .flatten()
}

/// Until when the squad that was asked has time to lead; nothing once somebody does, anyone may, or the clock is off.
pub fn claim_until(incident: &Incident, rituals: &Rituals) -> Option<DateTime<Utc>> {
    let roles = &incident.roles;
    let waits = incident.stage.is_open() && roles.manager().is_none() && !roles.open.contains_key(MANAGER);
    // Incidents from before there were roles know of no such time.
    let since = roles.unclaimed_since.unwrap_or(incident.opened_at);
    on(rituals.claim_within).filter(|_| waits).map(|wait| since + wait)
}

/// How long after it was said for the so-manieth time that anyone may take a role, it is said again: twice as long each time.
pub fn again_after(times: u32, rituals: &Rituals) -> Option<TimeDelta> {
    let (first, longest) = (on(rituals.claim_within)?, on(rituals.claim_again_max)?);
    let doubled = 2_i64.checked_pow(times).and_then(|by| first.num_milliseconds().checked_mul(by));
    Some(doubled.map_or(longest, |millis| TimeDelta::milliseconds(millis).min(longest)))
}

/// When it is said again that anyone may take this role. While a holder is silent, only where a promise is missed then.
pub fn again_at(incident: &Incident, role: &RoleName, opened: &Opened, source: &PolicySource) -> Option<DateTime<Utc>> {
    let again = opened.said_at + again_after(opened.times, &source.rituals)?;
    match incident.roles.holder(&role.0) {
        None => Some(again),
        Some(_) => incident.promised().map(|promise| promise.by.max(again)),
    }
}

/// Who of those that answer for a promised update is silent next: Communications; the manager, if nobody else is, or
/// whoever is does not answer. Nobody, where its rule ends it soon.
pub fn silence(incident: &Incident, rule: Option<&Rule>, source: &PolicySource) -> Option<Silence> {
    let wait = on(source.rituals.silent_after).filter(|_| source.rituals.watch_promises)?;
    let promised = incident.promised().filter(|_| !ends_soon(incident, rule))?.by;
    let roles = &incident.roles;
    let closed = [COMMUNICATIONS, MANAGER].into_iter().filter(|role| !roles.open.contains_key(*role));
    let (role, holding) = closed.into_iter().find_map(|role| Some((role, roles.held.get(role)?)))?;
    let since = heard_of(incident, holding);
    // It came to the manager only then.
    let theirs = roles.open.get(COMMUNICATIONS).map_or(since, |opened| opened.since.max(since));
    let at = promised.max(theirs + wait);
    Some(Silence { role: role.into(), person: holding.person.clone(), since, promised, at })
}

/// Who should hand over at this time, and why.
pub fn tired(incident: &Incident, waits: &Waits<'_>, at: DateTime<Utc>) -> Vec<Tired> {
    let Some(every) = on(waits.source.rituals.hand_over_after) else { return Vec::new() };
    let tired = unoffered(incident).filter_map(|(role, holding)| {
        let since = since(incident, holding);
        let duty_ended = duties(holding, since, waits).filter(|until| *until <= at).max();
        let due = since + every <= at || duty_ended.is_some();
        due.then(|| Tired { role: role.clone(), person: holding.person.clone(), since, duty_ended })
    });
    tired.collect()
}

/// When people are asked to hand over. Once for each holding and each duty; what falls together is asked together.
pub fn hand_over_at(incident: &Incident, waits: &Waits<'_>) -> Option<DateTime<Utc>> {
    let every = on(waits.source.rituals.hand_over_after)?;
    let asked = incident.room.prompted.get(&Prompt::HandOver).copied();
    let reasons = unoffered(incident).flat_map(|(_, holding)| {
        let since = since(incident, holding);
        duties(holding, since, waits).chain([since + every])
    });
    let new = reasons.filter(|at| asked.is_none_or(|asked| asked < *at));
    new.map(|at| asked.map_or(at, |asked| at.max(asked + every))).min()
}

// What is offered already need not be asked for.
fn unoffered(incident: &Incident) -> impl Iterator<Item = (&RoleName, &Holding)> {
    incident.roles.held.iter().filter(|(role, _)| !incident.roles.offers.contains_key(*role))
}

// Ends of duties that began with the role, or during it.
fn duties<'a>(
    holding: &'a Holding,
    since: DateTime<Utc>,
    waits: &Waits<'a>,
) -> impl Iterator<Item = DateTime<Utc>> + use<'a> {
    let theirs = waits.directory.on_duty.iter().filter(|shift| same_person(&shift.person, &holding.person));
    theirs.map(|shift| shift.until).filter(move |until| *until > since)
}

// Nothing fires, and its rule ends it if that stays so: the end is the next word.
fn ends_soon(incident: &Incident, rule: Option<&Rule>) -> bool {
    incident.clear_since.and_then(|since| end_if_clear_from(since, incident, rule)).is_some()
}

// What came before it was reopened tires nobody.
fn since(incident: &Incident, holding: &Holding) -> DateTime<Utc> {
    holding.since.max(incident.opened_at)
}

// Whoever just got a role, or finds it reopened, has time.
fn heard_of(incident: &Incident, holding: &Holding) -> DateTime<Utc> {
    let signs = incident.room.signs.iter().filter(|(name, _)| same_person(name, &holding.person));
    signs.map(|(_, at)| *at).fold(since(incident, holding), DateTime::max)
}

fn on(wait: Duration) -> Option<TimeDelta> {
    Some(wait.delta()).filter(|wait| *wait > TimeDelta::zero())
}
