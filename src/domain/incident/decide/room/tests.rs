//! What people may write into the room of an incident, and what they are told instead.

use super::links::checked;
use super::{TODO_BYTES_MAX, decide};
use crate::ids::{IncidentId, InputSeq};
use crate::incident::apply::apply;
use crate::incident::room::{FOLLOWERS_MAX, Part, TODOS_MAX};
use crate::incident::{Act, Actor, Entry, Fact, Incident, Refusal, Stage, Surface};
use crate::notice::template::fixture;
use chrono::TimeDelta;

fn anna() -> Actor {
    Actor::person("anna", Surface::Web)
}

// Does it, or says why not.
fn act(incident: &mut Incident, actor: &Actor, act: &Act) -> Result<Vec<Fact>, Refusal> {
    let facts = decide(incident, actor, act)?;
    for fact in &facts {
        let entry = Entry {
            incident: incident.id,
            number: incident.entries + 1,
            at: fixture::time() + TimeDelta::minutes(incident.entries.into()),
            input: InputSeq(u64::from(incident.entries) + 1),
            actor: actor.clone(),
            fact: fact.clone(),
        };
        apply(incident, &entry);
    }
    Ok(facts)
}

fn edit(part: Part, text: &str, version: Option<u32>) -> Act {
    Act::Edit { part, text: text.to_owned(), version }
}

fn refused(incident: &mut Incident, what: &Act) -> String {
    act(incident, &anna(), what).expect_err("it is refused").to_string()
}

#[test]
fn of_two_editors_the_second_one_gets_both_texts() {
    let mut incident = fixture::ruled();
    let bert = Actor::person("bert", Surface::Web);
    act(&mut incident, &anna(), &edit(Part::Impact, "Packagers.\n", Some(0))).unwrap();
    let refusal = act(&mut incident, &bert, &edit(Part::Impact, "Everyone.", Some(0))).unwrap_err();
    assert_eq!(
        refusal,
        Refusal::Conflict {
            incident: IncidentId(42),
            part: Part::Impact,
            version: 2,
            theirs: "Packagers.".to_owned(),
            yours: "Everyone.".to_owned(),
            by: Some("anna".to_owned()),
            at: Some(fixture::time() + TimeDelta::minutes(1)),
        }
    );
    assert_eq!(
        refusal.to_string(),
        "the impact was written by anna meanwhile: “Packagers.” (version 2). Yours is not lost: “Everyone.”. Put both \
         together, and write it again"
    );
    act(&mut incident, &bert, &edit(Part::Impact, "Everyone who packages.", Some(2))).unwrap();
    assert_eq!(incident.impact, "Everyone who packages.");
    // Without a version, whatever is there is overwritten; the timeline keeps it.
    act(&mut incident, &anna(), &edit(Part::Impact, "", None)).unwrap();
    assert_eq!((incident.impact.as_str(), incident.room.editions[&Part::Impact].version), ("", 4));
    // Both meant the same: there is nothing to put together.
    assert_eq!(refused(&mut incident, &edit(Part::Impact, " ", Some(0))), "INC-42 is like that in its impact already");
}

#[test]
fn what_is_over_is_still_written_about_and_what_is_merged_is_not() {
    let mut incident = fixture::ruled();
    incident.stage = Stage::Resolved { at: fixture::time() };
    act(&mut incident, &anna(), &edit(Part::Summary, "The queue was full.", None)).unwrap();
    act(&mut incident, &anna(), &Act::Todo { text: "write the post mortem".to_owned(), owner: None }).unwrap();
    let over = refused(&mut incident, &Act::Ack { text: String::new() });
    assert!(over.starts_with("INC-42 is resolved already"), "{over}");
    incident.stage = Stage::Merged { at: fixture::time(), into: IncidentId(50) };
    for what in [edit(Part::Summary, "x", None), Act::Follow, Act::Done { todo: 1 }] {
        assert_eq!(
            refused(&mut incident, &what),
            "INC-42 is part of INC-50 now: go on there, or split its alerts off again"
        );
    }
}

