//! Who asks: somebody on the unix socket, the owner of a token, somebody a trusted proxy names, whoever has a session, or
//! anyone while nobody is known and only this machine is served.

use super::error::Failure;
use super::site::Site;
use super::tokens::Checked;
use super::{proxy, session};
use crate::config::host_is_loopback;
use crate::store::Role;
use actix_web::dev::Payload;
use actix_web::http::Uri;
use actix_web::http::header::{AUTHORIZATION, HOST, HeaderMap, ORIGIN};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use domain::incident::{Actor, Surface};
use std::future::{Ready, ready};
use std::sync::Arc;

/// Header in which the command line on this machine says who types; trusted on the unix socket only.
pub const ACTOR_HEADER: &str = "X-Earlybell-Actor";

/// Longest name of an actor, in bytes.
const NAME_BYTES_MAX: usize = 100;

/// Who is at the other end of a connection; set once per connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// Root, or the user this program runs as, on the unix socket.
    Owner,
    /// Anybody else.
    Stranger,
}

/// How somebody showed who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// The unix socket.
    Socket,
    /// A token that no browser sends by itself.
    Bearer,
    /// A token as a password; browsers repeat it by themselves.
    Basic,
    /// Not at all: no token exists.
    Open,
    /// The cookie of a session.
    Session,
    /// A proxy that we trust says so.
    Proxy,
}

/// Somebody who may do something.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Person or source.
    pub name: Arc<str>,
    /// What they may do.
    pub role: Role,
    /// How we know.
    pub via: Via,
    /// Public id of their session.
    pub session: Option<Arc<str>>,
    /// What forms for them carry; none where no browser acts for them.
    pub csrf: Option<Arc<str>>,
}

/// Whoever looks at a page: perhaps somebody we know.
#[derive(Debug, Clone, Default)]
pub struct Visitor {
    /// Who, if we know.
    pub who: Option<Identity>,
    /// The path they look at, with its query.
    pub path: String,
}

/// What a reader of a page may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// One of us: sees everything.
    Team,
    /// Anyone: sees no suspected incidents and no notes of the team.
    Public,
}

/// Somebody who is not let in.
#[derive(Debug)]
pub struct Denied {
    /// Which source or person it seems to be.
    pub name: String,
    /// One of [`crate::metrics::AUTH_REASONS`].
    pub reason: &'static str,
    /// What they are told.
    pub failure: Failure,
}

/// Finds out who asks. `None`: nobody said anything.
///
/// # Errors
/// A credential was shown, and is wrong.
pub async fn identify(request: &HttpRequest, site: &Site) -> Result<Option<Identity>, Denied> {
    let found = somebody(request, site).await?;
    match found {
        // The socket is the way back in for an admin who shut themselves out.
        Some(who) if who.via != Via::Socket && who.role != Role::Ingest && site.logins.is_shut_out(&who.name) => {
            let text = format!("{} is shut out here; `earlybell user enable` lets them in again", who.name);
            let failure = Failure::Forbidden(text);
            Err(Denied { name: who.name.to_string(), reason: "forbidden", failure })
        }
        found => Ok(found),
    }
}

async fn somebody(request: &HttpRequest, site: &Site) -> Result<Option<Identity>, Denied> {
    let headers = request.headers();
    if request.conn_data() == Some(&Peer::Owner) {
        return Ok(Some(Identity::new(name_on_socket(headers), Role::Admin, Via::Socket, site)));
    }
    let shown = headers.get(AUTHORIZATION).map(|shown| by_token(shown.as_bytes(), site));
    if let Some(Ok(identity)) = shown {
        return Ok(Some(identity));
    }
    // Before what is wrong with another credential: such proxies add their own, which is none of ours.
    if let Some(identity) = proxy::identify(request, site)? {
        return Ok(Some(identity));
    }
    if let Some(Err(denied)) = shown {
        return Err(denied);
    }
    match session::identify(headers, site).await {
        Ok(Some(identity)) => Ok(Some(identity)),
        // Where everybody may do everything, it does not matter what a browser still has in its pockets.
        Ok(None) | Err(Denied { reason: "expired", .. }) if site.is_open() && is_from_here(headers) => {
            Ok(Some(Identity::new(Arc::from("local"), Role::Admin, Via::Open, site)))
        }
        other => other,
    }
}

