//! Whatever people do in a drill, and whatever goes wrong beside it: no word of it can be taken for the real thing. And
//! what is real goes on beside it, and says nothing of drills.

use crate::access::Role;
use crate::alert::drill::{DRILL_LABEL, DRILL_SOURCE};
use crate::alert::matcher::MatcherText;
use crate::alert::{Batch, Fingerprint, Observation, Pairs, SourceName, Status};
use crate::delivery::Delivery;
use crate::directory::{Directory, Person, Shift, Squad};
use crate::engine::{Changes, DeliveryEnd, DeliveryOutcome, Input, Loaded, State};
use crate::ids::{IncidentId, InputSeq};
use crate::incident::roles::RoleName;
use crate::incident::room::Part;
use crate::incident::{Act, Actor, CallOffCode, Command, Reply, Severity, Surface};
use crate::notice::NoticeKind;
use crate::policy::{NamedRuleFile, PolicySource, ReceiverKind, ReceiverSpec, Route, Subject};
use crate::rules::model::RuleFile;
use chrono::{DateTime, TimeDelta, Utc};
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};

const WORLDS: u64 = 60;
const EVENTS: usize = 120;
const PEOPLE: [&str; 4] = ["adrian", "anna", "bert", "carla"];
const ROLES: [&str; 3] = ["incident_manager", "communications", "operations"];

const RULES: &str = r#"[{"name": "g", "rules": [
    {"incident": "Down", "correlate_by": ["host"], "when": {"alerts": ["alertname = Down"]}, "confirm": {"after": "12m"},
     "call_off": {"if_clear_for": "10m"}, "resolve": {"propose_after": "10m", "automatic_after": "1h"},
     "reopen_within": "30m"},
    {"incident": "Slow", "when": {"alerts": ["alertname = Slow"], "at_least": 2}}]}]"#;

struct World {
    state: State,
    seq: u64,
    now: DateTime<Utc>,
    deliveries: Vec<Delivery>,
    // Kinds of notices of drills, and whether they went to one person.
    seen: BTreeSet<(String, bool)>,
    refused: u64,
    done: u64,
}

fn receiver(name: &str, kind: ReceiverKind, public: bool, personal: bool) -> ReceiverSpec {
    ReceiverSpec {
        name: name.to_owned(),
        kind,
        public,
        personal,
        subject: Subject::default(),
        templates: BTreeMap::new(),
        language: None,
    }
}

fn policy() -> PolicySource {
    let file = RuleFile { groups: serde_json::from_str(RULES).unwrap(), ..RuleFile::default() };
    let own = NoticeKind::TEMPLATED.map(|kind| (kind.word().to_owned(), "own".to_owned()));
    let mut receivers = vec![
        receiver("team", ReceiverKind::Slack, false, false),
        receiver("users", ReceiverKind::Email, true, false),
        receiver("own-words", ReceiverKind::Slack, false, false),
        receiver("screen", ReceiverKind::Console, false, false),
        receiver("program", ReceiverKind::Webhook, false, false),
        receiver("room", ReceiverKind::Matrix, false, false),
        receiver("cards", ReceiverKind::Teams, false, false),
        receiver("talk", ReceiverKind::Discord, false, false),
        receiver("mail", ReceiverKind::Email, false, true),
        receiver("chat", ReceiverKind::Slack, false, true),
    ];
    receivers[2].templates = own.into_iter().collect();
    let routed = receivers.iter().filter(|spec| spec.is_routed()).map(|spec| spec.name.clone()).collect();
    PolicySource {
        rule_files: vec![NamedRuleFile { name: "rules.yml".to_owned(), file }],
        receivers,
        route: Route { receivers: routed, ..Route::default() },
        templates: BTreeMap::from([("own".to_owned(), "The service is down.".to_owned())]),
        ..PolicySource::default()
    }
}

fn directory(now: DateTime<Utc>) -> Directory {
    let person = |name: &str| Person {
        name: name.to_owned(),
        email: Some(format!("{name}@example.org")),
        slack: Some(format!("U{name}")),
        ..Person::default()
    };
    let squad = "Production-Squad".to_owned();
    Directory {
        people: PEOPLE.map(person).to_vec(),
        squads: vec![Squad { name: squad.clone(), members: vec!["anna".to_owned(), "bert".to_owned()] }],
        on_duty: vec![Shift { squad, person: "anna".to_owned(), until: now + TimeDelta::days(9) }],
    }
}

