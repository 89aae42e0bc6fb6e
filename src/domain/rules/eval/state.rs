//! What is known of one subject: what counts, and which `for`s run. And of all subjects of one rule.

use super::{KEYS_MAX, Verdict};
use crate::alert::drill::is_drill;
use crate::alert::{Alert, Pairs};
use crate::ids::AlertId;
use crate::incident::Explanation;
use crate::rules::compile::Rule;
use crate::rules::conditions::{Count, Outlook, Sight};
use chrono::{DateTime, Utc};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// One subject.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub counts: Box<[Count]>,
    pub holds: Box<[Option<DateTime<Utc>>]>,
    // It takes up one of the rule's keys.
    keyed: bool,
}

/// All subjects of one rule with something to remember.
#[derive(Debug, Default)]
pub(super) struct Subjects {
    pub states: BTreeMap<Pairs, State>,
    // How many of them take up a key.
    keyed: usize,
}

impl State {
    /// Nothing counts.
    pub fn new(rule: &Rule) -> Self {
        Self {
            counts: rule.trees.slots.iter().map(|slot| slot.count()).collect(),
            holds: vec![None; rule.trees.holds].into_boxed_slice(),
            keyed: false,
        }
    }

    fn has(&self, alert: AlertId) -> bool {
        self.counts.iter().any(|count| count.has(alert))
    }

    fn is_empty(&self) -> bool {
        self.counts.iter().all(Count::is_empty)
    }

    fn holds_nothing(&self) -> bool {
        self.holds.iter().all(Option::is_none)
    }

    /// As it stands at this time: what left a `within` by then does not count.
    pub fn as_of(&self, at: DateTime<Utc>) -> Cow<'_, Self> {
        if self.counts.iter().all(|count| count.is_current(at)) {
            return Cow::Borrowed(self);
        }
        let mut state = self.clone();
        state.expire(at);
        Cow::Owned(state)
    }

    pub fn expire(&mut self, at: DateTime<Utc>) {
        self.counts.iter_mut().for_each(|count| count.expire(at));
    }

    pub fn judge(&mut self, rule: &Rule, at: DateTime<Utc>) -> Verdict {
        let Self { counts, holds, .. } = self;
        let sight = Sight { counts, at };
        let mut due = None;
        let mut is_true = |outlook: Outlook| {
            due = [due, outlook.next].into_iter().flatten().min();
            outlook.since(at).is_some()
        };
        let when = is_true(rule.trees.when.outlook(&sight, holds));
        let confirm = rule.trees.confirm.as_ref().is_some_and(|confirm| is_true(confirm.outlook(&sight, holds)));
        // Every tree is asked, each keeps its own holds.
        let raised = rule.trees.raise.iter().filter(|(_, node)| is_true(node.outlook(&sight, holds)));
        let raise = raised.map(|(to, _)| *to).max();
        Verdict { when, confirm, raise, due }
    }

    /// From when on `when` is true, if no alert changes.
    pub fn true_from(&self, rule: &Rule, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let state = self.as_of(at);
        rule.trees.when.outlook(&Sight { counts: &state.counts, at }, &mut state.holds.clone()).from
    }

    pub fn explain(&self, rule: &Rule, at: DateTime<Utc>) -> Explanation {
        let state = self.as_of(at);
        rule.trees.when.explain(&Sight { counts: &state.counts, at }, &mut state.holds.clone())
    }
}

impl Subjects {
    /// Under which key this alert stands: its own, or with the overflow.
    pub fn key(&self, rule: &Rule, slots: &[usize], alert: &Alert) -> Pairs {
        // It takes no key from what is real, and never stands with the overflow of it.
        if alert.is_drill() {
            return alert.correlation(&rule.model.correlate_by);
        }
        if rule.model.correlate_by.is_empty() {
            return Pairs::default();
        }
        // Where it was counted it stays, though its own key may have become free since.
        if self.states.get(&Pairs::default()).is_some_and(|overflow| overflow.has(alert.id)) {
            return Pairs::default();
        }
        let key = alert.labels.only(&rule.model.correlate_by);
        // What only keeps a rule from being true gives it no key, and may not keep all keys together from it.
        let asks = slots.iter().any(|slot| rule.trees.keyed.contains(slot));
        let fits = self.keyed < KEYS_MAX || self.states.get(&key).is_some_and(|state| state.keyed);
        if fits || !asks { key } else { Pairs::default() }
    }

    /// Counts this alert in these slots as it is now, or not any more.
    pub fn set(&mut self, rule: &Rule, key: &Pairs, slots: &[usize], alert: &Alert, at: DateTime<Utc>) {
        let takes = |slot: &usize| rule.trees.slots[*slot].takes(alert, at);
        let state = match self.states.get_mut(key) {
            Some(state) => state,
            None if slots.iter().any(takes) => self.states.entry(key.clone()).or_insert_with(|| State::new(rule)),
            None => return,
        };
        slots.iter().for_each(|slot| state.counts[*slot].set(&rule.trees.slots[*slot], alert, at));
        // With a hold it stays until it is judged: fired again before that, it held all the time.
        let goes = state.is_empty() && state.holds_nothing();
        self.tidy(rule, key, goes);
    }

    /// Judges the subject of this key, and forgets it if there is nothing to remember.
    pub fn judge(&mut self, rule: &Rule, key: &Pairs, at: DateTime<Utc>) -> Verdict {
        if rule.trees.resident && !self.states.contains_key(key) {
            self.states.insert(key.clone(), State::new(rule));
        }
        let Some(state) = self.states.get_mut(key) else { return Verdict::default() };
        state.expire(at);
        // Nothing is left of it, so nothing is true of it, whatever it held.
        let known = rule.trees.resident || !state.is_empty();
        let verdict = if known { state.judge(rule, at) } else { Verdict::default() };
        let goes = !known || state.is_empty() && state.holds_nothing();
        self.tidy(rule, key, goes);
        verdict
    }

    fn tidy(&mut self, rule: &Rule, key: &Pairs, goes: bool) {
        let Some(state) = self.states.get_mut(key) else { return };
        let keyed = !is_drill(key) && rule.trees.keyed.iter().any(|slot| !state.counts[*slot].is_empty());
        match (state.keyed, keyed) {
            (false, true) => self.keyed += 1,
            (true, false) => self.keyed -= 1,
            (true, true) | (false, false) => {}
        }
        state.keyed = keyed;
        if goes {
            self.states.remove(key);
        }
    }
}
