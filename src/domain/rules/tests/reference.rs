//! The same rules, evaluated the slow and obvious way: every second, every rule, every alert.

use super::random::{random_labels, random_matchers, random_rule};
use super::{Stage, alert, at, compile};
use crate::alert::matcher::MatcherText;
use crate::alert::{Alert, AlertState, Pairs, ResolvedBecause};
use crate::ids::AlertId;
use crate::incident::Severity;
use crate::rules::eval::{Evaluator, Subject, Verdict};
use crate::rules::model::{ConditionModel, CountOf, RuleModel};
use crate::rules::{RuleIx, RuleSet};
use chrono::{DateTime, Utc};
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};

const SEEDS: u64 = 50;
const SECONDS: i64 = 200;
const ALERTS_MAX: usize = 12;

/// What was told of an alert, at some time.
#[derive(Clone)]
struct Told {
    at: DateTime<Utc>,
    alert: Alert,
}

/// Everything ever told; and holds by subject and path of the node.
#[derive(Default)]
struct Reference {
    log: BTreeMap<AlertId, Vec<Told>>,
    holds: BTreeMap<(Subject, String), DateTime<Utc>>,
}

/// What counts of one alert: starts and ends, none while it fires.
type Spans = BTreeMap<DateTime<Utc>, Option<DateTime<Utc>>>;

fn fires(alert: &Alert, silenced: bool) -> bool {
    match alert.state {
        AlertState::Firing => true,
        AlertState::Muted { .. } => silenced,
        AlertState::Unreported { .. } | AlertState::Resolved { .. } => false,
    }
}

// When what was told first is over, by what was told next.
fn end(told: &Alert, next: &Told) -> DateTime<Utc> {
    let end = match next.alert.state {
        AlertState::Resolved { ends_at, .. } => ends_at,
        _ if next.alert.starts_at != told.starts_at => next.alert.starts_at,
        _ => next.at,
    };
    end.max(told.starts_at)
}

fn spans(log: &[Told], silenced: bool, within: Option<chrono::TimeDelta>, now: DateTime<Utc>) -> Spans {
    let mut spans = Spans::new();
    for two in log.windows(2) {
        let (told, next) = (&two[0].alert, &two[1]);
        let goes_on = fires(&next.alert, silenced) && next.alert.starts_at == told.starts_at;
        if fires(told, silenced) && !goes_on {
            spans.insert(told.starts_at, Some(end(told, next)));
        }
        // It was over before it was muted, and that was told late.
        let over = matches!(next.alert.state, AlertState::Resolved { .. }) && fires(told, true);
        if let Some(span) = spans.get_mut(&told.starts_at).filter(|_| over) {
            *span = (*span).min(Some(end(told, next)));
        }
        // The end is corrected.
        if let (AlertState::Resolved { ends_at, .. }, AlertState::Resolved { .. }) = (&told.state, &next.alert.state)
            && let Some(span) = spans.get_mut(&told.starts_at).filter(|span| **span == Some(*ends_at))
        {
            *span = Some(end(told, next));
        }
    }
    spans.retain(|_, until| within.is_some_and(|within| until.is_some_and(|until| until > now - within)));
    if let Some(last) = log.last().filter(|last| fires(&last.alert, silenced)) {
        spans.insert(last.alert.starts_at, None);
    }
    spans
}

impl Reference {
    fn tell(&mut self, alert: &Alert, at: DateTime<Utc>) {
        self.log.entry(alert.id).or_default().push(Told { at, alert: alert.clone() });
    }

    fn keys(&self, rule: &RuleModel) -> BTreeSet<Pairs> {
        self.log.values().map(|log| log[0].alert.labels.only(&rule.correlate_by)).collect()
    }

    fn judge(&mut self, rule: &RuleModel, subject: &Subject, now: DateTime<Utc>) -> Seen {
        let of_key = |log: &&Vec<Told>| log[0].alert.labels.only(&rule.correlate_by) == subject.key;
        let logs: Vec<&[Told]> = self.log.values().filter(of_key).map(Vec::as_slice).collect();
        let mut asked =
            Asked { holds: &mut self.holds, logs, subject, now, anything: false, evidence: BTreeMap::new() };
        let when = asked.since(&rule.when, "when", Some(true)).is_some();
        let confirm = rule.confirm.as_ref().and_then(|confirm| confirm.when.as_ref());
        let confirm = confirm.is_some_and(|confirm| asked.since(confirm, "confirm", None).is_some());
        let mut raise = None;
        for (place, model) in rule.severity.raise.iter().enumerate() {
            if asked.since(&model.when, &format!("raise{place}"), None).is_some() {
                raise = raise.max(Some(model.to));
            }
        }
        if !asked.anything && !rule.correlate_by.is_empty() {
            // A key that nothing is known of: nothing is true of it.
            self.holds.retain(|(held, _), _| held != subject);
            return Seen::default();
        }
        let evidence = asked.evidence.keys().copied().collect();
        Seen { when, confirm, raise, evidence, fires: asked.evidence.values().any(|fires| *fires) }
    }
}

