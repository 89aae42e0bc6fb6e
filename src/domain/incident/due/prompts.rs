//! When people are asked something, and when a promised update counts as missed.
//!
//! Written for three in the morning:
//! - A question is for somebody. While nobody has shown up since it was opened, only the take-over clock speaks; and once
//!   nobody was heard of for `silent_after`, what repeats is not repeated until somebody is.
//! - While no alert fires, nobody is asked anything: whether it is over is asked once, by the proposal to resolve it. If its
//!   rule ends it soon, its promise waits, too: the end is the next word. Should it go on, a promise that has passed is missed
//!   at once; until then it is neither kept nor missed.
//! - A missed promise is told once. It speaks for what else would repeat at that time.
//!
//! Every time is a function of what is stored: a restart asks nothing twice, and forgets nothing.

use super::{Waits, end_if_clear_from, roles};
use crate::duration::Duration;
use crate::incident::promise::Promise;
use crate::incident::roles::{MANAGER, same_person};
use crate::incident::room::{Part, Prompt};
use crate::incident::{Actor, Incident};
use crate::policy::Rituals;
use crate::rules::Rule;
use chrono::{DateTime, TimeDelta, Utc};

/// What comes due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PromptDue {
    /// A promised update did not come. Before what is asked: it may make that needless.
    Missed(DateTime<Utc>),
    /// People are asked something.
    Ask(Prompt),
}

/// All that comes due, if nothing else happens.
pub fn deadlines(incident: &Incident, rule: Option<&Rule>, waits: &Waits<'_>) -> Vec<(DateTime<Utc>, PromptDue)> {
    let asks = Asks { incident, rituals: &waits.source.rituals };
    let mut dues = Vec::new();
    let ends_soon = incident.clear_since.and_then(|since| end_if_clear_from(since, incident, rule)).is_some();
    if let Some(promise) = incident.promised().filter(|_| !ends_soon) {
        dues.extend(asks.missed(promise).map(|at| (at, PromptDue::Missed(promise.by))));
        dues.extend(asks.reminder(promise).map(|at| (at, PromptDue::Ask(Prompt::Promise))));
    }
    dues.extend(roles::hand_over_at(incident, waits).map(|at| (at, PromptDue::Ask(Prompt::HandOver))));
    if incident.clear_since.is_none() {
        dues.extend(asks.scope().map(|at| (at, PromptDue::Ask(Prompt::Scope))));
        dues.extend(asks.stale().map(|at| (at, PromptDue::Ask(Prompt::Stale))));
        dues.extend(asks.call_out().map(|at| (at, PromptDue::Ask(Prompt::CallOut))));
    }
    dues
}

/// However little is configured, nothing repeats more often.
pub const REPEAT_MIN: TimeDelta = TimeDelta::minutes(1);

struct Asks<'a> {
    incident: &'a Incident,
    rituals: &'a Rituals,
}

impl Asks<'_> {
    fn missed(&self, promise: Promise) -> Option<DateTime<Utc>> {
        let known = self.incident.room.promises.missed_by == Some(promise.by);
        (self.rituals.watch_promises && !known).then_some(promise.by)
    }

    fn reminder(&self, promise: Promise) -> Option<DateTime<Utc>> {
        let before = wait(self.rituals.remind_before)?;
        let promises = &self.incident.room.promises;
        let said = promises.reminded_of == Some(promise.by) || promises.missed_by == Some(promise.by);
        // Who promises something for the next minutes knows it still.
        let long = promise.by - promise.made_at > before;
        self.heard_of()?;
        (long && !said).then_some(promise.by - before)
    }

    // Once, until a person wrote it. A rule knows only in general who is affected.
    fn scope(&self) -> Option<DateTime<Utc>> {
        let after = wait(self.rituals.scope_after)?;
        let incident = self.incident;
        let asked = self.asked(Prompt::Scope).is_some_and(|at| at >= incident.opened_at);
        let declared_so = matches!(incident.declared_by, Actor::Person { .. }) && !incident.impact.is_empty();
        let written = declared_so || incident.room.editions.contains_key(&Part::Impact);
        let sign = self.heard_of()?;
        self.at_beat(Prompt::Scope, incident.opened_at, after, sign).filter(|_| !asked && !written)
    }

    // Every so often since a person last said something that everybody can read.
    fn stale(&self) -> Option<DateTime<Utc>> {
        let every = wait(self.rituals.stale_after)?;
        let incident = self.incident;
        let since = incident.last_word_of_people().map_or(incident.opened_at, |at| at.max(incident.opened_at));
        self.at_beat(Prompt::Stale, since, every, self.heard_of()?)
    }

    // To the manager, while there is one who is heard of.
    fn call_out(&self) -> Option<DateTime<Utc>> {
        let every = wait(self.rituals.call_out_every)?;
        let incident = self.incident;
        let held = incident.roles.held.get(MANAGER).filter(|_| !incident.roles.open.contains_key(MANAGER))?;
        let signs = incident.room.signs.iter().filter(|(name, _)| same_person(name, &held.person));
        let sign = signs.map(|(_, at)| *at).fold(held.since, DateTime::max);
        self.at_beat(Prompt::CallOut, held.since.max(incident.opened_at), every, sign)
    }

    // On the beats of a clock that started then: not sooner than it may, and not once nobody has been heard of for long.
    // Who comes back between two beats is not asked at once, and neither is anybody when it fires again.
    fn at_beat(
        &self,
        prompt: Prompt,
        since: DateTime<Utc>,
        every: TimeDelta,
        sign: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let every = every.max(REPEAT_MIN);
        let asked = self.asked(prompt).max(self.incident.room.promises.missed_at).map(|asked| asked + every);
        let fires_again = self.incident.turns.last().copied();
        let at = beat(since, every, sign.max(asked.unwrap_or(sign)).max(fires_again.unwrap_or(sign)));
        let listens = wait(self.rituals.silent_after).is_none_or(|silent| at <= sign + silent.max(every));
        listens.then_some(at)
    }

    fn asked(&self, prompt: Prompt) -> Option<DateTime<Utc>> {
        self.incident.room.prompted.get(&prompt).copied()
    }

    // When any person was last heard of, since it was opened.
    fn heard_of(&self) -> Option<DateTime<Utc>> {
        let newest = self.incident.room.signs.values().max().copied()?;
        (newest >= self.incident.opened_at).then_some(newest)
    }
}

fn wait(wait: Duration) -> Option<TimeDelta> {
    Some(wait.delta()).filter(|wait| !wait.is_zero())
}

// The first beat of a clock that started then, not before this time.
fn beat(since: DateTime<Utc>, every: TimeDelta, not_before: DateTime<Utc>) -> DateTime<Utc> {
    let micros = |delta: TimeDelta| u64::try_from(delta.num_microseconds().unwrap_or(i64::MAX)).unwrap_or(0);
    let every = micros(every);
    let beats = micros(not_before - since).div_ceil(every).max(1);
    since + TimeDelta::microseconds(i64::try_from(every.saturating_mul(beats)).unwrap_or(i64::MAX))
}
