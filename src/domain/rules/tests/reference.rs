//! The same rules, evaluated the slow and obvious way: every second, every rule, every alert.

use super::{Stage, alert, at, compile};
use crate::alert::matcher::MatcherText;
use crate::alert::{Alert, Pairs};
use crate::ids::AlertId;
use crate::incident::Severity;
use crate::rules::eval::{Evaluator, Subject, Verdict};
use crate::rules::model::{ConditionModel, RuleModel};
use crate::rules::{RuleIx, RuleSet};
use chrono::{DateTime, Utc};
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};

const SEEDS: u64 = 50;
const SECONDS: i64 = 200;
const ALERTS_MAX: usize = 12;

/// Holds by subject and path of the node.
#[derive(Default)]
struct Reference {
    firing: BTreeMap<AlertId, Alert>,
    holds: BTreeMap<(Subject, String), DateTime<Utc>>,
}

impl Reference {
    fn keys(&self, rule: &RuleModel) -> BTreeSet<Pairs> {
        self.firing.values().map(|alert| alert.labels.only(&rule.correlate_by)).collect()
    }

    fn judge(&mut self, rule: &RuleModel, subject: &Subject, now: DateTime<Utc>) -> (bool, bool, Option<Severity>) {
        let of_key = |alert: &&Alert| alert.labels.only(&rule.correlate_by) == subject.key;
        let alerts: Vec<&Alert> = self.firing.values().filter(of_key).collect();
        let mut asked = Asked { holds: &mut self.holds, alerts, subject, now };
        let when = asked.since(&rule.when, "when").is_some();
        let confirm = rule.confirm.as_ref().and_then(|confirm| confirm.when.as_ref());
        let confirm = confirm.is_some_and(|confirm| asked.since(confirm, "confirm").is_some());
        let mut raise = None;
        for (place, model) in rule.severity.raise.iter().enumerate() {
            if asked.since(&model.when, &format!("raise{place}")).is_some() {
                raise = raise.max(Some(model.to));
            }
        }
        (when, confirm, raise)
    }
}

struct Asked<'a> {
    holds: &'a mut BTreeMap<(Subject, String), DateTime<Utc>>,
    alerts: Vec<&'a Alert>,
    subject: &'a Subject,
    now: DateTime<Utc>,
}

impl Asked<'_> {
    // Since when the node is true now; `None` if it is not.
    fn since(&mut self, node: &ConditionModel, path: &str) -> Option<DateTime<Utc>> {
        let since = if let Some(matchers) = &node.alerts {
            self.leaf(node, matchers)
        } else {
            let parts = node.all.as_ref().or(node.any.as_ref()).unwrap();
            let seen: Vec<_> =
                (0..).zip(parts).map(|(at, part): (u32, _)| self.since(part, &format!("{path}.{at}"))).collect();
            match node.all {
                Some(_) if seen.iter().all(Option::is_some) => seen.into_iter().flatten().max(),
                Some(_) => None,
                None => seen.into_iter().flatten().min(),
            }
        };
        let Some(length) = node.held_for else { return since };
        let place = (self.subject.clone(), path.to_owned());
        let Some(since) = since else {
            self.holds.remove(&place);
            return None;
        };
        let hold = self.holds.entry(place).or_insert(since);
        *hold = (*hold).min(since);
        let over = *hold + length.delta();
        (over <= self.now).then_some(over)
    }

    fn leaf(&self, node: &ConditionModel, matchers: &[MatcherText]) -> Option<DateTime<Utc>> {
        let alerts = self.alerts.iter().filter(|alert| matches(&alert.labels, matchers));
        let mut starts: Vec<DateTime<Utc>> = match &node.distinct {
            None => alerts.map(|alert| alert.starts_at).collect(),
            Some(names) => {
                let mut first: BTreeMap<Pairs, DateTime<Utc>> = BTreeMap::new();
                for alert in alerts {
                    let start = first.entry(alert.labels.only(names)).or_insert(alert.starts_at);
                    *start = (*start).min(alert.starts_at);
                }
                first.into_values().collect()
            }
        };
        starts.sort();
        starts.get(node.at_least.unwrap_or(1) as usize - 1).copied()
    }
}

fn matches(labels: &Pairs, matchers: &[MatcherText]) -> bool {
    matchers.iter().flat_map(MatcherText::matchers).all(|matcher| matcher.matches_labels(labels))
}

