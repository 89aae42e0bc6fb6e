//! Who is told in the place of a receiver that can't be.

use super::*;

fn with_fallback(spare: ReceiverSpec) -> Story {
    let mut story = Story::new(vec![receiver("team-slack", ReceiverKind::Slack)], &[]);
    story.declare("frontend errors", "");
    // No route leads to it.
    let mut source = (*story.policy.source).clone();
    source.fallbacks.insert("team-slack".to_owned(), spare.name.clone());
    source.receivers.push(spare);
    story.policy = Policy::compile(source).unwrap();
    story.transcript.clear();
    story
}

fn told(story: &mut Story) -> Vec<String> {
    let rule = "=".repeat(20);
    let transcript = std::mem::take(&mut story.transcript);
    transcript
        .split(&rule)
        .skip(1)
        .map(|notice| notice.trim().to_owned())
        .filter(|one| one.contains(" spare"))
        .collect()
}

fn late() -> Fact {
    Fact::ReceiverBlocked { receiver: text("team-slack"), because: text("no route to host"), late: true }
}

#[test]
fn it_hears_everything_at_first_and_each_word_to_everyone_until_the_end() {
    let mut story = with_fallback(receiver("spare", ReceiverKind::Email));
    story.rule(late());
    let first = told(&mut story);
    assert_eq!(first.len(), 1, "{first:?}");
    for part in ["Direct spare", "in the place of team-slack", "no route to host", "HighLoad", "/incidents/42"] {
        assert!(first[0].contains(part), "{part} is missing in {}", first[0]);
    }
    story.rule(Fact::ResolveProposed { clear_for: Duration::minutes(15) });
    assert_eq!(told(&mut story), [] as [&str; 0], "what only the team talks about is not for it");
    // Well again: who has heard of the alarm hears that it was none, too.
    story.rule(Fact::ThreadStarted { receiver: text("team-slack"), remote_id: text("1.2") });
    story.person(Fact::CalledOff { code: CallOffCode::Test, reason: text("somebody tried a rule") });
    let end = told(&mut story);
    assert!(end.len() == 1 && end[0].contains("somebody tried a rule"), "{end:?}");
}

#[test]
fn a_public_one_hears_nothing_of_what_is_only_suspected() {
    let mut story = with_fallback(public("spare", ReceiverKind::Email));
    story.rule(late());
    assert_eq!(told(&mut story), [] as [&str; 0]);
    story.rule(Fact::Confirmed { because: text("it held"), next_by: None });
    assert_eq!(told(&mut story).len(), 1);
}

#[test]
fn a_lost_notice_reaches_it_too_and_one_to_a_person_does_not() {
    let mut story = with_fallback(receiver("spare", ReceiverKind::Email));
    let lost = |person: Option<&str>| Fact::NoticeLost {
        delivery: DeliveryId(1),
        receiver: text("team-slack"),
        person: person.map(text),
        notice: text("declared"),
        because: text("msg_too_long"),
        quiet: false,
    };
    story.rule(lost(Some("anna")));
    assert_eq!(told(&mut story), [] as [&str; 0]);
    story.rule(lost(None));
    assert_eq!(told(&mut story).len(), 1);
}
