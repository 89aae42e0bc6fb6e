//! Values as SQLite keeps them: times as microseconds, hashes as signed numbers, structures as JSON, words for enums.

use crate::store::{InputKind, Role, StoreError};
use chrono::{DateTime, Utc};
use domain::delivery::{DeliveryState, Lane};
use rusqlite::ErrorCode;
use serde::Serialize;
use serde::de::DeserializeOwned;

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let text = error.to_string();
        match error.sqlite_error_code() {
            Some(
                ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::PermissionDenied
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::OutOfMemory
                | ErrorCode::OperationInterrupted,
            ) => Self::Unavailable(text),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Broken(format!(
                "the database is damaged ({text}); put a backup in its place, or move it away to start anew"
            )),
            _ => Self::Broken(format!("a bug in the store: {text}")),
        }
    }
}

/// Numbers given by us stay far below 2^63; a larger one would be a bug, and stands out as the largest.
pub fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The other way; nothing below zero was ever written.
pub fn uint(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// Like [`uint`], for counters.
pub fn uint32(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

pub fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

pub fn time(micros: i64) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp_micros(micros).ok_or_else(|| unreadable("a time", &micros.to_string()))
}

pub fn time_if(micros: Option<i64>) -> Result<Option<DateTime<Utc>>, StoreError> {
    micros.map(time).transpose()
}

pub fn to_json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::Broken(format!("a value has no JSON form: {e}")))
}

pub fn from_json<T: DeserializeOwned>(what: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|e| unreadable(what, &e.to_string()))
}

/// What stands there can't be understood.
pub fn unreadable(what: &str, problem: &str) -> StoreError {
    StoreError::Broken(format!("the database holds {what} that can't be read: {problem}"))
}

// The numbers are stored: they only grow.
const KINDS: [(InputKind, i64); 11] = [
    (InputKind::Webhook, 1),
    (InputKind::Push, 2),
    (InputKind::Poll, 3),
    (InputKind::Command, 4),
    (InputKind::Outcome, 5),
    (InputKind::Policy, 6),
    (InputKind::Tick, 7),
    (InputKind::Events, 8),
    (InputKind::Started, 9),
    (InputKind::Directory, 10),
    (InputKind::Acted, 11),
];

pub fn kind_number(kind: InputKind) -> i64 {
    match kind {
        InputKind::Webhook => 1,
        InputKind::Push => 2,
        InputKind::Poll => 3,
        InputKind::Command => 4,
        InputKind::Outcome => 5,
        InputKind::Policy => 6,
        InputKind::Tick => 7,
        InputKind::Events => 8,
        InputKind::Started => 9,
        InputKind::Directory => 10,
        InputKind::Acted => 11,
    }
}

pub fn kind(number: i64) -> Result<InputKind, StoreError> {
    let known = KINDS.iter().find(|(_, n)| *n == number);
    known.map(|(kind, _)| *kind).ok_or_else(|| unreadable("an input", &format!("kind {number}")))
}

const STATES: [DeliveryState; 7] = [
    DeliveryState::Pending,
    DeliveryState::Leased,
    DeliveryState::Sent,
    DeliveryState::Unsure,
    DeliveryState::Dead,
    DeliveryState::Superseded,
    DeliveryState::Joined,
];

pub fn state_word(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Pending => "pending",
        DeliveryState::Leased => "leased",
        DeliveryState::Sent => "sent",
        DeliveryState::Unsure => "unsure",
        DeliveryState::Dead => "dead",
        DeliveryState::Superseded => "superseded",
        DeliveryState::Joined => "joined",
    }
}

pub fn state(word: &str) -> Result<DeliveryState, StoreError> {
    STATES.into_iter().find(|s| state_word(*s) == word).ok_or_else(|| unreadable("a delivery", word))
}

/// All states, for a filter that names none.
pub fn all_states() -> Vec<DeliveryState> {
    STATES.to_vec()
}

pub fn lane_word(lane: Lane) -> &'static str {
    match lane {
        Lane::Root => "root",
        Lane::Post => "post",
        Lane::Put => "put",
        Lane::Direct => "direct",
    }
}

pub fn lane(word: &str) -> Result<Lane, StoreError> {
    let lanes = [Lane::Root, Lane::Post, Lane::Put, Lane::Direct];
    lanes.into_iter().find(|l| lane_word(*l) == word).ok_or_else(|| unreadable("a delivery", word))
}

pub fn role(word: &str) -> Result<Role, StoreError> {
    Role::parse(word).ok_or_else(|| unreadable("a token", word))
}
