//! Somebody we talk to over HTTP: one request and its answer, bounded in time and size, and what it means that there is none.

use super::fault::Fault;
use super::{innermost, refused_certificate};
use crate::config::{Sent, host_is_loopback};
use chrono::DateTime;
use domain::text;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use reqwest::{RequestBuilder, Response, Url};
use serde_json::Value;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Longest answer that is quoted, in bytes.
pub const QUOTE_BYTES_MAX: usize = 300;

/// Longest wait that is believed.
pub const WAIT_MAX: Duration = Duration::from_secs(3600);

/// Longest part of an address that is no secret by its length, in bytes: `hooks`, `services`.
const WORD_BYTES_MAX: usize = 10;

/// Somebody we talk to.
pub struct Peer {
    /// What people call it: `the forge`.
    pub name: String,
    /// What it gets to know, and may say back.
    pub sent: Sent,
    /// Longest answer that is read, in bytes.
    pub answer_bytes_max: usize,
    /// Longest wait for one answer.
    pub step: Duration,
}

/// An answer, whatever it says.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// What it says, without what we sent.
    pub text: String,
}

impl Peer {
    /// Asks once. That there is an answer is all that is checked of it.
    pub async fn ask(&self, request: RequestBuilder, until: Instant) -> Result<Answer, Fault> {
        let until = until.min(Instant::now() + self.step);
        let exchange = async {
            let response = request.send().await.map_err(|error| lost(&self.name, &self.sent, &error))?;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let body = read(&self.name, &self.sent, response, self.answer_bytes_max).await?;
            Ok(Answer { status, headers, text: self.sent.hidden_in(&String::from_utf8_lossy(&body)) })
        };
        let late = |_| Fault::Unknown(format!("{} does not answer in time", self.name));
        timeout_at(until, exchange).await.map_err(late)?
    }

    /// What an answer means that is not a success, where nothing but its status is known. `said` is its reason, if it gave one.
    pub fn refusal(&self, answer: &Answer, said: &str) -> Fault {
        let colon = if said.trim().is_empty() { "" } else { ": " };
        let said = format!("{} answers {}{colon}{}", self.name, answer.status, said.trim());
        let because = text::clean_line(&said, QUOTE_BYTES_MAX);
        let after = answer.retry_after();
        match answer.status {
            409 | 423 | 425 | 429 => Fault::NotDone { because, after },
            // Whoever says when to come again has not done it.
            503 if after.is_some() => Fault::NotDone { because, after },
            // A proxy says 408 when it does not know either.
            408 | 500.. => Fault::Unknown(because),
            0..300 => Fault::Unknown(format!("{because}, and nothing that can be read")),
            // A redirect would carry what we send to somebody who was not configured.
            300..=399 => Fault::Setup(format!("{because}: it has moved; write where it is now")),
            413 | 414 | 422 | 431 => Fault::Never(because),
            _ => Fault::Setup(because),
        }
    }
}

