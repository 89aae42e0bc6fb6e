//! What a Prometheus server remembers of its alerts: `ALERTS{alertstate="firing"}`, asked for in chunks.

use super::feed::Feed;
use super::samples::{Answer, Spans};
use crate::channels::http_client;
use crate::cli::CliError;
use crate::config::{self, HttpAuth, Secret};
use chrono::{DateTime, TimeDelta, Utc};
use std::path::Path;
use std::time::Duration;

/// Most points of a series in one answer; Prometheus refuses more.
pub const POINTS_MAX: u32 = 11_000;

/// Fewer points than this are not asked for, however large the answers are.
const POINTS_MIN: u32 = 10;

/// Longest answer that is read.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Longest an answer may take; Prometheus itself gives up after two minutes.
const ANSWER_SECONDS_MAX: u64 = 130;

const QUERY: &str = "ALERTS{alertstate=\"firing\"}";

/// Longest part of an answer that is shown in an error.
const WORDS_BYTES_MAX: usize = 500;

/// Which server, and which time.
pub struct Range {
    /// Its address.
    pub url: String,
    /// From when on.
    pub from: DateTime<Utc>,
    /// Until when.
    pub to: DateTime<Utc>,
    /// Time between two points: how exact the times are.
    pub step: TimeDelta,
    /// How we authenticate.
    pub auth: Option<HttpAuth>,
}

enum Unanswered {
    // Fewer points may do.
    TooMuch(String),
    Refused(String),
}

/// Who we are to it: a bearer token, or `user:password`, from a file.
pub fn auth(token: Option<&Path>, basic: Option<&Path>) -> Result<Option<HttpAuth>, CliError> {
    let secret = |path: &Path| {
        let text = config::read_file(path);
        text.map(|text| text.trim().to_owned())
            .map_err(|problem| CliError::told(format!("can't read {}: {problem}", path.display())))
    };
    if let Some(path) = token {
        return Ok(Some(HttpAuth::Bearer(Secret::new(secret(path)?))));
    }
    let Some(path) = basic else { return Ok(None) };
    let text = secret(path)?;
    let Some((user, password)) = text.split_once(':') else {
        return Err(CliError::told(format!("{} holds no user:password", path.display())));
    };
    Ok(Some(HttpAuth::Basic(user.to_owned(), Secret::new(password))))
}

/// Asks for all of it.
pub fn read(range: &Range, feed: &mut Feed) -> Result<(), CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CliError::told)?;
    let client = http_client::client().map_err(CliError::told)?;
    let mut spans = Spans::new(range.step);
    let (mut from, mut points) = (range.from, POINTS_MAX);
    while from <= range.to {
        let steps = i32::try_from(points - 1).unwrap_or(i32::MAX);
        let to = (from + range.step * steps).min(range.to);
        match runtime.block_on(ask(&client, range, from, to)) {
            Ok(answer) => {
                for moment in spans.take(answer, from, to).map_err(CliError::told)? {
                    let done = (moment.at - range.from).as_seconds_f64() / (range.to - range.from).as_seconds_f64();
                    feed.take(moment, || done)?;
                }
                from = last_point(from, to, range.step) + range.step;
            }
            Err(Unanswered::TooMuch(_)) if points > POINTS_MIN => points = (points / 2).max(POINTS_MIN),
            Err(Unanswered::TooMuch(problem) | Unanswered::Refused(problem)) => {
                return Err(CliError::told(format!("{}: {problem}", range.url)));
            }
        }
    }
    Ok(())
}

// Points stand at the start of a range and every step after it.
fn last_point(from: DateTime<Utc>, to: DateTime<Utc>, step: TimeDelta) -> DateTime<Utc> {
    let steps = (to - from).num_milliseconds() / step.num_milliseconds();
    from + step * i32::try_from(steps).unwrap_or(i32::MAX)
}

async fn ask(
    client: &reqwest::Client,
    range: &Range,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Answer, Unanswered> {
    let unreachable = |error: reqwest::Error| Unanswered::Refused(causes(&error.without_url()));
    let seconds = |at: DateTime<Utc>| format!("{:.3}", at.timestamp_millis() as f64 / 1000.0);
    let step = format!("{:.3}", range.step.as_seconds_f64());
    let query = [("query", QUERY), ("start", &seconds(from)), ("end", &seconds(to)), ("step", &step)];
    let url = reqwest::Url::parse_with_params(&format!("{}/api/v1/query_range", range.url), query)
        .map_err(|error| Unanswered::Refused(error.to_string()))?;
    let request = client.get(url).timeout(Duration::from_secs(ANSWER_SECONDS_MAX));
    let request = match &range.auth {
        Some(HttpAuth::Bearer(token)) => request.bearer_auth(token.expose()),
        Some(HttpAuth::Basic(user, password)) => request.basic_auth(user, Some(password.expose())),
        None => request,
    };
    let mut response = request.send().await.map_err(unreachable)?;
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(Unanswered::TooMuch(format!("answered more than {ANSWER_BYTES_MAX} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    match status.as_u16() {
        200 => Answer::read(&body).map_err(Unanswered::Refused),
        // "query processing would load too many samples", or points of a series.
        400 | 422 | 503 => Err(Unanswered::TooMuch(refusal(status, &body))),
        401 | 403 => {
            let hint = "; say who you are with --prometheus.token-file or --prometheus.basic-auth-file";
            Err(Unanswered::Refused(format!("{}{hint}", refusal(status, &body))))
        }
        404 => Err(Unanswered::Refused(format!("{}; is a path prefix missing?", refusal(status, &body)))),
        _ => Err(Unanswered::Refused(refusal(status, &body))),
    }
}

fn refusal(status: reqwest::StatusCode, body: &[u8]) -> String {
    let words = String::from_utf8_lossy(body);
    format!("answered {status}: {}", domain::text::clean_line(words.trim(), WORDS_BYTES_MAX))
}

// reqwest's own text stops at "error sending request"; the reason is further down.
fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
