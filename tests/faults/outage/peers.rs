//! The other sides: a server for each kind of channel that behaves, behind a gate, and what people read there.

use super::gate::Gate;
use super::irc_server::IrcServer;
use crate::chats::{discord, mattermost, rocketchat, slack, teams, text};
use crate::homeserver::{ROOM, TOKEN as MATRIX_TOKEN, homeserver};
use crate::hooks::{Heard, Hooks, Product, Says, World};
use crate::obs::{Obs, PASSWORD, Version};
use crate::slack::{Slack, TOKEN};
use crate::smtp::Smtp;
use domain::policy::Joining;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const SECRET: &str = "whsec_Z29vZCBtb3JuaW5nLCB0aGlzIGlzIG91ciBuZXcga2V5";

/// What is known of a kind of channel beforehand.
#[derive(Clone, Copy)]
pub struct Kind {
    /// Its receiver.
    pub name: &'static str,
    /// In the table.
    pub title: &'static str,
    /// How what waited is told as one.
    pub joining: Joining,
    /// Notices told twice where the answer to one was lost: none where the other side is asked, or knows it again.
    pub twice: usize,
}

const fn kind(name: &'static str, title: &'static str, joining: Joining, twice: usize) -> Kind {
    Kind { name, title, joining, twice }
}

/// All of them.
pub const KINDS: [Kind; 11] = [
    kind("mail", "mail", Joining::Lines, 1),
    kind("irc", "IRC", Joining::Count, 1),
    kind("slack", "Slack", Joining::Lines, 0),
    kind("slackhook", "Slack webhook", Joining::Lines, 1),
    kind("mattermost", "Mattermost", Joining::Lines, 1),
    kind("rocketchat", "Rocket.Chat", Joining::Count, 1),
    kind("discord", "Discord", Joining::Count, 1),
    kind("teams", "Teams", Joining::Lines, 1),
    kind("matrix", "Matrix", Joining::Lines, 0),
    kind("obs", "OBS", Joining::Never, 0),
    kind("webhook", "webhook", Joining::Never, 1),
];

impl Kind {
    /// Whether it can be out of reach in this way.
    pub fn knows(&self, how: Down) -> bool {
        how == Down::Gone || !matches!(self.name, "mail" | "irc")
    }
}

/// How it is out of reach.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Down {
    /// Nobody listens.
    Gone,
    /// Everything asked is answered 503.
    Unavailable,
}

/// The other side of one receiver.
pub struct Peer {
    pub kind: Kind,
    gate: Gate,
    server: Server,
}

enum Server {
    Mail(Smtp),
    Irc(IrcServer),
    Slack(Slack),
    Hooks(Hooks),
    Obs(Obs),
}

impl Peer {
    pub async fn start(kind: Kind) -> Self {
        let hooks = |product: Product| Server::Hooks(Hooks::start(product));
        let server = match kind.name {
            "mail" => Server::Mail(Smtp::with(|_| None).await),
            "irc" => Server::Irc(IrcServer::start().await),
            "slack" => Server::Slack(Slack::start()),
            "obs" => Server::Obs(Obs::start(Version::New)),
            "slackhook" => hooks(slack),
            "mattermost" => hooks(mattermost),
            "rocketchat" => hooks(rocketchat),
            "discord" => hooks(discord),
            "teams" => hooks(teams),
            "matrix" => hooks(homeserver),
            _ => hooks(program),
        };
        let port = match &server {
            Server::Mail(smtp) => smtp.port,
            Server::Irc(irc) => irc.port,
            Server::Slack(slack) => port(&slack.url),
            Server::Hooks(hooks) => port(&hooks.url),
            Server::Obs(obs) => port(&obs.url),
        };
        Self { kind, gate: Gate::before(port).await, server }
    }

