//! Slack's way in, against the real program: the command, buttons, forms, the home, over HTTP and over a socket; and notices and
//! all of it in an emulator of Slack that is not ours.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../support/attempts.rs"]
mod attempts;
mod desk;
mod emulator;
#[path = "../support/host.rs"]
mod host;
mod http;
mod line;
mod mentions;
#[path = "../support/page.rs"]
mod page;
#[path = "../support/program.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod program;
mod published;
mod sdk;
#[path = "../support/slack.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod slack;
mod socket;
mod story;
mod workspace;
