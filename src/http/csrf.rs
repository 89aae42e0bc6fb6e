//! Tokens in forms: what a page of another site can't know. One per session, or per person where there is none; signed
//! with a key of the store, so that a form stays good over a restart, and on every replica.

use super::token::{hash, same};
use ring::hmac::{HMAC_SHA256, Key, sign};

/// Field of a form, and part of the header, that carries the token.
pub const FIELD: &str = "csrf";

/// Header in which a script may send it instead.
pub const HEADER: &str = "X-CSRF-Token";

/// Makes and checks them.
pub struct Forms(Key);

impl Forms {
    /// With this key of the store.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(Key::new(HMAC_SHA256, key))
    }

    /// The token for whoever this is.
    pub fn token(&self, of: &str) -> String {
        sign(&self.0, of.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Whether this is the token that was expected. Compared by their SHA-256, in a time that says nothing of where the
/// difference is.
pub fn is_token(expected: &str, shown: &[u8]) -> bool {
    same(&hash(expected.as_bytes()), &hash(shown))
}

#[cfg(test)]
mod tests {
    use super::{Forms, is_token};

    #[test]
    fn a_token_is_good_for_whom_it_was_made_and_under_its_key_only() {
        let forms = Forms::new(&[7; 32]);
        let token = forms.token("session:a");
        assert_eq!(token.len(), 64);
        assert!(is_token(&token, token.as_bytes()));
        for other in [forms.token("session:b"), Forms::new(&[8; 32]).token("session:a")] {
            assert!(!is_token(&token, other.as_bytes()), "{other}");
        }
        for bad in ["", "0", &token[..62], &format!("{token}00"), &token.to_uppercase()] {
            assert!(!is_token(&token, bad.as_bytes()), "{bad}");
        }
    }
}