    /// Its receiver, in the configuration.
    pub fn yaml(&self) -> String {
        let (name, at) = (self.kind.name, self.gate.address);
        let keys = match name {
            "mail" => {
                format!("email: {{ smarthost: '{at}', tls: none, from: bell@example.org, to: list@example.org }}")
            }
            "irc" => format!(
                "irc: {{ server: '{at}', tls: false, nick: bell, channel: '#ops', flood: {{ burst: 100, every: 1s }} }}"
            ),
            "slack" => format!(
                "slack: {{ api_url: 'http://{at}/api', bot_token: {TOKEN}, channel: C000000001, buttons: false }}"
            ),
            "matrix" => {
                format!("matrix: {{ homeserver: 'http://{at}', access_token: {MATRIX_TOKEN}, room: '{ROOM}' }}")
            }
            "obs" => format!("obs: {{ api_url: 'http://{at}', username: Admin, password: {PASSWORD} }}"),
            "webhook" => format!("webhook: {{ url: 'http://{at}/hook', secret: {SECRET} }}"),
            "slackhook" => format!("slack_webhook: {{ webhook_url: 'http://{at}/services/T0/B0/a-very-secret-part' }}"),
            "rocketchat" => format!("rocketchat: {{ webhook_url: 'http://{at}/hooks/1/a-very-secret-part' }}"),
            "discord" => format!("discord: {{ webhook_url: 'http://{at}/api/webhooks/1/a-very-secret-part' }}"),
            "teams" => format!("teams: {{ webhook_url: 'http://{at}/workflows/a-very-secret-part' }}"),
            _ => format!("mattermost: {{ webhook_url: 'http://{at}/hooks/a-very-secret-part' }}"),
        };
        format!("  - {{ name: {name}, {keys} }}\n")
    }

    /// It takes what says this word, and nobody hears that it did.
    pub fn lose_answers_to(&self, word: &'static str) {
        self.gate.lose_answers_to(word);
    }

    /// It is gone, or says that it is in maintenance; an Open Build Service does that in any case.
    pub async fn go_down(&mut self, how: Down) {
        match (&self.server, how) {
            (Server::Obs(obs), _) => obs.world().in_maintenance = true,
            (_, Down::Gone) => self.gate.close().await,
            (_, Down::Unavailable) => self.gate.be_unavailable().await,
        }
    }

    /// Whether a connection is kept, made by itself after a wait, a quarter longer at most than it says.
    pub fn is_connected_to(&self) -> bool {
        matches!(self.server, Server::Irc(_))
    }

    /// It is there again. A connection that is made by itself stands by then.
    pub async fn come_back(&mut self) {
        match &mut self.server {
            Server::Obs(obs) => obs.world().in_maintenance = false,
            Server::Irc(irc) => {
                let before = *irc.joined.borrow();
                self.gate.open().await;
                irc.joined.wait_for(|joined| *joined > before).await.unwrap();
            }
            _ => self.gate.open().await,
        }
    }

    /// What people were told, message by message. Edits are none; on an Open Build Service every change is one.
    pub fn told(&self) -> Vec<String> {
        match &self.server {
            Server::Mail(smtp) => {
                let heard = smtp.heard.lock().unwrap();
                heard.iter().filter(|told| told.contains("\nSubject: ")).cloned().collect()
            }
            Server::Irc(irc) => {
                let told = irc.told.lock().unwrap();
                told.iter().map(|lines| lines.join("\n").trim_start_matches("(again) ").to_owned()).collect()
            }
            Server::Slack(slack) => slack.world().messages.iter().map(|message| message.text.clone()).collect(),
            Server::Hooks(hooks) if self.kind.name == "matrix" => {
                let is_edit = |message: &&Value| message["content"]["m.relates_to"]["rel_type"] == "m.replace";
                hooks.world().messages.iter().filter(|message| !is_edit(message)).map(Value::to_string).collect()
            }
            Server::Hooks(hooks) => hooks.world().messages.iter().map(|message| text(message).to_owned()).collect(),
            Server::Obs(obs) => {
                let world = obs.world();
                world.calls.iter().filter(|call| !call.starts_with("GET")).cloned().collect()
            }
        }
    }

    /// How many messages people read for the second time.
    pub fn twice(&self) -> usize {
        let messages = match &self.server {
            // One for each incident.
            Server::Obs(obs) => {
                let world = obs.world();
                world.messages.iter().map(|message| page_of(&message.text).to_owned()).collect()
            }
            _ => self.told(),
        };
        messages.len() - messages.iter().collect::<BTreeSet<_>>().len()
    }
}

fn page_of(text: &str) -> &str {
    let at = text.find("https://bell.example.org/incidents/").unwrap();
    text[at..].split(|c: char| c.is_whitespace() || c == '>').next().unwrap_or_default()
}

fn port(url: &str) -> u16 {
    url.split(':').nth(2).unwrap().split('/').next().unwrap().parse().unwrap()
}

// A program that takes whatever is signed and whole.
fn program(world: &mut World, heard: &Heard) -> Says {
    let said = heard.json().filter(|said| said["data"]["notice"]["text"].is_string());
    let is_right = heard.method == "POST" && heard.path == "/hook" && !heard.header("webhook-id").is_empty();
    match said.filter(|_| is_right) {
        Some(said) => {
            world.messages.push(json!(format!("{}: {said}", heard.header("webhook-id"))));
            (204, vec![], String::new())
        }
        None => (400, vec![], "no notice".to_owned()),
    }
}
