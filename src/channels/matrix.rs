//! A room of Matrix: the first message edited in place, replies in its thread. An attempt that is repeated is known again by its
//! transaction, so that nothing is told twice.

mod api;

use super::fault::Fault;
use super::{Attempt, Channel, Deadlines, Finding};
use crate::config::{MatrixConfig, MatrixMessage};
use api::Api;
use async_trait::async_trait;
use domain::delivery::{Lane, Outcome};
use reqwest::Method;
use serde_json::{Map, Value, json};
use std::sync::OnceLock;
use std::time::Duration;
use tokio::time::Instant;

/// Tells people in a room.
pub struct MatrixChannel {
    api: Api,
    room: String,
    // Its id, once we are in it.
    joined: OnceLock<String>,
    message_type: &'static str,
    attempt: Duration,
}

// Where the thread of an incident starts: the room, and the event there.
struct Place<'a> {
    room: &'a str,
    event: &'a str,
}

impl<'a> Place<'a> {
    fn of_thread(attempt: &'a Attempt) -> Option<Self> {
        let (room, event) = attempt.thread.as_deref()?.split_once(' ')?;
        Some(Self { room, event }).filter(|place| place.room.starts_with('!') && place.event.starts_with('$'))
    }
}

impl MatrixChannel {
    /// Checks address and token; connects nowhere.
    pub fn new(config: &MatrixConfig, http: reqwest::Client, deadlines: Deadlines) -> Result<Self, String> {
        let message_type = match config.message_type {
            MatrixMessage::Notice => "m.notice",
            MatrixMessage::Text => "m.text",
        };
        let api = Api::new(config, http, deadlines.step)?;
        Ok(Self { api, room: config.room.clone(), joined: OnceLock::new(), message_type, attempt: deadlines.attempt })
    }

    async fn tell(&self, attempt: &Attempt, until: Instant) -> Result<Option<String>, Fault> {
        let content: Map<String, Value> = serde_json::from_str(&attempt.delivery.content.body)
            .map_err(|_| Fault::Never("it was written for another chat, but this receiver is Matrix now".to_owned()))?;
        let thread = Place::of_thread(attempt);
        if let (Lane::Put, Some(root)) = (attempt.delivery.lane, &thread) {
            return self.edit(attempt, self.message(content), root, until).await;
        }
        let mut message = self.message(content);
        match (attempt.delivery.lane, &thread) {
            // There is no message to edit, and nothing is lost: the others say it one by one.
            (Lane::Put, _) => return Ok(None),
            (Lane::Post, Some(root)) => {
                message["m.relates_to"] = json!({
                    "rel_type": "m.thread",
                    "event_id": root.event,
                    // Clients without threads show it as a reply to the first message.
                    "is_falling_back": true,
                    "m.in_reply_to": {"event_id": root.event},
                });
                match self.put(attempt, root.room, &message, until).await {
                    Err(fault) if fault.because().contains(api::UNKNOWN_RELATION) => {}
                    sent => return sent.map(Some),
                }
                // The thread is gone: better outside of it than not told.
                if let Some(fields) = message.as_object_mut() {
                    fields.remove("m.relates_to");
                }
            }
            (Lane::Root | Lane::Post | Lane::Direct, _) => {}
        }
        let room = self.room_id(until).await?;
        self.put(attempt, &room, &message, until).await.map(Some)
    }

    async fn edit(
        &self,
        attempt: &Attempt,
        new: Value,
        root: &Place<'_>,
        until: Instant,
    ) -> Result<Option<String>, Fault> {
        let mut edit = new.clone();
        for field in ["body", "formatted_body"] {
            // What clients show that don't know edits.
            edit[field] = json!(format!("* {}", new[field].as_str().unwrap_or_default()));
        }
        edit["m.new_content"] = new;
        edit["m.relates_to"] = json!({"rel_type": "m.replace", "event_id": root.event});
        match self.put(attempt, root.room, &edit, until).await {
            Err(fault) if fault.because().contains(api::UNKNOWN_RELATION) => Ok(None),
            edited => edited.map(Some),
        }
    }

