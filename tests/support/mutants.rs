//! Rule files with one thing changed: what a careless edit does to a rule. A test that stays green against one of these
//! does not look at what was changed.

use domain::alert::Pairs;
use domain::alert::matcher::{Matcher, MatcherText, Op};
use domain::duration::Duration;
use domain::incident::Severity;
use domain::interval::TimeInterval;
use domain::policy::Timing;
use domain::rules::model::{ConditionModel, CountOf, DeclareAs, InhibitModel, RuleFile, RuleModel, SeverityModel};

/// One changed file.
pub struct Mutant {
    /// Where: the rule, and the place in it.
    pub place: String,
    /// What: `2m → 3m`.
    pub change: String,
    /// Name of the rule, for the tests that are most likely to see it.
    pub rule: String,
    /// The file with it.
    pub file: RuleFile,
}

/// All of a file, each with one change.
pub fn of(file: &RuleFile) -> Vec<Mutant> {
    let mut walk = Walk { target: None, found: Vec::new(), rule: String::new() };
    walk.file(&mut file.clone());
    let (places, mut mutants) = (walk.found, Vec::new());
    for (ix, (place, change, rule)) in places.into_iter().enumerate() {
        let mut changed = file.clone();
        Walk { target: Some(ix), found: Vec::new(), rule: String::new() }.file(&mut changed);
        mutants.push(Mutant { place, change, rule, file: changed });
    }
    mutants
}

// Goes over a file in one fixed order, and makes the change whose turn it is.
struct Walk {
    target: Option<usize>,
    found: Vec<(String, String, String)>,
    rule: String,
}

impl Walk {
    fn point<T>(&mut self, place: &str, change: impl Into<String>, node: &mut T, edit: impl FnOnce(&mut T)) {
        if self.target == Some(self.found.len()) {
            edit(node);
        }
        self.found.push((place.to_owned(), change.into(), self.rule.clone()));
    }

    fn file(&mut self, file: &mut RuleFile) {
        for group in &mut file.groups {
            self.rule = group.rules.first().map(|rule| rule.incident.clone()).unwrap_or_default();
            self.labels(&format!("group {} labels", group.name), &mut group.labels);
            for rule in &mut group.rules {
                self.rule.clone_from(&rule.incident);
                self.rule(rule);
            }
        }
        self.rule.clear();
        self.list("inhibit_rules", &mut file.inhibit_rules, 0);
        for (at, inhibit) in file.inhibit_rules.iter_mut().enumerate() {
            self.inhibit(&format!("inhibit_rules[{at}]"), inhibit);
        }
        for named in &mut file.time_intervals {
            let place = format!("time interval {}", named.name);
            self.list(&place, &mut named.time_intervals, 1);
            named.time_intervals.iter_mut().for_each(|interval| self.interval(&place, interval));
        }
    }

    fn rule(&mut self, rule: &mut RuleModel) {
        let name = rule.incident.clone();
        let at = |key: &str| format!("{name} {key}");
        let timing = Timing::default();
        self.list(&at("correlate_by"), &mut rule.correlate_by, 0);
        self.condition(&at("when"), &mut rule.when);
        self.list(&at("gather"), &mut rule.gather, 0);
        for (ix, text) in rule.gather.iter_mut().enumerate() {
            self.matcher(&at(&format!("gather[{ix}]")), text);
        }
        self.severity(&at("severity"), &mut rule.severity);
        self.labels(&at("labels"), &mut rule.labels);
        self.point(&at("declare_as"), "the other", &mut rule.declare_as, |how| {
            *how = match how {
                DeclareAs::Suspected => DeclareAs::Confirmed,
                DeclareAs::Confirmed => DeclareAs::Suspected,
            }
        });
        self.left_out(&at("confirm"), &mut rule.confirm);
        if let Some(confirm) = &mut rule.confirm {
            self.wait(&at("confirm.after"), &mut confirm.after, None);
            self.left_out(&at("confirm.when"), &mut confirm.when);
            confirm.when.iter_mut().for_each(|when| self.condition(&at("confirm.when"), when));
        }
        self.left_out(&at("call_off"), &mut rule.call_off);
        if let Some(call_off) = &mut rule.call_off {
            self.duration(&at("call_off.if_clear_for"), &mut call_off.if_clear_for);
        }
        if let Some(resolve) = &mut rule.resolve {
            self.wait(&at("resolve.propose_after"), &mut resolve.propose_after, Some(Duration::minutes(15)));
            self.wait(&at("resolve.automatic_after"), &mut resolve.automatic_after, None);
        }
        self.wait(&at("reopen_within"), &mut rule.reopen_within, Some(timing.reopen_within));
        self.wait(&at("cooldown"), &mut rule.cooldown, Some(timing.cooldown));
        self.list(&at("active_time_intervals"), &mut rule.active_time_intervals, 0);
        self.list(&at("mute_time_intervals"), &mut rule.mute_time_intervals, 0);
    }

