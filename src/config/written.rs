//! The configuration as written: what serde reads, strictly. `config/earlybell.yml` explains every key.

use super::written_access::AccessWritten;
use super::written_blog::BlogWritten;
use super::written_chat::{ChatWritten, MatrixWritten};
use super::written_etherpad::EtherpadWritten;
use super::written_irc::IrcWritten;
use super::written_obs::ObsWritten;
use super::written_slack::SlackAppWritten;
use super::written_webhook::WebhookWritten;
use domain::alert::matcher::MatcherText;
use domain::directory::Person;
use domain::duration::Duration;
use domain::interval::NamedIntervals;
use domain::policy::{Heartbeat, Postmortems, Rituals, RoleSpec, Subject, Timing};
use domain::rules::model::InhibitModel;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// The whole file. What is missing takes the default of `config/earlybell.yml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Written {
    /// Who may send alerts, and may be asked.
    pub sources: Option<Vec<SourceWritten>>,
    /// Who may log in, and how.
    pub access: Option<AccessWritten>,
    /// Who is told, by incident labels.
    pub route: Option<RouteWritten>,
    /// What people press and type in Slack.
    pub slack_app: Option<SlackAppWritten>,
    /// Who can be told.
    pub receivers: Option<Vec<ReceiverWritten>>,
    /// Where incidents are mirrored to pads.
    pub etherpad: Option<EtherpadWritten>,
    /// Patterns of rule files; the shipped rules if not said.
    pub rule_files: Option<Vec<String>>,
    /// Patterns of template files.
    pub templates: Vec<String>,
    /// Named times, for rules.
    pub time_intervals: Vec<NamedIntervals>,
    /// Which incidents keep which others from being declared.
    pub inhibit_rules: Vec<InhibitModel>,
    /// Alerts that must be heard of again and again.
    pub heartbeats: Vec<Heartbeat>,
    /// Who is there.
    pub people: Vec<Person>,
    /// Who shares a duty.
    pub squads: Vec<SquadWritten>,
    /// Waits and graces.
    pub timing: Timing,
    /// Duties of roles; more of them.
    pub roles: Vec<RoleSpec>,
    /// How people are reminded.
    pub rituals: Rituals,
    /// What is written afterwards, and until when.
    pub postmortem: Postmortems,
}

/// One Alertmanager cluster.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceWritten {
    /// Its name.
    pub name: String,
    /// Its replicas.
    #[serde(default)]
    pub alertmanagers: Vec<String>,
    /// Name of the receiver there whose alerts are ours.
    #[serde(default)]
    pub receiver: Option<String>,
    /// How often they are asked.
    #[serde(default)]
    pub poll_every: Option<Duration>,
    /// An absence counts only from a replica that is up for longer than this.
    #[serde(default)]
    pub settle: Option<Duration>,
    /// Bearer token, as Prometheus writes it.
    #[serde(default)]
    pub authorization: Option<AuthorizationWritten>,
    /// User and password, as Prometheus writes them.
    #[serde(default)]
    pub basic_auth: Option<BasicAuthWritten>,
}

/// `authorization` of Prometheus' HTTP clients.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorizationWritten {
    /// Only `Bearer`.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// The token.
    #[serde(default)]
    pub credentials: Option<SecretWritten>,
    /// A file with the token.
    #[serde(default)]
    pub credentials_file: Option<PathBuf>,
}

/// `basic_auth` of Prometheus' HTTP clients.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BasicAuthWritten {
    /// The user.
    pub username: String,
    /// The password.
    #[serde(default)]
    pub password: Option<SecretWritten>,
    /// A file with the password.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
}

/// People who share a duty.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SquadWritten {
    /// Its name.
    pub name: String,
    /// Names of its people.
    #[serde(default)]
    pub members: Vec<String>,
    /// Where it is written who is on duty.
    #[serde(default)]
    pub on_duty: Option<OnDutyWritten>,
}

/// A calendar that says who is on duty: exactly one of `url`, `url_file`, `file`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnDutyWritten {
    /// Where it is; whoever knows the address of a private calendar may read it, so it is a secret.
    #[serde(default)]
    pub url: Option<SecretWritten>,
    /// A file with the address.
    #[serde(default)]
    pub url_file: Option<PathBuf>,
    /// The calendar itself, as a file.
    #[serde(default)]
    pub file: Option<PathBuf>,
    /// How often it is read again.
    #[serde(default)]
    pub refresh_every: Option<Duration>,
    /// For days, and times without a zone.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// Bearer token, as Prometheus writes it.
    #[serde(default)]
    pub authorization: Option<AuthorizationWritten>,
    /// User and password, as Prometheus writes them.
    #[serde(default)]
    pub basic_auth: Option<BasicAuthWritten>,
}

/// The route tree, spelled as in Alertmanager, with `receivers` for more than one.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RouteWritten {
    /// Who is told.
    pub receiver: Option<String>,
    /// Who is told, if more than one.
    pub receivers: Vec<String>,
    /// Whom it applies to.
    pub matchers: Vec<MatcherText>,
    /// Whether later siblings are tried too.
    #[serde(rename = "continue")]
    pub go_on: bool,
    /// Narrower routes.
    pub routes: Vec<RouteWritten>,
}

