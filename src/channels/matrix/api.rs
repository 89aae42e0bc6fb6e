//! Calls of the client-server API: one request each, and its answer or what went wrong.

use crate::channels::fault::Fault;
use crate::channels::peer::{Answer, Peer, WAIT_MAX};
use crate::config::{MatrixConfig, Sent, host_is_loopback};
use domain::text::clean_line;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Client, Method, Url};
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;

/// Longest answer that is read, in bytes: a list of rooms, at most.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// What is said where the event that another one belongs to is not there.
pub const UNKNOWN_RELATION: &str = "relation to unknown event";

/// What is said where we are not in a room, or may not write.
pub const FORBIDDEN: &str = "M_FORBIDDEN";

/// A homeserver.
pub struct Api {
    http: Client,
    url: Url,
    authorization: HeaderValue,
    peer: Peer,
}

impl Api {
    /// Checks address and token; connects nowhere.
    pub fn new(config: &MatrixConfig, http: Client, step: Duration) -> Result<Self, String> {
        let url: Url = config.homeserver.parse().map_err(|_| "`homeserver` is not a URL".to_owned())?;
        let is_loopback = url.host_str().is_some_and(host_is_loopback);
        if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback) {
            return Err("`homeserver`: the token would be sent without TLS".to_owned());
        }
        let token = config.access_token.expose();
        let mut authorization = HeaderValue::from_str(&format!("Bearer {token}"))
            .map_err(|_| "access_token can't be sent in a header".to_owned())?;
        authorization.set_sensitive(true);
        let peer =
            Peer { name: "Matrix".to_owned(), sent: Sent::new([token]), answer_bytes_max: ANSWER_BYTES_MAX, step };
        Ok(Self { http, url, authorization, peer })
    }

    /// Calls what this path names, below `/_matrix/client/v3`.
    pub async fn call(
        &self,
        method: Method,
        path: &[&str],
        body: Option<&Value>,
        until: Instant,
    ) -> Result<Value, Fault> {
        let answer = self.ask(method, path, body, until).await?;
        match answer.json() {
            body if answer.is_ok() && body.is_object() => Ok(body),
            body => Err(self.fault(&answer, &body)),
        }
    }

    /// A room's state of this kind, if it has any.
    pub async fn state(&self, room: &str, kind: &str, until: Instant) -> Result<Option<Value>, Fault> {
        let answer = self.ask(Method::GET, &["rooms", room, "state", kind], None, until).await?;
        match answer.json() {
            body if answer.is_ok() => Ok(Some(body)),
            _ if answer.status == 404 => Ok(None),
            body => Err(self.fault(&answer, &body)),
        }
    }

    async fn ask(&self, method: Method, path: &[&str], body: Option<&Value>, until: Instant) -> Result<Answer, Fault> {
        let mut url = self.url.clone();
        let mut segments = url.path_segments_mut().map_err(|()| Fault::Setup("`homeserver` has no path".to_owned()))?;
        segments.pop_if_empty().extend(["_matrix", "client", "v3"]).extend(path);
        drop(segments);
        let request = self.http.request(method, url).header(AUTHORIZATION, self.authorization.clone());
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        self.peer.ask(request, until).await
    }

    fn fault(&self, answer: &Answer, body: &Value) -> Fault {
        let code = body["errcode"].as_str().unwrap_or_default();
        let error = body["error"].as_str().unwrap_or_default();
        let said = clean_line(format!("{code} {error}").trim(), 200);
        let fault = self.peer.refusal(answer, &said);
        let because = fault.because().to_owned();
        match code {
            "M_LIMIT_EXCEEDED" => {
                let asked = body["retry_after_ms"].as_u64().map(Duration::from_millis).map(|wait| wait.min(WAIT_MAX));
                Fault::NotDone { because, after: answer.retry_after().or(asked) }
            }
            // About this one message, and not about us.
            "M_TOO_LARGE" | "M_BAD_JSON" | "M_NOT_JSON" => Fault::Never(because),
            _ => fault,
        }
    }
}
