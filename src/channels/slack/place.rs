//! Where a message is: its channel and its `ts`, as one text in the outbox.

use crate::channels::Attempt;
use serde::Deserialize;

/// Where a message is; also what an answer says of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
pub struct Place {
    /// Id of the channel.
    pub channel: String,
    /// Id of the message in it.
    pub ts: String,
}

impl Place {
    /// Where the thread of this delivery starts, if its root was accepted.
    pub fn of_thread(attempt: &Attempt) -> Option<Self> {
        let (channel, ts) = attempt.thread.as_ref()?.split_once(':')?;
        Some(Self { channel: channel.to_owned(), ts: ts.to_owned() })
    }

    /// As it is kept: `C024BE91L:1795331494.000001`.
    pub fn remote_id(&self) -> String {
        format!("{}:{}", self.channel, self.ts)
    }
}
