//! Programs and chats that notices are posted to, against strict fakes of each: what arrives, what every answer means, and
//! what no text can do there.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../support/attempts.rs"]
mod attempts;
mod chat;
#[path = "../support/chats.rs"]
mod chats;
#[path = "../support/hooks.rs"]
mod hooks;
#[path = "../support/host.rs"]
mod host;
#[path = "../support/notices.rs"]
mod notices;
#[path = "../support/page.rs"]
mod page;
#[path = "../support/schema.rs"]
mod schema;
mod webhook;

use attempts::{class, first};
use chrono::DateTime;
use domain::delivery::{Content, Lane};
use domain::notice::NoticeKind;
use earlybell::channels::{Attempt, Deadlines};
use std::time::Duration;

fn impatient() -> Deadlines {
    Deadlines { step: Duration::from_millis(300), ..Deadlines::default() }
}

fn attempt(lane: Lane, subject: &str, body: &str) -> Attempt {
    let at = DateTime::from_timestamp(1_795_331_460, 0).unwrap();
    let content = Content { subject: subject.into(), body: body.into() };
    first("hook", 3, (lane, NoticeKind::Updated), content, at)
}
