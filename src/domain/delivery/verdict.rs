//! What an attempt means: what is written to the outbox, and what the engine must hear of.

use super::backoff::{self, NextAttempt, Tries};
use super::{Delivery, DeliveryState, Lane, Outcome};
use crate::duration::Duration;
use crate::engine::DeliveryEnd;
use crate::notice::NoticeKind;
use crate::policy::ReceiverKind;
use crate::text::counted;
use chrono::{DateTime, TimeDelta, Utc};

/// An attempt that ended.
#[derive(Debug, Clone, Copy)]
pub struct Attempted<'a> {
    /// What was told.
    pub delivery: &'a Delivery,
    /// To what kind of receiver.
    pub kind: ReceiverKind,
    /// Which attempt it was, starting with 1.
    pub attempt: u32,
    /// When the first one began.
    pub first_attempt_at: DateTime<Utc>,
    /// Whether an earlier attempt may have been accepted.
    pub unsure: bool,
    /// After so long without reaching the receiver, somebody else is told; nobody, if not said.
    pub late_after: Option<TimeDelta>,
}

/// What to write, and what to report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The delivery's state now.
    pub state: DeliveryState,
    /// When it is tried again.
    pub next_at: Option<DateTime<Utc>>,
    /// What goes back in as an input.
    pub report: Option<DeliveryEnd>,
}

/// Judges how an attempt ended.
pub fn settle(attempted: Attempted<'_>, outcome: &Outcome, now: DateTime<Utc>) -> Settled {
    let Attempted { delivery, kind, attempt, first_attempt_at, unsure, late_after } = attempted;
    let tries = Tries { id: delivery.id, attempt, first_attempt_at, kind };
    match outcome {
        Outcome::Sent { remote_id } => {
            Settled { state: DeliveryState::Sent, next_at: None, report: arrived(delivery, remote_id.as_ref()) }
        }
        Outcome::Fatal { because } => dead(because.clone()),
        // An earlier attempt stays unsure, whatever a later one says of itself: the next must still look first.
        Outcome::Retry { because, after, unsure: now_unsure } => match backoff::next_attempt(tries, now, *after) {
            NextAttempt::At(next) => {
                let is_late = late_after.is_some_and(|after| now - first_attempt_at >= after);
                // An edit repeats what others say, and a person is not the receiver.
                let counts = matches!(delivery.lane, Lane::Root | Lane::Post);
                let report = (is_late && counts).then(|| DeliveryEnd::Late { because: because.clone() });
                waiting(unsure || *now_unsure, next, report)
            }
            NextAttempt::GiveUp => dead(given_up(tries, now, because)),
        },
        Outcome::Misconfigured { because } => match backoff::next_misconfigured(tries, now) {
            NextAttempt::At(next) => waiting(unsure, next, Some(DeliveryEnd::Blocked { because: because.clone() })),
            NextAttempt::GiveUp => dead(given_up(tries, now, because)),
        },
    }
}

/// The report of a notice that older ones were told with: its loss is theirs.
pub fn with_older(end: DeliveryEnd, older: u64) -> DeliveryEnd {
    match end {
        DeliveryEnd::Lost { because } if older > 0 => {
            DeliveryEnd::Lost { because: format!("{because}; lost with it: {}", counted(older, "older notice")) }
        }
        end => end,
    }
}

fn waiting(unsure: bool, next: DateTime<Utc>, report: Option<DeliveryEnd>) -> Settled {
    let state = if unsure { DeliveryState::Unsure } else { DeliveryState::Pending };
    Settled { state, next_at: Some(next), report }
}

fn dead(because: String) -> Settled {
    Settled { state: DeliveryState::Dead, next_at: None, report: Some(DeliveryEnd::Lost { because }) }
}

fn arrived(delivery: &Delivery, remote_id: Option<&String>) -> Option<DeliveryEnd> {
    match delivery.notice {
        NoticeKind::Post => Some(DeliveryEnd::Published { address: remote_id.cloned().unwrap_or_default() }),
        _ => thread_started(delivery.lane, remote_id),
    }
}

fn thread_started(lane: Lane, remote_id: Option<&String>) -> Option<DeliveryEnd> {
    match lane {
        Lane::Root => remote_id.map(|id| DeliveryEnd::ThreadStarted { remote_id: id.clone() }),
        Lane::Post | Lane::Put | Lane::Direct => None,
    }
}

