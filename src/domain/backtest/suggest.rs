//! Other numbers for the rules: each rule with its `for`, `at_least` and `if_clear_for` moved around where they are, all
//! played at once, and the ones that nothing else beats. What to make of it is for people; no file is changed.

use super::score::{Report, Score};
use crate::duration::Duration;
use crate::policy::{NamedRuleFile, PolicySource};
use crate::rules::model::{ConditionModel, Group, RuleFile, RuleModel};
use serde::Serialize;

/// Most variants of one rule that are tried, itself among them.
pub const CANDIDATES_MAX: usize = 32;

/// Most variants that are tried at once, of all rules; rules beyond it are left out, and that is said.
pub const CANDIDATES_TOTAL_MAX: usize = 3_200;

// Lengths people write, to move along from the one that is written.
const LENGTHS: [Duration; 8] = [
    Duration::seconds(0),
    Duration::minutes(1),
    Duration::minutes(2),
    Duration::minutes(5),
    Duration::minutes(10),
    Duration::minutes(15),
    Duration::minutes(30),
    Duration::minutes(60),
];

// How far along, down and up.
const STEPS: usize = 4;

/// A variant of a rule.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The rule as it is called in its file.
    pub rule: String,
    /// What is different, in words; nothing if it is the rule as it stands.
    pub changes: Vec<String>,
    // What it is called while it is played.
    name: String,
    model: RuleModel,
    group: usize,
}

/// What can be tried.
#[derive(Debug, Default)]
pub struct Trials {
    /// Variants, in the order of the rules.
    pub candidates: Vec<Candidate>,
    /// Rules that are not tried: there are too many.
    pub left_out: Vec<String>,
}

/// How the variants of one rule did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suggestion {
    /// The rule.
    pub rule: String,
    /// How many variants were tried.
    pub tried: usize,
    /// Those that no other one beats in precision, found incidents and lead at once; and the present one.
    pub front: Vec<Variant>,
}

/// How one variant did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Variant {
    /// What is different; nothing if it is the rule as it stands.
    pub changes: Vec<String>,
    /// Whether no other one beats it. Only the present one is listed otherwise.
    pub best: bool,
    /// Its numbers.
    pub score: Score,
}

/// Variants of all rules.
pub fn trials(source: &PolicySource) -> Trials {
    let mut trials = Trials::default();
    for (group, rule) in rules(source) {
        let variants = variants(rule);
        if trials.candidates.len() + variants.len() > CANDIDATES_TOTAL_MAX {
            trials.left_out.push(rule.incident.clone());
            continue;
        }
        for (changes, mut model) in variants {
            let name = format!("{}~{}", rule.incident, trials.candidates.len());
            model.incident.clone_from(&name);
            // Nobody reads their words.
            model.title = None;
            if let Some(call_off) = &mut model.call_off {
                call_off.reason = None;
            }
            trials.candidates.push(Candidate { rule: rule.incident.clone(), changes, name, model, group });
        }
    }
    trials
}

/// The rule set that plays these variants side by side. None inhibits another.
pub fn policy(source: &PolicySource, candidates: &[Candidate]) -> PolicySource {
    let groups = source.rule_files.iter().flat_map(|named| &named.file.groups).enumerate().map(|(at, group)| {
        let mine = candidates.iter().filter(|candidate| candidate.group == at);
        let rules = mine.map(|candidate| candidate.model.clone()).collect();
        Group { name: format!("{}~{at}", group.name), labels: group.labels.clone(), rules }
    });
    let time_intervals = source.rule_files.iter().flat_map(|named| named.file.time_intervals.clone()).collect();
    let file = RuleFile { groups: groups.collect(), time_intervals, ..RuleFile::default() };
    PolicySource {
        rule_files: vec![NamedRuleFile { name: "suggestions".to_owned(), file }],
        inhibit_rules: Vec::new(),
        ..source.clone()
    }
}

/// What the variants made of the history: for each rule, those that nothing beats.
pub fn fronts(candidates: &[Candidate], reports: &[Report]) -> Vec<Suggestion> {
    let scores = reports.iter().flat_map(|report| &report.rules);
    let scores: std::collections::HashMap<&str, &Score> =
        scores.map(|rule| (rule.rule.as_str(), &rule.score)).collect();
    let of_rules = candidates.chunk_by(|a, b| a.rule == b.rule);
    let front = |of_rule: &[Candidate]| {
        let tried: Vec<(&Candidate, &Score)> =
            of_rule.iter().filter_map(|one| Some((one, *scores.get(one.name.as_str())?))).collect();
        Suggestion { rule: of_rule[0].rule.clone(), tried: tried.len(), front: front(&tried) }
    };
    of_rules.map(front).collect()
}

fn front(tried: &[(&Candidate, &Score)]) -> Vec<Variant> {
    let mut front: Vec<Variant> = Vec::new();
    for (candidate, score) in tried {
        let beaten = tried.iter().any(|(_, other)| beats(other, score));
        // Of several that do the same, the first: the one that changes least.
        let same = front.iter().any(|known| known.best && merits(&known.score) == merits(score));
        let best = !beaten && !same && score.right > 0;
        if best || candidate.changes.is_empty() {
            front.push(Variant { changes: candidate.changes.clone(), best, score: (*score).clone() });
        }
    }
    front.sort_by(|a, b| merits(&b.score).0.total_cmp(&merits(&a.score).0));
    front
}

