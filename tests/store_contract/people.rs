//! Tokens, who is there, and whether the store is well.

use crate::fixtures::at;
use domain::directory::{Directory, Person, Shift, Squad};
use domain::engine::Changes;
use domain::ids::InputSeq;
use earlybell::store::{Added, ByHand, PeopleChange, Role, Store, TokenRow};
use std::sync::Arc;

pub async fn keeps_tokens_until_they_are_revoked(store: &Arc<dyn Store>) {
    let token = |id: &str, role, seconds| TokenRow {
        id: id.to_owned(),
        name: "prometheus".to_owned(),
        role,
        sha256: [id.len() as u8; 32],
        created_at: at(seconds),
        used_at: None,
        expires_at: (seconds == 1).then(|| at(100)),
    };
    let (first, second) = (token("a", Role::Ingest, 1), token("bb", Role::Admin, 2));
    store.add_token(second.clone()).await.unwrap();
    store.add_token(first.clone()).await.unwrap();
    assert!(store.add_token(first.clone()).await.is_err(), "an id is given once");
    assert_eq!(store.tokens().await.unwrap(), [first.clone(), second.clone()]);
    let used = vec![("a".to_owned(), at(60)), ("gone".to_owned(), at(60)), ("a".to_owned(), at(30))];
    store.tokens_used(used).await.unwrap();
    assert!(store.revoke_token("bb", at(90)).await.unwrap());
    assert!(!store.revoke_token("bb", at(91)).await.unwrap());
    assert!(!store.revoke_token("none", at(91)).await.unwrap());
    assert_eq!(store.tokens().await.unwrap(), [TokenRow { used_at: Some(at(60)), ..first }]);
    assert!(store.add_token(second).await.is_err(), "nor after it was revoked");
}

pub async fn can_say_whether_it_writes(store: &Arc<dyn Store>) {
    store.check().await.unwrap();
    store.check().await.unwrap();
    assert_eq!(store.figures(at(0)).await.unwrap().last_input.0, 0, "a check leaves no trace");
}

fn person(name: &str, email: &str) -> Person {
    Person { name: name.to_owned(), email: Some(email.to_owned()), ..Person::default() }
}

fn squad(members: &[&str]) -> Squad {
    Squad { name: "Production-Squad".to_owned(), members: members.iter().map(|name| (*name).to_owned()).collect() }
}

pub async fn keeps_people_and_squads_added_by_hand(store: &Arc<dyn Store>) {
    let people = store.people();
    assert_eq!(people.by_hand().await.unwrap(), ByHand::default());
    let added = |what, by: &str, seconds| Added { what, by: by.to_owned(), at: at(seconds) };
    let squad_of = |members: &[&str], seconds| Added { what: squad(members), by: "henne".to_owned(), at: at(seconds) };
    let first = vec![
        PeopleChange::Person(added(person("bert", "bert@old.example"), "henne", 1)),
        PeopleChange::Person(added(person("anna", "anna@example.org"), "henne", 2)),
        PeopleChange::Squad(squad_of(&["anna"], 4)),
    ];
    people.change_by_hand(first).await.unwrap();
    let second = vec![
        PeopleChange::Person(added(person("bert", "bert@example.org"), "anna", 3)),
        PeopleChange::Squad(squad_of(&["anna", "bert"], 5)),
    ];
    people.change_by_hand(second).await.unwrap();
    let expected = ByHand {
        people: vec![
            added(person("anna", "anna@example.org"), "henne", 2),
            added(person("bert", "bert@example.org"), "anna", 3),
        ],
        squads: vec![squad_of(&["anna", "bert"], 5)],
    };
    assert_eq!(people.by_hand().await.unwrap(), expected);
    people.change_by_hand(Vec::new()).await.unwrap();
    // Somebody leaves, and their squad with them, in one.
    let third = vec![PeopleChange::NoPerson("bert".to_owned()), PeopleChange::Squad(squad_of(&["anna"], 6))];
    people.change_by_hand(third).await.unwrap();
    let expected = ByHand {
        people: vec![added(person("anna", "anna@example.org"), "henne", 2)],
        squads: vec![squad_of(&["anna"], 6)],
    };
    assert_eq!(people.by_hand().await.unwrap(), expected);
    // What is gone is gone, however often that is said.
    let fourth = ["bert", "anna"].map(|name| PeopleChange::NoPerson(name.to_owned())).into_iter();
    let fourth = fourth.chain([PeopleChange::NoSquad("Production-Squad".to_owned())]).collect();
    people.change_by_hand(fourth).await.unwrap();
    assert_eq!(people.by_hand().await.unwrap(), ByHand::default());
}

pub async fn keeps_the_directory_in_force(store: &Arc<dyn Store>) {
    assert_eq!(store.people().directory().await.unwrap(), Directory::default());
    assert_eq!(store.load(at(0)).await.unwrap().directory, None);
    let shift = Shift { squad: "Production-Squad".to_owned(), person: "anna".to_owned(), until: at(60) };
    let anna = person("anna", "anna@example.org");
    let first = Directory { people: vec![anna], squads: vec![squad(&["anna"])], on_duty: vec![shift] };
    let second = Directory { on_duty: Vec::new(), ..first.clone() };
    for (position, directory) in [(1, &first), (2, &second)] {
        let directory = Some(Arc::new(directory.clone()));
        let changes = Changes { position: InputSeq(position), at: Some(at(0)), directory, ..Changes::default() };
        store.commit(changes).await.unwrap();
    }
    // What says nothing of people leaves them as they are.
    store.commit(Changes { position: InputSeq(3), at: Some(at(1)), ..Changes::default() }).await.unwrap();
    assert_eq!(store.people().directory().await.unwrap(), second);
    assert_eq!(store.load(at(0)).await.unwrap().directory, Some(second));
}
