//! One set of alerts, told in any order, repeated, and cut into messages in any way, ends in the same incidents; and
//! none is declared twice.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use chrono::{DateTime, TimeDelta, Utc};
use domain::alert::{Batch, Fingerprint, Observation, Pairs, SourceName, Status};
use domain::engine::{Changes, Input, State};
use domain::ids::InputSeq;
use domain::incident::Fact;
use domain::policy::{Policy, PolicySource, Rituals, Timing};
use earlybell::config::{Findings, Named, parse_rules};
use fastrand::Rng;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

const CASES: u64 = 20_000;
const ALERTS_MAX: usize = 9;

const RULES: &str = "
groups:
  - name: permutations
    rules:
      - incident: Any
        when: { alerts: ['alertname = Down'] }
        gather: ['zone = a']
        severity: { from_label: severity, default: minor }
        call_off: { if_clear_for: 10m }
      - incident: Hosts
        correlate_by: [zone]
        when: { alerts: ['alertname =~ \"Down|Slow\"'], at_least: 2, distinct: [host] }
        severity: { default: minor, raise: [{ to: critical, when: { alerts: ['alertname = Down'], at_least: 3 } }] }
        confirm: { when: { alerts: ['alertname = Slow'], at_least: 3 } }
      - incident: Both
        declare_as: confirmed
        when:
          some:
            at_least: 2
            of:
              - alerts: ['alertname = Down', 'zone = b']
              - alerts: ['alertname = Slow', 'host =~ \"h1|h2\"']
              - alerts: ['alertname = Full']
        severity: { default: minor, raise: [{ to: major, when: { alerts: ['alertname = Other'] } }] }
      - incident: Again
        correlate_by: [host]
        when: { alerts: ['alertname = Full'], count: episodes, within: 20m }
      - incident: Alone
        when: { all: [{ alerts: ['alertname = Full'] }, { not: { alerts: ['alertname = Planned'] } }] }
";

/// What an alert is in this set: where it stands, and what it is called.
#[derive(Clone)]
struct Told {
    labels: Pairs,
    fires: bool,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::seconds(seconds)
}

fn policy() -> Arc<Policy> {
    let mut found = Findings::default();
    let files = [Named { name: "rules.yml".to_owned(), content: RULES.to_owned() }];
    let rule_files = parse_rules(&files, &mut found);
    assert!(found.mistakes.is_empty(), "{found:?}");
    // A storm takes what comes late, so there the order is part of the question.
    let timing = Timing { storm_after: 1_000, ..Timing::default() };
    let source = PolicySource { rule_files, timing, rituals: Rituals::none(), ..PolicySource::default() };
    Arc::new(Policy::compile(source).unwrap())
}

/// The alerts of one moment: nobody contradicts anybody.
fn random_set(rng: &mut Rng) -> Vec<Told> {
    let mut set: BTreeMap<String, Told> = BTreeMap::new();
    for _ in 0..rng.usize(1..=ALERTS_MAX) {
        // What suppresses a rule is left to the stories: to come first is what it is for.
        let name = ["Down", "Slow", "Full", "Other"][rng.usize(..4)];
        let labels = Pairs::labels([
            ("alertname", name),
            ("host", ["h1", "h2", "h3"][rng.usize(..3)]),
            ("zone", ["a", "b"][rng.usize(..2)]),
            ("severity", ["minor", "major", "critical"][rng.usize(..3)]),
        ]);
        let starts_at = at(-rng.i64(60..600));
        let told = Told { labels, fires: rng.u8(..4) > 0, starts_at, ends_at: at(-rng.i64(1..50)) };
        set.insert(told.labels.to_string(), told);
    }
    set.into_values().collect()
}

/// The same alerts, some of them over by now.
fn recovered(rng: &mut Rng, set: &[Told]) -> Vec<Told> {
    let over = |told: &Told, rng: &mut Rng| Told {
        fires: told.fires && rng.bool(),
        ends_at: if told.fires { at(280) } else { told.ends_at },
        ..told.clone()
    };
    set.iter().map(|told| over(told, rng)).collect()
}

/// Cut into groups of one Alertmanager. A group is whole in every message of it, as Alertmanager sends it.
fn cut(rng: &mut Rng, set: &[Told]) -> Vec<usize> {
    let groups = rng.usize(1..=set.len());
    set.iter().map(|_| rng.usize(..groups)).collect()
}

