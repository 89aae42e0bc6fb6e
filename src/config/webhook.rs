//! A webhook: where notices are posted as JSON, and what they are signed with.

use super::{HttpAuth, Secret};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt;

/// A webhook.
#[derive(Debug, Clone)]
pub struct WebhookConfig {
    /// Where notices are posted; may hold a secret.
    pub url: Secret,
    /// What they are signed with: each signs, so that either side can change it first. At least one.
    pub keys: Vec<SigningKey>,
    /// How we authenticate beside that.
    pub auth: Option<HttpAuth>,
}

/// A key of Standard Webhooks: `whsec_` and base64.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// As it was written.
    pub text: Secret,
    bytes: Vec<u8>,
}

/// Shortest and longest key, in bytes.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

impl SigningKey {
    /// Reads one, or says what is wrong, without saying it.
    pub fn parse(text: Secret) -> Result<Self, String> {
        let make = "make one with: echo whsec_$(openssl rand -base64 32)";
        let wrong = |because: &str| format!("{because}; {make}");
        let encoded = text.expose().strip_prefix("whsec_").ok_or_else(|| wrong("it does not begin with `whsec_`"))?;
        let bytes = STANDARD.decode(encoded).map_err(|_| wrong("what follows `whsec_` is not base64"))?;
        if !KEY_BYTES.contains(&bytes.len()) {
            let (least, most) = (KEY_BYTES.start(), KEY_BYTES.end());
            return Err(wrong(&format!("it is a key of {} bytes; {least} to {most} are allowed", bytes.len())));
        }
        Ok(Self { text, bytes })
    }

    /// For the one place that signs.
    pub fn expose(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::{Secret, SigningKey};

    #[test]
    fn a_key_is_long_enough_and_never_quoted() {
        let read = |text: &str| SigningKey::parse(Secret::new(text));
        assert_eq!(read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap().expose().len(), 24);
        assert_eq!(format!("{:?}", read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap()), "<secret>");
        for (bad, because) in [
            ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "does not begin"),
            ("whsec_MfKQ9r8=", "of 5 bytes"),
            ("whsec_not base64", "is not base64"),
            ("whpk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "does not begin"),
        ] {
            let said = read(bad).unwrap_err();
            assert!(said.contains(because) && !said.contains("MfKQ9r8") && !said.contains("not base64`"), "{said}");
        }
    }
}
