//! Why a rule declared, and why it did not: questions about the state, answered from what was decided. Nothing here
//! decides: how a rule stands is asked of the same function that the engine asks.

mod alerts;
mod standing;
mod supposed;
#[cfg(test)]
mod tests;

pub use super::Standing;
pub use alerts::AlertExplained;
pub use supposed::{explain_labels, explain_payload};

use super::State;
use crate::alert::{Alert, Fingerprint, Pairs};
use crate::ids::{AlertId, IncidentId};
use crate::incident::Explanation;
use crate::rules::model::Mode;
use crate::rules::{NearMiss, RuleSet, Subject};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Most rules with their correlation labels in one answer; it says how many more there are.
pub const RULES_EXPLAINED_MAX: usize = 100;

/// Most alerts in one answer; it says how many more there are.
pub const ALERTS_EXPLAINED_MAX: usize = 20;

/// Most near misses in one answer.
pub const NEAR_MAX: usize = 20;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// Everything that holds, waits, or keeps quiet for a reason.
    Now,
    /// The alert of this row.
    Alert(AlertId),
    /// The alerts of this fingerprint, one for each source.
    Fingerprint(Fingerprint),
    /// Known alerts with all of these labels.
    Labels(Pairs),
    /// The rule of this incident, for its correlation labels.
    Incident(IncidentId),
    /// A rule, for all correlation labels it counts alerts of.
    Rule(String),
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Explained {
    /// As of when.
    pub at: DateTime<Utc>,
    /// As if nothing else fired: the alerts are supposed, not known.
    pub supposed: bool,
    /// The alerts asked about.
    pub alerts: Vec<AlertExplained>,
    /// How many more there are.
    pub alerts_more: usize,
    /// How the rules stand.
    pub rules: Vec<RuleExplained>,
    /// How many more there are.
    pub rules_more: usize,
    /// Which rules one matcher keeps from counting these alerts.
    pub near: Vec<NearMiss>,
}

/// How one rule stands for one set of correlation labels, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleExplained {
    /// Its name.
    pub rule: String,
    /// Whether it declares, or only records what it would have declared.
    pub mode: Mode,
    /// Values of its `correlate_by`.
    pub correlation: Pairs,
    /// What the alerts asked about are to it; nothing where no alert was asked about.
    pub touch: Option<TouchKind>,
    /// Why something follows, or nothing.
    pub verdict: Standing,
    /// The same in words.
    pub because: String,
    /// The tree of its `when`.
    pub tree: Explanation,
}

/// What an alert is to a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TouchKind {
    /// It is attached as evidence, and makes no condition true.
    Gathered,
    /// It counts for a condition.
    Counted,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// No such alert.
    #[error("no alert {0} is known; alerts are forgotten a while after their end")]
    Alert(String),
    /// No such incident.
    #[error("{0} is not open, and was not lately")]
    Incident(IncidentId),
    /// No such rule.
    #[error("no rule `{0}` is in force")]
    Rule(String),
    /// An incident that a person declared.
    #[error("{0} was declared by a person, not by a rule")]
    ByPerson(IncidentId),
}

impl State {
    /// Answers a question, as of this time.
    pub fn explain(&self, about: &About, at: DateTime<Utc>) -> Result<Explained, Unknown> {
        let at = at.max(self.at);
        match about {
            About::Now => Ok(self.explain_now(at)),
            About::Alert(id) => {
                let alert = self.alert(*id).ok_or_else(|| Unknown::Alert(id.to_string()))?;
                Ok(self.explain_alerts(&[alert], at))
            }
            About::Fingerprint(fingerprint) => {
                let found: Vec<&Alert> = self.known(|alert| alert.key.fingerprint == *fingerprint).collect();
                if found.is_empty() {
                    Err(Unknown::Alert(fingerprint.to_string()))
                } else {
                    Ok(self.explain_alerts(&found, at))
                }
            }
            About::Labels(labels) => {
                let has = |alert: &Alert| labels.iter().all(|(name, value)| alert.labels.value(name) == value);
                let found: Vec<&Alert> = self.known(has).collect();
                if found.is_empty() {
                    Err(Unknown::Alert(labels.to_string()))
                } else {
                    Ok(self.explain_alerts(&found, at))
                }
            }
            About::Incident(id) => {
                let incident = self.incident(*id).ok_or(Unknown::Incident(*id))?;
                let stands = self.stands_for(incident);
                if stands.is_empty() {
                    let rule = incident.rule.as_ref().ok_or(Unknown::ByPerson(*id))?;
                    return Err(Unknown::Rule(rule.name.clone()));
                }
                Ok(self.explain_subjects(stands.into_iter().map(|stand| (stand.subject, None)), at))
            }
            About::Rule(name) => {
                let rule = self.policy.rules.by_name(name).ok_or_else(|| Unknown::Rule(name.clone()))?;
                let mut subjects: Vec<_> = self.evaluator.subjects_of(rule).map(|subject| (subject, None)).collect();
                if subjects.is_empty() {
                    // Its tree says what it waits for.
                    subjects.push((Subject { rule, key: Pairs::default() }, None));
                }
                Ok(self.explain_subjects(subjects, at))
            }
        }
    }

