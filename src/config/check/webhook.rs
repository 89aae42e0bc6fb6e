//! `webhook` of a receiver: a program that is sent JSON, signed.

use super::{Check, http_url};
use crate::config::written::{ReceiverWritten, SecretWritten};
use crate::config::written_webhook::WebhookWritten;
use crate::config::{Address, SigningKey, WebhookConfig, read};
use domain::policy::ReceiverKind;
use std::path::PathBuf;

/// A key of a receiver, and what stands under it.
pub(super) type Found = (ReceiverKind, Option<Address>);

impl Check<'_> {
    /// The programs and chats among what a receiver says of itself.
    pub(super) fn hooks(&mut self, path: &str, written: &mut ReceiverWritten) -> Vec<Found> {
        let mut found = self.chats(path, written);
        if let Some(webhook) = written.webhook.take() {
            found.push((ReceiverKind::Webhook, self.webhook(&format!("{path}.webhook"), webhook)));
        }
        if !found.is_empty() && written.personal {
            let problem = "it reaches nobody in person; `email` or `slack` do";
            self.wrong(&format!("{path}.personal"), problem);
        }
        found
    }

    fn webhook(&mut self, path: &str, written: WebhookWritten) -> Option<Address> {
        let before = self.mistakes.len();
        let url = read::secret(self.base, "url", written.url, written.url_file.as_deref());
        let url = self.good(path, url);
        if let Some(Err(problem)) = url.as_ref().map(|url| http_url(url.expose())) {
            // Without the address itself, which may hold a secret.
            let problem = problem.split_once("; ").map_or("", |(_, cure)| cure);
            self.wrong(&format!("{path}.url"), format!("it is no http or https URL without a user; {problem}"));
        }
        let key = self.signing_key(path, "secret", (written.secret, written.secret_file));
        let old = (written.old_secret, written.old_secret_file);
        let old = if old.0.is_some() || old.1.is_some() { self.signing_key(path, "old_secret", old) } else { None };
        let auth = self.http_auth(path, written.authorization, written.basic_auth);
        if self.mistakes.len() > before {
            return None;
        }
        Some(Address::Webhook(WebhookConfig { url: url?, keys: key.into_iter().chain(old).collect(), auth }))
    }

    fn signing_key(
        &mut self,
        path: &str,
        key: &str,
        (text, file): (Option<SecretWritten>, Option<PathBuf>),
    ) -> Option<SigningKey> {
        let secret = read::secret(self.base, key, text, file.as_deref());
        let parsed = self.good(path, secret).map(SigningKey::parse)?;
        self.good(&format!("{path}.{key}"), parsed)
    }
}
