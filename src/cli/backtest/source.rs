//! Where the history comes from.

use super::feed::Feed;
use super::prometheus::Range;
use super::{inbox, lines, prometheus};
use crate::cli::CliError;
use crate::clock::{Clock, SystemClock};
use crate::store::sqlite::ReadOnly;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::Args;
use domain::backtest::History;
use domain::duration::Duration;
use std::path::PathBuf;

/// Least time between two points of Prometheus.
const STEP_MIN: Duration = Duration::seconds(1);

/// Most: alerts that were shorter would not be seen at all.
const STEP_MAX: Duration = Duration::minutes(10);

/// Which time of a Prometheus server, and how to get at it.
#[derive(Debug, Args)]
pub struct RangeArgs {
    /// Start of the history of --prometheus: a time, a date, or how long ago, as in 90d
    #[arg(long, value_name = "TIME", requires = "prometheus")]
    from: Option<String>,
    /// End of it [default: now]
    #[arg(long, value_name = "TIME", requires = "prometheus")]
    to: Option<String>,
    /// Time between two points of it: how exact the times are
    #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = step)]
    step: Duration,
    /// File with a bearer token for it
    #[arg(long = "prometheus.token-file", value_name = "FILE", requires = "prometheus")]
    token_file: Option<PathBuf>,
    /// File with user:password for it
    #[arg(long = "prometheus.basic-auth-file", value_name = "FILE", conflicts_with = "token_file")]
    basic_auth_file: Option<PathBuf>,
}

impl RangeArgs {
    /// Of the server at this address.
    pub fn range(&self, url: &str) -> Result<Range, CliError> {
        let now = SystemClock.now();
        let time = |name: &str, text: Option<&str>| {
            text.map_or(Ok(now), |text| moment(text, now))
                .map_err(|problem| CliError::told(format!("{name}: {problem}")))
        };
        let (from, to) = (time("--from", self.from.as_deref())?, time("--to", self.to.as_deref())?);
        if from >= to {
            return Err(CliError::told(format!("--from {from} is not before --to {to}")));
        }
        let auth = prometheus::auth(self.token_file.as_deref(), self.basic_auth_file.as_deref())?;
        Ok(Range { url: url.to_owned(), from, to, step: self.step.delta(), auth })
    }
}

/// An opened source.
pub enum Source {
    /// Files of JSON lines.
    Lines(Vec<String>),
    /// Our own store.
    Inbox(ReadOnly),
    /// A Prometheus server.
    Prometheus(Range),
}

impl Source {
    /// What a report calls it.
    pub fn name(&self) -> String {
        match self {
            Self::Lines(files) => files.join(", "),
            Self::Inbox(_) => "inbox".to_owned(),
            Self::Prometheus(range) => range.url.clone(),
        }
    }

    /// What its silence means.
    pub fn history(&self) -> History {
        match self {
            Self::Lines(_) | Self::Prometheus(_) => History::Changes,
            Self::Inbox(_) => History::Messages,
        }
    }

    /// Reads all of it.
    pub fn read(&self, feed: &mut Feed) -> Result<(), CliError> {
        match self {
            Self::Lines(files) => lines::read(files, feed),
            Self::Inbox(store) => inbox::read(store, feed),
            Self::Prometheus(range) => prometheus::read(range, feed),
        }
    }
}

fn moment(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, String> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.to_utc());
    }
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Ok(day.and_time(NaiveTime::MIN).and_utc());
    }
    let ago = Duration::parse(text)
        .map_err(|_| format!("`{text}` is no time; write 2026-01-31, 2026-01-31T12:00:00Z or 90d"))?;
    Ok(now - ago.delta())
}

fn step(text: &str) -> Result<Duration, String> {
    let step = Duration::parse(text).map_err(|error| error.to_string())?;
    if (STEP_MIN..=STEP_MAX).contains(&step) {
        return Ok(step);
    }
    Err(format!("from {STEP_MIN} to {STEP_MAX}"))
}
