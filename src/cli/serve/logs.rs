//! Logs: one line per fact, on standard error.

use super::flags::LogFormat;
use std::io;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

/// Starts logging. Libraries under us speak up only from `warn`, unless everything is asked for.
pub fn start(level: &str, format: LogFormat) {
    let libraries = if level == "trace" { "trace" } else { "warn" };
    let filter = EnvFilter::new(format!("{libraries},earlybell={level},domain={level}"));
    let layer: Box<dyn Layer<Registry> + Send + Sync> = match format {
        LogFormat::Logfmt => Box::new(tracing_logfmt::builder().with_target(false).layer().with_writer(io::stderr)),
        LogFormat::Json => Box::new(fmt::layer().json().flatten_event(true).with_target(false).with_writer(io::stderr)),
    };
    // A second start (tests in one process) keeps the first.
    let _ = tracing_subscriber::registry().with(layer.with_filter(filter)).try_init();
}
