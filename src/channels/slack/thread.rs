//! Threads whose beginning is gone: somebody deleted the first message, archived the channel, or another channel is
//! configured now. The incident goes on below a new message, which says so; the replies after it find that one.

use super::fault::Fault;
use super::message::Post;
use super::place::Place;
use super::{SlackChannel, message};
use crate::channels::Attempt;
use crate::channels::fault::Fault as Plain;
use chrono::DateTime;
use domain::delivery::Delivery;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tokio::time::Instant;

/// Most lost threads that are remembered; what is forgotten is looked up again.
const LOST_MAX: usize = 1_000;

/// Where threads go on whose beginning is gone.
#[derive(Default)]
pub struct Moved(Mutex<HashMap<Place, Place>>);

impl Moved {
    /// Where this thread goes on, as far as is remembered.
    pub fn of(&self, lost: &Place) -> Option<Place> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(lost).cloned()
    }

    fn remember(&self, lost: &Place, now: &Place) {
        let mut moved = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if moved.len() >= LOST_MAX {
            moved.clear();
        }
        moved.insert(lost.clone(), now.clone());
    }

    fn forget(&self, lost: &Place) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(lost);
    }
}

impl SlackChannel {
    /// Replies where the thread is, or goes on.
    pub(super) async fn reply_in(&self, attempt: &Attempt, root: &Place, until: Instant) -> Result<Place, Fault> {
        let text = message::text(attempt);
        let there = self.moved.of(root).unwrap_or_else(|| root.clone());
        let answered = self.say(&self.reply(attempt, &text, &there.channel, &there.ts), &there.channel, until).await;
        match answered {
            Err(fault) if fault.is_lost_thread() => {}
            answered => return answered,
        }
        self.moved.forget(root);
        let there = self.go_on(&attempt.delivery, root, until).await?;
        self.say(&self.reply(attempt, &text, &there.channel, &there.ts), &there.channel, until).await
    }

    /// The message this thread goes on below, where its own is gone.
    pub(super) async fn goes_on(
        &self,
        delivery: &Delivery,
        root: &Place,
        until: Instant,
    ) -> Result<Option<Place>, Fault> {
        if let Some(known) = self.moved.of(root) {
            return Ok(Some(known));
        }
        let Some(channel) = self.channel_id(until).await? else { return Ok(None) };
        // Slack's ids of messages are times: what goes on stands after what began.
        let seconds = root.ts.split('.').next().and_then(|seconds| seconds.parse().ok());
        let since = seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0)).unwrap_or_default();
        let found = self.look_in(&channel, &key(delivery), since, until).await?;
        if let Some(found) = &found {
            self.moved.remember(root, found);
        }
        Ok(found)
    }

    async fn go_on(&self, delivery: &Delivery, root: &Place, until: Instant) -> Result<Place, Fault> {
        match self.goes_on(delivery, root, until).await {
            Ok(Some(found)) => return Ok(found),
            Ok(None) => {}
            // A second beginning is better than a reply that nobody reads.
            Err(fault) if fault.is_blind() => {}
            Err(fault) => return Err(fault),
        }
        let Some(channel) = &self.channel else {
            return Err(Plain::Never("the thread is gone, and this receiver is personal now".to_owned()).into());
        };
        let (key, incident) = (key(delivery), delivery.incident);
        let text = format!(
            ":arrow_right: *{incident} goes on here*\nThe message it began with is gone. {}",
            self.page(incident)
        );
        let there = self.say(&Post::new(&key, incident, &text, channel), channel, until).await?;
        self.moved.remember(root, &there);
        Ok(there)
    }
}

fn key(delivery: &Delivery) -> String {
    format!("inc-{}.goes_on.{}", delivery.incident.0, delivery.receiver)
}
