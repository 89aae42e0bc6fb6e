//! A proxy in front of us that has asked people already: in a header it says who they are, and we believe it if the
//! connection comes from one of its networks. What a header says of where a request came from counts for nothing there:
//! everybody can write headers.

use super::auth::{Denied, Identity, Via};
use super::error::Failure;
use super::login::people::plain_name;
use super::site::Site;
use crate::config::Proxy;
use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;
use std::net::IpAddr;
use std::sync::Arc;

/// Groups of one person that are looked at.
const GROUPS_MAX: usize = 1000;

/// Who a trusted proxy says asks.
///
/// # Errors
/// It says it in a way that can't be believed, or nobody may let them in.
pub fn identify(request: &HttpRequest, site: &Site) -> Result<Option<Identity>, Denied> {
    let config = site.parts.config.load();
    let Some(proxy) = &config.access.proxy else { return Ok(None) };
    let mut said = request.headers().get_all(proxy.header.as_str());
    let Some(name) = said.next() else { return Ok(None) };
    if !request.peer_addr().is_some_and(|peer| is_trusted(proxy, peer.ip())) {
        ignored(proxy, request, site);
        return Ok(None);
    }
    // Two proxies that each add one, or a proxy that did not remove what it was sent.
    if said.next().is_some() {
        return Err(wrong(format!("the header {} stands twice", proxy.header)));
    }
    let name = name.to_str().unwrap_or("?").trim();
    if name.is_empty() {
        return Ok(None);
    }
    let name = plain_name(name).map_err(|failure| wrong(format!("in the header {}: {failure}", proxy.header)))?;
    let groups = groups(proxy, request.headers());
    let role = proxy.grants.role(groups.iter().map(String::as_str)).ok_or_else(|| no_role(name))?;
    Ok(Some(Identity::new(Arc::from(name), role, Via::Proxy, site)))
}

/// Where a request comes from, through proxies that are trusted; nothing on the unix socket. For limits only.
pub fn address(request: &HttpRequest, site: &Site) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let config = site.parts.config.load();
    let trusted = |address: IpAddr| config.access.proxy.as_ref().is_some_and(|proxy| is_trusted(proxy, address));
    if !trusted(peer) {
        return Some(peer);
    }
    // Each proxy adds whom it saw at the end: read backwards, the first that is no proxy of ours is the one.
    let lines = request.headers().get_all("x-forwarded-for").filter_map(|line| line.to_str().ok());
    let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    let mut seen = hops.iter().rev().map_while(|hop| hop.parse().ok());
    Some(seen.find(|hop| !trusted(*hop)).unwrap_or(peer))
}

fn is_trusted(proxy: &Proxy, address: IpAddr) -> bool {
    proxy.trusted.iter().any(|network| network.holds(address))
}

fn groups(proxy: &Proxy, headers: &HeaderMap) -> Vec<String> {
    let Some(header) = &proxy.groups_header else { return Vec::new() };
    let lines = headers.get_all(header.as_str()).filter_map(|line| line.to_str().ok());
    let groups = lines.flat_map(|line| line.split(',')).map(str::trim).filter(|group| !group.is_empty());
    groups.take(GROUPS_MAX).map(str::to_owned).collect()
}

// Somebody tries, or a proxy has another address than the configuration says: either way, somebody should look.
fn ignored(proxy: &Proxy, request: &HttpRequest, site: &Site) {
    let from = request.peer_addr().map_or_else(|| "the socket".to_owned(), |peer| peer.ip().to_string());
    let text = format!("the header {} from {from}, which is not in `access.proxy.trusted`, was ignored", proxy.header);
    let denied = Denied { name: "unknown".to_owned(), reason: "untrusted", failure: Failure::Forbidden(text) };
    site.parts.metrics.not_let_in(&denied.name, denied.reason);
    site.log_denied(&denied);
}

fn wrong(text: String) -> Denied {
    Denied { name: "unknown".to_owned(), reason: "wrong", failure: Failure::Unauthorized(text) }
}

fn no_role(name: &str) -> Denied {
    let text = format!("{name} is in no group that may do anything here (`access.proxy.roles`)");
    Denied { name: "unknown".to_owned(), reason: "forbidden", failure: Failure::Forbidden(text) }
}
