//! The blog against real git repositories (on this machine, over ssh, over http) and a real Jekyll: what stands there
//! afterwards, who wrote it, what was left alone.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod fake_forge;
mod file;
#[path = "../support/host.rs"]
mod host;
mod jekyll;
#[path = "../support/program.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod program;
mod pull_request;
mod site;
mod ssh;
mod whole;
