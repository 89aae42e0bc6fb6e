//! What a rule does to an incident as time passes: the deadlines, and what is done when one is reached.

pub mod prompts;
pub mod roles;

use super::{FLAPPING_WINDOW, Incident, Stage};
use crate::directory::Directory;
use crate::duration::Duration;
use crate::policy::PolicySource;
use crate::rules::Rule;
use chrono::{DateTime, TimeDelta, Utc};
use prompts::PromptDue;
use roles::RoleDue;

/// Least time between two timeline entries about changed alerts; changes in between are counted.
pub const SAY_EVERY: TimeDelta = TimeDelta::seconds(10);

/// Asks people to resolve a clear incident after this, where its rule does not say.
pub const PROPOSE_AFTER: Duration = Duration::minutes(15);

/// What time brings to an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// Its alerts came and went, and did not for a while. Before everything else: the other waits get shorter by it.
    Steady,
    /// Its timeline tells the alert changes that were only counted so far.
    SayAlerts,
    /// Its receivers are told the alert changes.
    TellAlerts,
    /// Its rule confirms it: `when` held for `confirm.after`.
    Confirm,
    /// Its rule calls it off: clear, suspected, and nobody touched it.
    CallOff,
    /// People are asked to resolve it.
    ProposeResolve,
    /// Its rule resolves it.
    Resolve,
    /// People are asked something, or a promise was missed. Late: what ends it makes that needless.
    Prompt(PromptDue),
    /// Something about who does what. Last: that a promise was missed is said before anybody is missed.
    Role(RoleDue),
}

/// What deadlines depend on, beside the incident and its rule.
#[derive(Debug, Clone, Copy)]
pub struct Waits<'a> {
    /// How long each wait is.
    pub source: &'a PolicySource,
    /// Who is there, and on duty until when.
    pub directory: &'a Directory,
}

/// Everything that time will bring, if nothing else happens. `when_holds` is the rule's verdict now.
pub fn deadlines(
    incident: &Incident,
    rule: Option<&Rule>,
    holds: WhenHolds,
    waits: &Waits<'_>,
) -> Vec<(DateTime<Utc>, Due)> {
    if !incident.stage.is_open() {
        return Vec::new();
    }
    let timing = &waits.source.timing;
    let mut dues: Vec<_> =
        prompts::deadlines(incident, rule, waits).into_iter().map(|(at, due)| (at, Due::Prompt(due))).collect();
    dues.extend(roles::deadlines(incident, rule, waits).map(|(at, due)| (at, Due::Role(due))));
    if let Some(since) = incident.flapping_since {
        dues.push((incident.turns.last().copied().unwrap_or(since) + FLAPPING_WINDOW, Due::Steady));
    }
    if incident.tally.unsaid > 0 {
        dues.push((incident.tally.said_at.map_or(incident.opened_at, |at| at + SAY_EVERY), Due::SayAlerts));
    }
    // Once it is clear, the end of it is the next thing to tell.
    if incident.tally.untold && incident.clear_since.is_none() {
        let pause = match incident.flapping_since {
            Some(_) => timing.update_interval.delta().max(FLAPPING_WINDOW),
            None => timing.update_interval.delta(),
        };
        dues.push((incident.tally.told_at.unwrap_or(incident.opened_at) + pause, Due::TellAlerts));
    }
    if let (Stage::Suspected, WhenHolds::Yes, Some(after)) = (&incident.stage, holds, rule.and_then(confirm_after)) {
        dues.push((incident.opened_at + after.delta(), Due::Confirm));
    }
    if let Some(clear_since) = incident.clear_since {
        dues.extend(endings(incident, rule).into_iter().map(|(after, due)| (clear_since + after, due)));
    }
    dues
}

/// When and how its rule would end an incident that is clear since then, and stays so.
pub fn end_if_clear_from(
    clear_since: DateTime<Utc>,
    incident: &Incident,
    rule: Option<&Rule>,
) -> Option<(DateTime<Utc>, Due)> {
    let ends = endings(incident, rule).into_iter().filter(|(_, due)| matches!(due, Due::CallOff | Due::Resolve));
    ends.map(|(after, due)| (clear_since + after, due)).min()
}

/// Whether the rule's `when` is true now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenHolds {
    /// It is.
    Yes,
    /// It is not, or there is no rule.
    No,
}

// How a clear incident ends by itself: the waits, counted from when it became clear.
fn endings(incident: &Incident, rule: Option<&Rule>) -> Vec<(TimeDelta, Due)> {
    // Clear is the other half of flapping: it means little before it lasts.
    let least = if incident.flapping_since.is_some() { FLAPPING_WINDOW } else { TimeDelta::zero() };
    let waits = waits(incident, rule).into_iter();
    waits.map(|(after, due)| (after.delta().max(least), due)).collect()
}

fn waits(incident: &Incident, rule: Option<&Rule>) -> Vec<(Duration, Due)> {
    let rule = rule.map(|rule| &rule.model);
    let call_off = rule.and_then(|rule| rule.call_off.as_ref());
    if let (Stage::Suspected, false, Some(call_off)) = (&incident.stage, incident.touched, call_off) {
        return vec![(call_off.if_clear_for, Due::CallOff)];
    }
    let resolve = rule.and_then(|rule| rule.resolve.as_ref());
    let mut endings = Vec::new();
    if incident.proposed_at.is_none() {
        let after = resolve.and_then(|resolve| resolve.propose_after).unwrap_or(PROPOSE_AFTER);
        endings.push((after, Due::ProposeResolve));
    }
    if let Some(after) = resolve.and_then(|resolve| resolve.automatic_after) {
        endings.push((after, Due::Resolve));
    }
    endings
}

fn confirm_after(rule: &Rule) -> Option<Duration> {
    rule.model.confirm.as_ref().and_then(|confirm| confirm.after)
}
