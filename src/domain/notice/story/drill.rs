//! Drills: marked in every word.

use super::*;

#[test]
fn no_word_of_a_drill_can_be_taken_for_the_real_thing() {
    let kinds = NoticeKind::TEMPLATED.into_iter();
    let own = kinds.map(|kind| (kind.word().to_owned(), text("own"))).collect();
    let mut receivers = all_kinds();
    receivers.push(ReceiverSpec { templates: own, ..public("own-words", ReceiverKind::Slack) });
    let mut story = Story::new(receivers, &[("own", "The service is down. {{ record }}")]);
    story.drill = true;
    story
        .declare("frontend errors", "")
        .tell(Actor::Rule, vec![changed(Change::Attached)], true)
        .rule(Fact::Confirmed { because: text("it held for 10m"), next_by: None })
        .person(Fact::Updated { text: text("We look."), impact: None, next_by: None, promised: None })
        .person(Fact::Severity { from: Severity::Major, to: Severity::Minor, because: String::new(), next_by: None })
        .rule(Fact::Prompted { prompts: vec![Prompt::Scope] })
        .rule(Fact::ResolveProposed { clear_for: Duration::minutes(15) })
        .rule(Fact::ReceiverBlocked { receiver: text("team-slack"), because: text("invalid_auth"), late: false })
        .person(Fact::Resolved { because: text("practised enough") })
        .rule(Fact::Reopened { because: text("once more"), confirmed: true, next_by: None })
        .person(Fact::CalledOff { code: CallOffCode::Test, reason: text("enough") });
    let rule = "=".repeat(20);
    let told: Vec<&str> = story.transcript.split(&rule).skip(1).collect();
    assert!(told.len() > 40, "{}", story.transcript);
    for notice in &told {
        let (subject, body) = notice.split_once("\n--\n").unwrap_or_else(|| panic!("{notice}"));
        let subject = subject.lines().nth(1).unwrap();
        assert!(subject.contains("DRILL INC-42"), "{notice}");
        assert!(body.contains("This is a drill. Nothing is wrong"), "{notice}");
    }
    // Said once, whoever says it.
    let record = digest("118").first();
    let ends = told.iter().filter(|notice| notice.contains("own-words") && notice.contains(&record));
    assert_eq!(ends.map(|notice| notice.matches(&record).count()).collect::<Vec<_>>(), [1, 1]);
}
