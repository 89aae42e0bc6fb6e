//! What it costs to find the rules that one alert concerns: by the index, and by asking every rule, in one run. And what
//! a change of one alert costs where many are counted already.
//!
//! `cargo run --release -p domain --example bench_matching`
//!
//! "First sight" is an alert whose values no pattern has seen before.
//!
//! Rules of three matchers, one of them a pattern, alerts of eight labels; three of four alerts have a name that some
//! rule asks for. Every answer of the index is compared with the slow one before anything is measured.
#![expect(clippy::print_stdout, clippy::expect_used, reason = "a bench prints, and stops where it can't go on")]

use chrono::{DateTime, TimeDelta, Utc};
use domain::alert::matcher::{MatcherText, all_match};
use domain::alert::{Alert, AlertKey, AlertState, Fingerprint, Pairs, ResolvedBecause};
use domain::ids::AlertId;
use domain::policy::NamedRuleFile;
use domain::rules::model::{ConditionModel, Group, RuleFile, RuleModel};
use domain::rules::{Evaluator, Memo, RuleIx, RuleSet};
use std::cell::RefCell;
use std::hint::black_box;
use std::time::{Duration, Instant};

const ALERTS: usize = 2_000;
const ROUNDS: usize = 200;
// Alerts timed together: asking the clock takes as long as an answer.
const TOGETHER: usize = 20;

fn main() {
    println!(
        "rules | index p50 | index mean | first sight p50 | mean | naive p50 | naive mean | rules per alert | compiled in"
    );
    for rules in [10, 1_000, 10_000] {
        compare(rules);
    }
    println!("\nalerts counted by one rule | one more, judged, and one less, judged");
    for counted in [100, 10_000, 100_000] {
        count(counted);
    }
}

