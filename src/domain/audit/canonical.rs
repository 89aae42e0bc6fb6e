//! The bytes that a record's hash covers. This form never changes: a chain that was written once must be checked by
//! every later program, and by programs that are not ours (`docs/audit.md` says it in words, with a worked example).
//!
//! A record is a sequence of fields. Each field is its length in bytes as four bytes, most significant first, and then
//! that many bytes. Numbers and times are decimal digits, texts are UTF-8:
//!
//! number, time in microseconds since 1970, input, name, surface, access, what, incident number or nothing, outcome,
//! because, and then for every change: field, before, after.
//!
//! `hash = SHA-256(hash of the record before ‖ fields)`; before the first record stand 32 zero bytes.

use super::{Hash, Record, surface_word};
use sha2::{Digest, Sha256};

/// The hash of a record that follows this one.
pub fn hash(before: Hash, record: &Record) -> Hash {
    let mut digest = Sha256::new();
    digest.update(before.0);
    fields(record, |field| {
        // A record's texts are cut far below 4 GiB.
        let length = u32::try_from(field.len()).unwrap_or(u32::MAX);
        digest.update(length.to_be_bytes());
        digest.update(field);
    });
    Hash(digest.finalize().into())
}

/// SHA-256 of a text alone.
pub fn digest(text: &str) -> Hash {
    Hash(Sha256::digest(text.as_bytes()).into())
}

fn fields(record: &Record, mut put: impl FnMut(&[u8])) {
    // Every field is named, so that a new one asks for its place.
    let Record { number, at, input, actor, access, what, incident, changes, outcome } = record;
    put(number.to_string().as_bytes());
    put(at.timestamp_micros().to_string().as_bytes());
    put(input.0.to_string().as_bytes());
    put(actor.name().unwrap_or_default().as_bytes());
    put(surface_word(actor).as_bytes());
    put(access.map(crate::access::Role::word).unwrap_or_default().as_bytes());
    put(what.as_bytes());
    put(incident.map(|id| id.0.to_string()).unwrap_or_default().as_bytes());
    put(outcome.word().as_bytes());
    put(outcome.because().as_bytes());
    for change in changes {
        put(change.field.as_bytes());
        put(change.before.as_bytes());
        put(change.after.as_bytes());
    }
}
