//! Stands in for a receiver that is not configured any more: what still waits for it is given up, and said so.

use crate::channels::{Attempt, Channel};
use async_trait::async_trait;
use domain::delivery::Outcome;

pub(super) struct Departed;

#[async_trait]
impl Channel for Departed {
    async fn send(&self, attempt: &Attempt) -> Outcome {
        Outcome::Fatal { because: format!("receiver `{}` is not configured any more", attempt.delivery.receiver) }
    }
}