// `at_least`, `distinct` and `for` at once: everything a leaf can ask for.
fn count(counted: usize) {
    let mut file = file(1);
    let when = &mut file.file.groups[0].rules[0].when;
    *when = ConditionModel {
        alerts: Some(vec![MatcherText::try_from(r#"job =~ "job-.+""#.to_owned()).expect("a matcher")]),
        at_least: Some(20),
        distinct: Some(vec!["instance".to_owned()]),
        held_for: Some(domain::duration::Duration::minutes(5)),
        ..ConditionModel::default()
    };
    let rules = RuleSet::compile(&[file]).expect("the rules are good");
    let mut evaluator = Evaluator::new(&rules);
    let alerts: Vec<Alert> = (0..counted + ALERTS).map(alert).collect();
    for alert in &alerts[..counted] {
        evaluator.set(&rules, alert, alert.starts_at);
    }
    let at = alerts[counted].starts_at;
    let mut change = |alert: &Alert| {
        for touch in evaluator.set(&rules, alert, at) {
            black_box(evaluator.judge(&rules, &touch.subject, at));
        }
    };
    let mut times = Vec::new();
    let over = AlertState::Resolved { ends_at: at, because: ResolvedBecause::Reported, contested_until: None };
    let over = |alert: &Alert| Alert { state: over.clone(), ..alert.clone() };
    let ends: Vec<Alert> = alerts[counted..].iter().map(over).collect();
    for (alerts, ends) in alerts[counted..].chunks(TOGETHER).zip(ends.chunks(TOGETHER)) {
        let began = Instant::now();
        for (alert, end) in alerts.iter().zip(ends) {
            change(alert);
            change(end);
        }
        times.push(began.elapsed());
    }
    times.sort();
    println!("{counted} | {:.3} µs", times[times.len() / 2].as_secs_f64() * 1e6 / TOGETHER as f64);
}

fn alert(at: usize) -> Alert {
    let labels = labels(at, 1_000);
    Alert {
        id: AlertId(at as u64),
        key: AlertKey { source: "bench".into(), fingerprint: Fingerprint::of(&labels) },
        labels,
        annotations: Pairs::default(),
        generator_url: "".into(),
        state: AlertState::Firing,
        starts_at: DateTime::<Utc>::UNIX_EPOCH + TimeDelta::seconds((at * 7_919 % 100_003) as i64),
        claimed_starts_at: None,
        last_seen: DateTime::<Utc>::UNIX_EPOCH,
        group: None,
        expires_at: None,
        episodes: 1,
        pre_existing: false,
        past: Vec::new(),
    }
}

fn compare(count: usize) {
    let files = [file(count)];
    let began = Instant::now();
    let rules = RuleSet::compile(&files).expect("the rules are good");
    let compiled = began.elapsed();
    let alerts: Vec<Pairs> = (0..ALERTS).map(|at| labels(at, count)).collect();
    let mut concerned = 0;
    let memo = RefCell::new(Memo::default());
    let index = |labels: &Pairs| rules.concerned(labels, &mut memo.borrow_mut());
    for labels in &alerts {
        let found = index(labels);
        assert_eq!(found, naive(&rules, labels), "{labels}");
        concerned += found.len();
    }
    let cold = time(&alerts, ROUNDS / 10, |labels| rules.concerned(labels, &mut Memo::default()).len());
    let index = time(&alerts, ROUNDS, |labels| index(labels).len());
    // As slow as it is, fewer rounds tell as much.
    let naive = time(&alerts, (ROUNDS * 10 / count).max(2), |labels| naive(&rules, labels).len());
    let each = concerned as f64 / ALERTS as f64;
    println!(
        "{count} | {:.3} µs | {:.3} µs | {:.3} µs | {:.3} µs | {:.3} µs | {:.3} µs | {each:.2} | {compiled:.0?}",
        index.0, index.1, cold.0, cold.1, naive.0, naive.1
    );
}

/// Median and mean per alert, in microseconds.
fn time(alerts: &[Pairs], rounds: usize, answer: impl Fn(&Pairs) -> usize) -> (f64, f64) {
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..rounds {
        for alerts in alerts.chunks(TOGETHER) {
            let began = Instant::now();
            for labels in alerts {
                black_box(answer(black_box(labels)));
            }
            times.push(began.elapsed());
        }
    }
    times.sort();
    let micros = |time: Duration| time.as_secs_f64() * 1e6 / TOGETHER as f64;
    (micros(times[times.len() / 2]), micros(times.iter().sum()) / times.len() as f64)
}

fn naive(rules: &RuleSet, labels: &Pairs) -> Vec<RuleIx> {
    let asked = (0..).zip(&rules.rules).filter(|(_, rule)| {
        let matchers = rule.model.when.alerts.as_deref().unwrap_or_default();
        matchers.iter().all(|text| all_match(text.matchers(), labels))
    });
    asked.map(|(at, _)| RuleIx(at)).collect()
}

fn labels(at: usize, rules: usize) -> Pairs {
    let names = (rules / 10).max(1) * 4 / 3 + 1;
    Pairs::labels([
        ("alertname".to_owned(), format!("Alert{}", at * 7 % names)),
        ("cluster".to_owned(), format!("cluster-{}", at % 5)),
        ("instance".to_owned(), format!("web-{}.example.org:9100", at % 97)),
        ("job".to_owned(), format!("job-{}", at % 13)),
        ("namespace".to_owned(), format!("namespace-{}", at % 41)),
        ("pod".to_owned(), format!("pod-{at:08x}")),
        ("severity".to_owned(), ["critical", "warning", "info"][at % 3].to_owned()),
        ("team".to_owned(), format!("team-{}", at % 17)),
    ])
}

fn file(count: usize) -> NamedRuleFile {
    let group = Group { name: "bench".to_owned(), labels: Pairs::default(), rules: (0..count).map(rule).collect() };
    NamedRuleFile { name: "bench.yml".to_owned(), file: RuleFile { groups: vec![group], ..RuleFile::default() } }
}

// Ten rules ask for the same name; a tenth of all patterns is distinct.
fn rule(at: usize) -> RuleModel {
    let alerts = [
        format!("alertname = Alert{}", at / 10),
        format!(r#"instance =~ "(web|db)-[{}-9].*\\.example\\.(org|net):(9100|{})""#, at % 9, 9000 + at / 10 % 200),
        format!(r#"severity != "{}""#, ["info", "warning"][at % 2]),
    ];
    let alerts = alerts.into_iter().map(|text| MatcherText::try_from(text).expect("a matcher")).collect();
    RuleModel {
        incident: format!("Rule{at}"),
        when: ConditionModel { alerts: Some(alerts), ..ConditionModel::default() },
        ..RuleModel::default()
    }
}
