//! The blog against real git repositories (on this machine, over ssh, over http) and a real Jekyll: what stands there
//! afterwards, who wrote it, what was left alone.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod fake_forge;
mod file;
mod jekyll;
mod pull_request;
mod site;
mod ssh;