    fn condition(&mut self, place: &str, node: &mut ConditionModel) {
        self.point(place, "all ↔ any", node, |node| std::mem::swap(&mut node.all, &mut node.any));
        if node.all.is_none() && node.any.is_none() {
            self.found.pop();
        }
        self.wait(&format!("{place}.for"), &mut node.held_for, Some(Duration::minutes(0)));
        self.leaf(place, node);
        for (key, parts) in [("all", &mut node.all), ("any", &mut node.any)] {
            let place = format!("{place}.{key}");
            parts.iter_mut().for_each(|parts| self.parts(&place, parts));
        }
        if let Some(some) = &mut node.some {
            self.number(&format!("{place}.some.at_least"), &mut some.at_least);
            self.parts(&format!("{place}.some.of"), &mut some.of);
        }
        if let Some(part) = &mut node.not {
            self.condition(&format!("{place}.not"), part);
        }
        if node.not.is_some() {
            self.point(place, "`not` left out", node, |node| {
                let held_for = node.held_for;
                *node = node.not.take().map(|part| *part).unwrap_or_default();
                node.held_for = node.held_for.or(held_for);
            });
        }
    }

    fn leaf(&mut self, place: &str, node: &mut ConditionModel) {
        for (key, texts) in [("alerts", &mut node.alerts), ("absent", &mut node.absent)] {
            let Some(texts) = texts else { continue };
            let place = format!("{place}.{key}");
            self.list(&place, texts, 1);
            for (ix, text) in texts.iter_mut().enumerate() {
                self.matcher(&format!("{place}[{ix}]"), text);
            }
        }
        if node.alerts.is_some() || node.absent.is_some() {
            let labels = node.distinct.is_some() || node.count.is_some() || node.within.is_some();
            if !(labels || node.at_least.is_some() || node.count_silenced) {
                let change = "alerts ↔ absent";
                self.point(place, change, node, |node| std::mem::swap(&mut node.alerts, &mut node.absent));
            }
        }
        if let Some(at_least) = &mut node.at_least {
            self.number(&format!("{place}.at_least"), at_least);
        }
        self.left_out(&format!("{place}.distinct"), &mut node.distinct);
        node.distinct.iter_mut().for_each(|labels| self.list(&format!("{place}.distinct"), labels, 1));
        if node.count == Some(CountOf::Episodes) {
            self.left_out(&format!("{place}.count"), &mut node.count);
        }
        self.wait(&format!("{place}.within"), &mut node.within, Some(Duration::minutes(0)));
        if node.count_silenced {
            self.point(&format!("{place}.count_silenced"), "left out", node, |node| node.count_silenced = false);
        }
    }

    fn parts(&mut self, place: &str, parts: &mut Vec<ConditionModel>) {
        self.list(place, parts, 1);
        for (ix, part) in parts.iter_mut().enumerate() {
            self.condition(&format!("{place}[{ix}]"), part);
        }
    }

    fn severity(&mut self, place: &str, said: &mut SeverityModel) {
        for (key, severity) in [("fixed", &mut said.fixed), ("default", &mut said.default)] {
            severity.iter_mut().for_each(|severity| self.other(&format!("{place}.{key}"), severity));
        }
        self.left_out(&format!("{place}.from_label"), &mut said.from_label);
        for (value, severity) in &mut said.map {
            self.other(&format!("{place}.map.{value}"), severity);
        }
        self.list(&format!("{place}.raise"), &mut said.raise, 0);
        for (at, raise) in said.raise.iter_mut().enumerate() {
            let place = format!("{place}.raise[{at}]");
            self.other(&format!("{place}.to"), &mut raise.to);
            self.condition(&format!("{place}.when"), &mut raise.when);
        }
    }

    fn inhibit(&mut self, place: &str, inhibit: &mut InhibitModel) {
        for (key, texts) in
            [("source_matchers", &mut inhibit.source_matchers), ("target_matchers", &mut inhibit.target_matchers)]
        {
            let place = format!("{place}.{key}");
            self.list(&place, texts, 1);
            for (ix, text) in texts.iter_mut().enumerate() {
                self.matcher(&format!("{place}[{ix}]"), text);
            }
        }
        self.list(&format!("{place}.equal"), &mut inhibit.equal, 0);
    }

