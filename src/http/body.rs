//! Reads a body into memory: bounded in length, in time, and in what all bodies together may hold.

use super::error::Failure;
use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use actix_web::web::Payload;
use futures_util::StreamExt;
use prometheus::IntGauge;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// What one body may cost.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    /// Most bytes.
    pub bytes_max: usize,
    /// Longest time until its last byte.
    pub deadline: Duration,
}

/// Bytes that all bodies together may hold in memory.
pub struct Budget {
    bytes_max: usize,
    held: AtomicUsize,
    gauge: IntGauge,
}

/// A share of the budget, given back when dropped.
pub struct Held<'a> {
    budget: &'a Budget,
    bytes: usize,
}

/// A body, with its share of the budget.
pub struct Body<'a> {
    /// As it came.
    pub bytes: Vec<u8>,
    /// Keep it for as long as the bytes are held.
    pub held: Held<'a>,
}

impl Budget {
    /// A budget of so many bytes, shown in this gauge.
    pub fn new(bytes_max: usize, gauge: IntGauge) -> Self {
        Self { bytes_max, held: AtomicUsize::new(0), gauge }
    }

    fn hold(&self, bytes: usize) -> Result<Held<'_>, Failure> {
        let mut held = Held { budget: self, bytes: 0 };
        held.grow_to(bytes)?;
        Ok(held)
    }
}

impl Held<'_> {
    fn grow_to(&mut self, bytes: usize) -> Result<(), Failure> {
        let more = bytes.saturating_sub(self.bytes);
        if more == 0 {
            return Ok(());
        }
        let before = self.budget.held.fetch_add(more, Ordering::Relaxed);
        if before + more > self.budget.bytes_max {
            self.budget.held.fetch_sub(more, Ordering::Relaxed);
            return Err(Failure::Busy);
        }
        self.bytes = bytes;
        self.budget.gauge.add(i64::try_from(more).unwrap_or(i64::MAX));
        Ok(())
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.budget.held.fetch_sub(self.bytes, Ordering::Relaxed);
        self.budget.gauge.sub(i64::try_from(self.bytes).unwrap_or(i64::MAX));
    }
}

/// Reads a whole body.
///
/// # Errors
/// It is compressed, too long, too slow, breaks off, or there is no room for it now.
pub async fn read<'a>(
    request: &HttpRequest,
    mut payload: Payload,
    budget: &'a Budget,
    allowance: Allowance,
) -> Result<Body<'a>, Failure> {
    refuse_compressed(request)?;
    let announced = announced_bytes(request).unwrap_or(0);
    let too_large = Failure::TooLarge { bytes_max: allowance.bytes_max };
    if announced > allowance.bytes_max {
        return Err(too_large);
    }
    let mut held = budget.hold(announced)?;
    let mut bytes = Vec::with_capacity(announced);
    let all = async {
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|error| Failure::Broken(error.to_string()))?;
            let length = bytes.len() + chunk.len();
            if length > allowance.bytes_max {
                return Err(too_large);
            }
            held.grow_to(length)?;
            bytes.extend_from_slice(&chunk);
        }
        Ok(())
    };
    // actix has a deadline for the head of a request, but none for its body.
    match tokio::time::timeout(allowance.deadline, all).await {
        Ok(read) => read?,
        Err(_) => return Err(Failure::Slow { seconds: allowance.deadline.as_secs() }),
    }
    Ok(Body { bytes, held })
}

/// How long the body says it is.
pub fn announced_bytes(request: &HttpRequest) -> Option<usize> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

// 241 bytes of brotli can become 300 MB before any limit is looked at; Alertmanager never compresses.
fn refuse_compressed(request: &HttpRequest) -> Result<(), Failure> {
    match request.headers().get(CONTENT_ENCODING).map(|value| value.to_str().unwrap_or("?").trim()) {
        None | Some("" | "identity") => Ok(()),
        Some(encoding) => Err(Failure::Encoding(encoding.to_owned())),
    }
}
