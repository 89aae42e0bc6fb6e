//! IRC, checked: a network and how we are known there, and the channels of one receiver.

use super::{Secret, Sent};
use std::path::PathBuf;
use std::time::Duration;

/// Channels of a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IrcConfig {
    /// Which network, and as whom; receivers that say the same share a connection.
    pub network: IrcNetwork,
    /// The channels, with their signs.
    pub channels: Vec<String>,
    /// As what notices are sent.
    pub message: IrcMessage,
    /// Whether the topic shows what is open.
    pub topic: bool,
    /// Whether what is said there during an incident is kept in its timeline.
    pub capture: bool,
}

/// A network, and how we are known there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IrcNetwork {
    /// `host:port`.
    pub server: String,
    /// Whether TLS is used.
    pub tls: bool,
    /// PEM file of a private CA.
    pub ca_file: Option<PathBuf>,
    /// Our nick.
    pub nick: String,
    /// What stands before our host.
    pub username: String,
    /// What WHOIS says of us.
    pub realname: String,
    /// How we log in.
    pub login: IrcLogin,
    /// How fast lines may leave; as the server's kind takes them, if not said.
    pub flood: Option<IrcFlood>,
}

/// How we log in to services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IrcLogin {
    /// Not at all.
    None,
    /// SASL PLAIN.
    Plain {
        /// The account.
        username: String,
        /// Its password.
        password: Secret,
    },
    /// SASL EXTERNAL: by the certificate of the connection.
    External {
        /// PEM file of the certificate.
        cert_file: PathBuf,
        /// PEM file of its key.
        key_file: PathBuf,
    },
    /// A message to NickServ, where there is no SASL.
    NickServ(Secret),
}

/// As what notices are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IrcMessage {
    /// NOTICE: no robot answers it, and few clients make a noise.
    Notice,
    /// PRIVMSG: as a person's words.
    Privmsg,
}

/// How fast lines may leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IrcFlood {
    /// So many at once.
    pub burst: u32,
    /// Then one each.
    pub every: Duration,
}

impl IrcNetwork {
    /// What tells it from others: the server, and our nick there.
    pub fn name(&self) -> String {
        format!("{}/{}", self.server, self.nick)
    }

    /// What the server gets to know, and may say back.
    pub fn sent(&self) -> Sent {
        match &self.login {
            IrcLogin::None | IrcLogin::External { .. } => Sent::default(),
            IrcLogin::NickServ(password) => Sent::new([password.expose()]),
            IrcLogin::Plain { username, password } => {
                Sent::new([password.expose(), &format!("{username}\0{username}\0{}", password.expose())])
            }
        }
    }
}
