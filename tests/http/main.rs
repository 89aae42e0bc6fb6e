//! The HTTP surface against a real server on loopback and a real store: what is let in, what is refused and how.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod access;
mod access_docs;
mod api;
#[path = "../support/browser.rs"]
mod browser;
#[path = "../support/clock.rs"]
mod clock;
mod drills;
#[path = "../support/elements.rs"]
mod elements;
mod explain;
mod forms;
mod history;
#[path = "../support/host.rs"]
mod host;
mod intake;
mod login;
mod looked_at;
mod matrix;
mod observe;
mod oidc;
#[path = "../support/oidc.rs"]
mod oidc_provider;
mod openapi;
#[path = "../support/page.rs"]
mod page;
mod pages;
mod people;
mod postmortem;
mod race;
mod reference;
#[path = "../support/schema.rs"]
mod schema;
mod session;
mod site;
mod stats;
mod tokens_mutated;
mod verbs;
mod wire;
