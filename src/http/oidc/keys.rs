//! Public keys of a provider, as it publishes them (RFC 7517): RSA for RS256, P-256 for ES256, and nothing else.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;

/// Keys of one provider that are looked at.
const KEYS_MAX: usize = 100;

/// Bytes of a coordinate on P-256.
const COORDINATE_BYTES: usize = 32;

/// How an ID token may be signed. There is no `none`, and nothing with a shared secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA, PKCS #1 v1.5, SHA-256.
    Rs256,
    /// ECDSA on P-256, SHA-256.
    Es256,
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// Its name.
    pub id: Option<String>,
    numbers: Numbers,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Numbers {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    // 0x04, x, y.
    P256(Vec<u8>),
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Written {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Algorithm {
    /// Reads the word of a header.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }
}

/// Reads a key set. Keys that we can't use are left out: a provider may have some for others.
///
/// # Errors
/// It is no key set.
pub fn read(json: &[u8]) -> Result<Vec<PublicKey>, String> {
    let set: Set = serde_json::from_slice(json).map_err(|error| format!("its keys can't be read: {error}"))?;
    Ok(set.keys.into_iter().take(KEYS_MAX).filter_map(key).collect())
}

/// The key that signs under this name with this algorithm: without a name only if there is a single one.
pub fn find<'a>(keys: &'a [PublicKey], id: Option<&str>, algorithm: Algorithm) -> Option<&'a PublicKey> {
    let mut fitting = keys.iter().filter(|key| key.is_for(algorithm));
    match id {
        Some(id) => fitting.find(|key| key.id.as_deref() == Some(id)),
        None => fitting.next().filter(|_| fitting.next().is_none()),
    }
}

impl PublicKey {
    /// Whether this key signed it.
    pub fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.numbers {
            Numbers::Rsa { n, e } => {
                let key = RsaPublicKeyComponents { n, e };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
            }
            Numbers::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
            }
        }
    }

    // The kind of a key says how it is used, never the token: an RSA key is no shared secret.
    fn is_for(&self, algorithm: Algorithm) -> bool {
        match (&self.numbers, algorithm) {
            (Numbers::Rsa { .. }, Algorithm::Rs256) | (Numbers::P256(_), Algorithm::Es256) => true,
            (Numbers::Rsa { .. }, Algorithm::Es256) | (Numbers::P256(_), Algorithm::Rs256) => false,
        }
    }
}

fn key(json: serde_json::Value) -> Option<PublicKey> {
    let written: Written = serde_json::from_value(json).ok()?;
    if written.purpose.as_deref().is_some_and(|purpose| purpose != "sig") {
        return None;
    }
    let (numbers, algorithm) = match (written.kty.as_str(), written.crv.as_deref()) {
        ("RSA", None) => {
            let number = |text: Option<String>| Some(without_zeros(&decoded(&text?)?));
            (Numbers::Rsa { n: number(written.n)?, e: number(written.e)? }, Algorithm::Rs256)
        }
        ("EC", Some("P-256")) => {
            let coordinate = |text: Option<String>| decoded(&text?).filter(|bytes| bytes.len() == COORDINATE_BYTES);
            let point = [vec![4], coordinate(written.x)?, coordinate(written.y)?].concat();
            (Numbers::P256(point), Algorithm::Es256)
        }
        _ => return None,
    };
    let fits = written.alg.is_none_or(|word| word == algorithm.word());
    fits.then_some(PublicKey { id: written.kid, numbers })
}

/// base64url without padding, strictly.
pub fn decoded(text: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()
}

// Some write one in front, so that nobody takes the number for a negative one; ring wants none.
fn without_zeros(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().skip_while(|byte| *byte == 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read_one(key: serde_json::Value) -> Option<PublicKey> {
        read(json!({"keys": [key]}).to_string().as_bytes()).unwrap().pop()
    }

    #[test]
    fn keys_for_something_else_are_left_out() {
        let rsa = json!({"kty": "RSA", "kid": "a", "n": "AMk", "e": "AQAB"});
        let good = read_one(rsa.clone()).unwrap();
        assert_eq!(good.numbers, Numbers::Rsa { n: vec![0xC9], e: vec![1, 0, 1] });
        for (name, value) in
            [("use", "enc"), ("alg", "RS512"), ("alg", "HS256"), ("kty", "oct"), ("n", "A=="), ("crv", "P-256")]
        {
            let mut other = rsa.clone();
            other[name] = json!(value);
            assert_eq!(read_one(other), None, "{name} {value}");
        }
        let short = json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"});
        assert_eq!(
            (read_one(short), read_one(json!({"kty": "oct", "k": "AA"})), read_one(json!(7))),
            (None, None, None)
        );
        assert!(read(b"{}").is_err() && read(b"[]").is_err());
    }

    #[test]
    fn without_a_name_there_must_be_a_single_key() {
        let rsa = |kid: &str| json!({"kty": "RSA", "kid": kid, "n": "yQ", "e": "AQAB"});
        let both = read(json!({"keys": [rsa("a"), rsa("b")]}).to_string().as_bytes()).unwrap();
        assert_eq!(find(&both, Some("b"), Algorithm::Rs256), Some(&both[1]));
        assert_eq!(find(&both, Some("b"), Algorithm::Es256), None);
        assert_eq!((find(&both, None, Algorithm::Rs256), find(&both, Some("c"), Algorithm::Rs256)), (None, None));
        assert_eq!(find(&both[..1], None, Algorithm::Rs256), Some(&both[0]));
    }
}
