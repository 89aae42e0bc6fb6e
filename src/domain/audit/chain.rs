//! Checking a chain, record by record, without holding it in memory.

use super::{Hash, Head, Sealed, canonical};
use chrono::{DateTime, Utc};
use std::fmt;

/// A chain that is being read, from its first record.
#[derive(Debug, Clone, Default)]
pub struct Chain {
    head: Head,
    at: Option<DateTime<Utc>>,
    known: Vec<Known>,
}

/// A record that is known from elsewhere: out of a notice, or from where the store notes the newest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its number.
    pub number: u64,
    /// The first digits of its hash, or all of them.
    pub hash: String,
}

/// Fewest digits of a hash that say anything.
pub const KNOWN_DIGITS_MIN: usize = 8;

/// Where a chain does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Break {
    /// Numbers are missing.
    #[error("record {} is missing: {} is followed by {found}", expected, Before(*expected))]
    Missing {
        /// The first that is not there.
        expected: u64,
        /// What stands there instead.
        found: u64,
    },
    /// A number stands twice, or out of order.
    #[error("record {found} stands where {expected} should: it was put in, or moved")]
    OutOfOrder {
        /// What should stand there.
        expected: u64,
        /// What does.
        found: u64,
    },
    /// It is not what was written, or what stands before it is not.
    #[error(
        "record {number} does not match its hash: it was changed, or the record before it was changed together with its \
         hash (stored {}…, computed {}…)", stored.first(), computed.first()
    )]
    Changed {
        /// Which.
        number: u64,
        /// The hash it bears.
        stored: Hash,
        /// The hash it ought to bear.
        computed: Hash,
    },
    /// It is older than the one before.
    #[error("record {number} is older than the one before it: time runs backwards")]
    Backwards {
        /// Which.
        number: u64,
    },
    /// The last records are missing.
    #[error("records up to {known} were written, and are missing at the end: {found} is the last")]
    CutOff {
        /// A record that is known.
        known: u64,
        /// The last that is there.
        found: u64,
    },
    /// It holds in itself, and is another one.
    #[error("record {number} is not the one that was written: its hash is {}…, known is {known}", found.first())]
    NotKnown {
        /// Which.
        number: u64,
        /// The hash it bears.
        found: Hash,
        /// The hash it is known by, or its first digits.
        known: String,
    },
}

struct Before(u64);

impl fmt::Display for Before {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 | 1 => f.write_str("the beginning"),
            number => write!(f, "{}", number - 1),
        }
    }
}

impl Known {
    /// Reads what notices say: `118, 5f2c9e0a7b3d4c11`, also with a colon or a blank instead of the comma, and with
    /// `audit` in front.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches("Record:").trim_start().trim_start_matches("audit");
        let mut words = text.split([' ', ',', ':']).filter(|word| !word.is_empty());
        let (number, hash, rest) = (words.next()?, words.next()?.trim_end_matches(['…', '.']), words.next());
        let is_hash = (KNOWN_DIGITS_MIN..=64).contains(&hash.len()) && hash.bytes().all(|b| b.is_ascii_hexdigit());
        let number = number.parse().ok().filter(|_| is_hash && rest.is_none())?;
        Some(Self { number, hash: hash.to_ascii_lowercase() })
    }

    fn is(&self, hash: &Hash) -> bool {
        hash.to_string().starts_with(&self.hash)
    }
}

impl From<Head> for Known {
    fn from(head: Head) -> Self {
        Self { number: head.number, hash: head.hash.to_string() }
    }
}

impl Chain {
    /// A chain of which something is known.
    pub fn knowing(known: Vec<Known>) -> Self {
        Self { known, ..Self::default() }
    }

    /// The last record that held.
    pub fn head(&self) -> Head {
        self.head
    }

    /// Reads the next record.
    ///
    /// # Errors
    /// It does not follow from those before.
    pub fn check(&mut self, next: &Sealed) -> Result<(), Break> {
        let (expected, found) = (self.head.number + 1, next.record.number);
        if found > expected {
            return Err(Break::Missing { expected, found });
        }
        if found < expected {
            return Err(Break::OutOfOrder { expected, found });
        }
        let computed = canonical::hash(self.head.hash, &next.record);
        if computed != next.hash {
            return Err(Break::Changed { number: found, stored: next.hash, computed });
        }
        if self.at.is_some_and(|at| next.record.at < at) {
            return Err(Break::Backwards { number: found });
        }
        if let Some(known) = self.known.iter().find(|known| known.number == found && !known.is(&next.hash)) {
            return Err(Break::NotKnown { number: found, found: next.hash, known: known.hash.clone() });
        }
        self.head = next.head();
        self.at = Some(next.record.at);
        Ok(())
    }

    /// After the last record: whether all that is known was there.
    ///
    /// # Errors
    /// More was written than is there.
    pub fn end(&self) -> Result<(), Break> {
        match self.known.iter().map(|known| known.number).max() {
            Some(known) if known > self.head.number => Err(Break::CutOff { known, found: self.head.number }),
            _ => Ok(()),
        }
    }
}