impl World {
    fn new() -> Self {
        let now = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000);
        let state = State::restore(Loaded::default());
        let (deliveries, seen) = (Vec::new(), BTreeSet::new());
        let mut world = Self { state, seq: 0, now, deliveries, seen, refused: 0, done: 0 };
        world.input(Input::Policy(Box::new(policy())));
        world.input(Input::Directory(Box::new(directory(now))));
        world
    }

    fn input(&mut self, input: Input) {
        self.seq += 1;
        let mut changes = Changes::default();
        self.state.step(InputSeq(self.seq), self.now, input, &mut changes);
        for delivery in changes.deliveries {
            let incident = self.state.incident(delivery.incident).unwrap();
            let Delivery { content, notice, receiver, .. } = &delivery;
            let words = format!("{}\n{}", content.subject, content.body);
            if incident.drill {
                let marked = content.subject.contains("DRILL INC-")
                    && content.body.contains("This is a drill. Nothing is wrong");
                assert!(marked, "{notice:?} to {receiver} {:?}:\n{words}", delivery.to);
                self.seen.insert((notice.word().to_owned(), delivery.to.is_some()));
            } else {
                // A program is told that it is none.
                let words = words.replace("\"drill\":false", "");
                assert!(!words.to_lowercase().contains("drill"), "{notice:?} to {receiver}:\n{words}");
            }
            self.deliveries.push(delivery);
        }
        for answer in changes.answers {
            match answer.reply {
                Reply::Refused(_) => self.refused += 1,
                Reply::Adopted { .. } => {}
                Reply::Done { incident, text, .. } => {
                    self.done += 1;
                    let drill = self.state.incident(incident).unwrap().drill;
                    assert_eq!(text.contains("DRILL "), drill, "{text}");
                }
            }
        }
    }

    fn pass(&mut self, seconds: i64) {
        let until = self.now + TimeDelta::seconds(seconds);
        while let Some(due) = self.state.next_due().filter(|due| *due <= until) {
            self.now = due.max(self.now);
            self.input(Input::Tick);
        }
        self.now = until;
    }

    fn alert(&mut self, rng: &mut Rng) {
        let (name, host) = (["Down", "Slow"][rng.usize(..2)], ["a", "b"][rng.usize(..2)]);
        let drill = rng.u32(..4) > 0;
        let mut labels = vec![("alertname", name), ("host", host)];
        labels.extend(drill.then(|| (DRILL_LABEL, ["march", "april"][rng.usize(..2)])));
        let labels = Pairs::labels(labels);
        let observation = Observation {
            status: if rng.u32(..3) > 0 { Status::Firing } else { Status::Resolved },
            fingerprint: Fingerprint::of(&labels),
            labels,
            annotations: Pairs::default(),
            starts_at: None,
            ends_at: None,
            generator_url: "".into(),
        };
        let source = SourceName::from(if drill { DRILL_SOURCE } else { "am" });
        self.input(Input::Alerts(Batch { source, group: None, truncated: 0, observations: vec![observation] }));
    }

    // What becomes of one of the last deliveries: only that tells of it.
    fn outcome(&mut self, rng: &mut Rng) {
        let last = self.deliveries.len().saturating_sub(20);
        let Some(delivery) = rng.choice(&self.deliveries[last..]) else { return };
        let because = "channel_not_found".to_owned();
        let end = match rng.u32(..3) {
            0 => DeliveryEnd::ThreadStarted { remote_id: "1.2".to_owned() },
            1 => DeliveryEnd::Lost { because },
            _ => DeliveryEnd::Blocked { because },
        };
        self.input(Input::Outcome(DeliveryOutcome {
            delivery: delivery.id,
            incident: delivery.incident,
            receiver: delivery.receiver.clone(),
            person: delivery.to.as_ref().map(|to| to.person.clone()),
            notice: delivery.notice.word().to_owned(),
            end,
        }));
    }

    fn command(&mut self, rng: &mut Rng) {
        let ids: Vec<IncidentId> = self.state.incidents().map(|incident| incident.id).collect();
        let act = if rng.u32(..12) == 0 { declare(rng) } else { act(rng, &ids) };
        let incident = rng.choice(&ids).copied().filter(|_| !matches!(act, Act::Declare { .. }));
        let actor = Actor::person(PEOPLE[rng.usize(..PEOPLE.len())], Surface::Irc);
        self.input(Input::Command(Command { actor, access: Role::Admin, key: None, incident, act }));
    }
}

