//! Pads of a real Etherpad, with people who type in them; its API, as newer versions were recorded to answer.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../support/etherpad.rs"]
mod etherpad;
#[path = "../support/front.rs"]
#[expect(dead_code, reason = "pads are no receivers")]
mod front;
#[path = "../support/page.rs"]
mod page;
mod people;
mod private;
mod recorded;
mod whole;

#[path = "../support/program.rs"]
mod program;
