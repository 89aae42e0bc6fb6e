//! Reads what an API client sends: strictly, and with a sentence about what is wrong.

use crate::http::api::{PAGE, PAGE_MAX};
use crate::http::body::read;
use crate::http::error::Failure;
use crate::http::site::Site;
use actix_web::{HttpRequest, web};
use domain::nearest::nearest;
use serde::de::DeserializeOwned;

/// Reads a JSON body; an empty one is `{}`.
pub async fn body<T: DeserializeOwned>(
    site: &Site,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<T, Failure> {
    parsed(&bytes(site, request, payload).await?)
}

/// Reads a body as it is.
pub async fn bytes(site: &Site, request: &HttpRequest, payload: web::Payload) -> Result<Vec<u8>, Failure> {
    let body = read(request, payload, &site.budget, site.small_body()).await?;
    Ok(body.bytes)
}

/// Understands a JSON body; an empty one is `{}`.
pub fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    let text = if body.trim_ascii().is_empty() { b"{}".as_slice() } else { body };
    serde_json::from_slice(text).map_err(|error| {
        let text = with_suggestion(&error.to_string());
        if error.is_data() { Failure::Shape(text) } else { Failure::NotJson(format!("the body is not JSON: {text}")) }
    })
}

/// Reads the query.
pub fn query<T: DeserializeOwned>(request: &HttpRequest) -> Result<T, Failure> {
    let query = web::Query::<T>::from_query(request.query_string());
    query.map(web::Query::into_inner).map_err(|error| {
        let text = error.to_string();
        let text = text.strip_prefix("Query deserialize error: ").unwrap_or(&text);
        Failure::Shape(format!("in the query: {}", with_suggestion(text)))
    })
}

/// A number from the path: `42`, or as people write it, `INC-42`.
pub fn number(request: &HttpRequest) -> Result<u64, Failure> {
    let text = request.match_info().get("number").unwrap_or("");
    let digits = text.strip_prefix("INC-").or_else(|| text.strip_prefix("inc-")).unwrap_or(text);
    digits.parse().map_err(|_| {
        Failure::NotFound(format!("`{}` is no number; write for example 42", domain::text::clean_line(text, 50)))
    })
}

/// How many items a list may have.
pub fn limit(wanted: Option<usize>) -> Result<usize, Failure> {
    match wanted.unwrap_or(PAGE) {
        limit @ 1..=PAGE_MAX => Ok(limit),
        other => Err(Failure::Shape(format!("in the query: limit is {other}; write 1 to {PAGE_MAX}"))),
    }
}

// serde names the wrong key first and the known ones after it, each between backticks.
fn with_suggestion(text: &str) -> String {
    if !text.starts_with("unknown ") {
        return text.to_owned();
    }
    let mut quoted = text.split('`').skip(1).step_by(2);
    let Some(wrong) = quoted.next() else { return text.to_owned() };
    let known: Vec<&str> = quoted.collect();
    match nearest(wrong, &known) {
        Some(known) => format!("{text}; did you mean `{known}`?"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::with_suggestion;

    #[test]
    fn a_misspelt_key_is_told_with_the_nearest_one() {
        let text = "unknown field `titel`, expected one of `title`, `severity` at line 1 column 9";
        assert_eq!(with_suggestion(text), format!("{text}; did you mean `title`?"));
        let far = "unknown field `zzz`, expected `text` at line 1 column 6";
        assert_eq!(with_suggestion(far), far);
        assert_eq!(with_suggestion("missing field `text`"), "missing field `text`");
    }
}
