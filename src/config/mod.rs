//! The configuration: as written (strict, with places for errors) → checked.

mod access;
mod alertmanager;
mod blog;
mod chat;
mod check;
mod drill;
mod etherpad;
mod glob;
mod irc;
mod lint;
mod load;
mod mend;
mod obs;
mod place;
mod read;
mod report;
mod rules;
mod schema;
mod secret;
mod slack;
mod tree;
mod trial;
mod webhook;
mod written;
mod written_access;
mod written_blog;
mod written_chat;
mod written_etherpad;
mod written_irc;
mod written_obs;
mod written_slack;
mod written_webhook;

pub use access::{Access, Grants, Network, Oidc, Proxy};
pub use alertmanager::shortest_group_wait;
pub use blog::{BlogConfig, Forge, PullRequests, Repository, Signature, Transport};
pub use chat::{ChatConfig, ChatProduct, MatrixConfig, MatrixMessage};
pub use check::{DEFAULT_SOURCE, http_url};
pub use drill::{parse_scenario, read_scenario};
pub use etherpad::{ApiAccess, EtherpadConfig};
pub use irc::{IrcConfig, IrcFlood, IrcLogin, IrcMessage, IrcNetwork};
pub use lint::shown as lints_shown;
pub use load::{DEFAULT_CONFIG, DEFAULT_PATH, DEFAULT_RULES, Named, Overrides, load, parse};
pub use obs::{ObsConfig, ObsProof};
pub use read::file as read_file;
pub use report::{ConfigError, ConfigErrors};
pub use rules::{Findings, parse_rules};
pub use schema::rules_schema;
pub use secret::{Secret, Sent};
pub use slack::SlackAppConfig;
pub use trial::{TestFile, read_tests};
pub use webhook::{SigningKey, WebhookConfig};

use chrono::TimeDelta;
use domain::delivery::pace::Pacing;
use domain::directory::Directory;
use domain::interval::Location;
use domain::policy::{PolicySource, ReceiverSpec};
use std::path::PathBuf;
use std::time::Duration;

/// A checked configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// What decides; goes into the inbox when it changes.
    pub policy: PolicySource,
    /// How to reach each receiver, in the order of `policy.receivers`.
    pub receivers: Vec<Receiver>,
    /// Who may send alerts. At least one: `default`.
    pub sources: Vec<Source>,
    /// How people are known.
    pub access: Access,
    /// The way from Slack to us, if there is one.
    pub slack_app: Option<SlackAppConfig>,
    /// Where incidents are mirrored to pads.
    pub etherpad: Option<EtherpadConfig>,
    /// People and squads that are written; who is on duty is not known yet.
    pub directory: Directory,
    /// Where it is written who is on duty.
    pub duty_lists: Vec<DutyList>,
    /// Hash over all files read, for `earlybell_config_hash`.
    pub hash: u64,
    /// What is understood, but better written anew.
    pub warnings: Vec<ConfigError>,
}

impl Config {
    /// The same with names of pads that nobody can guess: by a key that the store made once.
    #[must_use]
    pub fn with_pad_seed(mut self, seed: &str) -> Self {
        if let Some(pads) = &mut self.policy.pads {
            pads.seed = seed.to_owned();
        }
        self
    }
}

/// How to reach a receiver.
#[derive(Debug, Clone)]
pub struct Receiver {
    /// What the engine knows of it.
    pub spec: ReceiverSpec,
    /// How to get there.
    pub address: Address,
    /// What it wants to be spared.
    pub pacing: Pacing,
}

/// How to get to a receiver.
#[derive(Debug, Clone)]
pub enum Address {
    /// Standard output.
    Console,
    /// An SMTP server and who to write to.
    Email(EmailConfig),
    /// A Slack workspace and channel.
    Slack(SlackConfig),
    /// A git repository.
    Blog(Box<BlogConfig>),
    /// A program that is sent JSON.
    Webhook(WebhookConfig),
    /// A chat with a webhook.
    Chat(ChatConfig),
    /// A room of Matrix.
    Matrix(MatrixConfig),
    /// Channels of an IRC network.
    Irc(Box<IrcConfig>),
    /// An Open Build Service.
    Obs(Box<ObsConfig>),
}

