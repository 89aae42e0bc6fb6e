//! What one message means to one alert: the order of arrival proves little, the times it claims prove more.

use crate::alert::{Alert, AlertKey, AlertState, Observation, ResolvedBecause, SourceName, Status};
use crate::ids::AlertId;
use crate::incident::entry::Change;
use crate::policy::Timing;
use chrono::{DateTime, TimeDelta, Utc};

/// An episode counts from at most this long before we heard of it: what is older is history, not our delay.
pub(super) const BACKDATE_MAX: TimeDelta = TimeDelta::minutes(15);

/// At the very first start, what has fired for longer than this is not news.
pub(super) const PRE_EXISTING_AFTER: TimeDelta = TimeDelta::hours(1);

/// `last_seen` is refreshed when it is older than this part of `alert_timeout`.
const REFRESH_PART: i32 = 8;

/// How a message came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) at: DateTime<Utc>,
    pub(super) timing: &'a Timing,
    pub(super) group: Option<u64>,
    // By `POST /api/v2/alerts`: says itself when it ends.
    pub(super) pushed: bool,
}

/// What it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Known like that; no row changes.
    Nothing,
    /// The row changes, the state does not.
    Kept,
    /// It is about an earlier episode.
    Late,
    /// It contradicts the end that we know.
    Contested,
    /// The state changes.
    Changed(Change),
}

/// A new row; its id is given by the table.
pub(super) fn first(source: &SourceName, seen: &Observation, context: &Context<'_>) -> Alert {
    let state = match seen.status {
        Status::Firing => AlertState::Firing,
        Status::Resolved => resolved(end(seen, context.at), ResolvedBecause::Reported),
    };
    Alert {
        id: AlertId(0),
        key: AlertKey { source: source.clone(), fingerprint: seen.fingerprint },
        labels: seen.labels.clone(),
        annotations: seen.annotations.clone(),
        generator_url: seen.generator_url.clone(),
        state,
        starts_at: start(seen.starts_at, context.at),
        claimed_starts_at: seen.starts_at,
        last_seen: context.at,
        group: context.group,
        expires_at: expiry(seen, context),
        episodes: 1,
        pre_existing: false,
        past: Vec::new(),
    }
}

/// One message about a known alert.
pub(super) fn observe(alert: &mut Alert, seen: &Observation, context: &Context<'_>) -> Effect {
    let effect = match seen.status {
        Status::Firing => fires(alert, seen, context),
        Status::Resolved => is_over(alert, seen, context),
    };
    let effect = match effect {
        Effect::Nothing if is_old(alert, context) => Effect::Kept,
        effect => effect,
    };
    if !matches!(effect, Effect::Nothing | Effect::Late) {
        alert.last_seen = context.at;
    }
    effect
}

/// A complete message of its group left it out.
pub(super) fn unreported(alert: &mut Alert, at: DateTime<Utc>) -> Effect {
    alert.state = AlertState::Unreported { since: at };
    alert.last_seen = at;
    Effect::Changed(Change::Unreported)
}

/// It is over.
pub(super) fn resolved(ends_at: DateTime<Utc>, because: ResolvedBecause) -> AlertState {
    AlertState::Resolved { ends_at, because, contested_until: None }
}

fn fires(alert: &mut Alert, seen: &Observation, context: &Context<'_>) -> Effect {
    match alert.state {
        AlertState::Firing => {
            let newer = began_again(alert, seen, context);
            let texts = take_texts(alert, seen, context);
            let later = expiry(seen, context).filter(|end| alert.expires_at.is_none_or(|known| *end > known));
            alert.expires_at = later.or(alert.expires_at);
            if newer || texts || later.is_some() { Effect::Kept } else { Effect::Nothing }
        }
        AlertState::Unreported { .. } | AlertState::Muted { .. } => {
            began_again(alert, seen, context);
            fire(alert, seen, context)
        }
        AlertState::Resolved { ends_at, because, contested_until } => {
            if !is_same_episode(alert, seen, ends_at) {
                begin(alert, seen, context);
                return fire(alert, seen, context);
            }
            // That it ended was our own guess: silence, or an `endsAt` that was not moved in time.
            if matches!(because, ResolvedBecause::Stale | ResolvedBecause::Expired) {
                return fire(alert, seen, context);
            }
            match contested_until {
                Some(until) if until <= context.at => fire(alert, seen, context),
                Some(_) => renew(alert, seen, context),
                None => contest(alert, seen, context, ends_at, because),
            }
        }
    }
}

