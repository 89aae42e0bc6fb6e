//! A scenario played against rules without a server: what they would declare, and what keeps quiet for a reason.

use super::Scenario;
use super::scenario::Spell;
use crate::alert::drill::{DRILL_SOURCE, is_drill};
use crate::alert::{Batch, Fingerprint, Observation, SourceName, Status};
use crate::duration::Duration;
use crate::engine::explain::About;
use crate::engine::{Changes, Input, Standing, State};
use crate::ids::InputSeq;
use crate::incident::{Entry, Fact};
use crate::policy::Policy;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What rules make of a scenario, if nobody does anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rehearsal {
    /// What they declare, in the order of time.
    pub declared: Vec<Declared>,
    /// Rules that would, but for the hour: name and reason.
    pub quiet: BTreeSet<(String, String)>,
}

/// An incident that would be declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// When, from the start of the drill.
    pub at: Duration,
    /// By which rule.
    pub rule: String,
    /// Its title.
    pub title: String,
}

/// Plays a scenario that starts at this time.
pub fn rehearse(policy: &Arc<Policy>, scenario: &Scenario, start: DateTime<Utc>) -> Rehearsal {
    let mut begun = Changes::default();
    let mut stage =
        Stage { state: State::begin(policy, start, &mut begun), seq: InputSeq(2), start, found: Rehearsal::default() };
    for (at, moment) in scenario.moments() {
        let at = start + at.delta();
        let again = moment.again.iter().map(|spell| observation(scenario, spell, Status::Resolved, at));
        stage.hear(at, again.collect());
        let begin = moment.begin.iter().map(|spell| observation(scenario, spell, Status::Firing, at));
        let end = moment.end.iter().map(|spell| observation(scenario, spell, Status::Resolved, at));
        stage.hear(at, begin.chain(end).collect());
    }
    stage.step(start + scenario.lasts.delta(), Input::Tick);
    stage.found
}

struct Stage {
    state: State,
    seq: InputSeq,
    start: DateTime<Utc>,
    found: Rehearsal,
}

impl Stage {
    fn hear(&mut self, at: DateTime<Utc>, observations: Vec<Observation>) {
        if observations.is_empty() {
            return;
        }
        let source = SourceName::from(DRILL_SOURCE);
        self.step(at, Input::Alerts(Batch { source, group: None, truncated: 0, observations }));
        self.look(at);
    }

    fn step(&mut self, at: DateTime<Utc>, input: Input) {
        let mut changes = Changes::default();
        // Each deadline on its own, so that what keeps quiet then is seen.
        while let Some(due) = self.state.next_due().filter(|due| *due < at) {
            self.input(due, Input::Tick, &mut changes);
            self.look(due);
        }
        self.input(at, input, &mut changes);
        let declared = changes.entries.iter().filter_map(|entry| declared(entry, self.start));
        self.found.declared.extend(declared);
    }

    fn input(&mut self, at: DateTime<Utc>, input: Input, changes: &mut Changes) {
        self.seq = InputSeq(self.seq.0 + 1);
        self.state.step(self.seq, at, input, changes);
    }

    fn look(&mut self, at: DateTime<Utc>) {
        let Ok(explained) = self.state.explain(&About::Now, at) else { return };
        let quiet = explained.rules.into_iter().filter(|rule| {
            let by_the_hour = matches!(rule.verdict, Standing::Muted { .. } | Standing::Inactive { .. });
            by_the_hour && is_drill(&rule.correlation)
        });
        self.found.quiet.extend(quiet.map(|rule| (rule.rule, rule.because)));
    }
}

fn declared(entry: &Entry, start: DateTime<Utc>) -> Option<Declared> {
    let Fact::Declared { title, rule: Some(rule), drill: true, .. } = &entry.fact else { return None };
    Some(Declared { at: Duration::between(start, entry.at), rule: rule.name.clone(), title: title.clone() })
}

fn observation(scenario: &Scenario, spell: &Spell, status: Status, at: DateTime<Utc>) -> Observation {
    let labels = scenario.name.mark(&spell.labels);
    Observation {
        status,
        fingerprint: Fingerprint::of(&labels),
        labels,
        annotations: spell.annotations.clone(),
        starts_at: None,
        ends_at: (status == Status::Resolved).then_some(at),
        generator_url: "".into(),
    }
}
