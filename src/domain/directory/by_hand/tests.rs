//! What may be changed by hand, and what is said where it may not.

use super::*;

fn person(name: &str) -> Person {
    Person { name: name.to_owned(), ..Person::default() }
}

fn squad(name: &str, members: &[&str]) -> Squad {
    Squad { name: name.to_owned(), members: members.iter().map(|name| (*name).to_owned()).collect() }
}

fn named(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// What is written for a change, and what is said: of Anna and Core in the configuration, Bert and Web by hand.
fn decided(change: Change) -> Result<(Vec<Write>, String), Refused> {
    let written = Directory {
        people: vec![Person { email: Some("anna@example.org".to_owned()), ..person("anna") }],
        squads: vec![squad("Core", &["anna"])],
        ..Directory::default()
    };
    let bert = Person { slack: Some("U0BERT".to_owned()), ..person("bert") };
    let (people, squads) = ([bert], [squad("Web", &["anna", "bert"]), squad("Empty", &[])]);
    let before = Before { written: &written, people: &people, squads: &squads };
    before.decide(change).map(|decided| (decided.writes, decided.text))
}

fn refused(change: Change) -> Refused {
    decided(change).unwrap_err()
}

fn conflict(text: &str) -> Refused {
    Refused::Conflict(text.to_owned())
}

#[test]
fn somebody_is_added_with_their_squads() {
    let add = |squads: &[&str]| Change::AddPerson { person: person("carla"), squads: named(squads) };
    let carla = Write::Person(person("carla"));
    assert_eq!(decided(add(&[])), Ok((vec![carla.clone()], "added carla".to_owned())));
    let web = Write::Squad(squad("Web", &["anna", "bert", "carla"]));
    let twice = (vec![carla, web], "added carla".to_owned());
    assert_eq!(decided(add(&["web", "Web"])), Ok(twice));
    let core = "squad Core stands in the configuration; change `squads:` there, then reload";
    assert_eq!(refused(add(&["Core"])), conflict(core));
    assert_eq!(refused(add(&["Wep"])), Refused::Missing("unknown squad `Wep`; did you mean `Web`?".to_owned()));
}

#[test]
fn nobody_is_added_twice_or_beside_the_configuration() {
    let add = |name: &str| Change::AddPerson { person: person(name), squads: Vec::new() };
    let anna = "person anna stands in the configuration; change `people:` there, then reload";
    assert_eq!(refused(add("anna")), conflict(anna));
    let bert = "bert is there already; `earlybell person change bert` changes what is known of them";
    assert_eq!(refused(add("bert")), conflict(bert));
    let taken = Person { email: Some("ANNA@example.org".to_owned()), ..person("carla") };
    let taken = refused(Change::AddPerson { person: taken, squads: Vec::new() });
    assert_eq!(taken, Refused::Wrong("email: `anna` has the same; each belongs to one person".to_owned()));
    let many: Vec<Person> = (0..PEOPLE_MAX).map(|at| person(&format!("p{at}"))).collect();
    let before = Before { written: &Directory::default(), people: &many, squads: &[] };
    assert_eq!(before.decide(add("x")), Err(conflict("there are 1000 people already; remove some first")));
}

#[test]
fn what_is_said_is_changed_and_nothing_else() {
    let text = |text: &str| Some(text.to_owned());
    let change = |name: &str, edit: Edit| Change::ChangePerson { name: name.to_owned(), edit };
    let irc = Edit { irc: text("bert_"), full_name: text("Bert B."), ..Edit::default() };
    let (slack, irc_account) = (text("U0BERT"), text("bert_"));
    let after = Person { full_name: "Bert B.".to_owned(), slack, irc: irc_account, ..person("bert") };
    assert_eq!(decided(change("Bert", irc)), Ok((vec![Write::Person(after)], "changed bert".to_owned())));
    let gone = Edit { slack: text(""), ..Edit::default() };
    assert_eq!(decided(change("bert", gone)), Ok((vec![Write::Person(person("bert"))], "changed bert".to_owned())));
    let same = Edit { slack: text("U0BERT"), ..Edit::default() };
    assert_eq!(decided(change("bert", same)), Ok((Vec::new(), "bert is known like that already".to_owned())));
    let anna = "person anna stands in the configuration; change `people:` there, then reload";
    assert_eq!(refused(change("anna", Edit::default())), conflict(anna));
    assert_eq!(
        refused(change("bret", Edit::default())),
        Refused::Missing("unknown person `bret`; did you mean `bert`?".to_owned())
    );
    let wrong = Edit { time_zone: text("Europe/Nowhere"), ..Edit::default() };
    let Refused::Wrong(problem) = refused(change("bert", wrong)) else { panic!("it is no conflict") };
    assert!(problem.starts_with("time_zone: "), "{problem}");
}

#[test]
fn whoever_leaves_leaves_their_squads() {
    let remove = |name: &str| Change::RemovePerson { name: name.to_owned() };
    let writes = vec![Write::NoPerson("bert".to_owned()), Write::Squad(squad("Web", &["anna"]))];
    assert_eq!(decided(remove("BERT")), Ok((writes, "removed bert".to_owned())));
    let anna = "person anna stands in the configuration; change `people:` there, then reload";
    assert_eq!(refused(remove("anna")), conflict(anna));
    let nobody = "unknown person `x`; known: anna, bert";
    assert_eq!(refused(remove("x")), Refused::Missing(nobody.to_owned()));
}

#[test]
fn squads_come_and_go() {
    let added = (vec![Write::Squad(squad("Dev", &["bert", "anna"]))], "added squad Dev".to_owned());
    assert_eq!(decided(Change::AddSquad(squad("Dev", &["Bert", "anna", "bert"]))), Ok(added));
    let web = "squad Web is there already; `earlybell squad join Web NAME` adds people";
    assert_eq!(refused(Change::AddSquad(squad("WEB", &[]))), conflict(web));
    let core = "squad Core, and so core, stands in the configuration; change `squads:` there, then reload";
    assert_eq!(refused(Change::AddSquad(squad("core", &[]))), conflict(core));
    let nobody = "unknown person `berta`; did you mean `bert`?";
    assert_eq!(refused(Change::AddSquad(squad("Dev", &["berta"]))), Refused::Wrong(nobody.to_owned()));
    let removed = (vec![Write::NoSquad("Web".to_owned())], "removed squad Web".to_owned());
    assert_eq!(decided(Change::RemoveSquad { name: "web".to_owned() }), Ok(removed));
}

#[test]
fn people_join_and_leave_squads() {
    let join = |squad: &str, people: &[&str]| Change::Join { squad: squad.to_owned(), people: named(people) };
    let both = (vec![Write::Squad(squad("Empty", &["bert", "anna"]))], "bert, anna are in Empty now".to_owned());
    assert_eq!(decided(join("Empty", &["bert", "Anna", "bert"])), Ok(both));
    assert_eq!(decided(join("Web", &["bert"])), Ok((Vec::new(), "bert is in Web already".to_owned())));
    let who = "unknown person `bret`; did you mean `bert`?";
    assert_eq!(refused(join("Web", &["bret"])), Refused::Wrong(who.to_owned()));
    let leave = |people: &[&str]| Change::Leave { squad: "Web".to_owned(), people: named(people) };
    let left = (vec![Write::Squad(squad("Web", &["anna"]))], "bert is no longer in Web".to_owned());
    assert_eq!(decided(leave(&["bert"])), Ok(left));
    let not = "squad Web: unknown member `carla`; known: anna, bert";
    assert_eq!(refused(leave(&["carla"])), Refused::Missing(not.to_owned()));
}

#[test]
fn the_audit_log_has_it_in_a_line() {
    let hostile = "x\u{202E}\n<!channel>".to_owned() + &"y".repeat(500);
    let what = Change::RemovePerson { name: hostile }.what();
    assert!(what.starts_with("person x\u{FFFD} <!channel>yyy") && what.len() < 120, "{what}");
    assert_eq!(
        Change::Join { squad: "Web".to_owned(), people: named(&["anna", "bert"]) }.what(),
        "anna, bert joined squad Web"
    );
    let anna = Person {
        full_name: "Anna A.".to_owned(),
        email: Some("anna@example.org".to_owned()),
        irc: Some("anna".to_owned()),
        ..person("anna")
    };
    assert_eq!(of_person(&anna), "anna, full name Anna A., email anna@example.org, irc anna");
    assert_eq!(of_squad(&squad("Web", &[])), "Web: nobody");
}