    fn known(&self, wanted: impl Fn(&Alert) -> bool) -> impl Iterator<Item = &Alert> {
        self.alerts.iter().filter(move |alert| wanted(alert))
    }

    fn explain_now(&self, at: DateTime<Utc>) -> Explained {
        let rules = &self.policy.rules;
        let waits = self.stored_holds.values().filter_map(|row| {
            let rule = rules.by_name(&row.rule)?;
            Some(Subject { rule, key: row.key.clone() })
        });
        let subjects: BTreeSet<Subject> = self.holding.iter().cloned().chain(waits).collect();
        self.explain_subjects(subjects.into_iter().map(|subject| (subject, None)), at)
    }

    fn explain_alerts(&self, alerts: &[&Alert], at: DateTime<Utc>) -> Explained {
        let shown = &alerts[..alerts.len().min(ALERTS_EXPLAINED_MAX)];
        let mut subjects: BTreeMap<Subject, Option<TouchKind>> = BTreeMap::new();
        for touch in shown.iter().flat_map(|alert| self.evaluator.touches(&self.policy.rules, alert)) {
            let kind = if touch.counted { TouchKind::Counted } else { TouchKind::Gathered };
            let known = subjects.entry(touch.subject).or_default();
            *known = (*known).max(Some(kind));
        }
        Explained {
            alerts: shown.iter().map(|alert| AlertExplained::new(alert, at)).collect(),
            alerts_more: alerts.len() - shown.len(),
            ..self.explain_subjects(subjects, at)
        }
    }

    fn explain_subjects(
        &self,
        subjects: impl IntoIterator<Item = (Subject, Option<TouchKind>)>,
        at: DateTime<Utc>,
    ) -> Explained {
        let mut subjects = subjects.into_iter();
        let rules = subjects.by_ref().take(RULES_EXPLAINED_MAX);
        let rules = rules.map(|(subject, touch)| self.explain_subject(&subject, touch, at)).collect();
        Explained { at, rules, rules_more: subjects.count(), ..Explained::default() }
    }

    fn explain_subject(&self, subject: &Subject, touch: Option<TouchKind>, at: DateTime<Utc>) -> RuleExplained {
        let rule = self.policy.rules.rule(subject.rule);
        let verdict = self.standing_of(subject, at);
        let mut because = verdict.words(at);
        if touch == Some(TouchKind::Gathered) {
            because.push_str("; the alert is only gathered: it is evidence, and makes no condition true");
        }
        RuleExplained {
            rule: rule.name.to_string(),
            mode: rule.model.mode,
            correlation: subject.key.clone(),
            touch,
            verdict,
            because,
            tree: self.evaluator.explain(&self.policy.rules, subject, at),
        }
    }
}

impl Explained {
    /// Adds the rules that nearly counted its alerts. Apart from the rest: it asks every rule, so whoever holds the state
    /// should not wait for it.
    #[must_use]
    pub fn with_near_misses(mut self, rules: &RuleSet) -> Self {
        let mut asked: BTreeSet<&Pairs> = BTreeSet::new();
        for alert in &self.alerts {
            let room = NEAR_MAX - self.near.len();
            if room > 0 && asked.insert(&alert.labels) {
                let found = rules.near_misses(&alert.labels, room);
                self.near.extend(found.into_iter().filter(|near| !self.near.contains(near)).collect::<Vec<_>>());
            }
        }
        self
    }

    /// Only what it says of this rule.
    #[must_use]
    pub fn of_rule(mut self, rule: &str) -> Self {
        self.rules.retain(|explained| explained.rule == rule);
        self.near.retain(|near| near.rule == rule);
        self
    }
}

/// `OBSWorkers {arch="x86_64"}: condition not met`, and the tree below it.
impl fmt::Display for RuleExplained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.rule)?;
        if !self.correlation.is_empty() {
            write!(f, " {}", self.correlation)?;
        }
        writeln!(f, ": {}", self.because)?;
        self.tree.to_string().lines().try_for_each(|line| writeln!(f, "  {line}"))
    }
}
