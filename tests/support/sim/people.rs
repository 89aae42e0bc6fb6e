//! What people do in a world: every verb, on any incident, sensible or not; and people who come and leave.

use super::{chance, pick};
use chrono::{DateTime, TimeDelta, Utc};
use domain::access::Role;
use domain::alert::Pairs;
use domain::directory::{Directory, Person, Shift, Squad};
use domain::duration::Duration;
use domain::ids::IncidentId;
use domain::incident::act::{DueDate, ReviewAct};
use domain::incident::review::Shown;
use domain::incident::roles::{COMMUNICATIONS, MANAGER, OPERATIONS, RoleName};
use domain::incident::room::Part;
use domain::incident::{Act, Actor, CallOffCode, Command, Severity, Surface};

const PEOPLE: [&str; 4] = ["anna", "berta", "carl", "dora"];
const SQUAD: &str = "Production-Squad";

/// Everybody, or all but some; somebody of them may be on duty.
pub fn directory(random: &mut fastrand::Rng, now: DateTime<Utc>) -> Directory {
    let there: Vec<&str> = PEOPLE.into_iter().filter(|_| chance(random, 85)).collect();
    let person = |name: &&str| Person {
        name: (*name).to_owned(),
        email: Some(format!("{name}@example.org")),
        ..Person::default()
    };
    let shift = there.first().map(|name| Shift {
        squad: SQUAD.to_owned(),
        person: (*name).to_owned(),
        until: now + TimeDelta::minutes(*pick(random, &[7, 90, 600])),
    });
    let members = there.iter().map(|name| (*name).to_owned()).collect();
    Directory {
        people: there.iter().map(person).collect(),
        squads: vec![Squad { name: SQUAD.to_owned(), members }],
        on_duty: shift.into_iter().filter(|_| chance(random, 50)).collect(),
    }
}

/// One command.
pub fn command(random: &mut fastrand::Rng, incidents: u64) -> Command {
    let act = match random.u32(..11) {
        0..4 => course(random),
        4..7 => role(random),
        7..9 => room(random),
        9 => Act::Review(review(random)),
        _ => shape(random, incidents),
    };
    // `undo` without a number takes back what one did last, wherever that was.
    let anywhere = matches!(act, Act::Declare { .. }) || matches!(act, Act::Undo) && chance(random, 50);
    let incident = (!anywhere).then(|| IncidentId(random.u64(1..incidents + 2)));
    // Few keys, so that they are used again.
    let key = chance(random, 30).then(|| format!("key-{}", random.u32(..6)));
    let who = *pick(random, &PEOPLE);
    Command { actor: Actor::person(who, Surface::Api), access: Role::Admin, key, incident, act }
}

// What becomes of an incident.
fn course(random: &mut fastrand::Rng) -> Act {
    let text = "said by a person".to_owned();
    match random.u32(..12) {
        0 => Act::Declare {
            title: "Users say so".to_owned(),
            severity: None,
            impact: String::new(),
            labels: Pairs::default(),
            drill: chance(random, 20),
        },
        1 | 2 => Act::Confirm { text: String::new() },
        3 => Act::Severity { to: *pick(random, &Severity::ALL), text },
        4..=6 => Act::CallOff { code: *pick(random, &CallOffCode::ALL), reason: text },
        7 | 8 => Act::Resolve { text },
        9 | 10 => Act::Reopen { text },
        _ => {
            let text = format!("---\ntitle: Post mortem\n---\nWords {}.\n", random.u32(..3));
            Act::Publish { text, path: None, anyway: false }
        }
    }
}

// Who does what.
fn role(random: &mut fastrand::Rng) -> Act {
    let role = RoleName::from(*pick(random, &[MANAGER, MANAGER, COMMUNICATIONS, OPERATIONS]));
    let person = (*pick(random, &PEOPLE)).to_owned();
    match random.u32(..8) {
        0..3 => Act::Take { role },
        3 => Act::Assign { role, person },
        4 | 5 => Act::HandOver { role, person },
        6 => Act::Accept { role: chance(random, 50).then_some(role) },
        _ => Act::Decline { role: chance(random, 50).then_some(role) },
    }
}

// What is written and wanted.
fn room(random: &mut fastrand::Rng) -> Act {
    let text = "said by a person".to_owned();
    match random.u32(..10) {
        0..3 => Act::Update { text, impact: None, next_in: chance(random, 30).then(|| Duration::minutes(5)) },
        3 => Act::Note { text },
        4 => Act::Ack { text: String::new() },
        5 => Act::Edit {
            part: *pick(random, &[Part::Summary, Part::Impact, Part::ExitCriteria]),
            text: format!("words {}", random.u32(..9)),
            version: chance(random, 50).then(|| random.u32(..9)),
        },
        6 => Act::Todo { text, owner: chance(random, 50).then(|| (*pick(random, &PEOPLE)).to_owned()) },
        7 => Act::Done { todo: random.u32(1..4) },
        8 => Act::Follow,
        _ => Act::Unfollow,
    }
}

// What it is a part of, and what is taken back.
fn shape(random: &mut fastrand::Rng, incidents: u64) -> Act {
    match random.u32(..4) {
        0 => Act::Merge { into: IncidentId(random.u64(1..incidents + 2)), text: String::new() },
        1 => {
            let instance = format!("instance=i{}", random.u32(..3));
            let matchers = vec![instance.try_into().unwrap()];
            Act::Split { title: "One of them".to_owned(), matchers, alerts: Vec::new() }
        }
        _ => Act::Undo,
    }
}

// What is left to do when it is over.
fn review(random: &mut fastrand::Rng) -> ReviewAct {
    let (number, text) = (random.u32(1..4), "said by a person".to_owned());
    match random.u32(..8) {
        0 => ReviewAct::Section { section: "impact".to_owned(), text, version: None },
        1 => ReviewAct::Mark { entry: number, shown: Some(Shown::Private) },
        2 => ReviewAct::Correct { entry: number, text },
        3 | 4 => {
            // Late from the start, so that it is told.
            let due = DueDate(chrono::NaiveDate::from_ymd_opt(2020, 1, 1));
            ReviewAct::Action { text, owner: None, due: Some(due), link: None }
        }
        5 => ReviewAct::ActionDone { action: number },
        6 => ReviewAct::Ask,
        _ => ReviewAct::Waive { because: text },
    }
}
