//! The cookie of a session, and where it may be set.
//!
//! People who reach us by https get `__Host-earlybell`: a browser keeps it from other hosts and from plain http. Over
//! plain http a browser refuses that cookie, so on this machine (an external URL like http://localhost:9797, and a
//! request that came to such a name) it is called `earlybell` and is not `Secure`. On plain http anywhere else nobody is
//! signed in: everybody on the way could take the session.

use super::auth::is_from_here;
use super::site::Site;
use crate::config::host_is_loopback;
use actix_web::http::header::{COOKIE, HeaderMap};

/// What is put before names of cookies where people reach us by https.
const HOST: &str = "__Host-";

/// The cookie of a session.
pub const SESSION: &str = "earlybell";

/// How cookies can be set at the address people use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// https.
    Secure,
    /// Plain http that does not leave this machine.
    Here,
    /// Plain http.
    Readable,
}

impl Transport {
    /// By the address people use.
    pub fn of(external_url: &str) -> Self {
        match external_url.split_once("://") {
            Some(("https", _)) => Self::Secure,
            Some((_, rest)) if host_is_loopback(rest.split('/').next().unwrap_or(rest)) => Self::Here,
            _ => Self::Readable,
        }
    }
}

/// Name of a cookie of ours, if one may be set in answer to this request.
pub fn name(base: &str, headers: &HeaderMap, site: &Site) -> Option<String> {
    match Transport::of(&site.external_url()) {
        Transport::Secure => Some(format!("{HOST}{base}")),
        Transport::Here if is_from_here(headers) => Some(base.to_owned()),
        Transport::Here | Transport::Readable => None,
    }
}

/// What the cookie of a session holds in this request.
pub fn shown(headers: &HeaderMap, site: &Site) -> Option<String> {
    value(SESSION, headers, site)
}

/// What a cookie of ours holds in this request.
pub fn value(base: &str, headers: &HeaderMap, site: &Site) -> Option<String> {
    let name = name(base, headers, site)?;
    let lines = headers.get_all(COOKIE).filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
}

/// `Set-Cookie` for a cookie of ours, whose value needs no encoding. Without an age it goes when the browser is closed.
pub fn set(name: &str, value: &str, seconds: Option<u32>) -> String {
    let secure = if name.starts_with(HOST) { "; Secure" } else { "" };
    let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}")
}

/// `Set-Cookie` that makes a browser forget it.
pub fn forget(name: &str) -> String {
    set(name, "", Some(0))
}

#[cfg(test)]
mod tests {
    use super::{Transport, set};

    #[test]
    fn cookies_travel_by_https_or_not_at_all() {
        for (url, transport) in [
            ("https://bell.example.org", Transport::Secure),
            ("https://127.0.0.1/bell", Transport::Secure),
            ("http://localhost:9797", Transport::Here),
            ("http://[::1]:9797/bell", Transport::Here),
            ("http://bell.example.org", Transport::Readable),
            ("http://localhost.example.org", Transport::Readable),
            ("", Transport::Readable),
        ] {
            assert_eq!(Transport::of(url), transport, "{url}");
        }
    }

    #[test]
    fn what_browsers_hold_a_host_cookie_to() {
        let secure = set("__Host-earlybell", "x", None);
        assert_eq!(secure, "__Host-earlybell=x; Path=/; HttpOnly; SameSite=Lax; Secure");
        assert_eq!(set("earlybell", "x", Some(600)), "earlybell=x; Path=/; HttpOnly; SameSite=Lax; Max-Age=600");
    }
}
