//! Whatever people do, in whatever order: one holder for each role, or the take-over clock runs.

use super::desk::Desk;
use crate::access::Role;
use crate::directory::{Directory, Person, Shift};
use crate::duration::Duration;
use crate::engine::{Changes, Input, Loaded, State};
use crate::ids::{IncidentId, InputSeq};
use crate::incident::apply::{apply, declared};
use crate::incident::due::roles::{again_after, claim_until};
use crate::incident::roles::{COMMUNICATIONS, MANAGER, OPERATIONS, RoleName};
use crate::incident::{Act, Actor, CallOffCode, Command, Entry, Fact, Incident, Refusal, Reply, Surface};
use crate::policy::rituals::default_roles;
use crate::policy::{PolicySource, Rituals};
use crate::verbs::{Spelling, Verb};
use chrono::{DateTime, TimeDelta, Utc};

const PEOPLE: [&str; 4] = ["adrian", "anna", "bert", "carla"];
const ROLES: [&str; 3] = [MANAGER, COMMUNICATIONS, OPERATIONS];
const ID: IncidentId = IncidentId(1);

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}

fn directory(people: &[&str]) -> Directory {
    let people = people.iter().map(|name| Person { name: (*name).to_owned(), ..Person::default() }).collect();
    let until = start() + TimeDelta::hours(5);
    let shift = Shift { squad: "Production-Squad".to_owned(), person: "anna".to_owned(), until };
    Directory { people, squads: Vec::new(), on_duty: vec![shift] }
}

// One incident, declared by hand, and what became of it.
struct Room {
    state: State,
    seq: u64,
    now: DateTime<Utc>,
    entries: Vec<Entry>,
}

impl Room {
    fn new() -> Self {
        let state = State::restore(Loaded::default());
        let mut room = Self { state, seq: 0, now: start(), entries: Vec::new() };
        let source = PolicySource { roles: default_roles(), rituals: Rituals::default(), ..PolicySource::default() };
        room.step(Input::Policy(Box::new(source)));
        room.step(Input::Directory(Box::new(directory(&PEOPLE))));
        let declare = serde_json::from_value(serde_json::json!({"verb": "declare", "title": "It hangs"})).unwrap();
        room.act("adrian", Role::Responder, None, declare).unwrap();
        room
    }

    fn step(&mut self, input: Input) -> Changes {
        self.seq += 1;
        let mut changes = Changes::default();
        self.state.step(InputSeq(self.seq), self.now, input, &mut changes);
        self.entries.extend(changes.entries.iter().cloned());
        changes
    }

    fn act(&mut self, who: &str, access: Role, incident: Option<IncidentId>, act: Act) -> Result<String, Refusal> {
        let actor = Actor::person(who, Surface::Api);
        let changes = self.step(Input::Command(Command { actor, access, key: None, incident, act }));
        match changes.answers.into_iter().next_back().map(|answer| answer.reply) {
            Some(Reply::Done { text, .. } | Reply::Adopted { text, .. }) => Ok(text),
            Some(Reply::Refused(refusal)) => Err(refusal),
            None => panic!("no answer"),
        }
    }

    fn incident(&self) -> &Incident {
        self.state.incident(ID).unwrap()
    }

    fn check(&self) {
        let incident = self.incident();
        let roles = &incident.roles;
        // One holder for each role: a map can hold no two. Somebody leads, or the clock runs.
        assert_eq!(roles.manager().is_none(), roles.unclaimed_since.is_some(), "{roles:?}");
        if incident.stage.is_open() {
            let rituals = &self.state.policy().source.rituals;
            let clock = claim_until(incident, rituals).is_some() || roles.open.contains_key(MANAGER);
            assert_eq!(clock, roles.manager().is_none() || roles.open.contains_key(MANAGER), "{roles:?}");
            let due = self.state.next_due();
            assert!(roles.manager().is_some() || due.is_some(), "nobody leads, and no clock runs: {roles:?}");
        } else {
            assert!(roles.open.is_empty() && roles.offers.is_empty(), "{roles:?}");
        }
        for (role, offer) in &roles.offers {
            assert_eq!(roles.responsible(&role.0), Some(offer.from.as_str()), "who offers is responsible: {roles:?}");
            assert_ne!(offer.from, offer.to);
        }
        self.check_fold();
    }

