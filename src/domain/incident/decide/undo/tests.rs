//! What is taken back, and what is not; stories tell the rest.

use super::{last, undo};
use crate::duration::Duration;
use crate::ids::InputSeq;
use crate::incident::apply::apply;
use crate::incident::roles::{MANAGER, OfferEnd, RoleName};
use crate::incident::{Actor, Entry, Fact, Incident, Refusal, Severity, Surface};
use crate::notice::template::fixture;
use chrono::{DateTime, TimeDelta, Utc};

const WITHIN: Duration = Duration::minutes(10);

fn at(minute: i64) -> DateTime<Utc> {
    fixture::time() + TimeDelta::minutes(minute)
}

// One command of somebody at this minute, with all that comes of it.
fn command(incident: &mut Incident, name: &str, minute: i64, facts: Vec<Fact>) {
    let input = InputSeq(u64::from(incident.entries) + 10);
    for fact in facts {
        let actor = Actor::person(name, Surface::Cli);
        let entry = Entry { incident: incident.id, number: incident.entries + 1, at: at(minute), input, actor, fact };
        apply(incident, &entry);
    }
}

fn undone(incident: &mut Incident, name: &str, minute: i64) -> Result<Vec<Fact>, String> {
    let facts = undo(incident, name, at(minute), WITHIN).map_err(|refusal| refusal.to_string())?;
    command(incident, name, minute, facts.clone());
    Ok(facts)
}

fn taken(role: &str, person: &str, from: Option<&str>) -> Fact {
    let (role, from) = (RoleName::from(role), from.map(str::to_owned));
    Fact::Taken { role, person: person.to_owned(), from, because: "nobody had it".to_owned() }
}

fn severity(from: Severity, to: Severity) -> Fact {
    Fact::Severity { from, to, because: String::new(), next_by: None }
}

#[test]
fn a_role_goes_back_to_whom_it_was() {
    let mut incident = fixture::ruled();
    command(&mut incident, "anna", 1, vec![taken(MANAGER, "anna", None)]);
    command(&mut incident, "bert", 2, vec![taken(MANAGER, "bert", Some("anna"))]);
    assert_eq!(
        undone(&mut incident, "anna", 3).unwrap_err(),
        "that can't be taken back any more: incident manager has been bert's since"
    );
    undone(&mut incident, "bert", 3).unwrap();
    assert_eq!((incident.roles.manager(), incident.roles.unclaimed_since), (Some("anna"), None));
    // Given back, it is no longer what anna took herself.
    assert!(undone(&mut incident, "anna", 4).is_err());
    let mut incident = fixture::ruled();
    command(&mut incident, "anna", 1, vec![taken(MANAGER, "anna", None)]);
    undone(&mut incident, "Anna", 2).unwrap();
    assert_eq!((incident.roles.manager(), incident.roles.unclaimed_since), (None, Some(at(2))), "its clock runs anew");
}

#[test]
fn an_offer_is_taken_back_until_it_is_answered() {
    let mut incident = fixture::ruled();
    let role = RoleName::from(MANAGER);
    let offered =
        Fact::Offered { role: role.clone(), from: "anna".to_owned(), to: "bert".to_owned(), expires_at: at(20) };
    command(&mut incident, "anna", 1, vec![taken(MANAGER, "anna", None)]);
    command(&mut incident, "anna", 2, vec![offered.clone()]);
    let facts = undone(&mut incident, "anna", 3).unwrap();
    assert!(matches!(facts[..], [Fact::Retracted { entry: 3 }, Fact::OfferEnded { end: OfferEnd::Withdrawn, .. }]));
    assert!(incident.roles.offers.is_empty());
    command(&mut incident, "anna", 4, vec![offered]);
    let (from, to) = ("anna".to_owned(), "bert".to_owned());
    command(&mut incident, "bert", 5, vec![Fact::HandedOver { role, from, to }]);
    assert_eq!(
        undone(&mut incident, "anna", 6).unwrap_err(),
        "that can't be taken back any more: the offer has been answered, or is over"
    );
    assert_eq!(
        undone(&mut incident, "bert", 6).unwrap_err(),
        "what you did last on INC-42 can't be taken back: two people agreed on it"
    );
}

#[test]
fn a_severity_set_by_mistake_leaves_no_opinion_behind() {
    let mut incident = fixture::ruled();
    command(&mut incident, "anna", 1, vec![severity(Severity::Major, Severity::Critical)]);
    undone(&mut incident, "anna", 2).unwrap();
    // Else its rule could not raise it to critical any more: a person would have found it less bad than that.
    assert_eq!((incident.severity, incident.lowered_from), (Severity::Major, None));
    command(&mut incident, "anna", 3, vec![severity(Severity::Major, Severity::Minor)]);
    assert_eq!(incident.lowered_from, Some(Severity::Major));
    undone(&mut incident, "anna", 4).unwrap();
    assert_eq!((incident.severity, incident.lowered_from), (Severity::Major, None));
    // Changed there and back, it was still somebody's decision.
    command(&mut incident, "anna", 5, vec![severity(Severity::Major, Severity::Critical)]);
    command(&mut incident, "bert", 6, vec![severity(Severity::Critical, Severity::Minor)]);
    command(&mut incident, "carla", 7, vec![severity(Severity::Minor, Severity::Critical)]);
    assert_eq!(
        undone(&mut incident, "anna", 8).unwrap_err(),
        "that can't be taken back any more: the severity changed since; it is critical now"
    );
}

#[test]
fn one_command_is_taken_back_as_one_and_only_in_time() {
    let mut incident = fixture::ruled();
    let noted = |text: &str| Fact::Noted { text: text.to_owned() };
    let todo = Fact::TodoAdded { todo: 1, text: "x".to_owned(), owner: None };
    command(&mut incident, "anna", 1, vec![noted("a"), todo]);
    command(&mut incident, "bert", 2, vec![noted("b")]);
    let deeds = last(&incident, "anna", at(10), WITHIN).unwrap();
    assert_eq!(deeds.iter().map(|deed| deed.entry).collect::<Vec<_>>(), [3, 2]);
    let late = last(&incident, "anna", at(11), WITHIN).unwrap_err();
    assert_eq!(late, Refusal::NothingToUndo { incident: Some(incident.id), person: "anna".to_owned(), within: WITHIN });
    let facts = undone(&mut incident, "anna", 10).unwrap();
    assert_eq!(facts, [Fact::Retracted { entry: 3 }, Fact::Retracted { entry: 2 }, Fact::TodoDropped { todo: 1 }]);
    assert!(incident.room.todos.is_empty() && incident.room.retracted.contains(&2));
    let again = undone(&mut incident, "anna", 11).unwrap_err();
    assert!(again.ends_with("that was taking something back; do it again instead"), "{again}");
}

#[test]
fn what_was_seen_by_mistake_was_not_seen() {
    let mut incident = fixture::ruled();
    let ack = || Fact::Acknowledged { text: String::new() };
    command(&mut incident, "anna", 1, vec![ack()]);
    command(&mut incident, "bert", 1, vec![ack()]);
    undone(&mut incident, "anna", 2).unwrap();
    assert_eq!(incident.room.acknowledged.keys().collect::<Vec<_>>(), ["bert"]);
}
