//! Talks to a running server: over its unix socket on this machine, or over HTTP with a token.

use super::CliError;
use super::output::Format;
use crate::channels::http_client;
use crate::config::http_url;
use crate::http::auth::ACTOR_HEADER;
use clap::Args;
use domain::text::clean;
use reqwest::{Method, StatusCode};
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The socket of a server started without flags.
pub const DEFAULT_SOCKET: &str = "./data/earlybell.sock";

/// The socket of the service that the packages install.
const SERVICE_SOCKET: &str = "/var/lib/earlybell/earlybell.sock";

/// Longer than a server lets a command wait for its decision.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);

/// Largest answer that is shown whole when it is no JSON.
const WORDS_BYTES_MAX: usize = 2000;

/// Which server, who asks, and how to print.
#[derive(Debug, Args)]
pub struct ClientArgs {
    /// How to print
    #[arg(short, long, global = true, value_enum, default_value = "simple", help_heading = "Output")]
    pub output: Format,
    /// Print only the number, name or id
    #[arg(short, long, global = true, help_heading = "Output")]
    pub quiet: bool,
    /// URL of a server, or path of its socket [default: ./data/earlybell.sock, then that of the service]
    #[arg(long, global = true, env = "EARLYBELL_SERVER", help_heading = "Server")]
    server: Option<String>,
    /// Token for a server elsewhere (see `earlybell token new`)
    #[arg(long, global = true, env = "EARLYBELL_TOKEN", hide_env_values = true, help_heading = "Server")]
    token: Option<String>,
    /// File with the token
    #[arg(long, global = true, conflicts_with = "token", help_heading = "Server")]
    token_file: Option<PathBuf>,
    /// Name to act under, on the socket of this machine
    #[arg(
        long = "as",
        global = true,
        value_name = "NAME",
        env = "USER",
        hide_env_values = true,
        help_heading = "Server"
    )]
    actor: Option<String>,
}

/// A server to ask.
pub struct Client {
    http: reqwest::Client,
    runtime: tokio::runtime::Runtime,
    base: String,
    server: String,
    local: bool,
    token: Option<String>,
    actor: Option<String>,
}

/// A question to the server.
pub struct Ask<'a> {
    /// `GET`, `POST`, `DELETE`.
    pub method: Method,
    /// With its query.
    pub path: &'a str,
    /// What to send along.
    pub body: Option<&'a Value>,
    /// A file to send along, instead.
    pub file: Option<Vec<u8>>,
    /// So that a repeat does nothing.
    pub key: Option<&'a str>,
}

impl<'a> Ask<'a> {
    /// Reads.
    pub fn get(path: &'a str) -> Self {
        Self { method: Method::GET, path, body: None, file: None, key: None }
    }

    /// Changes.
    pub fn post(path: &'a str, body: &'a Value) -> Self {
        Self { method: Method::POST, path, body: Some(body), file: None, key: None }
    }

    /// Sends a file.
    pub fn upload(path: &'a str, file: Vec<u8>) -> Self {
        Self { method: Method::POST, path, body: None, file: Some(file), key: None }
    }

    /// Writes anew.
    pub fn put(path: &'a str, body: &'a Value) -> Self {
        Self { method: Method::PUT, path, body: Some(body), file: None, key: None }
    }

    /// Removes.
    pub fn delete(path: &'a str) -> Self {
        Self { method: Method::DELETE, path, body: None, file: None, key: None }
    }
}

impl ClientArgs {
    /// How to print, and whether only numbers and names.
    pub fn print(&self) -> (Format, bool) {
        (self.output, self.quiet)
    }

    /// Whether the server is asked over a socket of this machine.
    pub fn is_local(&self) -> bool {
        !self.server().starts_with("http://") && !self.server().starts_with("https://")
    }

    fn server(&self) -> &str {
        let service = || Path::new(SERVICE_SOCKET).exists() && !Path::new(DEFAULT_SOCKET).exists();
        self.server.as_deref().unwrap_or_else(|| if service() { SERVICE_SOCKET } else { DEFAULT_SOCKET })
    }

    /// The socket's path.
    pub fn socket(&self) -> &Path {
        Path::new(self.server().strip_prefix("unix:").unwrap_or(self.server()))
    }