/// The body of somebody's answer, up to so many bytes.
///
/// # Errors
/// It breaks off, or is longer.
pub async fn read(name: &str, sent: &Sent, mut response: Response, bytes_max: usize) -> Result<Vec<u8>, Fault> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| lost(name, sent, &error))? {
        if body.len() + chunk.len() > bytes_max {
            return Err(Fault::Unknown(format!("the answer of {name} is longer than {bytes_max} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What it means that somebody gave no answer, or not all of it.
pub fn lost(name: &str, sent: &Sent, error: &reqwest::Error) -> Fault {
    if let Some(because) = refused_certificate(error) {
        return Fault::Setup(format!("TLS: {because}"));
    }
    let because = sent.hidden_in(&format!("no answer from {name}: {}", innermost(error)));
    if error.is_connect() { Fault::not_done(because) } else { Fault::Unknown(because) }
}

impl Answer {
    /// Whether it worked.
    pub fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// What it says, if that is JSON; else null.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// A header, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
    }

    /// The wait that was asked for, in seconds or until a time, as far as it is believed.
    pub fn retry_after(&self) -> Option<Duration> {
        let asked = self.header(RETRY_AFTER.as_str())?;
        // Fractions are no standard, and are sent all the same.
        let seconds = asked.parse().ok().filter(|seconds: &f64| *seconds >= 0.0);
        let wait = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        wait.or_else(|| self.until(DateTime::parse_from_rfc2822(asked).ok()?.timestamp()))
            .map(|wait| wait.min(WAIT_MAX))
    }

    /// How long until this second, by the other side's clock: it says what time it is in the same answer.
    pub fn until(&self, second: i64) -> Option<Duration> {
        let now = DateTime::parse_from_rfc2822(self.header(DATE.as_str())?).ok()?;
        u64::try_from(second.saturating_sub(now.timestamp())).ok().map(Duration::from_secs)
    }
}

/// An address that is as good as a password: reached by TLS only, or on this machine.
pub fn secret_url(key: &str, url: &str) -> Result<Url, String> {
    let url: Url = url.parse().map_err(|_| format!("`{key}` is not a URL"))?;
    let is_loopback = url.host_str().is_some_and(host_is_loopback);
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback => Ok(url),
        "http" => {
            Err(format!("`{key}`: whoever knows it may write there, and it would be sent without TLS; write https"))
        }
        _ => Err(format!("`{key}` is not an https URL")),
    }
}

/// What of an address may not be quoted: itself, its path, its query, and the parts of both that are long enough to be a secret.
pub fn sent_in_url(url: &Url) -> Vec<String> {
    let parts = url.path().split('/').chain(url.query().unwrap_or_default().split(['&', '=']));
    let secrets = parts.filter(|part| part.len() > WORD_BYTES_MAX).map(str::to_owned);
    [url.as_str(), url.query().unwrap_or_default()].map(str::to_owned).into_iter().chain(secrets).collect()
}

/// The part of an address that may be shown: `https://chat.example.org`.
pub fn shown(url: &Url) -> String {
    url.origin().ascii_serialization()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::delivery::Outcome;
    use reqwest::header::HeaderValue;

    fn answer(status: u16, headers: &[(&'static str, &'static str)]) -> Answer {
        let headers = headers.iter().map(|(name, value)| ((*name).parse().unwrap(), HeaderValue::from_static(value)));
        Answer { status, headers: headers.collect(), text: String::new() }
    }

    fn peer() -> Peer {
        Peer { name: "the chat".to_owned(), sent: Sent::default(), answer_bytes_max: 1, step: Duration::ZERO }
    }

    #[test]
    fn every_status_has_its_meaning() {
        for status in 100..700 {
            let class = match peer().refusal(&answer(status, &[]), "no").outcome() {
                Outcome::Sent { .. } => "sent",
                Outcome::Retry { unsure: true, .. } => "unsure",
                Outcome::Retry { .. } => "retry",
                Outcome::Fatal { .. } => "fatal",
                Outcome::Misconfigured { .. } => "misconfigured",
            };
            let expected = match status {
                0..300 | 408 | 500.. => "unsure",
                409 | 423 | 425 | 429 => "retry",
                413 | 414 | 422 | 431 => "fatal",
                _ => "misconfigured",
            };
            assert_eq!(class, expected, "{status}");
        }
        let later = peer().refusal(&answer(503, &[("retry-after", "7")]), "");
        assert_eq!(
            later,
            Fault::NotDone { because: "the chat answers 503".into(), after: Some(Duration::from_secs(7)) }
        );
    }

    #[test]
    fn a_wait_is_seconds_or_a_time_by_their_clock() {
        let date = ("date", "Sun, 29 Nov 2026 05:00:00 GMT");
        for (asked, seconds) in [
            ("7", Some(7.0)),
            ("0.25", Some(0.25)),
            ("Sun, 29 Nov 2026 05:02:00 GMT", Some(120.0)),
            ("Sun, 29 Nov 2026 04:00:00 GMT", None),
            ("9999999", Some(3600.0)),
            ("-1", None),
            ("NaN", None),
            ("soon", None),
        ] {
            let found = answer(429, &[("retry-after", asked), date]).retry_after();
            assert_eq!(found, seconds.map(Duration::from_secs_f64), "{asked}");
        }
        assert_eq!(answer(429, &[("retry-after", "Sun, 29 Nov 2026 05:02:00 GMT")]).retry_after(), None);
    }

    #[test]
    fn an_address_that_is_a_password_is_guarded() {
        assert!(secret_url("url", "https://chat.example.org/hooks/abc").is_ok());
        assert!(secret_url("url", "http://127.0.0.1:80/hooks/abc").is_ok());
        for bad in ["http://chat.example.org/hooks/s3cret", "ftp://x/s3cret", "s3cret", ""] {
            assert!(!secret_url("url", bad).unwrap_err().contains("s3cret"), "{bad}");
        }
        let url: Url = "https://chat.example.org/hooks/abcdefghijkl/mnopqrstuvw?token=xyzxyzxyzxyz".parse().unwrap();
        let said = format!("no: {url} or /mnopqrstuvw, abcdefghijkl, xyzxyzxyzxyz");
        let sent = sent_in_url(&url);
        let hidden = Sent::new(sent.iter().map(String::as_str)).hidden_in(&said);
        assert_eq!(hidden, "no: <secret> or /<secret>, <secret>, <secret>");
        assert_eq!(shown(&url), "https://chat.example.org");
    }
}
