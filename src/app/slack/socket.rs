//! Socket Mode: we call Slack and keep a line open, so nobody has to reach us from outside. What comes over it is handled as
//! what comes over HTTP.

use super::{Ack, Kind, SlackApp};
use crate::channels::slack::api::{Api, Token};
use crate::config::{Secret, SlackAppConfig};
use futures_util::{SinkExt, StreamExt};
use reqwest::header::{
    CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use reqwest::{Upgraded, Url};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, interval, sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Message};
use tracing::{info, warn};

/// Largest message that is read, in bytes.
const MESSAGE_BYTES_MAX: usize = 1024 * 1024;

/// Slack is asked whether it is still there after a silence of this length, and given up after twice that.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// How long a line may take to open.
const OPEN_MAX: Duration = Duration::from_secs(20);

/// How often it is looked whether the configuration names another token.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Pauses before the line is opened again, in seconds, by how often that failed.
const PAUSES: [u64; 7] = [0, 1, 2, 5, 10, 30, 60];

/// Answers that may be under way at once.
const ANSWERS_MAX: usize = 32;

type Line = WebSocketStream<Upgraded>;

#[derive(Deserialize)]
struct Opened {
    url: String,
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

// Why a line ended.
enum End {
    // Slack wants another one, or the configuration does: at once.
    Asked,
    Broken(String),
}

/// Keeps a line open for as long as the configuration names a token for it; ends with whoever runs it.
pub async fn run(app: Arc<SlackApp>) {
    let mut failed: usize = 0;
    loop {
        let Some((config, token)) = configured(&app) else {
            failed = 0;
            sleep(LOOK_EVERY).await;
            continue;
        };
        let ended = match timeout(OPEN_MAX, open(&app, &config, &token)).await {
            Ok(Ok(line)) => {
                failed = 0;
                info!("Slack's socket is open");
                talk(&app, line, &token).await
            }
            Ok(Err(because)) => End::Broken(because),
            Err(_) => End::Broken(format!("it does not open within {}s", OPEN_MAX.as_secs())),
        };
        if let End::Broken(because) = ended {
            failed = (failed + 1).min(PAUSES.len() - 1);
            let pause = PAUSES[failed];
            warn!("Slack's socket is closed: {because}; again in {pause}s");
            sleep(Duration::from_secs(pause)).await;
        }
    }
}

fn configured(app: &SlackApp) -> Option<(SlackAppConfig, Secret)> {
    let config = app.config.load().slack_app.clone()?;
    let token = config.app_token.clone()?;
    Some((config, token))
}

async fn open(app: &SlackApp, config: &SlackAppConfig, token: &Secret) -> Result<Line, String> {
    let api = Api::new(&config.api_url, Token::App(token), app.client.clone(), super::CALL_MAX)?;
    let until = Instant::now() + super::CALL_MAX;
    let opened = api.post::<Opened>("apps.connections.open", &json!({}), until).await;
    let opened = opened.map_err(|fault| fault.words().to_owned())?;
    let no_address = || "Slack names no address for it".to_owned();
    let mut url: Url = opened.url.parse().map_err(|_| no_address())?;
    if !api.is_slack(&url) {
        return Err("the address that was named is not Slack's".to_owned());
    }
    // The way there is that of every request: proxy, certificates, deadlines.
    let scheme = if url.scheme() == "wss" { "https" } else { "http" };
    url.set_scheme(scheme).map_err(|()| no_address())?;
    let mut key = [0; 16];
    let random = ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut key);
    random.map_err(|_| "no randomness".to_owned())?;
    let key = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, key);
    let request = app.client.get(url).header(UPGRADE, "websocket").header(CONNECTION, "Upgrade");
    let request = request.header(SEC_WEBSOCKET_VERSION, "13").header(SEC_WEBSOCKET_KEY, &key);
    let response = request.send().await.map_err(|error| error.without_url().to_string())?;
    if response.headers().get(SEC_WEBSOCKET_ACCEPT).map(HeaderValue::as_bytes) != Some(accept(&key).as_bytes()) {
        return Err(format!("Slack answers {} and no socket", response.status().as_u16()));
    }
    let upgraded = response.upgrade().await.map_err(|error| error.without_url().to_string())?;
    let limits =
        WebSocketConfig::default().max_message_size(Some(MESSAGE_BYTES_MAX)).max_frame_size(Some(MESSAGE_BYTES_MAX));
    Ok(WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(limits)).await)
}