    fn message(&self, content: Map<String, Value>) -> Value {
        let mut message = Value::Object(content);
        message["msgtype"] = json!(self.message_type);
        // Nobody is called by what the words look like.
        message["m.mentions"] = json!({});
        message
    }

    // The key of a delivery is its transaction: the homeserver answers a repeated one with the event there is.
    async fn put(&self, attempt: &Attempt, room: &str, message: &Value, until: Instant) -> Result<String, Fault> {
        let path = ["rooms", room, "send", "m.room.message", &attempt.delivery.key];
        let answer = match self.api.call(Method::PUT, &path, Some(message), until).await {
            // Somebody put us out, or the room is new to us.
            Err(fault) if fault.because().contains(api::FORBIDDEN) && room.starts_with('!') => {
                self.join(room, until).await.map_err(|_| fault)?;
                self.api.call(Method::PUT, &path, Some(message), until).await?
            }
            answered => answered?,
        };
        let event = answer["event_id"].as_str().ok_or_else(|| Fault::Unknown("Matrix names no event".to_owned()))?;
        Ok(format!("{room} {event}"))
    }

    async fn room_id(&self, until: Instant) -> Result<String, Fault> {
        if let Some(known) = self.joined.get() {
            return Ok(known.clone());
        }
        let id = self.join(&self.room, until).await?;
        Ok(self.joined.get_or_init(|| id).clone())
    }

    // Joining where one is already changes nothing, and nobody sees it.
    async fn join(&self, room: &str, until: Instant) -> Result<String, Fault> {
        let answer = self.api.call(Method::POST, &["join", room], Some(&json!({})), until).await?;
        let id = answer["room_id"].as_str();
        id.map(str::to_owned).ok_or_else(|| Fault::Unknown("Matrix names no room".to_owned()))
    }

    async fn found(&self, until: Instant) -> Result<Vec<Finding>, Fault> {
        let who = self.api.call(Method::GET, &["account", "whoami"], None, until).await?;
        let user = who["user_id"].as_str().unwrap_or_default();
        let mut found = vec![Finding::Well(format!("logged in as {user}"))];
        let id = if self.room.starts_with('#') {
            let answer = self.api.call(Method::GET, &["directory", "room", &self.room], None, until).await?;
            answer["room_id"].as_str().unwrap_or_default().to_owned()
        } else {
            self.room.clone()
        };
        let rooms = self.api.call(Method::GET, &["joined_rooms"], None, until).await?;
        if !rooms["joined_rooms"].as_array().is_some_and(|rooms| rooms.iter().any(|room| *room == json!(id))) {
            let how = "it joins with the first notice, if it may: invite it, or see that the room is public";
            found.push(Finding::Wrong(format!("{user} is not in {} yet; {how}", self.room)));
            return Ok(found);
        }
        found.push(Finding::Well(format!("{user} is in {}", self.room)));
        if self.api.state(&id, "m.room.encryption", until).await?.is_some() {
            let how = "its homeserver can read them, and clients warn of them; use a room without encryption";
            found.push(Finding::Wrong(format!("{} is encrypted, and notices are not: {how}", self.room)));
        }
        if let Some(levels) = self.api.state(&id, "m.room.power_levels", until).await? {
            let needed = levels["events"]["m.room.message"].as_i64().or(levels["events_default"].as_i64()).unwrap_or(0);
            let ours = levels["users"][user].as_i64().or(levels["users_default"].as_i64()).unwrap_or(0);
            if ours < needed {
                let problem = format!("{user} has power level {ours} in {}, and messages need {needed}", self.room);
                found.push(Finding::Wrong(problem));
            }
        }
        Ok(found)
    }
}

#[async_trait]
impl Channel for MatrixChannel {
    async fn send(&self, attempt: &Attempt) -> Outcome {
        match self.tell(attempt, Instant::now() + self.attempt).await {
            Ok(remote_id) => Outcome::Sent { remote_id },
            Err(fault) => fault.outcome(),
        }
    }

    async fn look(&self) -> Vec<Finding> {
        let found = self.found(Instant::now() + self.attempt).await;
        found.unwrap_or_else(|fault| vec![Finding::Wrong(fault.because().to_owned())])
    }
}
