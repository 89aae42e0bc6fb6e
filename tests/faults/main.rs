//! Every channel on bad days: what each makes of each fault, and of an outage of hours. What is seen stands in
//! docs/receivers.md; `UPDATE=1 cargo test --test faults` writes it there. Read it before you commit it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../support/attempts.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod attempts;
#[path = "../support/chats.rs"]
mod chats;
#[path = "../support/clock.rs"]
mod clock;
#[path = "../support/etherpad.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod etherpad;
#[path = "../support/homeserver.rs"]
mod homeserver;
#[path = "../support/hooks.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod hooks;
#[path = "../support/host.rs"]
mod host;
#[path = "../support/obs.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod obs;
mod outage;
#[path = "../support/page.rs"]
mod page;
#[path = "../support/scripted.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod scripted;
mod server;
#[path = "../support/slack.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod slack;
#[path = "../support/smtp.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod smtp;
mod table;