    // The same, made from its entries alone; but for the counts of alerts and the head of the audit log.
    fn check_fold(&self) {
        let mut entries = self.entries.iter().filter(|entry| entry.incident == ID);
        let mut folded = declared(entries.next().unwrap()).unwrap();
        entries.for_each(|entry| apply(&mut folded, entry));
        folded.tally = self.incident().tally.clone();
        folded.audit_head = self.incident().audit_head;
        assert_eq!(&folded, self.incident());
    }
}

fn role(name: &str) -> RoleName {
    RoleName::from(name)
}

fn random_act(random: &mut Random) -> Act {
    let role = role(random.one(&ROLES));
    let person = random.one(&PEOPLE).to_owned();
    let maybe = (random.below(2) == 0).then(|| role.clone());
    match random.below(12) {
        0..3 => Act::Take { role },
        3..5 => Act::Assign { role, person },
        5..8 => Act::HandOver { role, person },
        8..10 => Act::Accept { role: maybe },
        10 => Act::Decline { role: maybe },
        _ => Act::Note { text: "here".to_owned() },
    }
}

// Xorshift: the same numbers for the same seed, everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, max: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % max
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }
}

#[test]
fn whoever_acts_in_whatever_order_somebody_leads_or_the_clock_runs() {
    let (mut done, mut refused) = (0, 0);
    for seed in 1..=150_u64 {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut room = Room::new();
        for _ in 0..40 {
            room.now += TimeDelta::seconds(i64::try_from(random.below(600)).unwrap());
            let who = random.one(&PEOPLE);
            let access = if random.below(4) == 0 { Role::Manager } else { Role::Responder };
            let act = match random.below(40) {
                0 => Act::CallOff { code: CallOffCode::Test, reason: "a test".to_owned() },
                1..=5 => Act::Reopen { text: String::new() },
                6 => {
                    let there: Vec<&str> = PEOPLE.into_iter().filter(|_| random.below(3) > 0).collect();
                    room.step(Input::Directory(Box::new(directory(&there))));
                    room.check();
                    continue;
                }
                _ => random_act(&mut random),
            };
            match room.act(who, access, Some(ID), act) {
                Ok(_) => done += 1,
                Err(refusal) => {
                    refused += 1;
                    assert!(!refusal.to_string().is_empty());
                }
            }
            room.check();
        }
    }
    // Neither what is done nor what is refused is looked at only now and then.
    assert!(done > 1_500 && refused > 1_500, "{done} done, {refused} refused");
}

#[test]
fn of_many_who_take_it_in_one_moment_the_first_has_it_and_the_others_are_told_who() {
    let mut room = Room::new();
    let people = ["bert", "carla", "anna", "adrian"];
    let said: Vec<_> =
        people.iter().map(|who| room.act(who, Role::Responder, Some(ID), Act::Take { role: role("im") })).collect();
    assert!(said[0].as_ref().is_ok_and(|text| text.starts_with("you are incident manager of INC-1.")), "{said:?}");
    for (who, said) in people.iter().zip(&said).skip(1) {
        let Err(refusal @ Refusal::RoleHeld { holder, role, since, .. }) = said else { panic!("{said:?}") };
        assert_eq!((holder.as_str(), role.0.as_str(), *since), ("bert", MANAGER, start()));
        let expected = format!(
            "bert is incident manager of INC-1 since 22:13 UTC; ask bert to say: `earlybell incident handover 1 \
             incident_manager {who}`"
        );
        assert_eq!(refusal.words(&Spelling::cli()), expected);
    }
}

