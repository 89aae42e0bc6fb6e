//! Attempts to tell something, and what came of them, without words.

use chrono::{DateTime, Utc};
use domain::delivery::{Content, Delivery, Lane, Outcome};
use domain::ids::{DeliveryId, IncidentId};
use domain::notice::NoticeKind;
use earlybell::channels::Attempt;

/// The first attempt, at this time, at the notice of this number to this receiver.
pub fn first(
    receiver: &str,
    number: u64,
    (lane, notice): (Lane, NoticeKind),
    content: Content,
    at: DateTime<Utc>,
) -> Attempt {
    Attempt {
        delivery: Delivery {
            id: DeliveryId(number),
            incident: IncidentId(42),
            receiver: receiver.to_owned(),
            lane,
            notice,
            key: format!("inc-42.{}.{number}.{receiver}", notice.word()),
            to: None,
            content,
            brief: String::new(),
            calm: false,
            decided_at: at,
        },
        number: 1,
        first_attempt_at: at,
        thread: None,
        unsure: false,
    }
}

/// What an outcome asks for.
pub fn class(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Sent { .. } => "sent",
        Outcome::Retry { unsure: true, .. } => "unsure",
        Outcome::Retry { .. } => "retry",
        Outcome::Fatal { .. } => "fatal",
        Outcome::Misconfigured { .. } => "misconfigured",
    }
}