// What a server of sockets makes of our key: RFC 6455, 4.2.2.
fn accept(key: &str) -> String {
    let key = format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    let sha1 = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
    base64::Engine::encode(&base64::prelude::BASE64_STANDARD, sha1.as_ref())
}

async fn talk(app: &Arc<SlackApp>, mut line: Line, token: &Secret) -> End {
    let mut answers = tokio::task::JoinSet::new();
    let mut look = interval(LOOK_EVERY);
    let mut heard_at = Instant::now();
    let mut asked = false;
    let ended = loop {
        tokio::select! {
            message = line.next() => {
                (heard_at, asked) = (Instant::now(), false);
                match heard(app, message, &mut answers) {
                    Ok(()) => {}
                    Err(end) => break end,
                }
            }
            Some(Ok(Some(answer))) = answers.join_next() => {
                if let Err(error) = line.send(answer).await {
                    break End::Broken(error.to_string());
                }
            }
            _ = look.tick() => {
                let same = configured(app).is_some_and(|(_, now)| now.expose() == token.expose());
                if !same {
                    break End::Asked;
                }
                match heard_at.elapsed() {
                    silence if silence > 2 * SILENCE_MAX => break End::Broken("Slack says nothing any more".to_owned()),
                    silence if silence > SILENCE_MAX && !asked => {
                        asked = true;
                        let _ = line.send(Message::Ping(Bytes::new())).await;
                    }
                    _ => {}
                }
            }
        }
    };
    // What was taken is answered, so that Slack does not send it again.
    while let Some(answer) = answers.join_next().await {
        if let Ok(Some(answer)) = answer {
            let _ = line.send(answer).await;
        }
    }
    let _ = timeout(Duration::from_secs(1), line.close(None)).await;
    ended
}

fn heard(
    app: &Arc<SlackApp>,
    message: Option<Result<Message, tokio_tungstenite::tungstenite::Error>>,
    answers: &mut tokio::task::JoinSet<Option<Message>>,
) -> Result<(), End> {
    let text = match message {
        Some(Ok(Message::Text(text))) => text,
        Some(Ok(Message::Close(_))) | None => return Err(End::Broken("Slack closed it".to_owned())),
        // Pings are answered by themselves.
        Some(Ok(_)) => return Ok(()),
        Some(Err(error)) => return Err(End::Broken(error.to_string())),
    };
    let envelope: Envelope = match serde_json::from_str(&text) {
        Ok(envelope) => envelope,
        Err(error) => {
            warn!("Slack's socket said something that can't be read: {error}");
            return Ok(());
        }
    };
    let kind = match envelope.kind.as_str() {
        // Slack renews each line every few hours, and says so before.
        "disconnect" => {
            let reason = envelope.reason.unwrap_or_default();
            info!(reason, "Slack wants its socket opened anew");
            // Turned off in the app: it comes back when somebody turns it on.
            let off = reason == "link_disabled";
            return Err(if off { End::Broken("Socket Mode is off in the app".to_owned()) } else { End::Asked });
        }
        "slash_commands" => Kind::Command,
        "interactive" => Kind::Interaction,
        "events_api" => Kind::Event,
        _ => return Ok(()),
    };
    let (Some(id), Some(payload)) = (envelope.envelope_id, envelope.payload) else { return Ok(()) };
    // Slack sends again what was not acknowledged.
    if answers.len() < ANSWERS_MAX {
        let app = app.clone();
        answers.spawn(async move {
            let mut answer = json!({"envelope_id": id});
            match app.take(kind, &payload).await {
                Ack::With(more) => answer["payload"] = more,
                Ack::Taken => {}
                Ack::Unreadable(because) => warn!("Slack's socket: {because}"),
            }
            Some(Message::text(answer.to_string()))
        });
    }
    Ok(())
}
