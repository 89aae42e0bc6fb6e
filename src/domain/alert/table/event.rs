//! What an event of Alertmanager's recorder means to one alert. Events are lost, repeated and overtake each other, so
//! none of them contradicts what a webhook or a poll said later of the same episode: they only tell sooner.

use super::episode::{self, Context, Effect};
use super::{Table, Taken};
use crate::alert::event::{Event, Events, Said};
use crate::alert::{Alert, AlertState, Observation, ResolvedBecause, Status};
use crate::incident::entry::Change;
use crate::policy::Timing;
use chrono::{DateTime, TimeDelta, Utc};

/// An event that mutes is believed if it is no older than this: it is repeated at every flush of its group, and what is
/// older may be over.
const MUTE_AGE_MAX: TimeDelta = TimeDelta::minutes(1);

impl Table {
    /// Takes events. As in a webhook, firing alerts come first; the order of the message says nothing.
    pub fn events(&mut self, events: &Events, at: DateTime<Utc>, timing: &Timing) -> Taken {
        let (source, name) = self.source(&events.source);
        let context = Context { at, timing, group: None, pushed: false };
        let mut taken = Taken::default();
        for turn in [Turn::Fires, Turn::Muted, Turn::IsOver] {
            for event in events.events.iter().filter(|event| turn_of(event) == turn) {
                let fingerprint = match &event.what {
                    Said::Observed(seen) => seen.fingerprint,
                    Said::Muted { fingerprint, .. } => *fingerprint,
                };
                match (self.by_key.get(&(source, fingerprint)).copied(), &event.what) {
                    (Some(id), what) => {
                        let effect = self.replace(id, |alert| told(alert, event.said_at, what, &context));
                        taken.note(id, effect.unwrap_or(Effect::Nothing));
                    }
                    (None, Said::Observed(seen)) => {
                        self.observe(source, &name, seen, &context, &mut taken);
                    }
                    // One we were never told of is nobody's business while it is muted.
                    (None, Said::Muted { .. }) => {}
                }
            }
        }
        taken.tidied()
    }
}

#[derive(PartialEq, Eq)]
enum Turn {
    Fires,
    Muted,
    IsOver,
}

fn turn_of(event: &Event) -> Turn {
    match &event.what {
        Said::Observed(seen) if seen.status == Status::Firing => Turn::Fires,
        Said::Observed(_) => Turn::IsOver,
        Said::Muted { .. } => Turn::Muted,
    }
}

fn told(alert: &mut Alert, said_at: DateTime<Utc>, what: &Said, context: &Context<'_>) -> Effect {
    match what {
        Said::Observed(seen) => {
            // An event carries no link, and during an episode its texts may be older than those we have.
            let mut seen = Observation { generator_url: alert.generator_url.clone(), ..seen.clone() };
            if alert.state.is_open() {
                seen.annotations = alert.annotations.clone();
            }
            match seen.status {
                Status::Firing => fires(alert, said_at, &seen, context),
                Status::Resolved => episode::observe(alert, &seen, context),
            }
        }
        Said::Muted { by, until, .. } => muted(alert, said_at, by, *until, context),
    }
}

fn fires(alert: &mut Alert, said_at: DateTime<Utc>, seen: &Observation, context: &Context<'_>) -> Effect {
    let AlertState::Resolved { ends_at, because, .. } = alert.state else {
        // Told of muted alerts too, so it unmutes nothing.
        let newer = episode::began_again(alert, seen, context);
        return if newer { Effect::Kept } else { Effect::Nothing };
    };
    let guessed = matches!(because, ResolvedBecause::Stale | ResolvedBecause::Expired);
    match episode::is_same_episode(alert, seen, ends_at) {
        // A late event is no second opinion about the end, as a late webhook is: it knows when it was said.
        true if !guessed || said_at <= ends_at => return Effect::Late,
        true => {}
        false => episode::begin(alert, seen, context),
    }
    alert.last_seen = context.at;
    episode::fire(alert, seen, context)
}

fn muted(
    alert: &mut Alert,
    said_at: DateTime<Utc>,
    by: &[String],
    until: Option<DateTime<Utc>>,
    context: &Context<'_>,
) -> Effect {
    let late = said_at < alert.last_seen || context.at - said_at > MUTE_AGE_MAX;
    if late || until.is_some_and(|until| until <= context.at) {
        return Effect::Late;
    }
    let effect = match &alert.state {
        AlertState::Muted { by: known } if known == by => return Effect::Nothing,
        AlertState::Muted { .. } => Effect::Kept,
        AlertState::Firing | AlertState::Unreported { .. } => Effect::Changed(Change::Muted),
        // The recorder tells of mutes also of alerts that are over and wait for the flush of their group.
        AlertState::Resolved { .. } => return Effect::Late,
    };
    alert.state = AlertState::Muted { by: by.to_vec() };
    alert.last_seen = context.at;
    effect
}
