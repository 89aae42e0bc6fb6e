//! Random incidents, and people who come and go: each promise ends in one way, and nothing is asked too often.

use crate::access::Role;
use crate::alert::{Batch, Fingerprint, Observation, Pairs, SourceName, Status};
use crate::duration::Duration;
use crate::engine::{Changes, Input, Loaded, State};
use crate::ids::{IncidentId, InputSeq};
use crate::incident::room::{Part, Prompt};
use crate::incident::{Act, Actor, CallOffCode, Command, Entry, Fact, Severity, Surface};
use crate::policy::{NamedRuleFile, PolicySource, Rituals, Timing};
use crate::rules::model::RuleFile;
use chrono::{DateTime, TimeDelta, Utc};
use fastrand::Rng;
use std::collections::BTreeMap;

const WORLDS: u64 = 200;
const EVENTS: usize = 60;

// The first ends by itself when it is clear, the second waits for people.
const RULES: &str = r#"
    {"incident": "Ends", "when": {"alerts": ["alertname = Ends"]}, "call_off": {"if_clear_for": "10m"},
     "confirm": {"after": "12m"}, "resolve": {"automatic_after": "1h"}},
    {"incident": "Stays", "when": {"alerts": ["alertname = Stays"]}}"#;

fn start() -> DateTime<Utc> {
    DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000)
}