/// What is compared.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    when: bool,
    confirm: bool,
    raise: Option<Severity>,
    evidence: Vec<AlertId>,
    fires: bool,
}

struct Asked<'a> {
    holds: &'a mut BTreeMap<(Subject, String), DateTime<Utc>>,
    logs: Vec<&'a [Told]>,
    subject: &'a Subject,
    now: DateTime<Utc>,
    // Something counts somewhere.
    anything: bool,
    // With whether it fires.
    evidence: BTreeMap<AlertId, bool>,
}

impl Asked<'_> {
    // Since when the node is true now; `None` if it is not. `side`: whether alerts make `when` true here, or false.
    fn since(&mut self, node: &ConditionModel, path: &str, side: Option<bool>) -> Option<DateTime<Utc>> {
        let since = self.kind(node, path, side);
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

    fn kind(&mut self, node: &ConditionModel, path: &str, side: Option<bool>) -> Option<DateTime<Utc>> {
        if let Some(matchers) = &node.alerts {
            return self.leaf(node, matchers, side == Some(true));
        }
        if let Some(matchers) = &node.absent {
            let silenced = ConditionModel { count_silenced: true, ..ConditionModel::default() };
            return self.leaf(&silenced, matchers, side == Some(false)).is_none().then_some(self.now);
        }
        if let Some(part) = &node.not {
            return self.since(part, &format!("{path}.not"), side.map(|side| !side)).is_none().then_some(self.now);
        }
        let some = node.some.as_ref().map(|some| &some.of);
        let parts = node.all.as_ref().or(node.any.as_ref()).or(some).unwrap();
        let mut seen: Vec<_> = (0..)
            .zip(parts)
            .filter_map(|(at, part): (u32, _)| self.since(part, &format!("{path}.{at}"), side))
            .collect();
        seen.sort();
        let needed = match (&node.all, &node.some) {
            (Some(all), _) => all.len(),
            (None, Some(some)) => some.at_least as usize,
            (None, None) => 1,
        };
        seen.get(needed - 1).copied()
    }

    fn leaf(&mut self, node: &ConditionModel, matchers: &[MatcherText], evidence: bool) -> Option<DateTime<Utc>> {
        let within = node.within.map(|within| within.delta());
        let mut first: BTreeMap<String, DateTime<Utc>> = BTreeMap::new();
        for log in &self.logs {
            let alert = &log[log.len() - 1].alert;
            if !matches(&alert.labels, matchers) {
                continue;
            }
            let spans = spans(log, node.count_silenced, within, self.now);
            self.anything |= !spans.is_empty();
            for (start, end) in spans {
                if evidence {
                    *self.evidence.entry(alert.id).or_default() |= end.is_none();
                }
                let item = match (&node.distinct, node.count) {
                    (Some(names), _) => alert.labels.only(names).to_string(),
                    (None, Some(CountOf::Episodes)) => format!("{} {start}", alert.id),
                    (None, _) => alert.id.to_string(),
                };
                let known = first.entry(item).or_insert(start);
                *known = (*known).min(start);
            }
        }
        let mut starts: Vec<DateTime<Utc>> = first.into_values().collect();
        starts.sort();
        starts.get(node.at_least.unwrap_or(1) as usize - 1).copied()
    }
}

fn matches(labels: &Pairs, matchers: &[MatcherText]) -> bool {
    matchers.iter().flat_map(MatcherText::matchers).all(|matcher| matcher.matches_labels(labels))
}

