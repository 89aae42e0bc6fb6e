//! A message to one person, in the conversation they have with the bot.

use super::fault::Fault;
use super::message::{self, Post};
use super::place::Place;
use super::{SlackChannel, still_unsure};
use crate::channels::Attempt;
use domain::delivery::Outcome;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// `conversations.open`; what is open already stays so.
#[derive(Serialize)]
struct Open<'a> {
    users: &'a str,
}

#[derive(Deserialize)]
struct Opened {
    channel: Conversation,
}

#[derive(Deserialize)]
struct Conversation {
    id: String,
}

impl SlackChannel {
    /// Tells one person. Each message stands alone and names its incident: few look into threads there.
    pub(super) async fn tell_person(&self, attempt: &Attempt, until: Instant) -> Outcome {
        let Some(to) = &attempt.delivery.to else {
            return Outcome::Fatal { because: "it says not to whom".to_owned() };
        };
        if attempt.unsure {
            match self.look_at(attempt, &to.address, until).await {
                Ok(Some(place)) => return Outcome::Sent { remote_id: Some(place.remote_id()) },
                Ok(None) => {}
                Err(fault) if fault.is_blind() => self.tell_blindness(attempt, &fault),
                Err(fault) => return still_unsure(fault.of_person().outcome()),
            }
        }
        let text = message::text(attempt);
        // A user id in the place of a channel opens the conversation.
        match self.say(&Post::of(attempt, &text, &to.address), &to.address, until).await {
            Ok(place) => Outcome::Sent { remote_id: Some(place.remote_id()) },
            Err(fault) => fault.of_person().outcome(),
        }
    }

    async fn look_at(&self, attempt: &Attempt, user: &str, until: Instant) -> Result<Option<Place>, Fault> {
        let channel = match Place::of_thread(attempt) {
            Some(first) => first.channel,
            None => self.api.post::<Opened>("conversations.open", &Open { users: user }, until).await?.channel.id,
        };
        self.look_in(&channel, &attempt.delivery.key, attempt.first_attempt_at, until).await
    }
}
