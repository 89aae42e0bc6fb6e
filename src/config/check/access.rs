//! `access`: who may log in, and how.

use super::{Check, http_url};
use crate::config::access::{Access, Grants, Network, Oidc, Proxy};
use crate::config::written_access::{AccessWritten, OidcWritten, ProxyWritten, RoleWritten};
use crate::config::{host_is_loopback, read};
use domain::access::Role;
use std::collections::BTreeMap;

const SCOPES: [&str; 3] = ["openid", "profile", "email"];
const NAME_CLAIM: &str = "preferred_username";
const GROUPS_CLAIM: &str = "groups";
// What the way to us writes, or what browsers send by themselves: nobody's name stands there.
const NOT_A_NAME: [&str; 8] =
    ["authorization", "cookie", "host", "origin", "forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];

impl Check<'_> {
    /// Who may log in; without the section, logins of ours only.
    pub(in crate::config) fn access(&mut self, written: Option<AccessWritten>) -> Access {
        let written = written.unwrap_or_default();
        Access {
            local: written.local.is_none_or(|local| local.enabled),
            oidc: written.oidc.map(|oidc| self.oidc("access.oidc", oidc)),
            proxy: written.proxy.map(|proxy| self.proxy("access.proxy", proxy)),
            chat: written.chat.map_or_else(chat, |chat| self.grants("access.chat", chat.roles, chat.default_role)),
        }
    }

    fn oidc(&mut self, path: &str, written: OidcWritten) -> Oidc {
        self.good(&format!("{path}.issuer"), issuer(&written.issuer));
        if written.client_id.is_empty() || written.client_id.chars().any(char::is_control) {
            self.wrong(&format!("{path}.client_id"), "what the provider calls us; it must not be empty");
        }
        let client_secret = match (written.client_secret, written.client_secret_file) {
            (None, None) => None,
            (text, file) => {
                let secret = read::secret(self.base, "client_secret", text, file.as_deref());
                self.good(path, secret)
            }
        };
        let mut scopes = written.scopes.unwrap_or_else(|| SCOPES.map(str::to_owned).into());
        if scopes.iter().any(|scope| scope.is_empty() || scope.chars().any(|c| c.is_whitespace() || c.is_control())) {
            self.wrong(&format!("{path}.scopes"), "a scope is one word");
        }
        if !scopes.iter().any(|scope| scope == SCOPES[0]) {
            scopes.insert(0, SCOPES[0].to_owned());
        }
        let grants = self.grants(path, written.roles, written.default_role);
        Oidc {
            issuer: written.issuer,
            client_id: written.client_id,
            client_secret,
            scopes,
            name_claim: written.name_claim.unwrap_or_else(|| NAME_CLAIM.to_owned()),
            groups_claim: written.groups_claim.unwrap_or_else(|| GROUPS_CLAIM.to_owned()),
            acr: written.acr,
            grants,
        }
    }

    fn proxy(&mut self, path: &str, written: ProxyWritten) -> Proxy {
        if written.trusted.is_empty() {
            let problem = "at least one network is needed; without one, nobody's word would count";
            self.wrong(&format!("{path}.trusted"), problem);
        }
        let trusted = written.trusted.iter().enumerate();
        let trusted = trusted
            .filter_map(|(at, text)| self.good(&format!("{path}.trusted[{at}]"), Network::parse(text)))
            .collect();
        let header = self.header(&format!("{path}.header"), &written.header);
        let groups_header = written.groups_header.map(|header| self.header(&format!("{path}.groups_header"), &header));
        let grants = self.grants(path, written.roles, written.default_role);
        Proxy { header, trusted, groups_header, grants }
    }

    fn header(&mut self, path: &str, text: &str) -> String {
        let name = text.to_ascii_lowercase();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if name.is_empty() || !name.bytes().all(plain) {
            self.wrong(path, format!("`{text}` is no name of a header; write for example X-Forwarded-User"));
        } else if NOT_A_NAME.contains(&name.as_str()) {
            self.wrong(path, format!("`{text}` says something else than who asks; write for example X-Forwarded-User"));
        }
        name
    }

    fn grants(&mut self, path: &str, roles: BTreeMap<String, RoleWritten>, default: Option<RoleWritten>) -> Grants {
        if roles.is_empty() && default.is_none() {
            self.wrong(path, "`roles` or `default_role` is missing: without either nobody would be let in");
        }
        Grants {
            roles: roles.into_iter().map(|(group, role)| (group, role.into())).collect(),
            default: default.map(Into::into),
        }
    }
}

// Whoever's account was linked to a person was let in by an admin, or by whoever writes the configuration.
fn chat() -> Grants {
    Grants { roles: BTreeMap::new(), default: Some(Role::Responder) }
}

// Kept to the letter: what it signs must say exactly the same.
fn issuer(text: &str) -> Result<(), String> {
    let example = "write for example https://login.example.com/realms/team";
    http_url(text).map_err(|_| format!("`{text}` is no https URL; {example}"))?;
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    if text.contains(['?', '#']) {
        return Err(format!("an issuer has no `?` and no `#`; {example}"));
    }
    let host = rest.split('/').next().unwrap_or(rest);
    if scheme != "https" && !host_is_loopback(host) {
        return Err("an issuer must be reached by https: whoever is on the way could say who somebody is".to_owned());
    }
    Ok(())
}
