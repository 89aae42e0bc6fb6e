//! Commands: written as they are typed where they are read.

use super::*;

#[test]
fn what_is_to_be_typed_is_written_as_it_is_typed_there() {
    let elsewhere = receiver("other-slack", ReceiverKind::Slack);
    let person = ReceiverSpec { personal: true, ..receiver("people-slack", ReceiverKind::Slack) };
    let mut story = Story::new([all_kinds(), vec![elsewhere, person]].concat(), &[]);
    let commands = ["team-slack", "people-slack"].map(|name| (text(name), text("/bell"))).into();
    story.policy = Policy::compile(PolicySource { commands, ..(*story.policy.source).clone() }).unwrap();
    story.directory = on_duty();
    let open = Fact::RoleOpen { role: RoleName::from(MANAGER), because: text("late"), times: 1, again_at: None };
    story.declare("frontend errors", "").incident.as_mut().unwrap().roles.asked = text("Production-Squad");
    story.transcript.clear();
    story.rule(open);
    let told = story
        .transcript
        .lines()
        .map(|line| line.trim_matches(['$', '`', ' ']))
        .filter(|line| line.ends_with("_manager"));
    let (cli, bell) = ("earlybell incident take 42 incident_manager", "/bell take #42 incident_manager");
    // The console, mail, Slack, another Slack that knows nothing of the app, a person on Slack.
    assert_eq!(told.collect::<Vec<_>>(), [cli, cli, bell, cli, bell]);
}

fn on_duty() -> Directory {
    use crate::directory::{Person, Shift, Squad};
    let until = fixture::time() + TimeDelta::hours(9);
    Directory {
        people: vec![Person { name: text("anna"), slack: Some(text("U0ANNA")), ..Person::default() }],
        squads: vec![Squad { name: text("Production-Squad"), members: vec![text("anna")] }],
        on_duty: vec![Shift { squad: text("Production-Squad"), person: text("anna"), until }],
    }
}
