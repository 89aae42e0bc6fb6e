//! Tokens: how one is made, written and recognised. Only its SHA-256 is kept.

use crate::store::{Role, TokenRow};
use chrono::{DateTime, Utc};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};

/// What every token starts with, so that scanners for leaked secrets can find it.
pub const PREFIX: &str = "eb_";

/// Characters in the public part: 48 bits, so that two never meet.
pub const ID_CHARS: usize = 8;

/// 256 bits need 43 characters of base 62.
pub const SECRET_CHARS: usize = 43;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A token that was just made: the only moment its text is known.
pub struct NewToken {
    /// What to store.
    pub row: TokenRow,
    /// What to show, once.
    pub text: String,
}

/// The system has no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the system gives no random bytes, so no token can be made")]
pub struct NoRandomness;

/// Makes a token `eb_<id>_<secret>` of 256 random bits.
///
/// # Errors
/// The system gives no random bytes.
pub fn mint(name: &str, role: Role, now: DateTime<Utc>) -> Result<NewToken, NoRandomness> {
    let id = random_text(ID_CHARS)?;
    let text = format!("{PREFIX}{id}_{}", random_text(SECRET_CHARS)?);
    let row = TokenRow {
        id,
        name: name.to_owned(),
        role,
        sha256: hash(text.as_bytes()),
        created_at: now,
        used_at: None,
        expires_at: None,
    };
    Ok(NewToken { row, text })
}

/// The public part of a token, if it is written like one.
pub fn id_of(text: &[u8]) -> Option<&str> {
    let rest = text.strip_prefix(PREFIX.as_bytes())?;
    let (id, secret) = (rest.get(..ID_CHARS)?, rest.get(ID_CHARS..)?);
    let secret = secret.strip_prefix(b"_")?;
    let plain = |part: &[u8]| part.iter().all(u8::is_ascii_alphanumeric);
    if secret.len() != SECRET_CHARS || !plain(id) || !plain(secret) {
        return None;
    }
    std::str::from_utf8(id).ok()
}

/// What is kept of a token.
pub fn hash(text: &[u8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, text).as_ref());
    bytes
}

/// Compares in a time that does not depend on where the difference is.
pub fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    a.iter().zip(b).fold(0, |different, (a, b)| different | (a ^ b)) == 0
}

/// Random characters that need no encoding anywhere.
///
/// # Errors
/// The system gives no random bytes.
pub fn random_text(chars: usize) -> Result<String, NoRandomness> {
    base62(&SystemRandom::new(), chars)
}

/// 256 random bits.
///
/// # Errors
/// The system gives no random bytes.
pub fn random_key() -> Result<[u8; 32], NoRandomness> {
    let mut key = [0; 32];
    SystemRandom::new().fill(&mut key).map_err(|_| NoRandomness)?;
    Ok(key)
}

// Bytes over 247 are thrown away: 248 is the largest multiple of 62 in a byte, so every character is as likely.
fn base62(random: &SystemRandom, chars: usize) -> Result<String, NoRandomness> {
    let mut text = String::with_capacity(chars);
    let mut bytes = [0; 64];
    while text.len() < chars {
        random.fill(&mut bytes).map_err(|_| NoRandomness)?;
        let wanted = chars - text.len();
        let fair = bytes.iter().filter(|byte| **byte < 248).take(wanted);
        text.extend(fair.map(|byte| char::from(BASE62[usize::from(byte % 62)])));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_recognised_by_its_shape_and_its_hash() {
        let made = mint("prometheus", Role::Ingest, DateTime::UNIX_EPOCH).unwrap();
        assert_eq!(id_of(made.text.as_bytes()), Some(made.row.id.as_str()));
        assert_eq!(made.text.len(), 3 + ID_CHARS + 1 + SECRET_CHARS);
        assert!(same(&hash(made.text.as_bytes()), &made.row.sha256));
        assert!(!same(&hash(format!("{} ", made.text).as_bytes()), &made.row.sha256));
    }

    #[test]
    fn two_tokens_share_nothing() {
        let [a, b] = [0, 1].map(|_| mint("x", Role::Admin, DateTime::UNIX_EPOCH).unwrap());
        assert!(a.row.id != b.row.id && a.text != b.text && a.row.sha256 != b.row.sha256);
    }

    #[test]
    fn what_is_written_differently_is_no_token() {
        let good = mint("x", Role::Admin, DateTime::UNIX_EPOCH).unwrap().text;
        for bad in
            ["", "eb_", "eb_abc", &good[1..], &good[..good.len() - 1], &format!("{good}0"), &good.replace('_', "-")]
        {
            assert_eq!(id_of(bad.as_bytes()), None, "{bad}");
        }
    }
}
