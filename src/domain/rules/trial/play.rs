//! Plays a test through the engine: what is told, done and expected, in the order of its times.

use super::compare::difference;
use super::model::{ActionKind, ExpectIncident, ExpectModel};
use super::script::{Script, Step};
use crate::access::Role;
use crate::duration::Duration;
use crate::engine::explain::{About, RuleExplained};
use crate::engine::{Changes, Input, State};
use crate::ids::{IncidentId, InputSeq};
use crate::incident::{Act, Actor, Command, Incident, Reply, Surface};
use crate::policy::Policy;
use crate::verbs::Spelling;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What became of a test.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// What is not as expected, in the order of time; nothing: the test passed.
    pub failures: Vec<Failure>,
    /// How the rules stood at each look, if that was asked for.
    pub explained: Vec<Explained>,
}

/// One thing that is not as expected.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// When, since the start of the test.
    pub at: Duration,
    /// Of which rule.
    pub incident: String,
    /// What.
    pub why: Why,
}

/// What is not as expected.
#[derive(Debug, Clone, PartialEq)]
pub enum Why {
    /// Incidents.
    Differs {
        /// As the test says.
        expected: Vec<ExpectIncident>,
        /// As they are, by the same keys.
        got: Vec<ExpectIncident>,
    },
    /// A person could not do what the test says.
    NotDone {
        /// What.
        action: ActionKind,
        /// What they were answered.
        because: String,
    },
}

/// How a rule stood for one correlation key.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// When, since the start of the test.
    pub at: Duration,
    /// How, and why.
    pub rule: RuleExplained,
}

/// How closely to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looks {
    /// Compare everything.
    Compare,
    /// Compare everything, and explain each rule at each look.
    Explain,
    /// Stop at the first thing that is not as expected.
    UntilFailure,
}

/// Plays a test against these rules.
pub fn play(policy: &Arc<Policy>, script: &Script, looks: Looks) -> Outcome {
    let mut begun = Changes::default();
    let state = State::begin(policy, script.start, &mut begun);
    let mut stage = Stage { state, seq: InputSeq(2), incidents: begun.incidents, outcome: Outcome::default() };
    for (at, step) in &script.steps {
        let time = script.since_start(*at);
        match step {
            Step::Heard(input) => drop(stage.step(*at, input.clone())),
            Step::Done { incident, action, act } => {
                if let Err(because) = stage.act(*at, incident, act) {
                    let why = Why::NotDone { action: *action, because };
                    stage.outcome.failures.push(Failure { at: time, incident: incident.clone(), why });
                }
            }
            Step::Looked(expected) => {
                // What is due at this time is over when it is looked at.
                stage.step(*at, Input::Tick);
                stage.compare(time, expected);
                if looks == Looks::Explain {
                    stage.explain(time, &expected.incident);
                }
            }
        }
        if looks == Looks::UntilFailure && !stage.outcome.failures.is_empty() {
            break;
        }
    }
    stage.outcome
}

struct Stage {
    state: State,
    seq: InputSeq,
    // All that ever were, as they stand; the engine forgets those long closed.
    incidents: BTreeMap<IncidentId, Incident>,
    outcome: Outcome,
}

impl Stage {
    fn step(&mut self, at: DateTime<Utc>, input: Input) -> Changes {
        let mut changes = Changes::default();
        self.seq = InputSeq(self.seq.0 + 1);
        self.state.step(self.seq, at, input, &mut changes);
        self.incidents.append(&mut changes.incidents);
        changes
    }

    fn of<'a>(&'a self, rule: &'a str) -> impl DoubleEndedIterator<Item = &'a Incident> {
        let by_rule = move |incident: &&Incident| incident.rule.as_ref().is_some_and(|by| by.name == rule);
        self.incidents.values().filter(by_rule)
    }

    // To the newest incident of the rule.
    fn act(&mut self, at: DateTime<Utc>, rule: &str, act: &Act) -> Result<(), String> {
        // What is due at this time was done by the rules before the person came.
        self.step(at, Input::Tick);
        let newest = self.of(rule).next_back().map(|incident| incident.id);
        let incident = newest.ok_or_else(|| format!("{rule} has declared no incident until then"))?;
        let actor = Actor::person("tester", Surface::Cli);
        let command = Command { actor, access: Role::Admin, key: None, incident: Some(incident), act: act.clone() };
        let changes = self.step(at, Input::Command(command));
        match changes.answers.into_iter().map(|answer| answer.reply).next_back() {
            Some(Reply::Refused(refusal)) => Err(refusal.words(&Spelling::cli())),
            Some(Reply::Done { .. } | Reply::Adopted { .. }) | None => Ok(()),
        }
    }

    fn compare(&mut self, at: Duration, expected: &ExpectModel) {
        let incidents: Vec<&Incident> = self.of(&expected.incident).collect();
        let found = difference(&expected.exp_incidents, &incidents);
        let failure = found.map(|got| {
            let why = Why::Differs { expected: expected.exp_incidents.clone(), got };
            Failure { at, incident: expected.incident.clone(), why }
        });
        self.outcome.failures.extend(failure);
    }

    fn explain(&mut self, at: Duration, rule: &str) {
        // Two looks of one time at one rule see the same.
        if self.outcome.explained.iter().any(|known| known.at == at && known.rule.rule == rule) {
            return;
        }
        // A rule that is not there says nothing, and is a mistake of the file.
        let explained = self.state.explain(&About::Rule(rule.to_owned()), self.state.at());
        let rules = explained.map(|explained| explained.rules).unwrap_or_default();
        self.outcome.explained.extend(rules.into_iter().map(|rule| Explained { at, rule }));
    }
}
