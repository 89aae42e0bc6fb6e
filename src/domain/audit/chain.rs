//! Checking a chain, record by record, without holding it in memory.

use super::{Hash, Head, Sealed, canonical};
use chrono::{DateTime, Utc};
use std::fmt;

/// A chain that is being read, from its first record.
#[derive(Debug, Clone, Default)]
pub struct Chain {
    head: Head,
    at: Option<DateTime<Utc>>,
}

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
    #[error("records {} to {written} are missing at the end: {found} is the last", found + 1)]
    CutOff {
        /// How many were written.
        written: u64,
        /// The last that is there.
        found: u64,
    },
    /// A head that was published is another one.
    #[error("record {number} is not the one that was published: its hash is {found}, published was {published}")]
    NotPublished {
        /// Which.
        number: u64,
        /// The hash it bears.
        found: Hash,
        /// What was published: the first digits of its hash.
        published: String,
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

impl Chain {
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
        *self = Self { head: next.head(), at: Some(next.record.at) };
        Ok(())
    }

    /// After the last record: whether that is the one that was written last.
    ///
    /// # Errors
    /// More were written, or others.
    pub fn end(&self, written: Head) -> Result<(), Break> {
        if written.number > self.head.number {
            return Err(Break::CutOff { written: written.number, found: self.head.number });
        }
        if written != self.head {
            let published = written.hash.to_string();
            return Err(Break::NotPublished { number: self.head.number, found: self.head.hash, published });
        }
        Ok(())
    }
}