/// Mail.
#[derive(Debug, Clone)]
pub struct EmailConfig {
    /// `host:port`.
    pub smarthost: String,
    /// `From`, and the envelope's sender where nothing else is said.
    pub from: String,
    /// Envelope sender: who hears of what could not be delivered, or is held by a list.
    pub envelope_from: Option<String>,
    /// Where a list keeps what was said, without a slash at its end.
    pub archive: Option<String>,
    /// Password of a list's moderators, for `Approved:`.
    pub approved: Option<Secret>,
    /// Who gets it, lists included; nobody where each person is written to.
    pub to: Vec<String>,
    /// Name for HELO; the host name if not said.
    pub hello: Option<String>,
    /// User and password.
    pub auth: Option<(String, Secret)>,
    /// How TLS is used.
    pub tls: SmtpTls,
    /// PEM file of a private CA.
    pub ca_file: Option<PathBuf>,
}

/// How TLS is used with an SMTP server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// STARTTLS, required: the default.
    StartTls,
    /// TLS from the first byte (port 465).
    Implicit,
    /// None; for a relay on this machine.
    None,
}

/// Slack.
#[derive(Debug, Clone)]
pub struct SlackConfig {
    /// `https://slack.com/api` unless a test says otherwise.
    pub api_url: String,
    /// `xoxb-…`
    pub bot_token: Secret,
    /// Channel id (or name); none where each person is written to.
    pub channel: Option<String>,
    /// Whether the first message of an incident has buttons.
    pub buttons: bool,
    /// Whether what changes the stage of an incident is shown in the channel too, not only in the thread.
    pub broadcast: bool,
    /// Where people find our pages, without a trailing slash.
    pub external_url: String,
}

/// One Alertmanager cluster that sends alerts, and may be asked.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// Its replicas, for the reconcile loop; empty: not asked.
    pub alertmanagers: Vec<String>,
    /// Name of the receiver, in their configuration, whose alerts are ours; all alerts if not said.
    pub receiver: Option<String>,
    /// How often they are asked.
    pub poll_every: Duration,
    /// For `GET /api/v2/alerts`.
    pub auth: Option<HttpAuth>,
    /// An absence counts only from a replica that is up for longer than this.
    pub settle: TimeDelta,
}

/// A calendar that says who of a squad is on duty.
#[derive(Debug, Clone)]
pub struct DutyList {
    /// Which squad.
    pub squad: String,
    /// Where it is.
    pub source: DutySource,
    /// How often it is read again.
    pub refresh_every: Duration,
    /// For days, and times without a zone; as the calendar says, if not said.
    pub zone: Option<Location>,
}

/// Where a calendar is.
#[derive(Debug, Clone)]
pub enum DutySource {
    /// At an address, which is as good as a password.
    Url {
        /// The address.
        url: Secret,
        /// How to authenticate there.
        auth: Option<HttpAuth>,
    },
    /// In a file.
    File(PathBuf),
}

/// How we authenticate to somebody.
#[derive(Debug, Clone)]
pub enum HttpAuth {
    /// `Authorization: Bearer …`
    Bearer(Secret),
    /// User and password.
    Basic(String, Secret),
}

impl HttpAuth {
    /// What whoever is asked gets to know.
    pub fn sent(&self) -> Sent {
        match self {
            Self::Bearer(token) => Sent::new([token.expose()]),
            Self::Basic(user, password) => Sent::new([password.expose(), &format!("{user}:{}", password.expose())]),
        }
    }
}

/// Whether a host, perhaps with a port, is this machine.
pub fn host_is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => host.split(':').next().unwrap_or(host),
    };
    let localhost = name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost");
    localhost || name.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}
