//! What fits into a chat, whatever stands in an incident.

use super::{LINE_BYTES_MAX, With, list, show, why};
use crate::engine::{Changes, Input, State};
use crate::ids::{IncidentId, InputSeq};
use crate::incident::{Act, Actor, Command, Explanation, Incident, Surface, explanation::Mark};
use crate::policy::PolicySource;
use crate::verbs::Spelling;
use crate::verbs::parse::Listed;
use chrono::{DateTime, TimeDelta, Utc};

fn at() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::hours(10)
}

// What the acts of somebody lead to.
fn played(acts: Vec<Act>) -> Incident {
    let policy = PolicySource { external_url: "https://bell.example.org/".to_owned(), ..PolicySource::default() };
    let mut state = State::restore(Default::default());
    let mut incident = None;
    let commands = acts.into_iter().map(|act| {
        let number = (!matches!(act, Act::Declare { .. })).then_some(IncidentId(1));
        let actor = Actor::person("carla", Surface::Irc);
        Input::Command(Command { actor, access: crate::access::Role::Admin, key: None, incident: number, act })
    });
    for (seq, input) in [Input::Policy(Box::new(policy))].into_iter().chain(commands).enumerate() {
        let mut changes = Changes::default();
        state.step(InputSeq(seq as u64 + 1), at(), input, &mut changes);
        incident = changes.incidents.into_values().next().or(incident);
    }
    incident.unwrap()
}

fn declare(title: &str) -> Act {
    Act::Declare {
        title: title.to_owned(),
        severity: None,
        impact: String::new(),
        labels: Default::default(),
        drill: true,
    }
}

#[test]
fn an_incident_is_shown_in_a_few_lines() {
    let incident = played(vec![
        declare("Publishing is stuck"),
        Act::Todo { text: "ask the hoster".to_owned(), owner: Some("bert".to_owned()) },
        Act::Update { text: "We look into it.".to_owned(), impact: Some("packagers".to_owned()), next_in: None },
    ]);
    let policy = PolicySource { external_url: "https://bell.example.org/".to_owned(), ..PolicySource::default() };
    let spelling = Spelling::chat("!incident");
    let with = With { spelling: &spelling, policy: &policy, at: at() + TimeDelta::minutes(31) };
    assert_eq!(
        show(&incident, &with),
        "#1 Publishing is stuck (DRILL, confirmed, major, for 31m); nobody leads it\n\
         Who is affected: packagers\n\
         Who does what: nobody leads: `!incident take #1`\n\
         Last update: We look into it. (10:00 UTC)\n\
         Next update: by 10:30 UTC, which is over\n\
         To do: 1. ask the hoster (bert)\n\
         Why it was declared: carla declared it\n\
         https://bell.example.org/incidents/1"
    );
    let met = |text: &str, parts| Explanation { verdict: Mark::Met, text: text.to_owned(), parts };
    let tree = met("all of", vec![met("2 alerts fire", Vec::new()), met("in office hours", Vec::new())]);
    assert_eq!(
        why(&incident, Some(&tree), None, &with),
        "DRILL INC-1 was declared at 10:00 UTC: carla declared it\n\
         [x] all of\n  [x] 2 alerts fire\n  [x] in office hours\n\
         https://bell.example.org/incidents/1"
    );
    assert_eq!(
        list(Listed::Open, &[], &with),
        "no incident is open; `!incident declare what is going on` declares one"
    );
}

#[test]
fn whatever_people_write_stays_in_its_line() {
    let long = "ä\u{202e}\r\nNOTICE #channel :x \u{0}".repeat(300);
    let mut acts = vec![declare(&long[..150])];
    acts.extend((0..20).map(|_| Act::Todo { text: long.clone(), owner: Some(long[..60].to_owned()) }));
    acts.push(Act::Update { text: long.clone(), impact: Some(long), next_in: None });
    let incident = played(acts);
    let policy = PolicySource::default();
    let spelling = Spelling::cli();
    let with = With { spelling: &spelling, policy: &policy, at: at() };
    let many = vec![incident.clone(); 11];
    for text in [show(&incident, &with), why(&incident, None, None, &with), list(Listed::All, &many, &with)] {
        assert!(text.lines().count() <= 20, "{text}");
        assert!(text.lines().all(|line| line.len() <= LINE_BYTES_MAX + '…'.len_utf8()), "{text}");
        assert!(!text.contains(['\r', '\0', '\u{202e}']), "{text:?}");
    }
}
