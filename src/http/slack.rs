//! What Slack sends: known by its signature over the body as it came, for five minutes.

use super::auth::Denied;
use super::body::read;
use super::error::Failure;
use super::site::Site;
use crate::app::slack::{Ack, Kind};
use actix_web::http::header::HeaderMap;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use ring::hmac::{self, HMAC_SHA256};
use serde_json::{Map, Value};

/// How old a request may be, and how far before us its clock, in seconds.
pub const WINDOW_SECONDS: i64 = 300;

const SIGNATURE: &str = "x-slack-signature";
const TIMESTAMP: &str = "x-slack-request-timestamp";

/// `POST /slack/commands`: somebody typed the command.
pub async fn commands(
    site: web::Data<Site>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    let fields = fields(&signed(&site, &request, payload).await?)?;
    // Slack looks whether our certificate is good.
    if fields.contains_key("ssl_check") {
        return Ok(HttpResponse::Ok().finish());
    }
    answered(site.slack.take(Kind::Command, &Value::Object(fields)).await)
}

/// `POST /slack/interactive`: somebody pressed, filled in or chose something.
pub async fn interactive(
    site: web::Data<Site>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    let fields = fields(&signed(&site, &request, payload).await?)?;
    let payload = fields.get("payload").and_then(Value::as_str).unwrap_or_default();
    answered(site.slack.take(Kind::Interaction, &json(payload.as_bytes())?).await)
}

/// `POST /slack/events`: something happened.
pub async fn events(
    site: web::Data<Site>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    let body = signed(&site, &request, payload).await?;
    answered(site.slack.take(Kind::Event, &json(&body)?).await)
}

/// Looks at the head of a request, before its body is read: whether it may be one of Slack's at all.
///
/// # Errors
/// It has no signature, or is old.
pub fn head(headers: &HeaderMap, now: DateTime<Utc>) -> Result<(), Denied> {
    let Some((_, at)) = signature(headers) else {
        return Err(denied("missing", "this is for Slack, which signs what it sends (X-Slack-Signature)"));
    };
    let age = at.parse::<i64>().ok().and_then(|at| now.timestamp().checked_sub(at)).unwrap_or(i64::MAX);
    if age.checked_abs().is_none_or(|age| age > WINDOW_SECONDS) {
        return Err(denied(
            "expired",
            "this was signed more than five minutes ago, or the clock of this machine is wrong",
        ));
    }
    Ok(())
}

// Nothing in a body is looked at before its signature.
async fn signed(site: &Site, request: &HttpRequest, payload: web::Payload) -> Result<Vec<u8>, Failure> {
    let body = read(request, payload, &site.budget, site.small_body()).await?.bytes;
    let app = site.parts.config.load().slack_app.clone();
    let checked = match app.and_then(|app| app.signing_secret) {
        Some(key) => verify(key.expose(), request.headers(), &body),
        None => Err(denied("missing", "`slack_app.signing_secret` is not configured, so nobody can sign")),
    };
    match checked {
        Ok(()) => Ok(body),
        Err(denied) => {
            site.parts.metrics.not_let_in(&denied.name, denied.reason);
            site.log_denied(&denied);
            Err(denied.failure)
        }
    }
}

fn verify(key: &str, headers: &HeaderMap, body: &[u8]) -> Result<(), Denied> {
    let wrong = || denied("wrong", "the signature is wrong; is `slack_app.signing_secret` that of this app?");
    let (shown, at) = signature(headers).ok_or_else(wrong)?;
    let shown = shown.strip_prefix("v0=").and_then(bytes).ok_or_else(wrong)?;
    let signed = [b"v0:", at.as_bytes(), b":", body].concat();
    // In a time that says nothing of where the difference is.
    hmac::verify(&hmac::Key::new(HMAC_SHA256, key.as_bytes()), &signed, &shown).map_err(|_| wrong())
}

fn signature(headers: &HeaderMap) -> Option<(&str, &str)> {
    let text = |name| headers.get(name)?.to_str().ok();
    Some((text(SIGNATURE)?, text(TIMESTAMP)?))
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits = hex.as_bytes().chunks_exact(2).map(|two| std::str::from_utf8(two).ok());
    let bytes = digits.map(|two| u8::from_str_radix(two.filter(|two| !two.starts_with('+'))?, 16).ok());
    if hex.len().is_multiple_of(2) { bytes.collect() } else { None }
}

fn denied(reason: &'static str, text: &str) -> Denied {
    Denied { name: "slack".to_owned(), reason, failure: Failure::Unauthorized(text.to_owned()) }
}

fn fields(body: &[u8]) -> Result<Map<String, Value>, Failure> {
    let text = std::str::from_utf8(body).map_err(|_| Failure::Shape("the form is not UTF-8".to_owned()))?;
    let pairs = web::Query::<Vec<(String, String)>>::from_query(text);
    let pairs = pairs.map_err(|error| Failure::Shape(error.to_string()))?.into_inner();
    Ok(pairs.into_iter().map(|(name, value)| (name, Value::String(value))).collect())
}

fn json(body: &[u8]) -> Result<Value, Failure> {
    serde_json::from_slice(body).map_err(|error| Failure::NotJson(error.to_string()))
}

fn answered(ack: Ack) -> Result<HttpResponse, Failure> {
    match ack {
        Ack::Taken => Ok(HttpResponse::Ok().finish()),
        Ack::With(answer) => Ok(super::webhook::json(actix_web::http::StatusCode::OK, answer.to_string())),
        Ack::Unreadable(because) => Err(Failure::Shape(because)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};

    // Slack's own example, from its documentation.
    const KEY: &str = "8f742231b10e8888abcd99yyyzzz85a5";
    const AT: &str = "1531420618";
    const BODY: &[u8] =
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V\
        &channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=\
        &response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN\
        &trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const SIGNED: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";

    fn headers(shown: &str, at: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in [(SIGNATURE, shown), (TIMESTAMP, at)] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn a_signature_is_good_for_its_key_time_and_body_only() {
        assert!(verify(KEY, &headers(SIGNED, AT), BODY).is_ok());
        let longer = [BODY, b"&"].concat();
        for (key, shown, at, body) in [
            ("8f742231b10e8888abcd99yyyzzz85a6", SIGNED, AT, BODY),
            (KEY, SIGNED, "1531420619", BODY),
            (KEY, SIGNED, AT, &longer),
            (KEY, &SIGNED[3..], AT, BODY),
            (KEY, &SIGNED[..SIGNED.len() - 2], AT, BODY),
            (KEY, "v0=", AT, BODY),
            (KEY, "v0=+2+1", AT, BODY),
        ] {
            assert!(verify(key, &headers(shown, at), body).is_err(), "{key} {shown} {at}");
        }
    }

    #[test]
    fn an_old_request_is_none() {
        let now = |seconds: i64| DateTime::from_timestamp(1_531_420_618 + seconds, 0).unwrap();
        for (seconds, good) in [(0_i64, true), (300, true), (-300, true), (301, false), (-301, false)] {
            assert_eq!(head(&headers(SIGNED, AT), now(seconds)).is_ok(), good, "{seconds}");
        }
        for at in ["", "x", "-9223372036854775808", "9223372036854775807"] {
            assert!(head(&headers(SIGNED, at), now(0)).is_err(), "{at}");
        }
        assert!(head(&HeaderMap::new(), now(0)).is_err());
    }
}