/// Somebody who can be told: exactly one way to get there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiverWritten {
    /// Its name.
    pub name: String,
    /// Whether it reaches the public.
    #[serde(default)]
    pub public: bool,
    /// Whether it reaches people one by one.
    #[serde(default)]
    pub personal: bool,
    /// Names of times in which only what can't wait is told.
    #[serde(default)]
    pub quiet_hours: Vec<String>,
    /// Most notices within an hour.
    #[serde(default)]
    pub max_per_hour: Option<usize>,
    /// Who is told in its place while it can't be reached.
    #[serde(default)]
    pub fallback: Option<String>,
    /// How long it may be out of reach until then.
    #[serde(default)]
    pub fallback_after: Option<Duration>,
    /// Template per notice.
    #[serde(default)]
    pub templates: BTreeMap<String, String>,
    /// Which language its notices are in.
    #[serde(default)]
    pub language: Option<String>,
    /// Standard output.
    #[serde(default)]
    pub console: Option<ConsoleWritten>,
    /// Mail.
    #[serde(default)]
    pub email: Option<EmailWritten>,
    /// Slack.
    #[serde(default)]
    pub slack: Option<SlackWritten>,
    /// A git repository that a site is made of.
    #[serde(default)]
    pub blog: Option<BlogWritten>,
    /// A program that is sent JSON.
    #[serde(default)]
    pub webhook: Option<WebhookWritten>,
    /// Slack, without a bot.
    #[serde(default)]
    pub slack_webhook: Option<ChatWritten>,
    /// Mattermost.
    #[serde(default)]
    pub mattermost: Option<ChatWritten>,
    /// Rocket.Chat.
    #[serde(default)]
    pub rocketchat: Option<ChatWritten>,
    /// Discord.
    #[serde(default)]
    pub discord: Option<ChatWritten>,
    /// Microsoft Teams.
    #[serde(default)]
    pub teams: Option<ChatWritten>,
    /// Matrix.
    #[serde(default)]
    pub matrix: Option<MatrixWritten>,
    /// Channels of an IRC network.
    #[serde(default)]
    pub irc: Option<IrcWritten>,
    /// Status messages of an Open Build Service.
    #[serde(default)]
    pub obs: Option<ObsWritten>,
}

/// Standard output has nothing to say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsoleWritten {}

/// Mail.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmailWritten {
    /// Who gets it: one address or a list; not said where it is personal.
    #[serde(default)]
    pub to: Option<OneOrMore>,
    /// `From`, and the envelope's sender where nothing else is said.
    pub from: String,
    /// Envelope sender: who hears of what could not be delivered, or is held by a list.
    #[serde(default)]
    pub envelope_from: Option<String>,
    /// What its subject begins with.
    #[serde(default)]
    pub subject: Subject,
    /// Where a list keeps what was said: HyperKitty's page of it.
    #[serde(default)]
    pub archive: Option<String>,
    /// Password of a list's moderators, for `Approved:`.
    #[serde(default)]
    pub approved: Option<SecretWritten>,
    /// A file with it.
    #[serde(default)]
    pub approved_file: Option<PathBuf>,
    /// `host:port`.
    pub smarthost: String,
    /// Name for HELO.
    #[serde(default)]
    pub hello: Option<String>,
    /// User.
    #[serde(default)]
    pub auth_username: Option<String>,
    /// Password.
    #[serde(default)]
    pub auth_password: Option<SecretWritten>,
    /// A file with the password.
    #[serde(default)]
    pub auth_password_file: Option<PathBuf>,
    /// How TLS is used.
    #[serde(default)]
    pub tls: TlsWritten,
    /// PEM file of a private CA.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
}

/// How TLS is used with an SMTP server.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsWritten {
    /// STARTTLS, required.
    #[default]
    Starttls,
    /// From the first byte.
    Implicit,
    /// Not at all.
    None,
}

/// Slack.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlackWritten {
    /// Channel id, or name; not said where it is personal.
    #[serde(default)]
    pub channel: Option<String>,
    /// `xoxb-…`
    #[serde(default)]
    pub bot_token: Option<SecretWritten>,
    /// A file with the token.
    #[serde(default)]
    pub bot_token_file: Option<PathBuf>,
    /// Where Slack's Web API is.
    #[serde(default)]
    pub api_url: Option<String>,
    /// Whether the first message has buttons; if not said, where the team reads it.
    #[serde(default)]
    pub buttons: Option<bool>,
    /// Whether what changes the stage is shown in the channel too.
    #[serde(default)]
    pub broadcast: bool,
}

/// A text that is never printed.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct SecretWritten(pub String);

impl fmt::Debug for SecretWritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

/// One text, or a list of them.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum OneOrMore {
    /// One.
    One(String),
    /// A list.
    More(Vec<String>),
}

impl OneOrMore {
    /// As a list.
    pub fn list(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::More(list) => list,
        }
    }
}