fn name_on_socket(headers: &HeaderMap) -> Arc<str> {
    let said = headers.get(ACTOR_HEADER).map(|name| percent_decoded(name.as_bytes())).unwrap_or_default();
    let name = domain::text::clean_line(&String::from_utf8_lossy(&said), NAME_BYTES_MAX);
    Arc::from(if name.is_empty() { "local" } else { name.as_str() })
}

// Header values are ASCII; other letters of a name come as %XX.
fn percent_decoded(text: &[u8]) -> Vec<u8> {
    let hex = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'%', [high, low, tail @ ..]) if hex(*high).is_some() && hex(*low).is_some() => {
                decoded.push(hex(*high).unwrap_or(0) << 4 | hex(*low).unwrap_or(0));
                rest = tail;
            }
            _ => decoded.push(*first),
        }
    }
    decoded
}

fn by_token(shown: &[u8], site: &Site) -> Result<Identity, Denied> {
    let (scheme, rest) = split_once(shown.trim_ascii(), b' ').unwrap_or((shown, b""));
    // `Token` is what some senders of the Alertmanager family write for `Bearer`.
    if scheme.eq_ignore_ascii_case(b"bearer") || scheme.eq_ignore_ascii_case(b"token") {
        return live(rest.trim_ascii(), None, site);
    }
    if !scheme.eq_ignore_ascii_case(b"basic") {
        return Err(wrong("unknown", "write `Authorization: Bearer <token>`, or Basic with the token as password"));
    }
    let decoded = BASE64_STANDARD.decode(rest.trim_ascii()).unwrap_or_default();
    let Some((user, password)) = split_once(&decoded, b':') else {
        return Err(wrong("unknown", "the Basic credentials are not base64 of `name:token`"));
    };
    live(password, Some(user), site)
}

fn live(token: &[u8], user: Option<&[u8]>, site: &Site) -> Result<Identity, Denied> {
    let not_live =
        "the token is not known, was revoked, or its time is over; `earlybell token list` shows the live ones";
    let found = match site.tokens.check(token, site.now()) {
        Checked::Live(found) => found,
        Checked::Wrong(found) => return Err(wrong(&found.name, not_live)),
        Checked::Unknown => return Err(wrong(known_name(user, site), not_live)),
    };
    if user.is_some_and(|user| user != found.name.as_bytes()) {
        return Err(wrong(&found.name, "the user name is not the name the token was made for"));
    }
    found.used(site.now());
    let via = if user.is_some() { Via::Basic } else { Via::Bearer };
    Ok(Identity::new(found.name.clone(), found.row.role, via, site))
}

// Only names we know already: what a stranger types must not become a label.
fn known_name<'a>(user: Option<&'a [u8]>, site: &Site) -> &'a str {
    let name = user.and_then(|user| std::str::from_utf8(user).ok()).unwrap_or("");
    if site.knows_source(name) || site.tokens.knows(name) { name } else { "unknown" }
}

fn wrong(name: &str, text: &str) -> Denied {
    Denied { name: name.to_owned(), reason: "wrong", failure: Failure::Unauthorized(text.to_owned()) }
}

fn split_once(bytes: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = bytes.iter().position(|byte| *byte == at)?;
    Some((&bytes[..place], &bytes[place + 1..]))
}

// What a proxy adds: whoever is behind it is not on this machine.
const FORWARDED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];

/// Whether a request was made on this machine, as far as its head can tell: `Host` names it, and no proxy was in between.
/// A page of a stranger whose name was rebound to 127.0.0.1 says its own name here.
pub fn is_from_here(headers: &HeaderMap) -> bool {
    let named = headers.get(HOST).is_none_or(|host| host.to_str().is_ok_and(host_is_loopback));
    named && !FORWARDED.iter().any(|name| headers.contains_key(*name))
}

fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

/// Whether a request that changes something can't have been made by a page of somebody else.
pub fn same_origin(headers: &HeaderMap, site: &Site) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    match (text("sec-fetch-site"), text(ORIGIN.as_str())) {
        (Some("same-origin" | "none"), _) => true,
        (Some(_), _) => false,
        (None, Some(origin)) => {
            let from = authority(origin);
            text(HOST.as_str()).is_some_and(|host| host.eq_ignore_ascii_case(from))
                || authority(&site.external_url()).eq_ignore_ascii_case(from)
        }
        // No browser: these send at least one of the two with everything that is not GET.
        (None, None) => true,
    }
}

