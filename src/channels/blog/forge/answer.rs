//! What an answer of a forge's API, or its absence, means.

use crate::channels::blog::fault::Fault;
use crate::channels::peer::{self, WAIT_MAX};
use domain::text;
use serde_json::Value;
use std::time::Duration;

/// Longest answer that is quoted, in bytes.
const QUOTE_BYTES_MAX: usize = 300;

/// The parts of an answer that decide.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The wait that was asked for.
    pub after: Option<Duration>,
    /// No more requests are left for now.
    pub spent: bool,
    /// What it says; null if that can't be read.
    pub body: Value,
}

impl Answer {
    /// Reads an answer.
    pub fn read(answer: &peer::Answer) -> Self {
        let spent = answer.header("x-ratelimit-remaining") == Some("0");
        let until_reset = || answer.until(answer.header("x-ratelimit-reset")?.parse().ok()?).filter(|_| spent);
        let after = answer.retry_after().or_else(until_reset);
        Self { status: answer.status, after: after.map(|after| after.min(WAIT_MAX)), spent, body: answer.json() }
    }

    /// Whether it worked.
    pub fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether a pull request could not be made because there is one.
    pub fn says_it_exists(&self) -> bool {
        self.status == 409 || self.status == 422 && self.words().to_ascii_lowercase().contains("already exists")
    }

    /// What an answer means that is not a success.
    pub fn fault(&self) -> Fault {
        let because = self.words();
        let limited = self.spent || because.to_ascii_lowercase().contains("rate limit");
        match self.status {
            429 => Fault::NotDone { because, after: self.after },
            403 if limited || self.after.is_some() => Fault::NotDone { because, after: self.after },
            // A proxy says 408 when it does not know either.
            408 | 500.. => Fault::Unknown(because),
            409 | 423 | 425 => Fault::NotDone { because, after: self.after },
            // A redirect would carry the token elsewhere: the project has moved, or the address is another's.
            300..=399 => Fault::Setup(format!("{because}: the project or the API has moved; write where it is now")),
            401..=404 | 422 => Fault::Setup(because),
            0..300 => Fault::Unknown(format!("{because}, and nothing that can be read")),
            _ => Fault::Setup(because),
        }
    }

    fn words(&self) -> String {
        let errors = self.body["errors"].as_array().into_iter().flatten();
        let errors = errors.filter_map(|error| error.as_str().or_else(|| error["message"].as_str()));
        let said: Vec<&str> = self.body["message"].as_str().into_iter().chain(errors).collect();
        let said = if said.is_empty() { String::new() } else { format!(": {}", said.join("; ")) };
        text::clean_line(&format!("the forge answers {}{said}", self.status), QUOTE_BYTES_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::Answer;
    use crate::channels::blog::fault::Fault;
    use crate::channels::peer;
    use reqwest::header::{HeaderMap, HeaderValue};
    use std::time::Duration;

    fn read(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Answer {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, HeaderValue::from_static(value));
        }
        Answer::read(&peer::Answer { status, headers: map, text: body.to_owned() })
    }

    #[test]
    fn every_status_has_its_meaning() {
        let class = |status: u16| match read(status, &[], "{}").fault() {
            Fault::NotDone { .. } => 'l',
            Fault::Unknown(_) => 'u',
            Fault::Setup(_) => 's',
            Fault::Never(_) => 'n',
        };
        for status in 100..700 {
            let expected = match status {
                0..300 | 408 | 500.. => 'u',
                409 | 423 | 425 | 429 => 'l',
                _ => 's',
            };
            assert_eq!(class(status), expected, "{status}");
        }
    }

    #[test]
    fn a_spent_limit_is_waited_for() {
        let date = ("date", "Sun, 29 Nov 2026 05:00:00 GMT");
        let spent = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795928520"), date];
        let fault = read(403, &spent, r#"{"message": "API rate limit exceeded"}"#).fault();
        let because = "the forge answers 403: API rate limit exceeded".to_owned();
        assert_eq!(fault, Fault::NotDone { because, after: Some(Duration::from_secs(120)) });
        let second = read(403, &[("retry-after", "7")], r#"{"message": "You have exceeded a secondary rate limit"}"#);
        assert!(matches!(second.fault(), Fault::NotDone { after: Some(after), .. } if after.as_secs() == 7));
        assert!(matches!(read(403, &[], r#"{"message": "Resource not accessible"}"#).fault(), Fault::Setup(_)));
        let endless = read(429, &[("retry-after", "9999999")], "");
        assert!(matches!(endless.fault(), Fault::NotDone { after: Some(after), .. } if after.as_secs() == 3600));
    }

    #[test]
    fn that_there_is_one_already_is_understood() {
        let body =
            r#"{"message": "Validation Failed", "errors": [{"message": "A pull request already exists for a:b."}]}"#;
        assert!(read(422, &[], body).says_it_exists());
        assert!(read(409, &[], "garbage").says_it_exists());
        assert!(
            !read(422, &[], r#"{"message": "Validation Failed", "errors": ["No commits between a and b"]}"#)
                .says_it_exists()
        );
    }
}
