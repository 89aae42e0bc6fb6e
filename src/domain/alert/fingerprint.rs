//! Alertmanager's fingerprint of a label set: FNV-1a 64 over sorted `name 0xFF value 0xFF`.

use super::Pairs;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Hash of a label set; the same in every Alertmanager since 0.19.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(pub u64);

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;
const SEPARATOR: u8 = 0xFF;

impl Fingerprint {
    /// Of these labels.
    pub fn of(labels: &Pairs) -> Self {
        let hash = labels.iter().fold(OFFSET, |hash, (name, value)| add(add(hash, name), value));
        Self(hash)
    }

    /// Reads sixteen hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 16 {
            return None;
        }
        u64::from_str_radix(text, 16).ok().map(Self)
    }
}

/// The same hash over any list of texts: identity of a group.
pub fn hash_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> u64 {
    texts.into_iter().fold(OFFSET, add)
}

fn add(hash: u64, text: &str) -> u64 {
    text.bytes().chain([SEPARATOR]).fold(hash, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Fingerprint, Pairs};

    #[test]
    fn equals_what_alertmanager_computed() {
        // A recorded request of Alertmanager 0.28.1.
        let labels = Pairs::labels([("scenario", "hdrs"), ("alertname", "Auth"), ("instance", "i")]);
        assert_eq!(Fingerprint::of(&labels).to_string(), "fc67898f6263f08f");
        assert_eq!(Fingerprint::parse("fc67898f6263f08f"), Some(Fingerprint::of(&labels)));
        assert_eq!(Fingerprint::parse("fc67898f6263f0"), None);
    }
}