impl Identity {
    /// Somebody without a session.
    pub fn new(name: Arc<str>, role: Role, via: Via, site: &Site) -> Self {
        let subject = match via {
            Via::Socket | Via::Bearer | Via::Session => None,
            Via::Proxy => Some(format!("proxy:{name}")),
            Via::Basic => Some(format!("basic:{name}")),
            Via::Open => Some("open".to_owned()),
        };
        let csrf = subject.map(|subject| Arc::from(site.forms.token(&subject)));
        Self { name, role, via, session: None, csrf }
    }

    /// Who acts, for the timeline.
    pub fn actor(&self) -> Actor {
        let on = match self.via {
            Via::Socket => Surface::Cli,
            Via::Session | Via::Proxy => Surface::Web,
            Via::Bearer | Via::Basic | Via::Open => Surface::Api,
        };
        self.actor_on(on)
    }

    /// The same, on a surface that whoever asks knows better: a form of ours.
    pub fn actor_on(&self, on: Surface) -> Actor {
        Actor::person(&self.name, on)
    }

    /// What they see of pages.
    pub fn reader(&self) -> Reader {
        if self.role >= Role::Viewer { Reader::Team } else { Reader::Public }
    }
}

// Where a page leads back to, after a sign-in. What somebody has put into the address to be let in goes no further.
fn path_without_secrets(uri: &Uri) -> String {
    let is_secret = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
        ["token", "password", "secret", "key", "auth"].iter().any(|word| name.contains(word))
    };
    let Some(query) = uri.query() else { return uri.path().to_owned() };
    let kept: Vec<&str> = query.split('&').filter(|pair| !is_secret(pair)).collect();
    if kept.is_empty() { uri.path().to_owned() } else { format!("{}?{}", uri.path(), kept.join("&")) }
}

/// Whoever the gate let in; a route that lets in anyone has none.
impl FromRequest for Identity {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let found = request.extensions().get::<Self>().cloned();
        ready(found.ok_or_else(|| Failure::Unauthorized("this needs a token".to_owned())))
    }
}

impl Visitor {
    /// What they may see.
    pub fn reader(&self) -> Reader {
        self.who.as_ref().map_or(Reader::Public, Identity::reader)
    }
}

impl FromRequest for Visitor {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let path = path_without_secrets(request.uri());
        ready(Ok(Self { who: request.extensions().get::<Identity>().cloned(), path }))
    }
}

impl FromRequest for Reader {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(request.extensions().get::<Identity>().map_or(Self::Public, Identity::reader)))
    }
}

#[cfg(test)]
mod tests {
    use super::{authority, host_is_loopback, path_without_secrets, percent_decoded};

    #[test]
    fn a_way_back_holds_no_key() {
        let way_back = |path: &str| path_without_secrets(&path.parse().unwrap());
        assert_eq!(way_back("/rules?labels=%7B%7D&before=3"), "/rules?labels=%7B%7D&before=3");
        assert_eq!(way_back("/incidents/4?token=eb_x&before=3&Access_Token=y"), "/incidents/4?before=3");
        assert_eq!(way_back("/?api_key=x"), "/");
    }

    #[test]
    fn names_beyond_ascii_come_through() {
        assert_eq!(percent_decoded(b"J%C3%BCrgen 100% %zz %4"), "Jürgen 100% %zz %4".as_bytes());
    }

    #[test]
    fn only_names_of_this_machine_are_loopback() {
        for host in ["localhost", "LOCALHOST:9797", "127.0.0.1:9797", "127.8.9.1", "[::1]:9797", "bell.localhost"] {
            assert!(host_is_loopback(host), "{host}");
        }
        for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "[::2]", ""] {
            assert!(!host_is_loopback(host), "{host}");
        }
    }

    #[test]
    fn the_authority_of_an_origin() {
        assert_eq!(authority("https://bell.example:8443/x/y"), "bell.example:8443");
        assert_eq!(authority("null"), "null");
    }
}
