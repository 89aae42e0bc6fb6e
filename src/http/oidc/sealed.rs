//! What a browser keeps for us between two pages, and can neither read nor change: sealed with AES-256-GCM under a key of
//! the store. So a sign-in that was begun takes no room here, and may end on another replica.

use super::super::token::{NoRandomness, random_text};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};

/// How long somebody may take to sign in at the provider.
pub const SIGN_IN_MINUTES_MAX: i64 = 10;

/// Characters of each random text: 256 bits.
const RANDOM_CHARS: usize = 43;

/// A sign-in that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// The provider sends it back to us: the answer belongs to this browser.
    pub state: String,
    /// It stands in the ID token: that belongs to this attempt.
    pub nonce: String,
    /// PKCE: whoever takes the code must know it.
    pub verifier: String,
    /// Where to go then.
    pub next: String,
    /// Until when it may be ended.
    pub until: DateTime<Utc>,
}

/// Seals and opens.
pub struct Seal([u8; 32]);

impl Begun {
    /// One that begins now.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn new(next: &str, now: DateTime<Utc>) -> Result<Self, NoRandomness> {
        Ok(Self {
            state: random_text(RANDOM_CHARS)?,
            nonce: random_text(RANDOM_CHARS)?,
            verifier: random_text(RANDOM_CHARS)?,
            next: next.to_owned(),
            until: now + TimeDelta::minutes(SIGN_IN_MINUTES_MAX),
        })
    }

    /// What the provider is told of the verifier: its SHA-256 (`S256`).
    pub fn challenge(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, self.verifier.as_bytes()))
    }
}

impl Seal {
    /// With a key of its own, made from that of the store.
    pub fn new(key: &[u8; 32]) -> Self {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), b"a sign-in that was begun");
        let mut own = [0; 32];
        own.copy_from_slice(tag.as_ref());
        Self(own)
    }

    /// Seals it.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn close(&self, begun: &Begun) -> Result<String, NoRandomness> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| NoRandomness)?;
        // Texts and a time: serde_json has nothing to refuse in it.
        let mut sealed = serde_json::to_vec(begun).unwrap_or_default();
        let key = self.key().ok_or(NoRandomness)?;
        let nonce_used = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(nonce_used, Aad::empty(), &mut sealed).map_err(|_| NoRandomness)?;
        Ok(BASE64_URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// Opens it; nothing if it is not ours, was changed, or is over.
    pub fn open(&self, text: &str, now: DateTime<Utc>) -> Option<Begun> {
        let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let nonce = Nonce::try_assume_unique_for_key(bytes.get(..NONCE_LEN)?).ok()?;
        let sealed = bytes.get_mut(NONCE_LEN..)?;
        let opened = self.key()?.open_in_place(nonce, Aad::empty(), sealed).ok()?;
        let begun: Begun = serde_json::from_slice(opened).ok()?;
        (now < begun.until).then_some(begun)
    }

    // Thirty-two bytes are always a key.
    fn key(&self) -> Option<LessSafeKey> {
        UnboundKey::new(&AES_256_GCM, &self.0).ok().map(LessSafeKey::new)
    }
}

#[cfg(test)]
mod tests {
    use super::{Begun, Seal};
    use chrono::{DateTime, TimeDelta};

    #[test]
    fn a_browser_can_neither_read_nor_change_it() {
        let now = DateTime::UNIX_EPOCH;
        let begun = Begun::new("/rules", now).unwrap();
        let seal = Seal::new(&[7; 32]);
        let sealed = seal.close(&begun).unwrap();
        assert_eq!(seal.open(&sealed, now), Some(begun.clone()));
        assert_ne!(sealed, seal.close(&begun).unwrap());
        assert!(!sealed.contains(&begun.state) && sealed.len() < 1000);
        assert_eq!(seal.open(&sealed, now + TimeDelta::minutes(10)), None, "it is over");
        assert_eq!(Seal::new(&[8; 32]).open(&sealed, now), None);
        for at in 0..sealed.len() {
            let other = if &sealed[at..=at] == "A" { "B" } else { "A" };
            let mut changed = sealed.clone();
            changed.replace_range(at..=at, other);
            assert_eq!(seal.open(&changed, now), None, "{at}");
            assert_eq!(seal.open(&sealed[..at], now), None, "{at}");
        }
    }

    #[test]
    fn the_challenge_is_that_of_the_standard() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned();
        let begun = Begun { verifier, ..Begun::new("/", DateTime::UNIX_EPOCH).unwrap() };
        assert_eq!(begun.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
