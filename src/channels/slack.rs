//! Slack's Web API with a bot token: a root message edited in place, replies in its thread.

use super::{Attempt, Channel, Deadlines};
use crate::config::SlackConfig;
use async_trait::async_trait;
use domain::delivery::Outcome;

/// Tells people in a Slack channel.
pub struct SlackChannel {}

impl SlackChannel {
    /// Checks address and token; connects nowhere.
    pub fn new(_config: &SlackConfig, _http: reqwest::Client, _deadlines: Deadlines) -> Result<Self, String> {
        Ok(Self {})
    }
}

#[async_trait]
impl Channel for SlackChannel {
    async fn send(&self, _attempt: &Attempt) -> Outcome {
        Outcome::Misconfigured { because: "Slack can't be told yet".into() }
    }
}
