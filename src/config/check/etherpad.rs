//! `etherpad`: where incidents are mirrored to pads.

use super::Check;
use crate::config::written_etherpad::EtherpadWritten;
use crate::config::{ApiAccess, EtherpadConfig, host_is_loopback, read};
use domain::policy::Pads;
use domain::policy::pads::is_prefix;

impl Check<'_> {
    /// The server, and what the engine knows of pads.
    pub(in crate::config) fn etherpad(&mut self, written: Option<EtherpadWritten>) -> Option<(EtherpadConfig, Pads)> {
        let mut written = written?;
        let before = self.mistakes.len();
        let url = self.url("etherpad.url", &written.url);
        if url.as_deref().is_some_and(|url| url.contains(['?', '#']) || url.contains("/p/")) {
            self.wrong(
                "etherpad.url",
                "write where the server is, without a pad: for example https://etherpad.example.org",
            );
        }
        let prefix = written.prefix.take().unwrap_or_default();
        if !is_prefix(&prefix) {
            let problem = "a prefix is at most 20 lower-case letters, digits and dashes: other signs, servers change";
            self.wrong("etherpad.prefix", problem);
        }
        let (from, readers) = (written.from, written.readers);
        let auth = self.http_auth("etherpad", None, written.basic_auth.take());
        let ca_file = self.ca_file("etherpad", written.ca_file.take());
        let api = self.api_access(written);
        if auth.is_some() && matches!(api, Some(ApiAccess::Client { .. })) {
            let problem = "both are sent in the same header: write `api_key`, or leave one of them out";
            self.wrong("etherpad.client_id", problem);
        }
        let is_open = |url: &str| url.strip_prefix("http://").is_some_and(|rest| !host_is_loopback(host(rest)));
        if (api.is_some() || auth.is_some()) && url.as_deref().is_some_and(is_open) {
            let problem = "http would send the key or password without TLS; write https, or leave them out";
            self.wrong("etherpad.url", problem);
        }
        if self.mistakes.len() > before {
            return None;
        }
        let url = url?;
        let pads = Pads { url: url.clone(), prefix, from, readers, seed: String::new() };
        Some((EtherpadConfig { url, api, auth, ca_file }, pads))
    }

    fn api_access(&mut self, written: EtherpadWritten) -> Option<ApiAccess> {
        let has_key = written.api_key.is_some() || written.api_key_file.is_some();
        let has_secret = written.client_secret.is_some() || written.client_secret_file.is_some();
        match (has_key, written.client_id, has_secret) {
            (false, None, false) => None,
            (true, None, false) => {
                let key = read::secret(self.base, "api_key", written.api_key, written.api_key_file.as_deref());
                self.good("etherpad.api_key", key).map(ApiAccess::Key)
            }
            (false, Some(id), _) => {
                let file = written.client_secret_file.as_deref();
                let secret = read::secret(self.base, "client_secret", written.client_secret, file);
                let secret = self.good("etherpad.client_secret", secret)?;
                Some(ApiAccess::Client { id, secret })
            }
            (false, None, true) => {
                self.wrong("etherpad.client_secret", "a secret needs its `client_id` beside it");
                None
            }
            (true, ..) => {
                self.wrong(
                    "etherpad.api_key",
                    "its API has one way in: write `api_key`, or `client_id` with its secret",
                );
                None
            }
        }
    }
}

fn host(rest: &str) -> &str {
    rest.split('/').next().unwrap_or(rest)
}
