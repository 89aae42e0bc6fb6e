//! IRC as written: a server, how we are known there, and channels.

use super::written::{OneOrMore, SecretWritten};
use domain::duration::Duration;
use serde::Deserialize;
use std::path::PathBuf;

/// Channels of an IRC network.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IrcWritten {
    /// `host:port`.
    pub server: String,
    /// Whether TLS is used; it is, if not said.
    #[serde(default)]
    pub tls: Option<bool>,
    /// PEM file of a private CA.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Our nick.
    pub nick: String,
    /// What stands before our host; the nick if not said.
    #[serde(default)]
    pub username: Option<String>,
    /// What WHOIS says of us.
    #[serde(default)]
    pub realname: Option<String>,
    /// How we log in.
    #[serde(default)]
    pub sasl: Option<SaslWritten>,
    /// Password for NickServ, where there is no SASL.
    #[serde(default)]
    pub nickserv_password: Option<SecretWritten>,
    /// A file with it.
    #[serde(default)]
    pub nickserv_password_file: Option<PathBuf>,
    /// One channel or a list.
    pub channel: OneOrMore,
    /// As what notices are sent.
    #[serde(default)]
    pub message: MessageWritten,
    /// Whether the topic shows what is open.
    #[serde(default)]
    pub topic: Option<bool>,
    /// Whether what is said there during an incident is kept in its timeline.
    #[serde(default)]
    pub capture: bool,
    /// How fast lines may leave.
    #[serde(default)]
    pub flood: Option<FloodWritten>,
}

/// How we log in before anything else.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaslWritten {
    /// Which way.
    #[serde(default)]
    pub mechanism: MechanismWritten,
    /// The services account; the nick if not said.
    #[serde(default)]
    pub username: Option<String>,
    /// Its password.
    #[serde(default)]
    pub password: Option<SecretWritten>,
    /// A file with the password.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// For `external`: PEM file of our certificate.
    #[serde(default)]
    pub cert_file: Option<PathBuf>,
    /// And of its key.
    #[serde(default)]
    pub key_file: Option<PathBuf>,
}

/// Ways to log in.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MechanismWritten {
    /// Account and password.
    #[default]
    Plain,
    /// The certificate of the connection.
    External,
}

/// As what notices are sent.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageWritten {
    /// NOTICE.
    #[default]
    Notice,
    /// PRIVMSG.
    Privmsg,
}

/// How fast lines may leave.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FloodWritten {
    /// So many at once.
    pub burst: u32,
    /// Then one each.
    pub every: Duration,
}