fn declare(rng: &mut Rng) -> Act {
    Act::Declare {
        title: "The disk dies".to_owned(),
        severity: None,
        impact: String::new(),
        labels: Pairs::default(),
        drill: rng.bool(),
    }
}

fn act(rng: &mut Rng, ids: &[IncidentId]) -> Act {
    let text = "We look.".to_owned();
    let role = RoleName::from(ROLES[rng.usize(..ROLES.len())]);
    let person = PEOPLE[rng.usize(..PEOPLE.len())].to_owned();
    match rng.u32(..24) {
        0 | 1 => Act::Take { role },
        2 => Act::Assign { role, person },
        3 | 4 => Act::HandOver { role, person },
        5 | 6 => Act::Accept { role: None },
        7 => Act::Decline { role: None },
        8 => Act::Confirm { text },
        9 | 10 => Act::Update { text, impact: None, next_in: None },
        11 => Act::Note { text },
        12 => Act::Edit { part: Part::ALL[rng.usize(..4)], text, version: None },
        13 => Act::Todo { text, owner: Some(person) },
        14 => Act::Done { todo: 1 },
        15 | 16 => Act::Follow,
        17 => Act::Undo,
        18 => Act::Severity { to: Severity::ALL[rng.usize(..3)], text },
        19 => Act::Merge { into: rng.choice(ids).copied().unwrap_or(IncidentId(1)), text },
        20 => {
            let matchers = vec![MatcherText::try_from("host = a".to_owned()).unwrap()];
            Act::Split { title: "Another one".to_owned(), matchers, alerts: Vec::new() }
        }
        21 => Act::CallOff { code: CallOffCode::Test, reason: text },
        22 => Act::Resolve { text },
        _ => Act::Reopen { text },
    }
}

#[test]
fn every_word_of_a_drill_says_so_whatever_people_do() {
    let mut seen = BTreeSet::new();
    let (mut refused, mut done) = (0, 0);
    for seed in 0..WORLDS {
        let mut rng = Rng::with_seed(seed);
        let mut world = World::new();
        for _ in 0..EVENTS {
            match rng.u32(..10) {
                0..3 => world.alert(&mut rng),
                3 => world.outcome(&mut rng),
                4..6 => world.pass([20, 130, 700, 2_000][rng.usize(..4)]),
                _ => world.command(&mut rng),
            }
        }
        world.pass(5 * 3_600);
        seen.append(&mut world.seen);
        (refused, done) = (refused + world.refused, done + world.done);
    }
    // All that can be told was told, to everyone and to one.
    for kind in NoticeKind::TEMPLATED {
        assert!(seen.contains(&(kind.word().to_owned(), false)), "{kind:?} was never told: {seen:?}");
    }
    let personal: Vec<&str> = seen.iter().filter(|(_, one)| *one).map(|(kind, _)| kind.as_str()).collect();
    assert!(
        ["declared", "role", "prompt", "updated", "resolved", "called_off"].iter().all(|kind| personal.contains(kind)),
        "{personal:?}"
    );
    assert!(done > 1_000 && refused > 100, "{done} done, {refused} refused");
}

#[test]
fn drills_by_hand_have_a_name_of_their_own_and_what_is_real_has_none() {
    let mut world = World::new();
    let declare = |drill: bool, label: Option<&str>| Act::Declare {
        title: "The disk dies".to_owned(),
        severity: None,
        impact: String::new(),
        labels: Pairs::labels(label.map(|name| (DRILL_LABEL, name))),
        drill,
    };
    for act in [
        declare(true, None),
        declare(true, Some("march")),
        declare(true, Some("a b")),
        declare(false, Some("march")),
        declare(true, None),
        declare(false, None),
    ] {
        let actor = Actor::person("anna", Surface::Cli);
        world.input(Input::Command(Command { actor, access: Role::Admin, key: None, incident: None, act }));
    }
    let names: Vec<Option<&str>> = world.state.incidents().map(|incident| incident.drill_name()).collect();
    assert_eq!(names, [Some("by-hand-1"), Some("march"), Some("by-hand-3"), None]);
    assert_eq!((world.done, world.refused), (4, 2));
}
