//! What Earlybell takes and costs, beside a bare append and beside Alertmanager, in one run:
//!
//! ```text
//! cargo build --release && cargo run --release --example bench          # about ten minutes; Markdown on standard output
//! cargo build --release && cargo run --release --example bench -- quick # a tenth of it
//! ```

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement that cannot go on ends; its report is its output"
)]

mod bare;
mod body;
mod engine;
mod faults;
mod footprint;
mod intake;
mod latency;
mod load;
mod past;
mod server;

use std::time::Duration;

/// How long each measurement runs, and how much it takes.
#[derive(Clone, Copy)]
pub struct Effort {
    /// How long each load on the intake.
    pub run: Duration,
    /// How many alerts the engine is given.
    pub engine_alerts: usize,
    /// How many notices are timed.
    pub notices: usize,
}

const WHOLE: Effort = Effort { run: Duration::from_secs(4), engine_alerts: 200_000, notices: 500 };
const QUICK: Effort = Effort { run: Duration::from_millis(500), engine_alerts: 20_000, notices: 50 };

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        // The bare append runs in a process of its own, as the other servers do.
        ["bare", port, folder] => bare::serve(port.parse().expect("a port"), folder.as_ref()),
        ["quick"] => runtime.block_on(all(QUICK)),
        ["quick", part] => runtime.block_on(one(part, QUICK)),
        [] => runtime.block_on(all(WHOLE)),
        [part] => runtime.block_on(one(part, WHOLE)),
        _ => eprintln!("usage: bench [quick] [intake|engine|latency|faults|footprint|past]"),
    }
}

async fn all(effort: Effort) {
    for part in ["intake", "engine", "latency", "faults", "footprint", "past"] {
        one(part, effort).await;
    }
}

async fn one(part: &str, effort: Effort) {
    match part {
        "intake" => intake::report(effort).await,
        "engine" => engine::report(effort).await,
        "latency" => latency::report(effort).await,
        "faults" => faults::report(effort).await,
        "footprint" => footprint::report().await,
        "past" => past::report(effort).await,
        _ => eprintln!("no such part: {part}; known: intake, engine, latency, faults, footprint, past"),
    }
}
