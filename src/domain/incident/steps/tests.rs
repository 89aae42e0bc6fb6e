//! What people are offered at each turn of an incident: the first line is the button they see.

use super::{Asker, Step, What, next_steps};
use crate::access::Role;
use crate::alert::Pairs;
use crate::ids::{IncidentId, InputSeq};
use crate::incident::promise::with_promise;
use crate::incident::roles::{COMMUNICATIONS, MANAGER, OPERATIONS, OfferEnd, RoleName};
use crate::incident::{Actor, CallOffCode, Entry, Fact, Incident, RuleRef, Severity, Surface, apply};
use crate::policy::rituals::default_roles;
use crate::policy::{PolicySource, Timing};
use chrono::{DateTime, TimeDelta, Utc};

fn time(minutes: i64) -> DateTime<Utc> {
    "2026-11-22T03:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minutes)
}

fn role(name: &str) -> RoleName {
    RoleName::from(name)
}

fn taken(name: &str, person: &str) -> Fact {
    Fact::Taken { role: role(name), person: person.to_owned(), from: None, because: "first".to_owned() }
}

fn offered(to: &str) -> Fact {
    Fact::Offered { role: role(OPERATIONS), from: "ada".to_owned(), to: to.to_owned(), expires_at: time(15) }
}

// Declared by a rule at minute 0; each fact with its minute and who did it.
fn after(facts: &[(i64, &str, Fact)]) -> Incident {
    let declared = Fact::Declared {
        title: "Pages are slow".to_owned(),
        impact: String::new(),
        severity: Severity::Major,
        confirmed: false,
        rule: Some(RuleRef { name: "Slow".to_owned(), version: 1 }),
        correlation: Pairs::default(),
        labels: Pairs::default(),
        receivers: Vec::new(),
        first_alert_at: None,
        because: String::new(),
        explanation: None,
        storm: false,
        drill: false,
        squad: "Production-Squad".to_owned(),
        next_by: None,
    };
    let entry = |number, minute, who: &str, fact| Entry {
        incident: IncidentId(42),
        number,
        at: time(minute),
        input: InputSeq(u64::from(number)),
        actor: if who.is_empty() { Actor::Rule } else { Actor::person(who, Surface::Web) },
        fact,
    };
    let timing = Timing::default();
    let mut incident = apply::declared(&entry(1, 0, "", with_promise(declared, None, time(0), &timing))).unwrap();
    for (number, (minute, who, fact)) in (2..).zip(facts) {
        let fact = with_promise(fact.clone(), Some(&incident), time(*minute), &timing);
        apply::apply(&mut incident, &entry(number, *minute, who, fact));
    }
    incident.tally.alerts = 2;
    incident.tally.firing = u32::from(incident.clear_since.is_none());
    incident
}

fn word(what: &What) -> String {
    let list = |roles: &[RoleName]| roles.iter().map(|role| role.0.as_str()).collect::<Vec<_>>().join(",");
    match what {
        What::Answer { role, from } => format!("answer {from} {role}"),
        What::Take { role } => format!("take {role}"),
        What::HandOver { roles } => format!("handover {}", list(roles)),
        What::Assign { .. } => "assign".to_owned(),
        What::Confirm => "confirm".to_owned(),
        What::Update => "update".to_owned(),
        What::Note => "note".to_owned(),
        What::Ack => "ack".to_owned(),
        What::Edit { part } => format!("edit {}", part.map_or("", crate::incident::room::Part::word)),
        What::Todo => "todo".to_owned(),
        What::Done { todo } => format!("done {todo}"),
        What::Severity => "severity".to_owned(),
        What::CallOff => "calloff".to_owned(),
        What::Resolve => "resolve".to_owned(),
        What::Reopen => "reopen".to_owned(),
        What::Merge => "merge".to_owned(),
        What::Split => "split".to_owned(),
        What::Follow => "follow".to_owned(),
        What::Unfollow => "unfollow".to_owned(),
        What::Undo { entry } => format!("undo {entry}"),
    }
}

fn steps(incident: &Incident, name: &str, access: Role, minute: i64) -> Vec<Step> {
    let policy = PolicySource { roles: default_roles(), ..PolicySource::default() };
    next_steps(incident, Asker { name, access }, &policy, time(minute))
}

// What is pressing with its reason, a line each; then all the rest in one line.
fn offer(incident: &Incident, name: &str, access: Role, minute: i64) -> String {
    let steps = steps(incident, name, access, minute);
    let pressing = steps.iter().filter_map(|step| Some(format!("{}: {}", word(&step.what), step.because.as_ref()?)));
    let rest = steps.iter().filter(|step| step.because.is_none()).map(|step| word(&step.what).trim().to_owned());
    let rest = rest.collect::<Vec<_>>().join(" | ");
    pressing.chain([rest]).collect::<Vec<_>>().join("\n")
}

#[test]
fn somebody_finds_a_suspected_incident_that_nobody_leads() {
    let incident = after(&[]);
    assert_eq!(
        offer(&incident, "ada", Role::Responder, 4),
        "take incident_manager: nobody has led it for 4m; Production-Squad was asked\n\
         confirm: is it real? It is only suspected\n\
         note | update | ack | take communications | take operations | assign | edit | todo | follow"
    );
    // A manager may end what they do not lead.
    assert_eq!(
        offer(&incident, "ada", Role::Manager, 4),
        "take incident_manager: nobody has led it for 4m; Production-Squad was asked\n\
         confirm: is it real? It is only suspected\n\
         calloff: or was it nothing?\n\
         note | update | ack | take communications | take operations | assign | edit | todo | severity | merge | \
         split | follow"
    );
    for access in [Role::Ingest, Role::Viewer] {
        assert_eq!(steps(&incident, "ada", access, 4), []);
    }
    let again = Fact::RoleOpen {
        role: role(MANAGER),
        because: "the squad did not respond".to_owned(),
        times: 1,
        again_at: None,
    };
    let first = &steps(&after(&[(5, "", again)]), "ada", Role::Responder, 6)[0];
    assert_eq!(first.because.as_deref(), Some("nobody has led it for 6m, and anyone may: the squad did not respond"));
}