fn given_up(tries: Tries, now: DateTime<Utc>, because: &str) -> String {
    let tried = Duration::between(tries.first_attempt_at, now).rough();
    format!("given up after {} attempts in {tried}; the last one: {because}", tries.attempt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Content;
    use crate::ids::{DeliveryId, IncidentId};

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000, 0).unwrap()
    }

    fn delivery(lane: Lane) -> Delivery {
        Delivery {
            id: DeliveryId(3),
            incident: IncidentId(42),
            receiver: "team-slack".into(),
            lane,
            notice: NoticeKind::Declared,
            key: "inc-42.declared.1.team-slack".into(),
            to: None,
            content: Content { subject: "INC-42".into(), body: "words".into() },
            brief: String::new(),
            calm: false,
            decided_at: start(),
        }
    }

    fn settled(lane: Lane, unsure: bool, outcome: &Outcome, now: DateTime<Utc>) -> Settled {
        let delivery = delivery(lane);
        let kind = ReceiverKind::Slack;
        let attempted =
            Attempted { delivery: &delivery, kind, attempt: 4, first_attempt_at: start(), unsure, late_after: None };
        settle(attempted, outcome, now)
    }

    fn failed(unsure: bool) -> Outcome {
        Outcome::Retry { because: "no answer".into(), after: None, unsure }
    }

    #[test]
    fn an_accepted_root_starts_a_thread_and_others_do_not() {
        let sent = Outcome::Sent { remote_id: Some("1700.1".into()) };
        let plain = |report| Settled { state: DeliveryState::Sent, next_at: None, report };
        let thread = DeliveryEnd::ThreadStarted { remote_id: "1700.1".into() };
        assert_eq!(settled(Lane::Root, false, &sent, start()), plain(Some(thread)));
        assert_eq!(settled(Lane::Post, false, &sent, start()), plain(None));
        assert_eq!(settled(Lane::Put, true, &sent, start()), plain(None));
        assert_eq!(settled(Lane::Root, false, &Outcome::Sent { remote_id: None }, start()), plain(None));
    }

    #[test]
    fn a_failure_waits_and_doubt_stays_until_it_is_settled() {
        let states = [(false, false), (false, true), (true, false), (true, true)]
            .map(|(before, now)| settled(Lane::Post, before, &failed(now), start()).state);
        assert_eq!(
            states,
            [DeliveryState::Pending, DeliveryState::Unsure, DeliveryState::Unsure, DeliveryState::Unsure]
        );
        let waits = settled(Lane::Post, false, &failed(false), start());
        assert!(waits.next_at > Some(start()) && waits.report.is_none(), "{waits:?}");
    }

    #[test]
    fn giving_up_is_reported_with_what_was_tried() {
        let over = start() + TimeDelta::hours(24);
        let lost = |because: &str| Settled {
            state: DeliveryState::Dead,
            next_at: None,
            report: Some(DeliveryEnd::Lost { because: because.into() }),
        };
        let text = "given up after 4 attempts in 1d; the last one: no answer";
        assert_eq!(settled(Lane::Root, false, &failed(true), over), lost(text));
        let fatal = Outcome::Fatal { because: "message too long".into() };
        assert_eq!(settled(Lane::Post, false, &fatal, start()), lost("message too long"));
        let wrong = Outcome::Misconfigured { because: "no answer".into() };
        assert_eq!(settled(Lane::Root, false, &wrong, over), lost(text));
    }

    #[test]
    fn a_wrong_configuration_keeps_the_notice_and_says_so() {
        let wrong = Outcome::Misconfigured { because: "invalid_auth".into() };
        let expected = Settled {
            state: DeliveryState::Pending,
            next_at: Some(start() + backoff::MISCONFIGURED_WAIT),
            report: Some(DeliveryEnd::Blocked { because: "invalid_auth".into() }),
        };
        assert_eq!(settled(Lane::Root, false, &wrong, start()), expected);
        assert_eq!(settled(Lane::Root, true, &wrong, start()).state, DeliveryState::Unsure);
    }

    #[test]
    fn somebody_else_is_told_once_it_is_out_of_reach_for_long() {
        let late_after = Some(TimeDelta::minutes(10));
        let report = |lane, minutes| {
            let delivery = delivery(lane);
            let (kind, unsure, first_attempt_at) = (ReceiverKind::Slack, false, start());
            let attempted = Attempted { delivery: &delivery, kind, attempt: 4, first_attempt_at, unsure, late_after };
            settle(attempted, &failed(false), start() + TimeDelta::minutes(minutes)).report
        };
        assert_eq!(report(Lane::Root, 9), None);
        assert_eq!(report(Lane::Root, 10), Some(DeliveryEnd::Late { because: "no answer".into() }));
        assert_eq!(report(Lane::Put, 10), None);
    }
}
