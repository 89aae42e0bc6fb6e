//! Notices of one thread that had to wait, told as one: after an outage, quiet hours, or too many within an hour. The newest
//! is told in full, since it says how things stand; of the others, what each said in a line.

use super::{Content, Delivery, Lane};
use crate::notice::{matrix, teams};
use crate::policy::{Joining, ReceiverKind};
use crate::text::counted;
use chrono::{DateTime, TimeDelta, Utc};

/// Notices that waited no longer than this are told one by one: nothing kept them.
pub const TOGETHER_AFTER: TimeDelta = TimeDelta::minutes(1);

/// Most older notices named in one; before those, they are counted.
pub const NAMED_MAX: usize = 20;

/// Longest line kept of a notice, in bytes.
pub const BRIEF_BYTES_MAX: usize = 400;

/// Whether these, which wait in one thread and were never tried, go as one: replies only, and the first has waited.
pub fn go_together(waiting: &[Delivery], kind: ReceiverKind, now: DateTime<Utc>) -> bool {
    let waited = waiting.first().is_some_and(|first| now - first.decided_at >= TOGETHER_AFTER);
    waiting.len() > 1 && waited && kind.joining() != Joining::Never && waiting.iter().all(|one| one.lane == Lane::Post)
}

/// The words for all of them; none if there is none, or where they were written for another kind of receiver.
pub fn join(notices: &[Delivery], kind: ReceiverKind) -> Option<Content> {
    let (newest, older) = notices.split_last()?;
    if older.is_empty() {
        return Some(newest.content.clone());
    }
    let (content, body) = (&newest.content, newest.content.body.trim_end());
    let body = match (kind, kind.joining()) {
        (ReceiverKind::Matrix, _) => {
            fitted(newest, older, matrix::LATE_BYTES_MAX, |late| matrix::with_late(content, late))?
        }
        (ReceiverKind::Teams, _) => {
            fitted(newest, older, teams::LATE_BYTES_MAX, |late| teams::with_late(content, late))?
        }
        (_, Joining::Lines) => {
            let late = Late::of(newest, older, NAMED_MAX);
            let lines: Vec<String> = late.lines.iter().map(|line| format!("- {line}")).collect();
            format!("{body}\n\n{}\n{}", late.heading, lines.join("\n"))
        }
        (_, Joining::Count | Joining::Never) => {
            let older = counted(older.len() as u64, "notice");
            format!("{body}\n({older} before it could not be told; the page has them)")
        }
    };
    Some(Content { subject: content.subject.clone(), body })
}

/// What older notices said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Late {
    /// What the lines are.
    pub heading: String,
    /// Oldest first; where some are left out, the first line says how many.
    pub lines: Vec<String>,
}

impl Late {
    fn of(newest: &Delivery, older: &[Delivery], named: usize) -> Self {
        let left_out = older.len().saturating_sub(named);
        let not_named = (left_out > 0).then(|| format!("… {left_out} older; the page has them"));
        let named = older[left_out..].iter().map(|one| line(one, newest.decided_at));
        let heading = format!("Before that, not told until now ({}):", counted(older.len() as u64, "notice"));
        Self { heading, lines: not_named.into_iter().chain(named).collect() }
    }
}

// With as many lines as there is room for.
fn fitted(
    newest: &Delivery,
    older: &[Delivery],
    bytes_max: usize,
    write: impl Fn(&Late) -> Option<String>,
) -> Option<String> {
    let most = NAMED_MAX.min(older.len());
    let mut written = (0..=most).rev().map_while(|named| write(&Late::of(newest, older, named)));
    written.find(|body| body.len() <= bytes_max)
}

fn line(notice: &Delivery, newest: DateTime<Utc>) -> String {
    let at = notice.decided_at;
    let format = if at.date_naive() == newest.date_naive() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    format!("{} UTC: {}", at.format(format), notice.brief)
}

