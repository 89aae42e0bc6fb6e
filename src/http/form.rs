//! Forms on pages. A handler writes:
//!
//! ```ignore
//! pub async fn note(site: web::Data<Site>, who: Identity, form: PostedForm<Note>) -> HttpResponse
//! ```
//!
//! and its route stands in the table like any other. The form's page has `<input type="hidden" name="csrf"
//! value="{{ page.csrf }}">` in it. The gate has found that field right before any handler runs, whatever the handler
//! reads, so nothing about it is left to do here: `PostedForm` only takes it out, and reads the other fields, strictly.
//! An empty field is `""`; a checkbox that is not ticked is not sent at all (`Option`).

use super::body::read;
use super::csrf;
use super::error::Failure;
use super::site::Site;
use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::http::header::HeaderMap;
use actix_web::{FromRequest, HttpRequest, web};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::future::Future;
use std::pin::Pin;

/// What HTML forms send.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// What somebody filled in.
#[derive(Debug)]
pub struct PostedForm<T>(pub T);

/// What a button says: nothing, but where it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

impl<T: DeserializeOwned + 'static> FromRequest for PostedForm<T> {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = web::Payload::from_request(&request, payload);
        Box::pin(async move {
            let payload = payload.await.map_err(|error| Failure::Broken(error.to_string()))?;
            let Some(site) = request.app_data::<web::Data<Site>>().cloned() else {
                return Err(Failure::Internal("a form without a site".to_owned()));
            };
            if !is_form(request.headers()) {
                return Err(Failure::Shape(format!("this takes a form: Content-Type: {FORM}")));
            }
            let body = read(&request, payload, &site.budget, site.small_body()).await?;
            fields(&body.bytes).map(Self)
        })
    }
}

/// Whether the body says that it is a form.
pub fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    kind.split(';').next().unwrap_or("").trim().eq_ignore_ascii_case(FORM)
}

/// The token that a form carries.
pub fn token(body: &[u8]) -> Option<&[u8]> {
    // Neither our name of the field nor a token holds anything that would be encoded.
    body.split(|byte| *byte == b'&').find_map(|pair| pair.strip_prefix(csrf::FIELD.as_bytes())?.strip_prefix(b"="))
}

fn fields<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    let text = std::str::from_utf8(body).map_err(|_| Failure::Shape("the form is not UTF-8".to_owned()))?;
    let own = |pair: &&str| pair.split('=').next() != Some(csrf::FIELD);
    let others = text.split('&').filter(own).collect::<Vec<_>>().join("&");
    web::Query::<T>::from_query(&others).map(web::Query::into_inner).map_err(|error| {
        let text = error.to_string();
        Failure::Shape(format!("in the form: {}", text.strip_prefix("Query deserialize error: ").unwrap_or(&text)))
    })
}

#[cfg(test)]
mod tests {
    use super::{fields, token};
    use serde::Deserialize;

    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Note {
        text: String,
        public: Option<String>,
    }

    #[test]
    fn the_token_is_taken_out_and_all_else_is_read_strictly() {
        let body = b"text=J%C3%BCrgen%26Co+sagt%0D%0Ahi&csrf=00ff";
        assert_eq!(token(body), Some(b"00ff".as_slice()));
        let note: Note = fields(body).unwrap();
        assert_eq!(note, Note { text: "Jürgen&Co sagt\r\nhi".to_owned(), public: None });
        assert_eq!(token(b"text=csrf=00ff&xcsrf=1"), None);
        let wrong = fields::<Note>(b"text=a&txet=b&csrf=1").unwrap_err().to_string();
        assert!(wrong.starts_with("in the form: unknown field `txet`"), "{wrong}");
        assert!(fields::<Note>(b"csrf=1").is_err() && fields::<Note>(b"text=\xFF").is_err());
    }
}
