//! Subjects of mails: how the incident stands at the front, and the rest for ever.

use super::{Story, receiver, text};
use crate::incident::{CallOffCode, Fact};
use crate::policy::{ReceiverKind, ReceiverSpec, Subject};

#[test]
fn a_subject_says_how_it_stands_unless_it_is_to_stay_as_it_is() {
    let mail = |name, subject| ReceiverSpec { subject, ..receiver(name, ReceiverKind::Email) };
    let mut story = Story::new(vec![mail("stage", Subject::Stage), mail("frozen", Subject::Frozen)], &[]);
    story
        .declare("frontend errors", "")
        .rule(Fact::Confirmed { because: text("it held for 10m"), next_by: None })
        .person(Fact::Resolved { because: text("it is back") })
        .rule(Fact::Reopened { because: text("again"), confirmed: true, next_by: None })
        .person(Fact::CalledOff { code: CallOffCode::Test, reason: text("a test") });
    let subjects = |name: &str| {
        let told = story.transcript.split("====================").skip(1);
        let of = told.filter(|one| one.lines().next().unwrap().ends_with(name));
        of.map(|one| one.lines().nth(1).unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        subjects("stage"),
        [
            "[suspected] INC-42: frontend errors",
            "Re: [confirmed] INC-42: frontend errors",
            "Re: [resolved] INC-42: frontend errors",
            "Re: [confirmed] INC-42: frontend errors",
            "Re: [called off] INC-42: frontend errors",
        ]
    );
    // What is left of it for those who go by subjects: RFC 5256, 2.1, as far as it concerns ours.
    let base = |subject: &String| {
        let mut rest = subject.as_str();
        while let Some(after) = rest.strip_prefix("Re: ").or_else(|| Some(rest.strip_prefix('[')?.split_once("] ")?.1))
        {
            rest = after;
        }
        rest.to_owned()
    };
    assert!(subjects("stage").iter().all(|subject| base(subject) == "INC-42: frontend errors"));
    let again = "Re: INC-42: frontend errors";
    assert_eq!(subjects("frozen"), ["INC-42: frontend errors", again, again, again, again]);
}
