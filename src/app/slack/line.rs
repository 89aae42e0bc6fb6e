//! One line of Socket Mode: what comes over it, and what is answered over the same one.

use super::socket::configured;
use super::{Ack, Kind, SlackApp};
use crate::config::Secret;
use futures_util::{SinkExt, StreamExt};
use reqwest::Upgraded;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Error, Message};
use tracing::{info, warn};

/// Largest message that is read, in bytes.
const MESSAGE_BYTES_MAX: usize = 1024 * 1024;

/// Slack is asked whether it is still there after a silence of this length, and given up after twice that.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// How often it is looked how the line stands.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How long a line is still heard that Slack said it would close; it does so after about ten seconds.
const CLOSING_MAX: Duration = Duration::from_secs(60);

/// Answers that may be under way at once.
const ANSWERS_MAX: usize = 32;

/// A line that is open.
pub struct Line {
    stream: WebSocketStream<Upgraded>,
    answers: JoinSet<Option<Message>>,
    heard_at: Instant,
    // Whether Slack was asked if it is still there.
    asked: bool,
    // Since when Slack means to close it.
    closing_since: Option<Instant>,
}

/// Why a line ended.
pub enum End {
    /// Slack wants another one, or the configuration does: at once.
    Asked,
    /// In any other way.
    Broken(String),
}

/// What comes over the line.
#[derive(Debug, Deserialize)]
struct Envelope {
    #[serde(rename = "type")]
    kind: String,
    envelope_id: Option<String>,
    payload: Option<Value>,
    reason: Option<String>,
}

impl Line {
    /// Over this connection.
    pub async fn of(upgraded: Upgraded) -> Self {
        let limits = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_BYTES_MAX))
            .max_frame_size(Some(MESSAGE_BYTES_MAX));
        let stream = WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(limits)).await;
        Self { stream, answers: JoinSet::new(), heard_at: Instant::now(), asked: false, closing_since: None }
    }

    /// Hears and answers until it ends. When Slack wants another line, `renew` is told, and this one is heard until it is closed.
    pub async fn talk(mut self, app: Arc<SlackApp>, token: Secret, renew: oneshot::Sender<()>) -> End {
        let mut renew = Some(renew);
        let mut look = interval(LOOK_EVERY);
        let ended = loop {
            tokio::select! {
                message = self.stream.next() => {
                    (self.heard_at, self.asked) = (Instant::now(), false);
                    match self.heard(&app, message) {
                        Ok(()) => {}
                        Err(end) => break end,
                    }
                    if self.closing_since.is_some() && let Some(renew) = renew.take() {
                        let _ = renew.send(());
                    }
                }
                Some(Ok(Some(answer))) = self.answers.join_next() => {
                    if let Err(error) = self.stream.send(answer).await {
                        break End::Broken(error.to_string());
                    }
                }
                _ = look.tick() => {
                    if let Some(end) = self.look(&app, &token).await {
                        break end;
                    }
                }
            }
        };
        // What was taken is answered, so that Slack does not send it again.
        while let Some(answer) = self.answers.join_next().await {
            if let Ok(Some(answer)) = answer {
                let _ = self.stream.send(answer).await;
            }
        }
        let _ = timeout(Duration::from_secs(1), self.stream.close(None)).await;
        ended
    }

    async fn look(&mut self, app: &SlackApp, token: &Secret) -> Option<End> {
        let same = configured(app).is_some_and(|(_, now)| now.expose() == token.expose());
        let late = self.closing_since.is_some_and(|since| since.elapsed() > CLOSING_MAX);
        if !same || late {
            return Some(End::Asked);
        }
        match self.heard_at.elapsed() {
            silence if silence > 2 * SILENCE_MAX => return Some(End::Broken("Slack says nothing any more".to_owned())),
            silence if silence > SILENCE_MAX && !self.asked => {
                self.asked = true;
                let _ = self.stream.send(Message::Ping(Bytes::new())).await;
            }
            _ => {}
        }
        None
    }

    fn heard(&mut self, app: &Arc<SlackApp>, message: Option<Result<Message, Error>>) -> Result<(), End> {
        let text = match message {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Close(_))) | None => return Err(End::Broken("Slack closed it".to_owned())),
            // Pings are answered by themselves.
            Some(Ok(_)) => return Ok(()),
            Some(Err(error)) => return Err(End::Broken(error.to_string())),
        };
        let Envelope { kind, envelope_id, payload, reason } = match serde_json::from_str(&text) {
            Ok(envelope) => envelope,
            Err(error) => {
                warn!("Slack's socket said something that can't be read: {error}");
                return Ok(());
            }
        };
        let kind = match kind.as_str() {
            "disconnect" => return self.disconnect(&reason.unwrap_or_default()),
            "slash_commands" => Kind::Command,
            "interactive" => Kind::Interaction,
            "events_api" => Kind::Event,
            _ => return Ok(()),
        };
        if let (Some(id), Some(payload)) = (envelope_id, payload) {
            self.take(app.clone(), kind, id, payload);
        }
        Ok(())
    }

    fn disconnect(&mut self, reason: &str) -> Result<(), End> {
        match reason {
            "warning" | "refresh_requested" => {
                info!(reason, "Slack wants its socket opened anew");
                self.closing_since.get_or_insert_with(Instant::now);
                Ok(())
            }
            // Turned off in the app: it comes back when somebody turns it on.
            "link_disabled" => Err(End::Broken("Socket Mode is off in the app".to_owned())),
            // Too many lines, mostly: another one at once would be one more.
            other => Err(End::Broken(format!("Slack says {other}"))),
        }
    }

    // Slack sends again what was not acknowledged.
    fn take(&mut self, app: Arc<SlackApp>, kind: Kind, id: String, payload: Value) {
        if self.answers.len() >= ANSWERS_MAX {
            return;
        }
        self.answers.spawn(async move {
            let mut answer = json!({"envelope_id": id});
            match app.take(kind, &payload).await {
                Ack::With(more) => answer["payload"] = more,
                Ack::Taken => {}
                Ack::Unreadable(because) => warn!("Slack's socket: {because}"),
            }
            Some(Message::text(answer.to_string()))
        });
    }
}