    /// A client; nothing is connected yet.
    pub fn client(&self) -> Result<Client, CliError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CliError::told)?;
        let (http, base) = if self.is_local() {
            http_client::install_crypto();
            // No certificates: nothing on the socket speaks TLS, and reading the system's takes longer than the rest.
            let builder = reqwest::Client::builder().tls_certs_only([]).timeout(REQUEST_TIMEOUT);
            (builder.unix_socket(self.socket()).build().map_err(CliError::told)?, "http://localhost".to_owned())
        } else {
            (http_client::client().map_err(CliError::told)?, http_url(self.server()).map_err(CliError::Told)?)
        };
        let server = self.server().to_owned();
        Ok(Client {
            http,
            runtime,
            base,
            server,
            local: self.is_local(),
            token: self.read_token()?,
            actor: self.actor.clone(),
        })
    }

    fn read_token(&self) -> Result<Option<String>, CliError> {
        let Some(file) = &self.token_file else { return Ok(self.token.clone()) };
        let text = std::fs::read_to_string(file)
            .map_err(|error| CliError::told(format!("can't read {}: {error}", file.display())))?;
        Ok(Some(text.trim().to_owned()))
    }
}

impl Client {
    /// Asks, and takes JSON as the answer.
    pub fn json(&self, ask: &Ask<'_>) -> Result<Value, CliError> {
        let text = self.text(ask)?;
        if text.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text).map_err(|error| CliError::told(format!("{} answers no JSON: {error}", self.server)))
    }

    /// Asks, and takes any text as the answer.
    pub fn text(&self, ask: &Ask<'_>) -> Result<String, CliError> {
        let bytes = self.bytes(ask)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Asks, and takes bytes as the answer.
    pub fn bytes(&self, ask: &Ask<'_>) -> Result<Vec<u8>, CliError> {
        let (status, body) = self.runtime.block_on(self.send(ask)).map_err(|error| self.unreachable(&error))?;
        // 202: taken, but not decided. Whoever waits for a number must not take it for done.
        if status.is_success() && status != StatusCode::ACCEPTED { Ok(body) } else { Err(self.refused(status, &body)) }
    }

    /// Waits for something that needs a runtime.
    pub fn block_on<T>(&self, waits: impl Future<Output = T>) -> T {
        self.runtime.block_on(waits)
    }

    /// Waits.
    pub fn pause(&self, pause: Duration) {
        self.runtime.block_on(async { tokio::time::sleep(pause).await });
    }

    async fn send(&self, ask: &Ask<'_>) -> reqwest::Result<(StatusCode, Vec<u8>)> {
        let mut request = self.http.request(ask.method.clone(), format!("{}{}", self.base, ask.path));
        if let Some(body) = ask.body {
            request = request.json(body);
        }
        if let Some(file) = &ask.file {
            request = request.header("Content-Type", "application/x-tar").body(file.clone());
        }
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(actor) = &self.actor {
            request = request.header(ACTOR_HEADER, path_segment(actor));
        }
        if let Some(key) = ask.key {
            request = request.header("Idempotency-Key", key);
        }
        let response = request.send().await?;
        let status = response.status();
        Ok((status, response.bytes().await?.to_vec()))
    }

    fn unreachable(&self, error: &reqwest::Error) -> CliError {
        let server = &self.server;
        if error.is_connect() {
            let hint = if self.local { "; start it with: earlybell serve" } else { "" };
            return CliError::NoServer(format!("no server at {server}{hint}"));
        }
        if error.is_timeout() {
            return CliError::Busy(format!("{server} does not answer"));
        }
        let mut causes = std::iter::successors(Some(error as &dyn std::error::Error), |cause| cause.source());
        let innermost = causes.by_ref().last().map(ToString::to_string).unwrap_or_default();
        CliError::Busy(format!("can't talk to {server}: {innermost}"))
    }

    fn refused(&self, status: StatusCode, body: &[u8]) -> CliError {
        let text = String::from_utf8_lossy(body);
        let parsed: Option<Value> = serde_json::from_str(&text).ok();
        let sentence = |body: &Value| body.get("error").or(body.get("text")).and_then(Value::as_str).map(str::to_owned);
        let said = parsed.as_ref().and_then(sentence);
        let words = said.unwrap_or_else(|| clean(text.trim(), WORDS_BYTES_MAX));
        let hint = match status {
            StatusCode::UNAUTHORIZED => "; give a token with --token-file, or run this on the server's machine",
            _ => "",
        };
        let words = if words.is_empty() { format!("{} answers {status}", self.server) } else { words };
        match status {
            StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
                CliError::Busy(words)
            }
            _ => CliError::told(format!("{words}{hint}")),
        }
    }
}

/// A new idempotency key.
pub fn new_key() -> Result<String, CliError> {
    let mut bytes = [0_u8; 16];
    SystemRandom::new().fill(&mut bytes).map_err(|_| CliError::told("the system gives no random bytes"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A name as one piece of a path or query.
pub fn path_segment(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encode = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    name.bytes().map(encode).collect()
}
