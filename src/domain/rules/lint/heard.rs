//! What a history tells the lints: which alerts there were, and what the rules would have declared for them.

use crate::alert::{Fingerprint, Pairs};
use crate::backtest::Moment;
use crate::engine::{Changes, Input, State};
use crate::ids::{AlertId, InputSeq};
use crate::incident::Fact;
use crate::policy::{NamedRuleFile, Policy};
use crate::rules::Mistake;
use crate::rules::trial::policy;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// An alert that was not seen for so long may not exist any more.
pub const SEEN_DAYS: i64 = 30;

/// Most label sets that are remembered.
const SEEN_MAX: usize = 200_000;

/// Most declarations that are compared.
const DECLARED_MAX: usize = 10_000;

/// Alerts that were seen in the last [`SEEN_DAYS`] of a history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Their label sets.
    pub labels: BTreeMap<Fingerprint, Pairs>,
}

/// What was heard of a history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Learnt {
    /// In its last days.
    pub seen: Seen,
    /// In all of it.
    pub declared: Vec<Declared>,
    /// Whether alerts came without Alertmanager's waiting: pushed, or by its event recorder.
    pub sooner: bool,
}

/// A declaration, and what for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// By which rule.
    pub rule: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The alerts that counted.
    pub alerts: BTreeSet<AlertId>,
}

/// Listens to a history.
#[derive(Debug)]
pub struct Heard {
    policy: Arc<Policy>,
    state: Option<State>,
    seen: BTreeMap<Fingerprint, (DateTime<Utc>, Pairs)>,
    declared: Vec<Declared>,
    newest: Option<DateTime<Utc>>,
    more: bool,
    sooner: bool,
}

impl Heard {
    /// Has heard nothing yet; these are the rules whose declarations are wanted.
    pub fn new(files: &[NamedRuleFile]) -> Result<Self, Vec<Mistake>> {
        let policy = Arc::new(policy::policy(files)?);
        Ok(Self {
            policy,
            state: None,
            seen: BTreeMap::new(),
            declared: Vec::new(),
            newest: None,
            more: false,
            sooner: false,
        })
    }

    /// Takes the next moment; times must not run backwards.
    pub fn take(&mut self, moment: Moment) {
        self.newest = Some(moment.at);
        self.sooner |= match &moment.input {
            Input::Alerts(batch) => batch.group.is_none(),
            Input::Events(_) => true,
            Input::Poll(_)
            | Input::Command(_)
            | Input::Outcome(_)
            | Input::Policy(_)
            | Input::Directory(_)
            | Input::Acted(_)
            | Input::Started
            | Input::Tick => false,
        };
        let mut changes = Changes::default();
        let state = self.state.get_or_insert_with(|| State::begin(&self.policy, moment.at, &mut changes));
        while let Some(due) = state.next_due().filter(|due| *due <= moment.at) {
            state.step(InputSeq(state.position().0 + 1), due, Input::Tick, &mut changes);
        }
        state.step(InputSeq(state.position().0 + 1), moment.at, moment.input, &mut changes);
        for alert in changes.alerts.values().flatten() {
            self.more |= self.seen.len() == SEEN_MAX && !self.seen.contains_key(&alert.key.fingerprint);
            if !self.more {
                let fresh = || (moment.at, alert.labels.clone());
                self.seen.entry(alert.key.fingerprint).or_insert_with(fresh).0 = moment.at;
            }
        }
        for entry in &changes.entries {
            let Fact::Declared { rule: Some(rule), .. } = &entry.fact else { continue };
            if self.declared.len() == DECLARED_MAX {
                break;
            }
            let counted = changes.evidence.iter().filter(|one| one.incident == entry.incident && one.counted);
            let alerts = counted.map(|one| one.alert).collect();
            self.declared.push(Declared { rule: rule.name.clone(), at: entry.at, alerts });
        }
    }

    /// What it told.
    pub fn finish(self) -> Learnt {
        let since = self.newest.unwrap_or_default() - TimeDelta::days(SEEN_DAYS);
        // Of too many, nobody can say what was not among them.
        let newest = self.seen.into_iter().filter(|(_, (at, _))| !self.more && *at >= since);
        let labels = newest.map(|(key, (_, labels))| (key, labels)).collect();
        Learnt { seen: Seen { labels }, declared: self.declared, sooner: self.sooner }
    }
}
