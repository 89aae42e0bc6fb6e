//! `obs` of a receiver: status messages of an Open Build Service.

use super::Check;
use crate::config::host_is_loopback;
use crate::config::written_obs::ObsWritten;
use crate::config::{Address, ObsConfig, ObsProof, read};
use domain::delivery::status::MessageSeverity;
use domain::policy::status_messages::{StatusMessages, WITHDRAW_AFTER_MAX};

impl Check<'_> {
    pub(super) fn obs(&mut self, path: &str, written: ObsWritten, personal: bool) -> Option<Address> {
        let before = self.mistakes.len();
        if personal {
            self.wrong(&format!("{path}.scope"), "a status message reaches nobody in person; `email` or `slack` do");
        }
        let api_url = self.url(&format!("{path}.api_url"), &written.api_url);
        if let Some(url) = &api_url {
            self.obs_url(&format!("{path}.api_url"), url);
        }
        let name = &written.username;
        if name.is_empty() || name.contains(':') || name.chars().any(|c| c.is_whitespace() || c.is_control()) {
            self.wrong(&format!("{path}.username"), "a login is one word without a colon");
        }
        let proof = self.obs_proof(path, &written);
        let default = StatusMessages::default();
        let messages = StatusMessages {
            scope: written.scope.unwrap_or(default.scope),
            minor: written.severity.minor.unwrap_or(default.minor),
            major: written.severity.major.unwrap_or(default.major),
            critical: written.severity.critical.unwrap_or(default.critical),
            called_off: written.called_off.unwrap_or(default.called_off),
            withdraw_after: written.withdraw_after,
        };
        if messages.withdraw_after.is_some_and(|after| after > WITHDRAW_AFTER_MAX) {
            let problem = format!("a message stays for at most {WITHDRAW_AFTER_MAX}; or for ever, without this key");
            self.wrong(&format!("{path}.withdraw_after"), problem);
        }
        let ca_file = self.ca_file(path, written.ca_file.clone());
        for (key, severity) in [("minor", messages.minor), ("major", messages.major), ("critical", messages.critical)] {
            if severity == MessageSeverity::Green {
                let problem = "green says that all is well; use information, yellow, red or announcement";
                self.wrong(&format!("{path}.severity.{key}"), problem);
            }
        }
        if self.mistakes.len() > before {
            return None;
        }
        let obs = ObsConfig { api_url: api_url?, username: written.username, proof: proof?, ca_file, messages };
        Some(Address::Obs(Box::new(obs)))
    }

    fn obs_url(&mut self, path: &str, url: &str) {
        let host = url.strip_prefix("http://").map(|rest| rest.split('/').next().unwrap_or(rest));
        if host.is_some_and(|host| !host_is_loopback(host)) {
            self.wrong(path, "without TLS the password would be sent for everyone to read; write https://");
        } else if url.contains(['?', '#']) {
            self.wrong(path, "the address of an API has no `?` and no `#`; write for example https://api.opensuse.org");
        }
    }

    fn obs_proof(&mut self, path: &str, written: &ObsWritten) -> Option<ObsProof> {
        let has_password = written.password.is_some() || written.password_file.is_some();
        match &written.ssh_key_file {
            Some(_) if has_password => {
                self.wrong(&format!("{path}.ssh_key_file"), "write a password or `ssh_key_file`, not both");
                None
            }
            Some(file) => {
                let file = self.base.join(file);
                if !file.is_file() {
                    self.wrong(&format!("{path}.ssh_key_file"), format!("there is no file {}", file.display()));
                }
                Some(ObsProof::SshKey(file))
            }
            None => {
                let (text, file) = (written.password.clone(), written.password_file.as_deref());
                let secret = read::secret(self.base, "password", text, file);
                self.good(path, secret).map(ObsProof::Password)
            }
        }
    }
}
