//! `POST /api/v2/alerts` as Prometheus and amtool send it, `GET /api/v2/alerts` as Alertmanager answers it, and the
//! stored form of a poll.

use super::WireError;
use chrono::{DateTime, Utc};
use domain::alert::Batch;
use domain::alert::reconcile::Poll;

/// Reads the body of `POST /api/v2/alerts`; `at` decides whether an `endsAt` is past.
pub fn batch(source: &str, body: &[u8], at: DateTime<Utc>) -> Result<Batch, WireError> {
    let _ = (source, body, at);
    Err(WireError::Shape("not yet".to_owned()))
}

/// Reads a stored poll.
pub fn poll(source: &str, body: &[u8]) -> Result<Poll, WireError> {
    let _ = (source, body);
    Err(WireError::Shape("not yet".to_owned()))
}
