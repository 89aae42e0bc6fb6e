//! Programs and chats that notices are posted to, against strict fakes of each: what arrives, what every answer means, and
//! what no text can do there.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod chat;
#[path = "../support/hooks.rs"]
mod hooks;
#[path = "../support/host.rs"]
mod host;
#[path = "../support/notices.rs"]
mod notices;
mod webhook;

use chrono::DateTime;
use domain::delivery::{Content, Delivery, Lane, Outcome};
use domain::ids::{DeliveryId, IncidentId};
use domain::notice::NoticeKind;
use earlybell::channels::{Attempt, Deadlines};
use std::time::Duration;

fn class(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Sent { .. } => "sent",
        Outcome::Retry { unsure: true, .. } => "unsure",
        Outcome::Retry { .. } => "retry",
        Outcome::Fatal { .. } => "fatal",
        Outcome::Misconfigured { .. } => "misconfigured",
    }
}

fn impatient() -> Deadlines {
    Deadlines { step: Duration::from_millis(300), ..Deadlines::default() }
}

fn attempt(lane: Lane, subject: &str, body: &str) -> Attempt {
    let at = DateTime::from_timestamp(1_795_331_460, 0).unwrap();
    Attempt {
        delivery: Delivery {
            id: DeliveryId(1),
            incident: IncidentId(42),
            receiver: "hook".into(),
            lane,
            notice: NoticeKind::Updated,
            key: "inc-42.updated.3.hook".into(),
            to: None,
            content: Content { subject: subject.into(), body: body.into() },
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
