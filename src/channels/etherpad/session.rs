//! Who we are to an Etherpad that wants people to log in: its pages take user and password, and give a cookie by which the way in
//! for writers knows us.

use super::fault::Fault;
use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::{Client, Response, Url};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use tokio::time::{Instant, timeout_at};

/// Cookies, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cookies(BTreeMap<String, String>);

/// What is kept from one visit to the next: a new session for each would fill the server's store.
#[derive(Debug, Default)]
pub struct Session(Mutex<Cookies>);

impl Cookies {
    /// As they are sent; nothing, if there are none.
    pub fn header(&self) -> Option<String> {
        let all: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// Keeps those that an answer sets.
    pub fn keep(&mut self, response: &Response) {
        for cookie in response.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str().ok().and_then(|cookie| cookie.split(';').next()?.split_once('='));
            if let Some((name, value)) = pair {
                self.0.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
    }
}

impl Session {
    /// What shows who we are; nothing, before we had to.
    pub fn cookies(&self) -> Cookies {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Opens a page, with user and password if there are any, and keeps the cookie. A session is let in to those pads whose
    /// pages it has opened; none is made by that.
    pub async fn open(&self, http: &Client, base: &Url, page: &str, until: Instant) -> Result<(), Fault> {
        let url = base.join(page).map_err(|error| Fault::Refused(error.to_string()))?;
        let mut request = http.get(url);
        if let Some(cookies) = self.cookies().header() {
            request = request.header(COOKIE, cookies);
        }
        let asked = timeout_at(until, request.send()).await.map_err(|_| Fault::late())?;
        let response = asked.map_err(|error| Fault::lost(&error))?;
        let status = response.status().as_u16();
        if matches!(status, 401 | 403) {
            return Err(Fault::status(status, "its page"));
        }
        self.0.lock().unwrap_or_else(PoisonError::into_inner).keep(&response);
        Ok(())
    }
}
