//! Socket Mode: we call Slack and keep a line open, so nobody has to reach us from outside. What comes over it is handled as
//! what comes over HTTP. Slack renews each line every few hours, and says so some seconds before it ends: then the next one is open
//! already, and nothing falls between two.

use super::SlackApp;
use super::line::{End, Line};
use crate::channels::slack::api::{Api, Token};
use crate::config::{Secret, SlackAppConfig};
use reqwest::Url;
use reqwest::header::{
    CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tracing::{info, warn};

/// How long a line may take to open.
const OPEN_MAX: Duration = Duration::from_secs(20);

/// How often it is looked whether the configuration names a token.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// A line that ends sooner than this counts as one that failed: whoever always wants another one is given pauses.
const LIVES_MIN: Duration = Duration::from_secs(10);

/// Pauses before the line is opened again, in seconds, by how often that failed.
const PAUSES: [u64; 7] = [0, 1, 2, 5, 10, 30, 60];

#[derive(Deserialize)]
struct Opened {
    url: String,
}

/// How the line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// No token is configured for it.
    Unwanted,
    /// What people do in Slack comes to us.
    Open,
    /// It does not.
    Closed,
}

/// Keeps a line open for as long as the configuration names a token for it, and tells how it stands; ends with whoever runs it.
pub async fn run(app: Arc<SlackApp>, told: impl Fn(Standing)) {
    // Lines that Slack is about to close. They are heard until then; at most a handful, since each has its time.
    let mut closing = JoinSet::new();
    let mut failed: usize = 0;
    loop {
        while closing.try_join_next().is_some() {}
        let Some((config, token)) = configured(&app) else {
            failed = 0;
            told(Standing::Unwanted);
            sleep(LOOK_EVERY).await;
            continue;
        };
        let begun = Instant::now();
        let ended = match timeout(OPEN_MAX, open(&app, &config, &token)).await {
            Ok(Ok(line)) => {
                info!("Slack's socket is open");
                told(Standing::Open);
                until_renewed(&app, line, token, &mut closing).await
            }
            Ok(Err(because)) => End::Broken(because),
            Err(_) => End::Broken(format!("it does not open within {}s", OPEN_MAX.as_secs())),
        };
        failed = if begun.elapsed() < LIVES_MIN { (failed + 1).min(PAUSES.len() - 1) } else { 0 };
        let pause = PAUSES[match &ended {
            End::Asked => failed,
            // However long it lived.
            End::Broken(_) => failed.max(1),
        }];
        if let End::Broken(because) = ended {
            told(Standing::Closed);
            warn!("Slack's socket is closed: {because}; again in {pause}s");
        }
        sleep(Duration::from_secs(pause)).await;
    }
}

// Hears one line until it ends, or until Slack wants another one; then it goes on beside that.
async fn until_renewed(app: &Arc<SlackApp>, line: Line, token: Secret, closing: &mut JoinSet<End>) -> End {
    let (renew, renewed) = oneshot::channel();
    let mut talk = Box::pin(line.talk(app.clone(), token, renew));
    tokio::select! {
        ended = &mut talk => ended,
        Ok(()) = renewed => {
            closing.spawn(talk);
            End::Asked
        }
    }
}

/// The app as it is configured now, if it has a token for lines.
pub(super) fn configured(app: &SlackApp) -> Option<(SlackAppConfig, Secret)> {
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
    Ok(Line::of(upgraded).await)
}

// What a server of sockets makes of our key: RFC 6455, 4.2.2.
fn accept(key: &str) -> String {
    let key = format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    let sha1 = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
    base64::Engine::encode(&base64::prelude::BASE64_STANDARD, sha1.as_ref())
}