// Precision, known incidents found, and how much earlier: where people's time is not known, since the first alert.
fn merits(score: &Score) -> (f64, u64, f64) {
    let waited = || score.to_declare_p50.map_or(f64::MIN, |wait| -(wait.as_seconds() as f64) / 60.0);
    (score.precision.unwrap_or(0.0), score.found, score.lead_minutes_p50.unwrap_or_else(waited))
}

fn beats(one: &Score, other: &Score) -> bool {
    let (a, b) = (merits(one), merits(other));
    a.0 >= b.0 && a.1 >= b.1 && a.2 >= b.2 && a != b
}

fn rules(source: &PolicySource) -> impl Iterator<Item = (usize, &RuleModel)> {
    let groups = source.rule_files.iter().flat_map(|named| &named.file.groups).enumerate();
    groups.flat_map(|(at, group)| group.rules.iter().map(move |rule| (at, rule)))
}

// The rule itself, then with one number moved, then with two.
fn variants(rule: &RuleModel) -> Vec<(Vec<String>, RuleModel)> {
    let mut variants = vec![(Vec::new(), rule.clone())];
    let knobs = knobs(rule);
    for knob in &knobs {
        variants.extend(knob.settings(rule));
    }
    for (at, first) in knobs.iter().enumerate() {
        for second in &knobs[at + 1..] {
            for (changes, model) in first.settings(rule) {
                variants.extend(
                    second.settings(&model).into_iter().map(|(more, model)| ([changes.clone(), more].concat(), model)),
                );
            }
        }
    }
    variants.truncate(CANDIDATES_MAX);
    variants
}

// A number that can be moved, and where it stands in the tree of `when`.
enum Knob {
    For(Vec<usize>),
    AtLeast(Vec<usize>),
    ClearFor,
}

fn knobs(rule: &RuleModel) -> Vec<Knob> {
    let mut knobs = vec![Knob::For(Vec::new())];
    find(&rule.when, &mut Vec::new(), &mut knobs);
    if rule.call_off.is_some() {
        knobs.push(Knob::ClearFor);
    }
    knobs
}

fn find(node: &ConditionModel, path: &mut Vec<usize>, knobs: &mut Vec<Knob>) {
    if node.held_for.is_some() && !path.is_empty() {
        knobs.push(Knob::For(path.clone()));
    }
    if node.alerts.is_some() || node.some.is_some() {
        knobs.push(Knob::AtLeast(path.clone()));
    }
    for (at, part) in parts(node).into_iter().enumerate() {
        path.push(at);
        find(part, path, knobs);
        path.pop();
    }
}

fn parts(node: &ConditionModel) -> Vec<&ConditionModel> {
    let all = node.all.iter().chain(&node.any).flatten();
    all.chain(node.some.iter().flat_map(|some| &some.of)).chain(node.not.as_deref()).collect()
}

fn part_mut<'a>(node: &'a mut ConditionModel, path: &[usize]) -> Option<&'a mut ConditionModel> {
    let Some((at, rest)) = path.split_first() else { return Some(node) };
    let all = node.all.iter_mut().chain(&mut node.any).flatten();
    let mut parts = all.chain(node.some.iter_mut().flat_map(|some| &mut some.of)).chain(node.not.as_deref_mut());
    part_mut(parts.nth(*at)?, rest)
}

impl Knob {
    fn settings(&self, rule: &RuleModel) -> Vec<(Vec<String>, RuleModel)> {
        let mut settings = Vec::new();
        let mut set = |what: String, change: &dyn Fn(&mut RuleModel) -> Option<()>| {
            let mut model = rule.clone();
            if change(&mut model).is_some() {
                settings.push((vec![what], model));
            }
        };
        let mut when = rule.when.clone();
        match self {
            Self::For(path) => {
                let Some(node) = part_mut(&mut when, path) else { return settings };
                let now = node.held_for.unwrap_or_default();
                for length in around(now) {
                    let what = format!("{}for: {} (now {})", place(path), none_or(length), none_or(now));
                    set(what, &|model| {
                        part_mut(&mut model.when, path)?.held_for = Some(length).filter(|one| *one > LENGTHS[0]);
                        Some(())
                    });
                }
            }
            Self::AtLeast(path) => {
                let Some(node) = part_mut(&mut when, path) else { return settings };
                let now = node.some.as_ref().map_or(node.at_least.unwrap_or(1), |some| some.at_least);
                let most = node.some.as_ref().map_or(u32::MAX, |some| u32::try_from(some.of.len()).unwrap_or(u32::MAX));
                for number in [now.saturating_sub(1), now + 1, now + 2] {
                    if number == 0 || number > most {
                        continue;
                    }
                    set(format!("{}at_least: {number} (now {now})", place(path)), &|model| {
                        let node = part_mut(&mut model.when, path)?;
                        match &mut node.some {
                            Some(some) => some.at_least = number,
                            None => node.at_least = Some(number),
                        }
                        Some(())
                    });
                }
            }
            Self::ClearFor => {
                let Some(call_off) = &rule.call_off else { return settings };
                let now = call_off.if_clear_for;
                for length in around(now) {
                    set(format!("if_clear_for: {length} (now {now})"), &|model| {
                        model.call_off.as_mut()?.if_clear_for = length;
                        Some(())
                    });
                }
            }
        }
        settings
    }
}