struct World {
    rng: Rng,
    state: State,
    rituals: Rituals,
    seq: u64,
    now: DateTime<Utc>,
    entries: BTreeMap<IncidentId, Vec<Entry>>,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let rituals = some_rituals(&mut rng);
        let groups = serde_json::from_str(&format!(r#"[{{"name": "g", "rules": [{RULES}]}}]"#)).unwrap();
        let file = NamedRuleFile { name: "rules.yml".to_owned(), file: RuleFile { groups, ..RuleFile::default() } };
        let promise = Duration::minutes([0, 7, 20, 30][rng.usize(..4)]);
        let timing = Timing { promise, promise_critical: Duration::minutes(4), ..Timing::default() };
        let policy =
            PolicySource { rule_files: vec![file], rituals: rituals.clone(), timing, ..PolicySource::default() };
        let state = State::restore(Loaded::default());
        let mut world = Self { rng, state, rituals, seq: 0, now: start(), entries: BTreeMap::new() };
        world.input(Input::Policy(Box::new(policy)));
        world.now += TimeDelta::days(1);
        world
    }

    fn play(mut self) -> Self {
        for _ in 0..EVENTS {
            match self.rng.u32(..10) {
                0..=2 => self.alert(),
                3..=6 => self.person(),
                _ => {
                    let seconds = [10, 70, 290, 300, 600, 1_800, 4_000, 30_000][self.rng.usize(..8)];
                    self.pass(TimeDelta::seconds(seconds));
                }
            }
        }
        self.pass(TimeDelta::hours(20));
        self
    }

    fn input(&mut self, input: Input) {
        self.seq += 1;
        let mut changes = Changes::default();
        self.state.step(InputSeq(self.seq), self.now, input, &mut changes);
        for entry in changes.entries {
            self.entries.entry(entry.incident).or_default().push(entry);
        }
    }

    // As the program does: it wakes when something is due.
    fn pass(&mut self, time: TimeDelta) {
        let until = self.now + time;
        while let Some(due) = self.state.next_due().filter(|due| *due <= until) {
            self.now = due.max(self.now);
            self.input(Input::Tick);
        }
        self.now = until;
    }

    fn alert(&mut self) {
        let name = ["Ends", "Stays"][self.rng.usize(..2)];
        let labels = Pairs::labels([("alertname", name)]);
        let observation = Observation {
            status: if self.rng.bool() { Status::Firing } else { Status::Resolved },
            fingerprint: Fingerprint::of(&labels),
            labels,
            annotations: Pairs::default(),
            starts_at: Some(self.now),
            ends_at: None,
            generator_url: "".into(),
        };
        let source = SourceName::from("am");
        self.input(Input::Alerts(Batch { source, group: None, truncated: 0, observations: vec![observation] }));
    }

    fn person(&mut self) {
        let text = "said by a person".to_owned();
        let next_in = [None, None, Some(Duration::minutes(3)), Some(Duration::minutes(40))][self.rng.usize(..4)];
        let act = match self.rng.u32(..14) {
            0..=2 => Act::Update { text, impact: None, next_in },
            3 => Act::Update { text: text.clone(), impact: Some(text), next_in },
            4 | 5 => Act::Note { text },
            6 => Act::Edit { part: Part::ALL[self.rng.usize(..4)], text, version: None },
            7 => Act::Confirm { text },
            8 => Act::Severity { to: Severity::ALL[self.rng.usize(..3)], text },
            9 | 10 => Act::Take { role: crate::incident::roles::MANAGER.into() },
            11 => Act::Resolve { text },
            12 => Act::CallOff { code: CallOffCode::Other, reason: text },
            _ => Act::Reopen { text },
        };
        let incident = Some(IncidentId(self.rng.u64(1..4)));
        let actor = Actor::person(["ada", "ben"][self.rng.usize(..2)], Surface::Cli);
        self.input(Input::Command(Command { actor, access: Role::Admin, key: None, incident, act }));
    }
}

fn some_rituals(rng: &mut Rng) -> Rituals {
    let mut some = |minutes: [u32; 4]| Duration::minutes(minutes[rng.usize(..4)]);
    Rituals {
        remind_before: some([0, 1, 5, 10]),
        scope_after: some([0, 5, 5, 10]),
        stale_after: some([0, 5, 30, 30]),
        call_out_every: some([0, 2, 10, 10]),
        silent_after: some([0, 10, 30, 30]),
        ..Rituals::default()
    }
}

// What is checked while the entries of one incident are read again.
#[derive(Default)]
struct Reader {
    open: bool,
    clear: bool,
    fires_again_at: Option<DateTime<Utc>>,
    opened_at: DateTime<Utc>,
    ends_by_itself: bool,
    promised: Option<DateTime<Utc>>,
    broken: bool,
    kept: u32,
    missed: u32,
    heard_of: Option<DateTime<Utc>>,
    asked: BTreeMap<Prompt, DateTime<Utc>>,
    reminded_of: Option<DateTime<Utc>>,
}

impl Reader {
    fn read(&mut self, entry: &Entry, rituals: &Rituals) {
        self.no_promise_is_forgotten(entry);
        match &entry.fact {
            Fact::Declared { next_by, rule, .. } => {
                self.ends_by_itself = rule.as_ref().is_some_and(|rule| rule.name == "Ends");
                self.opens(entry, *next_by);
            }
            Fact::Reopened { next_by, .. } => self.opens(entry, *next_by),
            Fact::Confirmed { next_by, .. } => self.promise(*next_by),
            Fact::Severity { next_by: Some(by), .. } => {
                assert!(self.promised.is_some_and(|before| entry.at < before && *by < before), "no sooner: {entry:?}");
                self.promise(Some(*by));
            }
            Fact::Updated { next_by, promised, .. } => {
                assert_eq!(*promised, self.promised, "what was promised: {entry:?}");
                self.kept += u32::from(self.promised.is_some_and(|by| entry.at < by && !self.broken));
                self.promise(*next_by);
            }
            Fact::PromiseMissed { by } => {
                assert_eq!(Some(*by), self.promised, "{entry:?}");
                assert!(self.open && !self.broken && *by <= entry.at && !self.waits(), "{entry:?}");
                self.broken = true;
                self.missed += 1;
            }
            Fact::Prompted { prompts } => self.asks(entry, prompts, rituals),
            Fact::CalledOff { .. } | Fact::Resolved { .. } => self.open = false,
            Fact::Clear { .. } => self.clear = true,
            Fact::NotClear { .. } => self.fires_again(entry),
            Fact::Alerts(changed) if changed.firing > 0 => self.fires_again(entry),
            _ => {}
        }
        if let Actor::Person { .. } = entry.actor {
            self.heard_of = Some(entry.at);
        }
    }

