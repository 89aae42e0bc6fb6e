//! What rules say of alerts, told as short stories; and the same against a slow reference, at random.

mod compiling;
mod conditions;
mod evaluating;
mod random;
mod reference;

use super::eval::{Evaluator, Subject, Verdict};
use super::model::{RuleFile, RuleModel};
use super::{Mistake, RuleIx, RuleSet};
use crate::alert::{Alert, AlertKey, AlertState, Fingerprint, Pairs, ResolvedBecause};
use crate::ids::AlertId;
use crate::policy::NamedRuleFile;
use chrono::{DateTime, TimeDelta, Utc};

/// One rule, from JSON.
pub(super) fn rule(json: &str) -> RuleModel {
    serde_json::from_str(json).unwrap()
}

/// Second of the story.
fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::seconds(seconds)
}

/// A firing alert, since this second.
fn alert(id: u64, labels: &str, since: i64) -> Alert {
    let labels = Pairs::labels(labels.split(' ').map(|pair| pair.split_once('=').unwrap()));
    Alert {
        id: AlertId(id),
        key: AlertKey { source: "am".into(), fingerprint: Fingerprint::of(&labels) },
        labels,
        annotations: Pairs::default(),
        generator_url: "".into(),
        state: AlertState::Firing,
        starts_at: at(since),
        claimed_starts_at: Some(at(since)),
        last_seen: at(since),
        group: None,
        expires_at: None,
        pre_existing: false,
        episodes: 1,
        past: Vec::new(),
    }
}

fn file(name: &str, groups: &str) -> NamedRuleFile {
    NamedRuleFile {
        name: name.to_owned(),
        file: RuleFile { groups: serde_json::from_str(groups).unwrap(), ..RuleFile::default() },
    }
}

/// Rules of one group, as JSON objects.
fn compile(rules: &str) -> Result<RuleSet, Vec<Mistake>> {
    RuleSet::compile(&[file("rules.yml", &format!(r#"[{{"name": "g", "rules": [{rules}]}}]"#))])
}

/// One rule and its subjects.
struct Stage {
    rules: RuleSet,
    evaluator: Evaluator,
}

impl Stage {
    fn new(rules: &str) -> Self {
        let rules = compile(rules).unwrap();
        let evaluator = Evaluator::new(&rules);
        Self { rules, evaluator }
    }

    fn fires(&mut self, alert: &Alert) -> Vec<String> {
        self.set(&Alert { state: AlertState::Firing, ..alert.clone() })
    }

    fn ends(&mut self, alert: &Alert) -> Vec<String> {
        let over = AlertState::Resolved {
            ends_at: alert.starts_at,
            because: ResolvedBecause::Reported,
            contested_until: None,
        };
        self.set(&Alert { state: over, ..alert.clone() })
    }

    // `rule{key}`, with `?` where it only gathers, and `-` where it is no evidence.
    fn set(&mut self, alert: &Alert) -> Vec<String> {
        let touches = self.evaluator.set(&self.rules, alert, alert.last_seen);
        let name = |ix| &self.rules.rule(ix).name;
        let shown = touches.iter().map(|touch| {
            let gathered = if touch.counted { "" } else { "?" };
            let over = if touch.evidence { "" } else { "-" };
            format!("{}{}{gathered}{over}", name(touch.subject.rule), touch.subject.key)
        });
        shown.collect()
    }

    fn judge(&mut self, subject: &Subject, seconds: i64) -> Verdict {
        self.evaluator.judge(&self.rules, subject, at(seconds))
    }

    fn explain(&self, subject: &Subject, seconds: i64) -> String {
        self.evaluator.explain(&self.rules, subject, at(seconds)).to_string()
    }

    /// A new evaluator, from what the store holds.
    fn restart(&mut self, known: &[Alert], subjects: &[Subject], now: DateTime<Utc>) {
        let rows: Vec<_> = subjects.iter().filter_map(|subject| self.evaluator.holds(&self.rules, subject)).collect();
        self.evaluator = Evaluator::new(&self.rules);
        for alert in known {
            self.evaluator.set(&self.rules, alert, now);
        }
        for row in &rows {
            self.evaluator.restore(&self.rules, row).unwrap();
        }
    }
}

/// The only subject of the first rule.
fn only() -> Subject {
    keyed(&[])
}

fn keyed(key: &[(&str, &str)]) -> Subject {
    Subject { rule: RuleIx(0), key: Pairs::new(key.iter().copied()) }
}

/// The verdict with nothing but `when`.
fn when(when: bool, due: Option<i64>) -> Verdict {
    Verdict { when, confirm: false, raise: None, due: due.map(at) }
}
