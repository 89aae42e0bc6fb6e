//! Words that show whether a receiver works: to be read once, and to frighten nobody.

use super::NoticeKind;
use super::layout::{Message, Part, show_plainly};
use crate::delivery::{Delivery, Lane};
use crate::ids::{DeliveryId, IncidentId};
use crate::policy::ReceiverSpec;
use chrono::{DateTime, Utc};

/// Whether a test can be sent: words to people in one place. Others are only looked at.
pub fn can_be_tried(spec: &ReceiverSpec) -> bool {
    spec.is_routed() && spec.kind.takes_tests()
}

/// A test of this receiver. It is about no incident, and stands in no thread.
pub fn trial(spec: &ReceiverSpec, by: &str, external_url: &str, at: DateTime<Utc>) -> Delivery {
    let message = Message {
        headline: format!("Earlybell test: {} works", spec.name),
        icon: "wave",
        parts: vec![
            Part::Words(format!(
                "{by} tried whether this receiver works. Nothing is wrong, and nothing is to be done."
            )),
            Part::Link("Sent by", external_url.to_owned()),
        ],
    };
    Delivery {
        id: DeliveryId(0),
        incident: IncidentId(0),
        receiver: spec.name.clone(),
        lane: Lane::Direct,
        notice: NoticeKind::Prompt,
        key: format!("test.{}.{}", at.timestamp_millis(), spec.name),
        to: None,
        content: show_plainly(spec.kind, &message),
        brief: String::new(),
        calm: false,
        decided_at: at,
    }
}

#[cfg(test)]
mod tests {
    use super::{can_be_tried, trial};
    use crate::policy::{ReceiverKind, ReceiverSpec, Subject};
    use chrono::DateTime;
    use std::collections::BTreeMap;

    fn spec(kind: ReceiverKind, personal: bool) -> ReceiverSpec {
        ReceiverSpec {
            name: "team".to_owned(),
            kind,
            public: false,
            personal,
            subject: Subject::default(),
            templates: BTreeMap::new(),
            language: None,
        }
    }

    #[test]
    fn a_test_says_who_tries_what_and_that_nothing_is_wrong() {
        let at = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let mail = trial(&spec(ReceiverKind::Email, false), "anna", "https://bell.example.org", at).content;
        assert_eq!(mail.subject, "Earlybell test: team works");
        assert!(mail.body.contains("anna tried") && mail.body.contains("https://bell.example.org"), "{}", mail.body);
        let slack = trial(&spec(ReceiverKind::Slack, false), "<!channel>", "https://bell.example.org", at).content;
        assert!(slack.body.contains("&lt;!channel&gt;"), "{}", slack.body);
    }

    #[test]
    fn nobody_in_person_and_no_blog_is_sent_a_test() {
        assert!(can_be_tried(&spec(ReceiverKind::Slack, false)));
        assert!(!can_be_tried(&spec(ReceiverKind::Slack, true)) && !can_be_tried(&spec(ReceiverKind::Blog, false)));
    }
}