/// Labels from few values, so that rules and alerts meet.
fn random_labels(rng: &mut Rng) -> String {
    let pick = |rng: &mut Rng, name: &str, most: u32| match rng.u32(0..=most) {
        0 => String::new(),
        value => format!(" {name}={name}{value}"),
    };
    let rest = [pick(rng, "job", 3), pick(rng, "zone", 2), pick(rng, "host", 4)].concat();
    format!("alertname=A{}{rest}", rng.u32(0..4))
}

fn random_matchers(rng: &mut Rng) -> String {
    let needed = [
        format!("alertname = A{}", rng.u32(0..4)),
        r#"alertname =~ \"A1|A2\""#.to_owned(),
        format!("job =~ \\\"job[{}3].*\\\"", rng.u32(1..3)),
        "zone != \\\"\\\"".to_owned(),
        "host =~ \\\".+[12]\\\"".to_owned(),
    ];
    let more =
        ["zone = zone1", "job != job2", r#"host !~ \"host1|host2\""#, r#"zone =~ \"zone1|\""#, r#"job !~ \".*3\""#];
    let mut matchers = vec![needed[rng.usize(..needed.len())].as_str()];
    matchers.extend((0..rng.usize(..2)).map(|_| more[rng.usize(..more.len())]));
    rng.shuffle(&mut matchers);
    format!("[\"{}\"]", matchers.join("\", \""))
}

fn random_condition(rng: &mut Rng, depth: usize) -> String {
    let held = if rng.bool() { format!(r#", "for": "{}s""#, rng.u32(1..40)) } else { String::new() };
    if depth == 0 || rng.u32(0..3) == 0 {
        let distinct = if rng.u32(0..3) == 0 { r#", "distinct": ["host"]"# } else { "" };
        let at_least = if rng.bool() { 1 } else { rng.u32(1..4) };
        return format!(r#"{{"alerts": {}, "at_least": {}{distinct}{held}}}"#, random_matchers(rng), at_least);
    }
    let kind = if rng.bool() { "all" } else { "any" };
    let parts: Vec<String> = (0..rng.usize(1..4)).map(|_| random_condition(rng, depth - 1)).collect();
    format!(r#"{{"{kind}": [{}]{held}}}"#, parts.join(", "))
}

fn random_rule(rng: &mut Rng, name: usize) -> String {
    let by = ["[]", r#"["zone"]"#, r#"["zone", "job"]"#][rng.usize(..3)];
    let [when, confirm, raise, more] = std::array::from_fn(|_| random_condition(rng, 2));
    format!(
        r#"{{"incident": "R{name}", "correlate_by": {by}, "when": {when}, "confirm": {{"when": {confirm}}},
            "severity": {{"raise": [{{"to": "major", "when": {raise}}}, {{"to": "critical", "when": {more}}}]}}}}"#
    )
}

/// The evaluator as the engine uses it: asked after changes and when it said so, and at no other time.
struct Driven {
    stage: Stage,
    due: BTreeMap<Subject, DateTime<Utc>>,
    verdicts: BTreeMap<Subject, Verdict>,
    // How often `when` changed.
    changes: usize,
}

impl Driven {
    fn judge(&mut self, subject: Subject, now: DateTime<Utc>) {
        let verdict = self.stage.evaluator.judge(&self.stage.rules, &subject, now);
        assert!(verdict.due.is_none_or(|due| due > now));
        self.due.remove(&subject);
        self.due.extend(verdict.due.map(|due| (subject.clone(), due)));
        let when = verdict.when;
        let before = self.verdicts.insert(subject, verdict);
        self.changes += usize::from(before.is_some_and(|before| before.when != when));
    }

    fn change(&mut self, alerts: &[(Alert, bool)], now: DateTime<Utc>) {
        let mut touched = BTreeSet::new();
        for (alert, counts) in alerts {
            let touches = self.stage.evaluator.set(&self.stage.rules, alert, *counts);
            touched.extend(touches.into_iter().map(|touch| touch.subject));
        }
        touched.into_iter().for_each(|subject| self.judge(subject, now));
    }

    fn pass(&mut self, now: DateTime<Utc>) {
        let due: Vec<Subject> =
            self.due.iter().filter(|(_, due)| **due <= now).map(|(subject, _)| subject.clone()).collect();
        due.into_iter().for_each(|subject| self.judge(subject, now));
    }

    fn restart(&mut self, firing: &BTreeMap<AlertId, Alert>, now: DateTime<Utc>) {
        let firing: Vec<Alert> = firing.values().cloned().collect();
        let subjects: Vec<Subject> = self.verdicts.keys().cloned().collect();
        self.stage.restart(&firing, &subjects);
        let before = self.verdicts.clone();
        subjects.into_iter().for_each(|subject| self.judge(subject, now));
        assert_eq!(self.verdicts, before, "a restart changed a verdict");
    }
}

fn random_changes(rng: &mut Rng, known: &mut Vec<Alert>, second: i64) -> Vec<(Alert, bool)> {
    (0..rng.usize(1..4))
        .map(|_| {
            let id = known.len() as u64 + 1;
            if known.is_empty() || (known.len() < ALERTS_MAX && rng.u32(0..3) == 0) {
                known.push(alert(id, &format!("{} id=i{id}", random_labels(rng)), 0));
            }
            let at_known = rng.usize(..known.len());
            let known = &mut known[at_known];
            // Heard of late, or repeated with the start it had.
            if rng.u32(0..3) != 0 {
                known.starts_at = at(second - rng.i64(0..30));
            }
            (known.clone(), rng.u32(0..5) < 4)
        })
        .collect()
}

/// Returns how often a verdict changed.
fn play(seed: u64) -> usize {
    let mut rng = Rng::with_seed(seed);
    let rules: Vec<String> = (0..2).map(|name| random_rule(&mut rng, name)).collect();
    let mut driven =
        Driven { stage: Stage::new(&rules.join(",")), due: BTreeMap::new(), verdicts: BTreeMap::new(), changes: 0 };
    let mut reference = Reference::default();
    let mut known = Vec::new();
    for second in 0..SECONDS {
        driven.pass(at(second));
        if rng.u32(0..5) == 0 {
            let changes = random_changes(&mut rng, &mut known, second);
            for (alert, counts) in &changes {
                match counts {
                    true => reference.firing.insert(alert.id, alert.clone()),
                    false => reference.firing.remove(&alert.id),
                };
            }
            driven.change(&changes, at(second));
        }
        if rng.u32(0..40) == 0 {
            driven.restart(&reference.firing, at(second));
        }
        compare(seed, second, &driven, &mut reference);
    }
    driven.changes
}

fn compare(seed: u64, second: i64, driven: &Driven, reference: &mut Reference) {
    let rules = &driven.stage.rules;
    for (place, rule) in (0..).zip(&rules.rules) {
        let keys: BTreeSet<Pairs> = reference.keys(&rule.model);
        let asked =
            driven.verdicts.keys().filter(|subject| subject.rule == RuleIx(place)).map(|subject| subject.key.clone());
        for key in keys.into_iter().chain(asked).collect::<BTreeSet<_>>() {
            let subject = Subject { rule: RuleIx(place), key };
            let expected = reference.judge(&rule.model, &subject, at(second));
            let verdict = driven.verdicts.get(&subject).cloned().unwrap_or_default();
            let seen = (verdict.when, verdict.confirm, verdict.raise);
            assert_eq!(seen, expected, "seed {seed}, second {second}, {subject:?}\n{:#?}", rule.model);
        }
    }
}

#[test]
fn says_the_same_as_the_slow_one_whatever_happens() {
    let changes: usize = (0..SEEDS).map(play).sum();
    // Else the rules would be such that nothing ever happens.
    assert!(changes > SEEDS as usize * 5, "verdicts changed {changes} times only");
}

#[test]
fn the_index_finds_what_asking_every_rule_finds() {
    for seed in 0..SEEDS {
        let mut rng = Rng::with_seed(seed);
        let leaf = |rng: &mut Rng| format!(r#"{{"alerts": {}}}"#, random_matchers(rng));
        let rules: Vec<String> =
            (0..60).map(|name| format!(r#"{{"incident": "R{name}", "when": {}}}"#, leaf(&mut rng))).collect();
        let rules: RuleSet = compile(&rules.join(",")).unwrap();
        for _ in 0..50 {
            let labels = alert(1, &random_labels(&mut rng), 0).labels;
            let naive =
                (0..).zip(&rules.rules).filter(|(_, rule)| matches(&labels, rule.model.when.alerts.as_ref().unwrap()));
            let naive: Vec<RuleIx> = naive.map(|(place, _)| RuleIx(place)).collect();
            // Twice, the second time from memory.
            let mut evaluator = Evaluator::new(&rules);
            let alert = Alert { labels, ..alert(1, "a=b", 0) };
            for _ in 0..2 {
                let touched: Vec<RuleIx> =
                    evaluator.set(&rules, &alert, true).into_iter().map(|touch| touch.subject.rule).collect();
                assert_eq!(touched, naive, "seed {seed}, {}", alert.labels);
            }
        }
    }
}
