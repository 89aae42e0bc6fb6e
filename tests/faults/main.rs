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

use std::path::Path;
use std::sync::{Mutex, PoisonError};

// Two tests write the same page.
static PAGE: Mutex<()> = Mutex::new(());

/// The part of the page that a test writes: between its marks.
fn golden(mark: &str, table: &str) {
    let _alone = PAGE.lock().unwrap_or_else(PoisonError::into_inner);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/receivers.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = (format!("<!-- {mark}: made by the tests -->\n"), format!("<!-- end of {mark} -->\n"));
    let (before, rest) = page.split_once(&begin).unwrap_or_else(|| panic!("docs/receivers.md has no {begin}"));
    let (now, after) = rest.split_once(&end).unwrap_or_else(|| panic!("docs/receivers.md has no {end}"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, format!("{before}{begin}{table}{end}{after}")).unwrap();
        return;
    }
    assert!(now == table, "docs/receivers.md does not hold this; UPDATE=1 writes it:\n{table}");
}