fn message(set: &[Told], groups: &[usize], group: usize, rng: &mut Rng) -> Batch {
    let members = set.iter().zip(groups).filter(|(_, of)| **of == group).map(|(told, _)| told);
    let mut observations: Vec<Observation> = members.map(observation).collect();
    rng.shuffle(&mut observations);
    Batch { source: SourceName("a".into()), group: Some(group as u64), truncated: 0, observations }
}

fn observation(told: &Told) -> Observation {
    Observation {
        status: if told.fires { Status::Firing } else { Status::Resolved },
        labels: told.labels.clone(),
        annotations: Pairs::default(),
        starts_at: Some(told.starts_at),
        ends_at: (!told.fires).then_some(told.ends_at),
        generator_url: "".into(),
        fingerprint: Fingerprint::of(&told.labels),
    }
}

/// An engine, and how often each rule and key was declared.
struct Engine {
    state: State,
    seq: u64,
    declared: BTreeMap<(String, Pairs), u32>,
}

impl Engine {
    fn new(policy: &Arc<Policy>) -> Self {
        let state = State::begin(policy, at(-3_600), &mut Changes::default());
        let seq = state.position().0 + 1;
        Self { state, seq, declared: BTreeMap::new() }
    }

    fn input(&mut self, at: DateTime<Utc>, input: Input) {
        self.seq += 1;
        let mut changes = Changes::default();
        self.state.step(InputSeq(self.seq), at, input, &mut changes);
        for entry in &changes.entries {
            if let Fact::Declared { rule: Some(rule), correlation, .. } = &entry.fact {
                *self.declared.entry((rule.name.clone(), correlation.clone())).or_default() += 1;
            }
        }
    }

    /// Everything that people can tell apart, but for the moment and the first words.
    fn ends(&self) -> Vec<String> {
        let told = |incident: &domain::incident::Incident| {
            let alerts: Vec<String> = self.state.alerts_of(incident.id).map(|alert| alert.labels.to_string()).collect();
            let mut alerts = alerts;
            alerts.sort();
            let rule = incident.rule.as_ref().unwrap();
            format!(
                "{} {} {:?} {} {}/{} clear: {} {alerts:?}",
                rule.name,
                incident.correlation,
                incident.stage,
                incident.severity,
                incident.tally.firing,
                incident.tally.alerts,
                incident.clear_since.is_some(),
            )
        };
        let mut ends: Vec<String> = self.state.incidents().map(told).collect();
        ends.sort();
        ends
    }
}

/// Tells the set from this second on, within two minutes.
fn tell(engine: &mut Engine, rng: &mut Rng, set: &[Told], groups: &[usize], from: i64, disorder: bool) {
    let count = groups.iter().max().unwrap() + 1;
    let mut order: Vec<usize> = (0..count).collect();
    if disorder {
        let again: Vec<usize> = (0..rng.usize(..4)).map(|_| rng.usize(..count)).collect();
        order.extend(again);
        rng.shuffle(&mut order);
    }
    for (step, group) in (0..).zip(order) {
        let batch = message(set, groups, group, rng);
        if !batch.observations.is_empty() {
            engine.input(at(from + step), Input::Alerts(batch));
        }
    }
    engine.input(at(from + 60), Input::Tick);
}

fn play(seed: u64, policy: &Arc<Policy>) -> usize {
    let mut rng = Rng::with_seed(seed);
    let onset = random_set(&mut rng);
    let recovery = recovered(&mut rng, &onset);
    let groups = cut(&mut rng, &onset);
    let at_once = vec![0; onset.len()];
    let mut plain = Engine::new(policy);
    let mut wild = Engine::new(policy);
    for (set, from) in [(&onset, 0), (&recovery, 300)] {
        tell(&mut plain, &mut rng, set, &at_once, from, false);
        tell(&mut wild, &mut rng, set, &groups, from, true);
        assert_eq!(plain.ends(), wild.ends(), "seed {seed}, from second {from}");
    }
    let twice = wild.declared.iter().find(|(_, times)| **times > 1);
    assert_eq!(twice, None, "seed {seed}");
    wild.declared.len()
}

#[test]
fn any_order_ends_the_same() {
    let policy = policy();
    if let Ok(seed) = std::env::var("SEED") {
        play(seed.parse().unwrap(), &policy);
        return;
    }
    let (next, declared) = (AtomicU64::new(0), AtomicUsize::new(0));
    let work = || {
        while let seed @ 0..CASES = next.fetch_add(1, Ordering::SeqCst) {
            declared.fetch_add(play(seed, &policy), Ordering::SeqCst);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    // Else nothing was asked.
    assert!(declared.into_inner() > CASES as usize, "too little was declared");
}