    fn opens(&mut self, entry: &Entry, next_by: Option<DateTime<Utc>>) {
        (self.open, self.clear, self.opened_at) = (true, false, entry.at);
        self.promise(next_by);
    }

    fn promise(&mut self, by: Option<DateTime<Utc>>) {
        (self.promised, self.broken) = (by, false);
    }

    // The end is the next word, and it is near.
    fn waits(&self) -> bool {
        self.clear && self.ends_by_itself
    }

    // Kept, missed, made anew, ended with the incident; or it waits for the end.
    fn no_promise_is_forgotten(&self, entry: &Entry) {
        let passed = self.promised.is_some_and(|by| by < entry.at);
        let said = matches!(entry.fact, Fact::PromiseMissed { .. }) || self.fires_again_at == Some(entry.at);
        assert!(!passed || self.broken || !self.open || self.waits() || said, "{entry:?}");
    }

    // What has passed meanwhile is missed in this moment.
    fn fires_again(&mut self, entry: &Entry) {
        if std::mem::take(&mut self.clear) {
            self.fires_again_at = Some(entry.at);
        }
    }

    fn asks(&mut self, entry: &Entry, prompts: &[Prompt], rituals: &Rituals) {
        assert!(self.open && !prompts.is_empty(), "{entry:?}");
        // Who has a role still is asked to hand it over, whether or not they were heard of.
        let only_hand_over = prompts.iter().all(|prompt| *prompt == Prompt::HandOver);
        assert!(only_hand_over || self.heard_of >= Some(self.opened_at), "nobody is there: {entry:?}");
        for prompt in prompts {
            let every = match prompt {
                Prompt::Scope => rituals.scope_after,
                Prompt::Stale => rituals.stale_after,
                Prompt::CallOut => rituals.call_out_every,
                Prompt::Promise => rituals.remind_before,
                Prompt::HandOver => continue,
            };
            assert!(!every.delta().is_zero(), "it is off: {entry:?}");
            assert!(!self.clear || *prompt == Prompt::Promise && !self.ends_by_itself, "while it is clear: {entry:?}");
            let before = self.asked.insert(*prompt, entry.at);
            match prompt {
                Prompt::Promise => {
                    assert_ne!(self.reminded_of, self.promised, "twice of one promise: {entry:?}");
                    assert!(self.promised.is_some_and(|by| entry.at < by), "{entry:?}");
                    self.reminded_of = self.promised;
                }
                Prompt::Scope => {
                    assert!(
                        before.is_none_or(|before| before < self.opened_at),
                        "twice since it was opened: {entry:?}"
                    );
                }
                _ => assert!(before.is_none_or(|before| before + every.delta() <= entry.at), "too often: {entry:?}"),
            }
        }
    }
}

#[test]
fn promises_end_in_one_way_and_questions_keep_their_distance() {
    let (mut kept, mut missed, mut asked) = (0, 0, BTreeMap::<Prompt, u32>::new());
    for seed in 0..WORLDS {
        let world = World::new(seed).play();
        for (id, entries) in &world.entries {
            let mut reader = Reader::default();
            for entry in entries {
                reader.read(entry, &world.rituals);
                if let Fact::Prompted { prompts } = &entry.fact {
                    prompts.iter().for_each(|prompt| *asked.entry(*prompt).or_default() += 1);
                }
            }
            let Some(incident) = world.state.incident(*id) else { continue };
            let promises = &incident.room.promises;
            assert_eq!((promises.kept, promises.missed), (reader.kept, reader.missed), "seed {seed}: {id}");
            assert_eq!(promises.promised.map(|promise| promise.by), reader.promised, "seed {seed}: {id}");
            kept += reader.kept;
            missed += reader.missed;
        }
    }
    // A test in which nothing happens shows nothing.
    assert!(kept > 100 && missed > 100, "kept {kept}, missed {missed}");
    for prompt in [Prompt::Scope, Prompt::Stale, Prompt::Promise] {
        assert!(asked.get(&prompt).is_some_and(|times| *times > 20), "{asked:?}");
    }
}
