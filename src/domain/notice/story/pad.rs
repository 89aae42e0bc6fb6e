//! Pads: named by whatever is told, to whoever may read them.

use super::*;
use crate::policy::pads::{From, Pads, Readers};

fn told(readers: Readers, from: From) -> Vec<(String, bool)> {
    let mut story = Story::new(all_kinds(), &[]);
    let url = "https://pad.example.org".to_owned();
    let pads = Pads { url, prefix: text("obs-"), from, readers, seed: text("seed") };
    let source = PolicySource { pads: Some(pads.clone()), ..(*story.policy.source).clone() };
    story.policy = Policy::compile(source).unwrap();
    story
        .declare("frontend errors", "")
        .tell(Actor::Rule, vec![changed(Change::Attached)], true)
        .rule(Fact::Confirmed { because: text("it held for 10m"), next_by: None })
        .person(Fact::Updated { text: text("We look."), impact: None, next_by: None, promised: None })
        .rule(Fact::Prompted { prompts: vec![Prompt::Scope] })
        .rule(Fact::ResolveProposed { clear_for: Duration::minutes(15) })
        .person(Fact::Resolved { because: text("it is back") })
        .rule(Fact::Reopened { because: text("once more"), confirmed: true, next_by: None })
        .person(Fact::CalledOff { code: CallOffCode::Test, reason: text("enough") });
    let address = format!("https://pad.example.org/p/{}", pads.name(IncidentId(42)));
    let rule = "=".repeat(20);
    let notices = story.transcript.split(&rule).skip(1).filter(|notice| notice.contains("\n--\n"));
    notices.map(|notice| (notice.lines().next().unwrap().to_owned(), notice.contains(&address))).collect()
}

#[test]
fn every_notice_names_a_pad_that_everyone_may_read() {
    let told = told(Readers::Public, From::Declared);
    assert!(told.len() > 25, "{told:?}");
    let without: Vec<_> = told.iter().filter(|(_, names)| !names).collect();
    assert!(without.is_empty(), "{without:?}");
}

#[test]
fn a_pad_of_the_team_is_named_to_the_team_alone() {
    for (notice, names) in told(Readers::Team, From::Declared) {
        assert_eq!(names, !notice.ends_with(" list"), "{notice}");
    }
}

#[test]
fn before_there_is_a_pad_none_is_named() {
    let told = told(Readers::Public, From::Confirmed);
    let first = told.iter().position(|(_, names)| *names).unwrap();
    assert!(first >= 3, "{told:?}");
    assert!(told[first..].iter().all(|(_, names)| *names), "{told:?}");
}
