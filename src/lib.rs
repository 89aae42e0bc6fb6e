//! The shell around `domain`: what touches clocks, files, sockets and databases.
//!
//! Direction: `http`, `cli` → `app` → `domain`; `store` and `channels` → `domain`. `app` sees the traits only;
//! `cli::serve` is the one place that puts real things together.

pub mod app;
pub mod archive;
pub mod channels;
pub mod cli;
pub mod clock;
pub mod config;
pub mod http;
pub mod metrics;
pub mod report;
pub mod store;