    fn interval(&mut self, place: &str, interval: &mut TimeInterval) {
        self.left_out(&format!("{place}.times"), &mut interval.times);
        self.left_out(&format!("{place}.weekdays"), &mut interval.weekdays);
        self.left_out(&format!("{place}.days_of_month"), &mut interval.days_of_month);
        self.left_out(&format!("{place}.months"), &mut interval.months);
        self.left_out(&format!("{place}.years"), &mut interval.years);
        self.left_out(&format!("{place}.location"), &mut interval.location);
    }

    fn labels(&mut self, place: &str, labels: &mut Pairs) {
        for (name, value) in labels.clone().iter() {
            self.point(place, format!("{name}: {value} left out"), labels, |labels| {
                *labels = Pairs::new(labels.iter().filter(|(known, _)| *known != name).collect::<Vec<_>>());
            });
        }
    }

    // Each of a list left out, where so many may stay.
    fn list<T>(&mut self, place: &str, list: &mut Vec<T>, least: usize) {
        for at in 0..list.len() {
            if list.len() > least {
                self.point(place, format!("[{at}] left out"), list, |list| drop(list.remove(at)));
            }
        }
    }

    fn left_out<T>(&mut self, place: &str, key: &mut Option<T>) {
        if key.is_some() {
            self.point(place, "left out", key, |key| *key = None);
        }
    }

    // A wait that is left out where the default is the same says what it said.
    fn wait(&mut self, place: &str, key: &mut Option<Duration>, default: Option<Duration>) {
        if key.is_some() && *key != default {
            self.left_out(place, key);
        }
        key.iter_mut().for_each(|wait| self.duration(place, wait));
    }

    // A tenth shorter and longer; of short ones, a minute, which is what tests count in.
    fn duration(&mut self, place: &str, wait: &mut Duration) {
        let seconds = u32::try_from(wait.as_seconds()).unwrap_or(u32::MAX);
        let step = if seconds > 60 { (seconds / 600 * 60).max(60) } else { seconds.div_ceil(2) };
        for seconds in [seconds - step, seconds + step.max(60)] {
            let other = Duration::seconds(seconds);
            self.point(place, format!("{wait} → {other}"), wait, |wait| *wait = other);
        }
    }

    fn number(&mut self, place: &str, number: &mut u32) {
        for other in [*number - 1, *number + 1].into_iter().filter(|other| *other > 0) {
            self.point(place, format!("{number} → {other}"), number, |number| *number = other);
        }
    }

    fn other(&mut self, place: &str, severity: &mut Severity) {
        let other = match severity {
            Severity::Minor => Severity::Major,
            Severity::Major => Severity::Critical,
            Severity::Critical => Severity::Minor,
        };
        self.point(place, format!("{severity} → {other}"), severity, |severity| *severity = other);
    }

    fn matcher(&mut self, place: &str, text: &mut MatcherText) {
        let matchers = text.matchers().to_vec();
        for at in 0..matchers.len() {
            for other in changed(&matchers[at]) {
                let mut all = matchers.clone();
                all[at] = other;
                let written = all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                self.point(place, format!("{} → {written}", text.as_str()), text, |text| {
                    *text = MatcherText::try_from(written.clone()).unwrap();
                });
            }
        }
    }
}

// Its operator turned round, its value another one; of alternatives, each left out. To be written down, not to match by:
// compiling the patterns of all of them would take longer than playing the tests.
fn changed(matcher: &Matcher) -> Vec<Matcher> {
    let Matcher { name, op, value, .. } = matcher;
    let turned = match op {
        Op::Equal => Op::NotEqual,
        Op::NotEqual => Op::Equal,
        Op::Matches => Op::NotMatches,
        Op::NotMatches => Op::Matches,
    };
    let mut found = vec![(turned, value.clone()), (*op, format!("x{value}"))];
    if matches!(op, Op::Matches | Op::NotMatches) && !value.contains(['(', '[', '\\']) {
        let words: Vec<&str> = value.split('|').collect();
        let without = |at: usize| {
            let rest = words.iter().enumerate().filter(|(ix, _)| *ix != at).map(|(_, word)| *word);
            (*op, rest.collect::<Vec<_>>().join("|"))
        };
        if words.len() > 1 {
            found.extend((0..words.len()).map(without));
        }
    }
    let written = |(op, value): (Op, String)| {
        let mut other = Matcher::new(name, Op::Equal, value).unwrap();
        other.op = op;
        other
    };
    found.into_iter().map(written).collect()
}
