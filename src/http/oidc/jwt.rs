//! What an ID token must say before it is believed (OpenID Connect Core, 3.1.3.7), and who must have signed it.

use super::keys::{Algorithm, PublicKey, decoded, find};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Longest ID token, in bytes.
pub const TOKEN_BYTES_MAX: usize = 64 * 1024;

/// How far two clocks may be apart.
pub const LEEWAY: TimeDelta = TimeDelta::seconds(60);

/// Longest `sub`, by the standard.
const SUBJECT_BYTES_MAX: usize = 255;

/// What a token must be about.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Who must have made it.
    pub issuer: &'a str,
    /// For whom.
    pub client_id: &'a str,
    /// For which attempt to sign in.
    pub nonce: &'a str,
    /// What time it is.
    pub now: DateTime<Utc>,
}

/// What a token says that is believed.
#[derive(Debug, Clone, PartialEq)]
pub struct Claims {
    /// `sub`: its maker's lasting name for somebody.
    pub subject: String,
    /// All of it.
    pub all: Map<String, Value>,
}

/// Why a token is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not three parts of base64url, with JSON in the first two.
    #[error("the ID token is malformed: {0}")]
    Malformed(&'static str),
    /// Signed in another way than we allow, or not at all.
    #[error("the ID token is signed with `{0}`; only RS256 and ES256 are accepted")]
    Algorithm(String),
    /// No key of the provider has this name.
    #[error("the ID token is signed with a key that the provider does not publish")]
    UnknownKey,
    /// Not what that key signed.
    #[error("the signature of the ID token is wrong")]
    Signature,
    /// Made by or for somebody else, or at another time.
    #[error("the ID token {0}")]
    Claim(&'static str),
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
}

/// Believes a token, or says why not.
///
/// # Errors
/// It is not believed.
pub fn verify(token: &str, keys: &[PublicKey], expected: &Expected<'_>) -> Result<Claims, Refused> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(Refused::Malformed("it is too long"));
    }
    let mut parts = token.split('.');
    let (Some(head), Some(body), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Refused::Malformed("it has not three parts"));
    };
    let header: Header = json(head)?;
    let algorithm =
        Algorithm::parse(&header.alg).ok_or_else(|| Refused::Algorithm(domain::text::clean_line(&header.alg, 20)))?;
    if header.crit.is_some() {
        return Err(Refused::Malformed("it asks for something that we don't know"));
    }
    // `at+jwt` is for somebody else, though the same key signs it.
    if header.typ.is_some_and(|typ| !typ.eq_ignore_ascii_case("JWT")) {
        return Err(Refused::Malformed("it is another kind of token"));
    }
    let key = find(keys, header.kid.as_deref(), algorithm).ok_or(Refused::UnknownKey)?;
    let signature = decoded(signature).ok_or(Refused::Malformed("its signature is no base64url"))?;
    // What was signed are the characters, not what they mean.
    let signed = &token.as_bytes()[..head.len() + 1 + body.len()];
    if !key.signed(signed, &signature) {
        return Err(Refused::Signature);
    }
    claims(json(body)?, expected)
}

fn json<T: serde::de::DeserializeOwned>(part: &str) -> Result<T, Refused> {
    let bytes = decoded(part).ok_or(Refused::Malformed("it is no base64url"))?;
    serde_json::from_slice(&bytes).map_err(|_| Refused::Malformed("it is no JSON"))
}

fn claims(all: Map<String, Value>, expected: &Expected<'_>) -> Result<Claims, Refused> {
    let text = |name: &str| all.get(name).and_then(Value::as_str);
    if text("iss") != Some(expected.issuer) {
        return Err(Refused::Claim("was made by somebody else (`iss`)"));
    }
    audience(&all, expected.client_id)?;
    times(&all, expected.now)?;
    if text("nonce") != Some(expected.nonce) {
        return Err(Refused::Claim("is for another attempt to sign in (`nonce`)"));
    }
    let subject = text("sub").filter(|subject| !subject.is_empty() && subject.len() <= SUBJECT_BYTES_MAX);
    let subject = subject.ok_or(Refused::Claim("does not say who it is about (`sub`)"))?.to_owned();
    Ok(Claims { subject, all })
}

fn audience(all: &Map<String, Value>, client_id: &str) -> Result<(), Refused> {
    let audiences: Vec<&str> = match all.get("aud") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !audiences.contains(&client_id) {
        return Err(Refused::Claim("is for somebody else (`aud`)"));
    }
    match all.get("azp") {
        Some(party) if party.as_str() != Some(client_id) => {
            Err(Refused::Claim("was asked for by somebody else (`azp`)"))
        }
        // One of several must be said to have asked for it.
        None if audiences.len() > 1 => Err(Refused::Claim("is for several, and does not say who asked for it (`azp`)")),
        _ => Ok(()),
    }
}

fn times(all: &Map<String, Value>, now: DateTime<Utc>) -> Result<(), Refused> {
    let time = |name: &str| all.get(name).map(|value| value.as_f64().and_then(seconds));
    let Some(Some(over)) = time("exp") else { return Err(Refused::Claim("does not say when it is over (`exp`)")) };
    if now >= over + LEEWAY {
        return Err(Refused::Claim("is over (`exp`)"));
    }
    let Some(Some(made)) = time("iat") else { return Err(Refused::Claim("does not say when it was made (`iat`)")) };
    if made > now + LEEWAY {
        return Err(Refused::Claim("was made in the future (`iat`)"));
    }
    match time("nbf") {
        Some(Some(from)) if from <= now + LEEWAY => Ok(()),
        Some(_) => Err(Refused::Claim("is not good yet (`nbf`)")),
        None => Ok(()),
    }
}

// Within what both can hold: no sum runs over.
fn seconds(number: f64) -> Option<DateTime<Utc>> {
    const YEAR_10000: f64 = 253_402_300_800.0;
    (0.0..YEAR_10000).contains(&number).then(|| DateTime::from_timestamp(number as i64, 0)).flatten()
}
