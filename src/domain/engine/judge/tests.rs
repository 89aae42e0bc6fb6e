//! Random worlds, each lived twice: what is real is the same whether or not people practise beside it.

use crate::alert::drill::{DRILL_LABEL, DRILL_SOURCE, is_drill};
use crate::alert::{Batch, Fingerprint, Observation, Pairs, SourceName, Status};
use crate::engine::{Changes, Input, Loaded, State};
use crate::ids::{IncidentId, InputSeq};
use crate::policy::{NamedRuleFile, PolicySource};
use crate::rules::model::RuleFile;
use chrono::{DateTime, TimeDelta, Utc};
use fastrand::Rng;
use std::collections::BTreeMap;

const WORLDS: u64 = 200;
const EVENTS: usize = 60;

// Several of one rule make a storm; what is down keeps what is slow back; some are counted, gathered, held, looked back at.
const RULES: &str = r#"[{"name": "g", "rules": [
    {"incident": "Down", "correlate_by": ["host"], "when": {"alerts": ["alertname = Down"]}, "gather": ["host =~ \".+\""],
     "call_off": {"if_clear_for": "10m"}, "confirm": {"after": "12m"}, "resolve": {"automatic_after": "1h"},
     "reopen_within": "30m"},
    {"incident": "Slow", "when": {"alerts": ["alertname = Slow"], "at_least": 2, "for": "2m"},
     "call_off": {"if_clear_for": "5m"}},
    {"incident": "Flaps", "when": {"alerts": ["alertname = Slow"], "within": "30m", "count": "episodes", "at_least": 3}},
    {"incident": "Silent", "when": {"absent": ["alertname = Down"], "for": "40m"}}]}]"#;
const INHIBITS: &str =
    r#"[{"source_matchers": ["incident = Down"], "target_matchers": ["incident = Slow"], "equal": []}]"#;

struct World {
    state: State,
    seq: u64,
    now: DateTime<Utc>,
    // What happened to incidents that are real: which of them, when, what.
    told: Vec<(usize, DateTime<Utc>, String)>,
    real: BTreeMap<IncidentId, usize>,
    drills: usize,
}

impl World {
    fn new() -> Self {
        let groups = serde_json::from_str(RULES).unwrap();
        let file = NamedRuleFile { name: "rules.yml".to_owned(), file: RuleFile { groups, ..RuleFile::default() } };
        let inhibit_rules = serde_json::from_str(INHIBITS).unwrap();
        let policy = PolicySource { rule_files: vec![file], inhibit_rules, ..PolicySource::default() };
        let now = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000);
        let state = State::restore(Loaded::default());
        let mut world = Self { state, seq: 0, now, told: Vec::new(), real: BTreeMap::new(), drills: 0 };
        world.input(Input::Policy(Box::new(policy)));
        world
    }

    fn input(&mut self, input: Input) {
        self.seq += 1;
        let mut changes = Changes::default();
        self.state.step(InputSeq(self.seq), self.now, input, &mut changes);
        for evidence in &changes.evidence {
            let incident = self.state.incident(evidence.incident).unwrap();
            let alert = self.state.alert(evidence.alert).unwrap();
            assert_eq!(alert.is_drill(), incident.drill, "{} and {alert:?}", incident.id);
        }
        for entry in changes.entries {
            let incident = self.state.incident(entry.incident).unwrap();
            assert_eq!(incident.drill, is_drill(&incident.correlation));
            if incident.drill {
                self.drills += 1;
                continue;
            }
            let next = self.real.len();
            let which = *self.real.entry(entry.incident).or_insert(next);
            let fact = serde_json::to_value(&entry.fact).unwrap()["fact"].to_string();
            self.told.push((which, entry.at, fact));
        }
    }

    fn pass(&mut self, until: DateTime<Utc>) {
        while let Some(due) = self.state.next_due().filter(|due| *due <= until) {
            self.now = due.max(self.now);
            self.input(Input::Tick);
        }
        self.now = until;
    }

    fn alert(&mut self, source: &str, rng: &mut Rng) {
        let name = ["Down", "Slow"][rng.usize(..2)];
        let host = ["a", "b", "c", "d", "e", "f", "g"][rng.usize(..7)];
        // From anywhere else the mark is a label like all.
        let labels = Pairs::labels([("alertname", name), ("host", host), (DRILL_LABEL, "march")]);
        let observation = Observation {
            status: if rng.u32(..3) > 0 { Status::Firing } else { Status::Resolved },
            fingerprint: Fingerprint::of(&labels),
            labels,
            annotations: Pairs::default(),
            starts_at: Some(self.now),
            ends_at: None,
            generator_url: "".into(),
        };
        let source = SourceName::from(source);
        self.input(Input::Alerts(Batch { source, group: None, truncated: 0, observations: vec![observation] }));
    }
}

// Drills have chance of their own, so that they change nothing of what is real.
fn play(seed: u64, practise: impl Fn(&mut World, &mut Rng)) -> World {
    let (mut real, mut practice) = (Rng::with_seed(seed), Rng::with_seed(!seed));
    let mut world = World::new();
    for _ in 0..EVENTS {
        let seconds = [1, 20, 130, 300, 700, 2_000][real.usize(..6)];
        let until = world.now + TimeDelta::seconds(seconds);
        practise(&mut world, &mut practice);
        world.pass(until);
        world.alert("am", &mut real);
    }
    world.pass(world.now + TimeDelta::hours(5));
    world
}

#[test]
fn what_is_real_is_the_same_beside_a_drill() {
    let mut drills = 0;
    for seed in 0..WORLDS {
        let alone = play(seed, |_, _| {});
        let beside = play(seed, |world, rng| (0..3).for_each(|_| world.alert(DRILL_SOURCE, rng)));
        assert_eq!(alone.told, beside.told, "seed {seed}");
        assert_eq!(alone.drills, 0, "seed {seed}");
        drills += beside.drills;
    }
    assert!(drills > 10_000, "{drills} entries of drills");
}
