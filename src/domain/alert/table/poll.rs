//! What a listing of the source settles.

use super::episode::{Context, Effect};
use super::{Table, Taken, Transition, episode};
use crate::alert::reconcile::Poll;
use crate::alert::{Alert, AlertState, Observation, ResolvedBecause};
use crate::incident::entry::Change;
use crate::policy::Timing;
use chrono::{DateTime, Utc};

impl Table {
    /// Takes the differences that a poll found. What changed after the listing was asked for is newer than it, and stays.
    pub fn poll(&mut self, poll: &Poll, at: DateTime<Utc>, timing: &Timing) -> Taken {
        let (source, name) = self.source(&poll.source);
        let context = Context { at, timing, group: None, pushed: false };
        let mut taken = Taken::default();
        for seen in &poll.active {
            match self.by_key.get(&(source, seen.fingerprint)).copied() {
                Some(id) => self.settle(id, poll, &mut taken, |alert| active(alert, seen, &context)),
                None => {
                    let id = self.first_seen(source, episode::first(&name, seen, &context));
                    taken.counts.new += 1;
                    taken.changed.push(id);
                    taken.transitions.push(Transition { alert: id, change: Change::Firing });
                }
            }
        }
        for (seen, by) in &poll.muted {
            // One we were never told of is nobody's business while it is muted.
            if let Some(id) = self.by_key.get(&(source, seen.fingerprint)).copied() {
                self.settle(id, poll, &mut taken, |alert| muted(alert, seen, by, &context));
            }
        }
        for fingerprint in &poll.gone {
            if let Some(id) = self.by_key.get(&(source, *fingerprint)).copied() {
                self.settle(id, poll, &mut taken, |alert| gone(alert, at));
            }
        }
        taken.tidied()
    }

    fn settle(
        &mut self,
        id: crate::ids::AlertId,
        poll: &Poll,
        taken: &mut Taken,
        judge: impl FnOnce(&mut Alert) -> Effect,
    ) {
        let as_of = poll.as_of;
        let effect = self.replace(id, |alert| if alert.last_seen > as_of { Effect::Late } else { judge(alert) });
        taken.note(id, effect.unwrap_or(Effect::Nothing));
    }
}

fn active(alert: &mut Alert, seen: &Observation, context: &Context<'_>) -> Effect {
    let effect = match alert.state {
        AlertState::Firing if episode::is_old(alert, context) => Effect::Kept,
        AlertState::Firing => return Effect::Nothing,
        AlertState::Unreported { .. } | AlertState::Muted { .. } => Effect::Changed(Change::Firing),
        AlertState::Resolved { ends_at, .. } => {
            if !episode::is_same_episode(alert, seen, ends_at) {
                episode::begin(alert, seen, context);
            }
            alert.expires_at = None;
            Effect::Changed(Change::Firing)
        }
    };
    alert.state = AlertState::Firing;
    episode::take_texts(alert, seen, context);
    alert.last_seen = context.at;
    effect
}

fn muted(alert: &mut Alert, seen: &Observation, by: &[String], context: &Context<'_>) -> Effect {
    let effect = match &alert.state {
        AlertState::Muted { by: known } if known == by => {
            if !episode::is_old(alert, context) {
                return Effect::Nothing;
            }
            Effect::Kept
        }
        AlertState::Muted { .. } => Effect::Kept,
        AlertState::Firing | AlertState::Unreported { .. } => Effect::Changed(Change::Muted),
        AlertState::Resolved { ends_at, .. } => {
            if !episode::is_same_episode(alert, seen, *ends_at) {
                episode::begin(alert, seen, context);
            }
            alert.expires_at = None;
            Effect::Changed(Change::Muted)
        }
    };
    alert.state = AlertState::Muted { by: by.to_vec() };
    alert.last_seen = context.at;
    effect
}

fn gone(alert: &mut Alert, at: DateTime<Utc>) -> Effect {
    let effect = match alert.state {
        AlertState::Firing | AlertState::Unreported { .. } | AlertState::Muted { .. } => {
            alert.state = episode::resolved(at, ResolvedBecause::Gone);
            Effect::Changed(Change::Resolved(ResolvedBecause::Gone))
        }
        // A contested end is settled: it is over.
        AlertState::Resolved { ends_at, because, contested_until: Some(_) } => {
            alert.state = episode::resolved(ends_at, because);
            Effect::Kept
        }
        AlertState::Resolved { contested_until: None, .. } => return Effect::Nothing,
    };
    alert.expires_at = None;
    alert.last_seen = at;
    effect
}