#[test]
fn to_dos_keep_their_numbers() {
    let mut incident = fixture::ruled();
    let todo = |text: &str, owner: Option<&str>| Act::Todo { text: text.to_owned(), owner: owner.map(str::to_owned) };
    act(&mut incident, &anna(), &todo("restart the\nworkers", Some(" bert "))).unwrap();
    let second = act(&mut incident, &anna(), &todo("tell the packagers", Some(""))).unwrap();
    assert_eq!(second, [Fact::TodoAdded { todo: 2, text: "tell the packagers".to_owned(), owner: None }]);
    assert_eq!(incident.room.todos[0].owner.as_deref(), Some("bert"));
    act(&mut incident, &anna(), &Act::Done { todo: 1 }).unwrap();
    assert_eq!(refused(&mut incident, &Act::Done { todo: 1 }), "INC-42 is done with to-do 1 already");
    assert_eq!(
        refused(&mut incident, &Act::Done { todo: 7 }),
        "INC-42 has no to-do 7; to be done: 2 (tell the packagers)"
    );
    act(&mut incident, &anna(), &Act::Done { todo: 2 }).unwrap();
    assert_eq!(refused(&mut incident, &Act::Done { todo: 7 }), "INC-42 has no to-do 7; nothing is to be done");
    assert_eq!(refused(&mut incident, &todo(" ", None)), "text is missing; say it in a few words");
    let long = "x".repeat(TODO_BYTES_MAX + 1);
    assert_eq!(refused(&mut incident, &todo(&long, None)), "text has 1025 bytes; at most 1024 fit");
    assert_eq!(refused(&mut incident, &todo("x", Some(&"x".repeat(101)))), "owner has 101 bytes; at most 100 fit");
    for _ in 2..TODOS_MAX {
        act(&mut incident, &anna(), &todo("one more", None)).unwrap();
    }
    assert_eq!(
        refused(&mut incident, &todo("too much", None)),
        "to-dos are 200, and no more fit; write it into the summary"
    );
}

#[test]
fn seen_and_followed_once_by_each() {
    let mut incident = fixture::ruled();
    let ack = |text: &str| Act::Ack { text: text.to_owned() };
    act(&mut incident, &anna(), &ack("")).unwrap();
    let first = incident.room.acknowledged.clone();
    assert_eq!(refused(&mut incident, &ack("")), "INC-42 is seen by anna already");
    act(&mut incident, &anna(), &ack("I look at the queue")).unwrap();
    assert_eq!(incident.room.acknowledged, first, "it counts from the first time");
    act(&mut incident, &anna(), &Act::Follow).unwrap();
    assert_eq!(refused(&mut incident, &Act::Follow), "INC-42 is followed by anna already");
    act(&mut incident, &anna(), &Act::Unfollow).unwrap();
    assert_eq!(refused(&mut incident, &Act::Unfollow), "INC-42 is unfollowed by anna already");
    for number in 0..FOLLOWERS_MAX {
        act(&mut incident, &Actor::person(&format!("p{number}"), Surface::Irc), &Act::Follow).unwrap();
    }
    assert_eq!(refused(&mut incident, &Act::Follow), "followers are 200, and no more fit; read along where it is told");
}

#[test]
fn a_link_leads_to_the_web_and_nowhere_else() {
    let text = "the dashboard  https://grafana.example.org/d/1?x=a#b \n\n ticket\thttp://bugs.example.org:8080/7\n";
    let kept = "the dashboard https://grafana.example.org/d/1?x=a#b\nticket http://bugs.example.org:8080/7";
    assert_eq!(checked(text).unwrap(), kept);
    assert_eq!(checked("").unwrap(), "");
    for (line, problem) in [
        ("https://bare.example.org", "needs a label and an address; write `label https://…`"),
        ("run javascript:alert(1)", "ends with no http or https address; write `label https://…`"),
        ("pad ftp://example.org", "ends with no http or https address; write `label https://…`"),
        ("odd https://", "has an address that is none; copy it from the browser"),
        ("odd https://a\"onclick=", "has an address that is none; copy it from the browser"),
        ("odd https://ä.example.org", "has an address that is none; copy it from the browser"),
        ("pad https://me:secret@example.org/", "has a name or a password in its address; leave it out"),
    ] {
        let found = checked(&format!("fine https://example.org/@me\n{line}")).unwrap_err();
        assert_eq!(found.to_string(), format!("links line 2 `{line}` {problem}"));
    }
    let many = "a https://example.org\n".repeat(51);
    assert_eq!(checked(&many).unwrap_err().to_string(), "links are 51; at most 50 fit");
    let long = format!("a https://example.org/{}", "x".repeat(2000));
    assert!(checked(&long).unwrap_err().to_string().contains("is too long"));
}