#[test]
fn whoever_leads_is_asked_for_one_thing_after_the_other() {
    let mut facts = vec![(2, "ada", taken(MANAGER, "ada"))];
    let first = |facts: &[(i64, &str, Fact)], minute| {
        let step = steps(&after(facts), "ada", Role::Responder, minute).remove(0);
        format!("{}: {}", word(&step.what), step.because.unwrap_or_default())
    };
    assert_eq!(first(&facts, 3), "confirm: is it real? It is only suspected");
    facts.push((4, "ada", Fact::Confirmed { because: "users say so".to_owned(), next_by: None }));
    assert_eq!(first(&facts, 5), "edit impact: nobody has said yet who is affected");
    assert_eq!(first(&facts, 30), "update: the next update is promised by 03:34 UTC: in 4m");
    assert_eq!(first(&facts, 50), "update: the next update was promised by 03:34 UTC: 16m ago");
    let impact = Some("all users".to_owned());
    let update = Fact::Updated { text: "We look.".to_owned(), impact, next_by: Some(time(80)), promised: None };
    facts.push((50, "ada", update));
    assert_eq!(first(&facts, 51), "update: ");
    facts.push((60, "ada", Fact::TodoAdded { todo: 1, text: "restart it".to_owned(), owner: Some("ada".to_owned()) }));
    assert_eq!(first(&facts, 61), "done 1: yours to do: restart it");
    facts.push((62, "", Fact::Clear { then: None }));
    assert_eq!(first(&facts, 70), "resolve: no alert has fired for 8m; is it over?");
    facts.push((71, "ada", Fact::Resolved { because: "restarted".to_owned() }));
    assert_eq!(
        offer(&after(&facts), "ada", Role::Responder, 72),
        "reopen: it is resolved; if it came back\nnote | edit | todo | done 1 | follow | undo 7"
    );
}

#[test]
fn an_offer_comes_before_everything_until_it_ends() {
    let mut facts = vec![
        (1, "ada", taken(MANAGER, "ada")),
        (1, "ada", taken(OPERATIONS, "ada")),
        (2, "ada", Fact::Confirmed { because: String::new(), next_by: None }),
        (3, "ada", offered("bert")),
    ];
    let bert = |facts: &[(i64, &str, Fact)], minute| steps(&after(facts), "bert", Role::Responder, minute);
    let first = &bert(&facts, 4)[0];
    assert_eq!(
        (word(&first.what).as_str(), first.because.as_deref()),
        ("answer ada operations", Some("ada offers you operations until 03:15 UTC"))
    );
    assert!(!bert(&facts, 15).iter().any(|step| matches!(step.what, What::Answer { .. })), "it has expired");
    // What is offered is not offered to a second one.
    let ada = offer(&after(&facts), "ada", Role::Responder, 4);
    assert!(ada.contains("handover incident_manager |") && ada.contains("| undo 5"), "{ada}");
    let (ada, bert_) = ("ada".to_owned(), "bert".to_owned());
    let end = Fact::OfferEnded { role: role(OPERATIONS), from: ada, to: bert_, end: OfferEnd::Declined };
    facts.push((5, "bert", end));
    assert!(!bert(&facts, 6).iter().any(|step| matches!(step.what, What::Answer { .. })));
}

#[test]
fn a_role_of_somebody_who_is_silent_can_be_taken() {
    let silent = Fact::RoleOpen {
        role: role(COMMUNICATIONS),
        because: "carla has been silent for 30m".to_owned(),
        times: 1,
        again_at: None,
    };
    let facts = [
        (1, "ada", taken(MANAGER, "ada")),
        (1, "carla", taken(COMMUNICATIONS, "carla")),
        (2, "ada", Fact::Confirmed { because: String::new(), next_by: None }),
        (33, "", silent),
    ];
    let offered = offer(&after(&facts), "bert", Role::Responder, 33);
    assert!(
        offered.starts_with(
            "update: the next update was promised by 03:32 UTC: 1m ago\n\
             take communications: anyone may take communications: carla has been silent for 30m\n"
        ),
        "{offered}"
    );
    assert!(!offer(&after(&facts), "carla", Role::Responder, 33).contains("take communications"));
}

#[test]
fn what_was_merged_goes_on_elsewhere_and_undo_ends() {
    let merged = Fact::MergedInto { into: IncidentId(41), because: String::new() };
    let incident = after(&[(1, "ada", Fact::Noted { text: "the same switch".to_owned() }), (2, "ada", merged)]);
    assert_eq!(offer(&incident, "ada", Role::Admin, 3), "note | edit | todo | follow");
    let noted = after(&[(1, "ada", Fact::Noted { text: "look".to_owned() })]);
    let undo = |who, minute| offer(&noted, who, Role::Responder, minute).contains("undo 2");
    assert_eq!([undo("ada", 1), undo("ada", 10), undo("ada", 11), undo("bert", 2)], [true, true, false, false]);
    let over = after(&[(1, "ada", Fact::CalledOff { code: CallOffCode::Test, reason: "t".to_owned() })]);
    assert_eq!(offer(&over, "ada", Role::Responder, 20), "note | edit | todo | follow");
}
