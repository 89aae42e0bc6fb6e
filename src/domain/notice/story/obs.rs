//! One status message per incident: which facts change it, and what it looks like then.

use super::*;
use crate::incident::entry::PostFact;
use crate::incident::room::Part;
use crate::policy::status_messages::{CalledOffMessage, StatusMessages};

// Of each delivery its notice and lane, and the heads of what it shows.
fn shown(story: &Story) -> Vec<String> {
    let mut all = Vec::new();
    for told in story.transcript.split("====================").skip(1) {
        let mut words = told.split_whitespace();
        let (key, lane) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let value = |head: &str| told.lines().find_map(|line| line.strip_prefix(head)).unwrap_or_default();
        let notice = key.split('.').nth(1).unwrap_or("nothing");
        match value("Message: ") {
            "" => all.push(notice.to_owned()),
            act => all.push(format!("{notice} {lane} {act} {}", value("Severity: "))),
        }
    }
    all
}

fn obs(public: bool) -> ReceiverSpec {
    ReceiverSpec { public, ..receiver("obs", ReceiverKind::Obs) }
}

fn resolved() -> Fact {
    Fact::Resolved { because: text("the database has room again") }
}

#[test]
fn users_hear_of_what_is_real_and_of_nothing_that_is_the_teams() {
    let mut story = Story::new(vec![obs(true)], &[]);
    story
        .declare("frontend errors", "")
        .tell(Actor::Rule, vec![changed(Change::Attached)], true)
        .person(Fact::Confirmed { because: text("it is"), next_by: None })
        .rule(Fact::ResolveProposed { clear_for: Duration::minutes(15) })
        .person(Fact::Taken { role: MANAGER.into(), person: text("adrian"), from: None, because: String::new() })
        .rule(Fact::Prompted { prompts: vec![Prompt::Scope] })
        .person(Fact::Edited { part: Part::Impact, text: text("Everyone.") })
        .person(Fact::Edited { part: Part::Links, text: text("x https://a.example") })
        .person(resolved())
        .rule(Fact::Reopened { because: text("again"), confirmed: true, next_by: None })
        .person(Fact::CalledOff { code: CallOffCode::MonitoringFault, reason: text("the probe was broken") })
        .rule(Fact::Post(PostFact::Arrived {
            delivery: DeliveryId(9),
            receiver: text("blog"),
            address: text("https://blog.example/x"),
            again: false,
        }));
    assert_eq!(
        shown(&story),
        [
            "nothing",
            "nothing",
            "confirmed Root shown red",
            "nothing",
            "nothing",
            "nothing",
            "board Put shown red",
            "nothing",
            "resolved Put shown green",
            "reopened Put shown red",
            "called_off Put shown green",
            "published Put shown green",
        ]
    );
}

#[test]
fn administrators_see_suspicions_too_and_one_message_says_all_of_a_step() {
    let mut story = Story::new(vec![obs(false), receiver("console", ReceiverKind::Console)], &[]);
    story.declare("frontend errors", "").tell(Actor::Rule, vec![changed(Change::Attached)], true).step(
        Actor::Rule,
        vec![
            Fact::Confirmed { because: text("it held"), next_by: None },
            Fact::Severity { from: Severity::Major, to: Severity::Minor, because: text("fewer"), next_by: None },
        ],
    );
    let seen: Vec<String> = shown(&story).into_iter().filter(|shown| shown.contains(' ')).collect();
    // Of two in one step the newest replaces the other before it leaves.
    let expected =
        ["declared Root shown red", "updated Put shown red", "confirmed Put shown yellow", "updated Put shown yellow"];
    assert_eq!(seen, expected);
}

#[test]
fn a_withdrawn_message_stays_away() {
    let mut story = Story::new(vec![obs(true)], &[]);
    let messages = StatusMessages { called_off: CalledOffMessage::Withdraw, ..StatusMessages::default() };
    let mut source = (*story.policy.source).clone();
    source.status_messages.insert(text("obs"), messages);
    story.policy = Policy::compile(source).unwrap();
    story
        .declare("frontend errors", "")
        .person(Fact::Confirmed { because: text("it is"), next_by: None })
        .person(Fact::CalledOff { code: CallOffCode::Duplicate, reason: text("of another") })
        .rule(Fact::Post(PostFact::Arrived {
            delivery: DeliveryId(9),
            receiver: text("blog"),
            address: text("https://blog.example/x"),
            again: false,
        }));
    let expected = ["nothing", "confirmed Root shown red", "called_off Put withdrawn green", "nothing"];
    assert_eq!(shown(&story), expected);
    // Who looks at what was sent reads why.
    assert!(story.transcript.contains("**Reason:** of another"), "{}", story.transcript);
}

#[test]
fn a_message_that_was_taken_away_stays_away_until_it_is_reopened() {
    let mut story = Story::new(vec![obs(true)], &[]);
    let arrived = |delivery| {
        Fact::Post(PostFact::Arrived {
            delivery: DeliveryId(delivery),
            receiver: text("blog"),
            address: text("https://blog.example/x"),
            again: false,
        })
    };
    story
        .declare("frontend errors", "")
        .person(Fact::Confirmed { because: text("it is"), next_by: None })
        .person(resolved())
        .rule(Fact::Withdrawn { receiver: text("obs") })
        .rule(arrived(9))
        .person(Fact::Reopened { because: text("not over"), confirmed: true, next_by: None })
        .person(resolved())
        .rule(arrived(10));
    let expected = [
        "nothing",
        "confirmed Root shown red",
        "resolved Put shown green",
        "board Put withdrawn green",
        "nothing",
        "reopened Put shown red",
        "resolved Put shown green",
        "published Put shown green",
    ];
    assert_eq!(shown(&story), expected);
}

#[test]
fn a_part_of_another_and_a_drill_frighten_nobody() {
    let mut story = Story::new(vec![obs(true)], &[]);
    story
        .declare("frontend errors", "")
        .person(Fact::Confirmed { because: text("it is"), next_by: None })
        .person(Fact::MergedInto { into: IncidentId(7), because: text("the same") });
    assert_eq!(shown(&story), ["nothing", "confirmed Root shown red", "merged Put shown information"]);
    let mut story = Story::new(vec![obs(false)], &[]);
    story.drill = true;
    story.declare("a drill", "").person(resolved());
    assert_eq!(shown(&story), ["declared Root shown information", "resolved Put shown green"]);
    assert_eq!(story.transcript.matches("This is a drill. Nothing is wrong").count(), 2);
}