#[test]
fn it_is_said_again_after_twice_the_wait_and_at_most_once_a_day() {
    let minutes = |rituals: &Rituals| -> Vec<Option<i64>> {
        [1, 2, 3, 4, 5, 100].map(|times| again_after(times, rituals).map(|wait| wait.num_minutes())).to_vec()
    };
    let waits = Rituals::default();
    assert_eq!(minutes(&waits), [Some(10), Some(20), Some(40), Some(80), Some(160), Some(24 * 60)]);
    let never = Rituals { claim_again_max: Duration::seconds(0), ..Rituals::default() };
    assert_eq!(minutes(&never), [None; 6]);
    let off = Rituals { claim_within: Duration::seconds(0), ..Rituals::default() };
    assert_eq!(minutes(&off), [None; 6]);
}

#[test]
fn incidents_from_before_there_were_roles_have_a_clock_too() {
    let mut room = Room::new();
    let mut old = serde_json::to_value(room.incident()).unwrap();
    old.as_object_mut().unwrap().remove("roles");
    old.as_object_mut().unwrap().remove("room");
    let old: Incident = serde_json::from_value(old).unwrap();
    assert_eq!(old.roles.unclaimed_since, None);
    let loaded = Loaded {
        position: InputSeq(room.seq),
        at: Some(room.now),
        incidents: vec![old],
        policy: Some((*room.state.policy().source).clone()),
        last_incident: 1,
        ..Loaded::default()
    };
    room.state = State::restore(loaded);
    room.now += TimeDelta::minutes(6);
    let changes = room.step(Input::Tick);
    let said: Vec<String> = changes.entries.iter().map(crate::document::entry_text).collect();
    assert_eq!(said, ["anyone may take incident manager: nobody took it; asked again at 2023-11-14 22:28 UTC"]);
}

#[test]
fn names_are_told_as_the_directory_writes_them_and_typed_as_one_word() {
    let room = Room::new();
    let source = &room.state.policy().source;
    let names = directory(&["Adrian", "anna"]);
    let desk = |directory, who| Desk {
        incident: room.incident(),
        source,
        directory,
        who,
        access: Role::Responder,
        at: room.now,
    };
    let taken = desk(&names, "ADRIAN").take(&role("Incident Manager")).unwrap();
    assert!(matches!(&taken[..], [Fact::Taken { person, .. }] if person == "Adrian"), "{taken:?}");
    let assigned = desk(&names, "anna").assign(&role("ops"), " adrian ").unwrap();
    assert!(matches!(&assigned[..], [Fact::Assigned { person, .. }] if person == "Adrian"), "{assigned:?}");
    let refused = desk(&names, "anna").assign(&role("ops"), "adrain").unwrap_err();
    assert_eq!(refused.to_string(), "unknown person `adrain`; did you mean `Adrian`?");
    // Nobody is known: anybody may be meant, in words that are one line.
    let nobody = Directory::default();
    let assigned = desk(&nobody, "anna").assign(&role("ops"), "Zoë\nde Boer").unwrap();
    assert!(matches!(&assigned[..], [Fact::Assigned { person, .. }] if person == "Zoë de Boer"), "{assigned:?}");
    assert!(matches!(desk(&nobody, "anna").assign(&role("ops"), " \n "), Err(Refusal::Words { .. })));
    let long = "x".repeat(101);
    assert!(matches!(desk(&nobody, "anna").assign(&role("ops"), &long), Err(Refusal::Words { .. })));
    let next = desk(&nobody, "anna").next("to undo", Verb::Assign, &role("operations"), "Zoë \"`$(x)` de Boer");
    assert_eq!(next.line(&Spelling::cli()), "earlybell incident assign 1 operations \"Zoë (x) de Boer\"");
}

#[test]
fn nobody_takes_a_role_of_what_is_over() {
    let mut room = Room::new();
    let call_off = Act::CallOff { code: CallOffCode::Test, reason: "a test".to_owned() };
    room.act("adrian", Role::Manager, Some(ID), call_off).unwrap();
    for act in [
        Act::Take { role: role("im") },
        Act::Assign { role: role("im"), person: "anna".to_owned() },
        Act::HandOver { role: role("im"), person: "anna".to_owned() },
        Act::Accept { role: None },
        Act::Decline { role: None },
    ] {
        let said = room.act("bert", Role::Admin, Some(ID), act);
        assert!(matches!(said, Err(Refusal::NotOpen { .. })), "{said:?}");
    }
}