/// The evaluator as the engine uses it: asked after changes and when it said so; more often only if that changes nothing.
struct Driven {
    stage: Stage,
    due: BTreeMap<Subject, DateTime<Utc>>,
    verdicts: BTreeMap<Subject, Verdict>,
    // Subjects that were judged in this second.
    judged: BTreeSet<Subject>,
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
        self.judged.insert(subject.clone());
        let before = self.verdicts.insert(subject, verdict);
        self.changes += usize::from(before.is_some_and(|before| before.when != when));
    }

    fn change(&mut self, alerts: &[Alert], now: DateTime<Utc>) {
        let mut touched = BTreeSet::new();
        for alert in alerts {
            let touches = self.stage.evaluator.set(&self.stage.rules, alert, now);
            touched.extend(touches.into_iter().map(|touch| touch.subject));
        }
        touched.into_iter().for_each(|subject| self.judge(subject, now));
    }

    fn pass(&mut self, now: DateTime<Utc>) {
        self.judged.clear();
        let due: Vec<Subject> =
            self.due.iter().filter(|(_, due)| **due <= now).map(|(subject, _)| subject.clone()).collect();
        due.into_iter().for_each(|subject| self.judge(subject, now));
    }

    // Asked for no reason.
    fn ask(&mut self, rng: &mut Rng, now: DateTime<Utc>) {
        let Some((subject, before)) = self.verdicts.iter().nth(rng.usize(..self.verdicts.len().max(1))) else { return };
        let (subject, before) = (subject.clone(), before.clone());
        self.judge(subject.clone(), now);
        assert_eq!(self.verdicts[&subject], before, "asking changed a verdict");
    }

    fn restart(&mut self, known: &[Alert], now: DateTime<Utc>) {
        let subjects: Vec<Subject> = self.verdicts.keys().cloned().collect();
        self.stage.restart(known, &subjects, now);
        let before = self.verdicts.clone();
        subjects.into_iter().for_each(|subject| self.judge(subject, now));
        assert_eq!(self.verdicts, before, "a restart changed a verdict");
    }

    fn seen(&self, subject: &Subject, verdict: &Verdict) -> Seen {
        let evidence = self.stage.evaluator.evidence(&self.stage.rules, subject, usize::MAX);
        let fires = self.stage.evaluator.fires(&self.stage.rules, subject);
        Seen { when: verdict.when, confirm: verdict.confirm, raise: verdict.raise, evidence, fires }
    }
}

fn random_changes(rng: &mut Rng, known: &mut Vec<Alert>, second: i64) -> Vec<Alert> {
    // An alert changes once in a second.
    let mut changed = BTreeSet::new();
    for _ in 0..rng.usize(1..4) {
        let id = known.len() as u64 + 1;
        if known.is_empty() || (known.len() < ALERTS_MAX && rng.u32(0..3) == 0) {
            known.push(alert(id, &format!("{} id=i{id}", random_labels(rng)), second - rng.i64(0..30)));
            changed.insert(known.len() - 1);
            continue;
        }
        let place = rng.usize(..known.len());
        if changed.insert(place) {
            known[place].change(|alert| random_change(rng, alert, second));
        }
    }
    changed.into_iter().map(|place| known[place].clone()).collect()
}

fn random_change(rng: &mut Rng, alert: &mut Alert, second: i64) {
    let ends_at = at(second - rng.i64(0..10));
    alert.state = match rng.u32(0..9) {
        0..4 => AlertState::Firing,
        4 | 5 => AlertState::Muted { by: Vec::new() },
        6 => AlertState::Unreported { since: at(second) },
        _ => AlertState::Resolved { ends_at, because: ResolvedBecause::Reported, contested_until: None },
    };
    // Heard of late, or repeated with the start it had.
    if fires(alert, true) && rng.u32(0..3) != 0 {
        alert.starts_at = at(second - rng.i64(0..30));
    }
    alert.last_seen = at(second);
}

/// Returns how often a verdict changed.
fn play(seed: u64) -> usize {
    let mut rng = Rng::with_seed(seed);
    let rules: Vec<String> = (0..2).map(|name| random_rule(&mut rng, name)).collect();
    let mut driven = Driven {
        stage: Stage::new(&rules.join(",")),
        due: BTreeMap::new(),
        verdicts: BTreeMap::new(),
        judged: BTreeSet::new(),
        changes: 0,
    };
    let standing: Vec<Subject> = driven.stage.rules.standing().collect();
    standing.into_iter().for_each(|subject| driven.judge(subject, at(0)));
    let mut reference = Reference::default();
    let mut known = Vec::new();
    for second in 0..SECONDS {
        driven.pass(at(second));
        if rng.u32(0..5) == 0 {
            // What ends now ends before anything that is told now.
            compare(seed, second, &driven, &mut reference);
            let changes = random_changes(&mut rng, &mut known, second);
            changes.iter().for_each(|alert| reference.tell(alert, at(second)));
            driven.change(&changes, at(second));
        }
        if rng.u32(0..40) == 0 {
            driven.restart(&known, at(second));
        }
        if rng.u32(0..10) == 0 {
            driven.ask(&mut rng, at(second));
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
            let mut expected = reference.judge(&rule.model, &subject, at(second));
            let verdict = driven.verdicts.get(&subject).cloned().unwrap_or_default();
            let mut seen = driven.seen(&subject, &verdict);
            // What left a `within` is known when it is judged.
            if !driven.judged.contains(&subject) {
                (seen.evidence, expected.evidence) = Default::default();
            }
            let rule = serde_json::to_string(&rule.model).unwrap();
            assert_eq!(seen, expected, "seed {seed}, second {second}, {subject:?}\n{rule}");
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
                    evaluator.set(&rules, &alert, at(0)).into_iter().map(|touch| touch.subject.rule).collect();
                assert_eq!(touched, naive, "seed {seed}, {}", alert.labels);
            }
        }
    }
}
