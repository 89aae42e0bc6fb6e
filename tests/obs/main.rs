//! Status messages of an Open Build Service against a strict fake of two recorded versions: one message per incident, its
//! newest words, lost answers, and what every refusal means.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../support/attempts.rs"]
mod attempts;
mod channel;
#[path = "../support/front.rs"]
mod front;
#[path = "../support/host.rs"]
mod host;
#[path = "../support/obs.rs"]
mod obs;
#[path = "../support/page.rs"]
mod page;
mod private;
mod recorded;
mod story;