fn around(now: Duration) -> Vec<Duration> {
    let below: Vec<Duration> = LENGTHS.into_iter().filter(|length| *length < now).collect();
    let above = LENGTHS.into_iter().filter(|length| *length > now).take(STEPS);
    below[below.len().saturating_sub(STEPS)..].iter().copied().chain(above).collect()
}

fn none_or(length: Duration) -> String {
    if length == LENGTHS[0] { "none".to_owned() } else { length.to_string() }
}

// Which part of `when`, for rules that have several: counted from one, as people do.
fn place(path: &[usize]) -> String {
    if path.is_empty() {
        return String::new();
    }
    let numbers: Vec<String> = path.iter().map(|at| (at + 1).to_string()).collect();
    format!("part {}: ", numbers.join("."))
}

#[cfg(test)]
mod tests {
    use super::{CANDIDATES_MAX, beats, front, trials, variants};
    use crate::backtest::score::Score;
    use crate::policy::{NamedRuleFile, PolicySource};
    use crate::rules::model::{Group, RuleFile, RuleModel};

    fn rule(when: &serde_json::Value) -> RuleModel {
        let rule = serde_json::json!({"incident": "A", "when": when, "call_off": {"if_clear_for": "10m"}});
        serde_json::from_value(rule).unwrap()
    }

    #[test]
    fn numbers_move_around_where_they_are() {
        let one = rule(&serde_json::json!({"alerts": ["a = b"], "for": "5m"}));
        let said: Vec<String> = variants(&one).into_iter().map(|(changes, _)| changes.join(", ")).collect();
        assert_eq!(
            &said[..18],
            [
                "",
                "for: none (now 5m)",
                "for: 1m (now 5m)",
                "for: 2m (now 5m)",
                "for: 10m (now 5m)",
                "for: 15m (now 5m)",
                "for: 30m (now 5m)",
                "for: 1h (now 5m)",
                "at_least: 2 (now 1)",
                "at_least: 3 (now 1)",
                "if_clear_for: 0s (now 10m)",
                "if_clear_for: 1m (now 10m)",
                "if_clear_for: 2m (now 10m)",
                "if_clear_for: 5m (now 10m)",
                "if_clear_for: 15m (now 10m)",
                "if_clear_for: 30m (now 10m)",
                "if_clear_for: 1h (now 10m)",
                "for: none (now 5m), at_least: 2 (now 1)",
            ]
        );
        assert_eq!(said.len(), CANDIDATES_MAX);
        let parts = serde_json::json!({"some": {"at_least": 2, "of": [
            {"alerts": ["a = b"]}, {"any": [{"alerts": ["c = d"], "for": "1m"}]}
        ]}});
        let said: Vec<String> = variants(&rule(&parts)).into_iter().map(|(changes, _)| changes.join(", ")).collect();
        assert!(said.contains(&"for: 1m (now none)".to_owned()), "{said:?}");
        assert!(said.contains(&"at_least: 1 (now 2)".to_owned()), "{said:?}");
        assert!(said.contains(&"part 2.1: for: none (now 1m)".to_owned()), "{said:?}");
        assert!(!said.iter().any(|one| one.starts_with("at_least: 3")), "there are two parts: {said:?}");
    }

    #[test]
    fn what_nothing_beats_is_the_front_and_the_present_is_marked() {
        let score = |precision: f64, lead: f64| Score {
            right: 1,
            found: 1,
            precision: Some(precision),
            lead_minutes_p50: Some(lead),
            ..Score::default()
        };
        assert!(beats(&score(0.5, 2.0), &score(0.5, 1.0)) && !beats(&score(0.5, 1.0), &score(0.5, 1.0)));
        let group = Group {
            name: "g".to_owned(),
            labels: Default::default(),
            rules: vec![rule(&serde_json::json!({"alerts": ["a = b"]}))],
        };
        let file = RuleFile { groups: vec![group], ..RuleFile::default() };
        let source = PolicySource {
            rule_files: vec![NamedRuleFile { name: "a.yml".to_owned(), file }],
            ..PolicySource::default()
        };
        let trials = trials(&source);
        let scores = [score(0.1, 0.0), score(0.5, -5.0), score(0.5, -6.0), score(0.9, -10.0), score(0.1, 1.0)];
        let tried: Vec<_> = trials.candidates.iter().zip(&scores).collect();
        let listed: Vec<(f64, bool)> =
            front(&tried).iter().map(|variant| (variant.score.precision.unwrap(), variant.best)).collect();
        assert_eq!(listed, [(0.9, true), (0.5, true), (0.1, false), (0.1, true)]);
    }
}
