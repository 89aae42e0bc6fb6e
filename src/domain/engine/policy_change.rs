//! A changed configuration: every alert is judged anew; clocks of rules that did not change go on.

use super::state::in_words;
use super::turn::Turn;
use crate::alert::Pairs;
use crate::directory::Directory;
use crate::ids::IncidentId;
use crate::incident::{Actor, Fact};
use crate::policy::{Policy, PolicySource};
use crate::rules::Evaluator;
use std::sync::Arc;

impl Turn<'_> {
    pub(super) fn policy_changed(&mut self, source: PolicySource) {
        // It was checked before it was appended; an older program may have thought otherwise. The last good one stays.
        let policy = match Policy::compile(source) {
            Ok(policy) => policy,
            Err(mistakes) => {
                self.state.policy_refused = Some(in_words(&mistakes));
                return;
            }
        };
        self.adopt(Arc::new(policy));
        self.out.policy = Some(Arc::clone(&self.state.policy.source));
    }

    /// Knows these people from now on.
    pub(super) fn directory_changed(&mut self, directory: Directory) {
        let before = std::mem::replace(&mut self.state.directory, Arc::new(directory));
        self.out.directory = Some(Arc::clone(&self.state.directory));
        self.people_left(&before);
        // Ends of duties are deadlines.
        self.changed.extend(self.state.incidents.keys().copied());
    }

    /// Decides by this policy from now on.
    pub(super) fn adopt(&mut self, policy: Arc<Policy>) {
        self.state.policy = policy;
        self.state.policy_refused = None;
        self.state.evaluator = Evaluator::new(&self.state.policy.rules);
        self.state.timers.clear_subjects();
        self.state.holding.clear();
        self.judge_all_alerts();
        self.restore_holds();
        self.note_gone_rules();
        self.beats_changed();
        self.end_shadows();
    }

    fn judge_all_alerts(&mut self) {
        for (alert, touches) in self.state.evaluate_all() {
            for touch in touches {
                let alerts = self.touched.entry(touch.subject).or_default();
                if touch.evidence {
                    alerts.push((alert, touch.counted));
                }
            }
        }
        // What says something of no alert at all, says it from now on.
        for subject in self.state.policy.rules.standing() {
            self.touched.entry(subject).or_default();
        }
    }

    fn restore_holds(&mut self) {
        let rows: Vec<((String, Pairs), _)> = std::mem::take(&mut self.state.stored_holds).into_iter().collect();
        for (key, row) in rows {
            match self.state.evaluator.restore(&self.state.policy.rules, &row) {
                Some(subject) => {
                    self.touched.entry(subject).or_default();
                    self.state.stored_holds.insert(key, row);
                }
                None => drop(self.out.holds.insert(key, None)),
            }
        }
    }

    fn note_gone_rules(&mut self) {
        let rules = &self.state.policy.rules;
        let gone: Vec<(IncidentId, String)> = self
            .state
            .incidents
            .values()
            .filter(|incident| incident.stage.is_open())
            .filter_map(|incident| Some((incident.id, incident.rule.as_ref()?.name.clone())))
            .filter(|(_, rule)| rules.by_name(rule).is_none())
            .collect();
        for (id, rule) in gone {
            self.record(id, Actor::Rule, Fact::RuleGone { rule });
        }
        // Waits may have changed with the rules.
        self.changed.extend(self.state.incidents.keys().copied());
        self.state.set_kept_timers();
        self.state.set_actions_timer();
    }
}
