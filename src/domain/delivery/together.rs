//! Notices of one thread that had to wait, told as one: after an outage, quiet hours, or too many within an hour. The newest
//! is told in full, since it says how things stand; of the others, what each said in a line.

use super::{Content, Delivery, Lane};
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

/// The words for all of them; none if there is none.
pub fn join(notices: &[Delivery], kind: ReceiverKind) -> Option<Content> {
    let (newest, older) = notices.split_last()?;
    if older.is_empty() {
        return Some(newest.content.clone());
    }
    let (subject, body) = (newest.content.subject.clone(), newest.content.body.trim_end());
    if kind.joining() != Joining::Lines {
        let body = format!(
            "{body}\n({} before it could not be told; the page has them)",
            counted(older.len() as u64, "notice")
        );
        return Some(Content { subject, body });
    }
    let left_out = older.len().saturating_sub(NAMED_MAX);
    let mut lines = vec![format!("Before that, not told until now ({}):", counted(older.len() as u64, "notice"))];
    if left_out > 0 {
        lines.push(format!("- … {left_out} older; the page has them"));
    }
    lines.extend(older[left_out..].iter().map(|one| line(one, newest.decided_at)));
    Some(Content { subject, body: format!("{body}\n\n{}", lines.join("\n")) })
}

fn line(notice: &Delivery, newest: DateTime<Utc>) -> String {
    let at = notice.decided_at;
    let format = if at.date_naive() == newest.date_naive() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    format!("- {} UTC: {}", at.format(format), notice.brief)
}

#[cfg(test)]
mod tests {
    use super::{NAMED_MAX, go_together, join};
    use crate::delivery::{Content, Delivery, Lane};
    use crate::ids::{DeliveryId, IncidentId};
    use crate::notice::NoticeKind;
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
}