fn is_over(alert: &mut Alert, seen: &Observation, context: &Context<'_>) -> Effect {
    if let (Some(ends_at), Some(began)) = (seen.ends_at, alert.claimed_starts_at)
        && ends_at < began
    {
        return Effect::Late;
    }
    match alert.state {
        AlertState::Firing | AlertState::Unreported { .. } | AlertState::Muted { .. } => {
            alert.state = resolved(end(seen, context.at), ResolvedBecause::Reported);
            alert.claimed_starts_at = alert.claimed_starts_at.max(seen.starts_at);
            alert.expires_at = None;
            take_texts(alert, seen, context);
            Effect::Changed(Change::Resolved(ResolvedBecause::Reported))
        }
        AlertState::Resolved { ends_at, because, contested_until } => {
            // An end in the future was cut to the time it was told; told again, it is still the same end.
            let told = seen.ends_at.filter(|end| *end <= context.at);
            let (ends_at_now, because_now) = match because {
                ResolvedBecause::Reported => (told.map_or(ends_at, |told| told.max(ends_at)), because),
                _ => (end(seen, context.at).min(ends_at), ResolvedBecause::Reported),
            };
            let older = because == ResolvedBecause::Reported && seen.ends_at.is_some_and(|end| end < ends_at);
            let contested_now = contested_until.filter(|_| older);
            let before = (ends_at, because, contested_until);
            if before == (ends_at_now, because_now, contested_now) {
                return Effect::Nothing;
            }
            alert.claimed_starts_at = alert.claimed_starts_at.max(seen.starts_at);
            alert.state =
                AlertState::Resolved { ends_at: ends_at_now, because: because_now, contested_until: contested_now };
            Effect::Kept
        }
    }
}

// An Alertmanager replica may send what it knew before it learnt of the end, so it is not believed at once.
fn contest(
    alert: &mut Alert,
    seen: &Observation,
    context: &Context<'_>,
    ends_at: DateTime<Utc>,
    because: ResolvedBecause,
) -> Effect {
    let contested_until = Some(context.at + context.timing.contest.delta());
    alert.state = AlertState::Resolved { ends_at, because, contested_until };
    alert.expires_at = expiry(seen, context);
    Effect::Contested
}

// Said again during the contest: only its own end may move.
fn renew(alert: &mut Alert, seen: &Observation, context: &Context<'_>) -> Effect {
    let expires_at = expiry(seen, context);
    if alert.expires_at == expires_at {
        return Effect::Nothing;
    }
    alert.expires_at = expires_at;
    Effect::Kept
}

pub(super) fn fire(alert: &mut Alert, seen: &Observation, context: &Context<'_>) -> Effect {
    alert.state = AlertState::Firing;
    alert.expires_at = expiry(seen, context);
    take_texts(alert, seen, context);
    Effect::Changed(Change::Firing)
}

// Clocks of senders differ from ours: what began no later than the episode we know is that episode, whatever the clock
// says about its end.
pub(super) fn is_same_episode(alert: &Alert, seen: &Observation, ends_at: DateTime<Utc>) -> bool {
    seen.starts_at.is_some_and(|start| start <= ends_at || alert.claimed_starts_at.is_some_and(|known| start <= known))
}

pub(super) fn begin(alert: &mut Alert, seen: &Observation, context: &Context<'_>) {
    alert.starts_at = start(seen.starts_at, context.at);
    alert.claimed_starts_at = seen.starts_at;
    alert.episodes = alert.episodes.saturating_add(1);
    alert.pre_existing = false;
}

// Fires, with a newer start than we knew: it was over in between, and nobody told.
pub(super) fn began_again(alert: &mut Alert, seen: &Observation, context: &Context<'_>) -> bool {
    match (alert.claimed_starts_at, seen.starts_at) {
        (Some(known), Some(start)) if start > known => {
            begin(alert, seen, context);
            true
        }
        (None, Some(_)) => {
            alert.claimed_starts_at = seen.starts_at;
            true
        }
        _ => false,
    }
}

/// The newest texts, and the group that told them.
pub(super) fn take_texts(alert: &mut Alert, seen: &Observation, context: &Context<'_>) -> bool {
    let mut changed = false;
    if alert.annotations != seen.annotations {
        alert.annotations = seen.annotations.clone();
        changed = true;
    }
    if alert.generator_url != seen.generator_url {
        alert.generator_url = seen.generator_url.clone();
        changed = true;
    }
    if context.group.is_some() && alert.group != context.group {
        alert.group = context.group;
        changed = true;
    }
    changed
}

/// Whether it is time to write down that it was heard of.
pub(super) fn is_old(alert: &Alert, context: &Context<'_>) -> bool {
    context.at - alert.last_seen > context.timing.alert_timeout.delta() / REFRESH_PART
}

fn start(claimed: Option<DateTime<Utc>>, at: DateTime<Utc>) -> DateTime<Utc> {
    claimed.map_or(at, |start| start.max(at - BACKDATE_MAX).min(at))
}

fn end(seen: &Observation, at: DateTime<Utc>) -> DateTime<Utc> {
    seen.ends_at.map_or(at, |end| end.min(at))
}

fn expiry(seen: &Observation, context: &Context<'_>) -> Option<DateTime<Utc>> {
    seen.ends_at.filter(|_| context.pushed && seen.status == Status::Firing)
}