#[cfg(test)]
mod tests {
    use super::{NAMED_MAX, go_together, join};
    use crate::delivery::{Content, Delivery, Lane};
    use crate::ids::{DeliveryId, IncidentId};
    use crate::notice::NoticeKind;
    use crate::notice::layout::{Message, Part, brief, show_plainly};
    use crate::policy::ReceiverKind;
    use chrono::{DateTime, TimeDelta, Utc};

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_438_400, 0).unwrap() + TimeDelta::minutes(minutes)
    }

    fn post(id: u64, minutes: i64) -> Delivery {
        Delivery {
            id: DeliveryId(id),
            incident: IncidentId(42),
            receiver: "team".into(),
            lane: Lane::Post,
            notice: NoticeKind::Updated,
            key: format!("inc-42.updated.{id}.team"),
            to: None,
            content: Content { subject: format!("update {id}"), body: format!("words of {id}\n") },
            brief: format!("INC-42 update: words of {id}"),
            calm: true,
            decided_at: at(minutes),
        }
    }

    #[test]
    fn the_newest_in_full_and_a_line_of_each_other() {
        let joined = join(&[post(1, -1), post(2, 5), post(3, 9)], ReceiverKind::Email).unwrap();
        assert_eq!(joined.subject, "update 3");
        assert_eq!(
            joined.body,
            "words of 3\n\nBefore that, not told until now (2 notices):\n\
             - 2023-11-19 23:59 UTC: INC-42 update: words of 1\n- 00:05 UTC: INC-42 update: words of 2"
        );
        assert_eq!(join(&[post(1, 0)], ReceiverKind::Email).unwrap(), post(1, 0).content);
        assert_eq!(join(&[], ReceiverKind::Email), None);
    }

    #[test]
    fn many_are_counted() {
        let many: Vec<Delivery> = (1..=50).map(|id| post(id, 0)).collect();
        let joined = join(&many, ReceiverKind::Slack).unwrap().body;
        assert!(joined.contains("(49 notices)") && joined.contains("… 29 older"), "{joined}");
        assert_eq!(joined.lines().filter(|line| line.contains("UTC")).count(), NAMED_MAX);
    }

    #[test]
    fn where_room_is_scarce_they_are_counted() {
        let joined = join(&[post(1, 0), post(2, 5)], ReceiverKind::Irc).unwrap();
        assert_eq!(joined.body, "words of 2\n(1 notice before it could not be told; the page has them)");
    }

    #[test]
    fn only_replies_that_waited_and_only_where_words_are_read() {
        let waiting = [post(1, 0), post(2, 3)];
        assert!(go_together(&waiting, ReceiverKind::Slack, at(3)));
        assert!(!go_together(&waiting, ReceiverKind::Slack, at(0)), "nothing kept it");
        assert!(!go_together(&waiting[..1], ReceiverKind::Slack, at(9)));
        assert!(!go_together(&waiting, ReceiverKind::Blog, at(9)));
        let root = Delivery { lane: Lane::Root, ..post(1, 0) };
        assert!(!go_together(&[root, post(2, 0)], ReceiverKind::Slack, at(9)));
    }

    // Shown as it would be decided for this kind of receiver.
    fn shown(kind: ReceiverKind, id: u64, minutes: i64, text: &str) -> Delivery {
        let headline = format!("INC-42 update: {text}");
        let message = Message { headline: headline.clone(), icon: "memo", parts: vec![Part::Said(text.to_owned())] };
        Delivery { content: show_plainly(kind, &message), brief: brief(kind, &message), ..post(id, minutes) }
    }

    #[test]
    fn a_room_and_a_card_hold_them_too() {
        let late = |kind| join(&[shown(kind, 1, 0, "<b>&"), shown(kind, 2, 5, "two")], kind).unwrap().body;
        let room: serde_json::Value = serde_json::from_str(&late(ReceiverKind::Matrix)).unwrap();
        let line = "00:00 UTC: INC-42 update: <b>&: “<b>&”";
        assert_eq!(
            room["body"],
            format!("📝 INC-42 update: two\ntwo\n\nBefore that, not told until now (1 notice):\n- {line}")
        );
        let html = "<p>Before that, not told until now (1 notice):</p>\
                    <ul><li>00:00 UTC: INC-42 update: &lt;b&gt;&amp;: “&lt;b&gt;&amp;”</li></ul>";
        assert!(room["formatted_body"].as_str().unwrap().ends_with(html), "{room}");
        let card: serde_json::Value = serde_json::from_str(&late(ReceiverKind::Teams)).unwrap();
        let blocks = card["attachments"][0]["content"]["body"].as_array().unwrap();
        let texts: Vec<&str> = blocks.iter().filter_map(|block| block["text"].as_str()).collect();
        let expected = [
            "📝 INC-42 update: two",
            "Before that, not told until now (1 notice):",
            "• 00:00 UTC: INC-42 update: ‹b>&: “‹b>&”",
        ];
        assert_eq!(texts, expected);
    }

    #[test]
    fn as_many_as_a_room_and_a_card_have_room_for() {
        let long = "\"&\" ".repeat(4_000);
        for (kind, bytes_max) in [(ReceiverKind::Matrix, 65_536), (ReceiverKind::Teams, 28 * 1024)] {
            let many: Vec<Delivery> = (1..=50).map(|id| shown(kind, id, 0, &long)).collect();
            let joined = join(&many, kind).unwrap().body;
            assert!(joined.len() < bytes_max, "{kind:?}: {}", joined.len());
            assert!(serde_json::from_str::<serde_json::Value>(&joined).is_ok(), "{joined}");
            let left_out: usize =
                joined.split("… ").find_map(|rest| rest.split_once(" older;")?.0.parse().ok()).unwrap();
            assert!((29..50).contains(&left_out), "{kind:?}: {left_out}");
        }
    }

    #[test]
    fn what_was_written_for_another_chat_is_not_touched() {
        for kind in [ReceiverKind::Matrix, ReceiverKind::Teams] {
            assert_eq!(join(&[post(1, 0), post(2, 5)], kind), None);
        }
    }
}
