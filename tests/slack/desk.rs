//! The real program beside a fake Slack, and Slack's side of it: what people type and press, signed or over a socket.

use crate::program::Program;
use crate::slack::{APP_TOKEN, CHANNELS, Message, PEOPLE, Slack, TOKEN, USER, Whisper};
use crate::workspace::{BOT, BOT_TOKEN, Workspace};
use earlybell::clock::{Clock, SystemClock};
use ring::hmac::{HMAC_SHA256, Key, sign};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

pub const SIGNING_SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
pub const ANNA: &str = PEOPLE[0].0;
pub const BERT: &str = PEOPLE[1].0;
pub const STRANGER: &str = "U0NOBODY1";
pub const HERE: &str = CHANNELS[0].0;

/// The program, and a Slack.
pub struct Desk {
    /// The fake; where there is a workspace, only answers go there.
    pub slack: Slack,
    /// In the emulator, if that is the Slack.
    pub workspace: Option<Workspace>,
    pub program: Program,
    pressed: u32,
}

/// How Slack reaches the program.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Http,
    Socket,
}

/// An answer of the program.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        if self.body.is_empty() { Value::Null } else { serde_json::from_str(&self.body).unwrap() }
    }
}

impl Desk {
    pub fn open(way: Way, socket: Option<u16>) -> Self {
        let slack = Slack::start();
        slack.world().socket = socket;
        let secret = match way {
            Way::Http => format!("signing_secret: {SIGNING_SECRET}"),
            Way::Socket => format!("app_token: {APP_TOKEN}"),
        };
        let app = format!("{{ {secret}, bot_token: {TOKEN}, api_url: '{}' }}", slack.url);
        let program = Self::program(&app, [ANNA, BERT, HERE], "");
        Self { slack, workspace: None, program, pressed: 0 }
    }

    /// The same with a workspace in the emulator, and more receivers.
    pub fn emulated(more: &str) -> Self {
        let workspace = Workspace::open();
        let secret = format!("signing_secret: {SIGNING_SECRET}");
        let app = format!("{{ {secret}, bot_token: {BOT_TOKEN}, api_url: '{}' }}", workspace.url);
        let program = Self::program(&app, [&workspace.anna, &workspace.bert, &workspace.channel], more);
        Self { slack: Slack::start(), workspace: Some(workspace), program, pressed: 0 }
    }

    fn program(app: &str, [anna, bert, channel]: [&str; 3], more: &str) -> Program {
        let config = format!(
            "route: {{ receiver: team }}
slack_app: {app}
receivers: [{{ name: team, slack: {{ channel: {channel}, broadcast: true }} }}, {more}]
access: {{ chat: {{ roles: {{ anna: manager, bert: responder }} }} }}
people: [{{ name: anna, slack: {anna} }}, {{ name: bert, slack: {bert} }}]
rituals: {{ scope_after: 0s }}
"
        );
        Program::start_with(&["--web.external-url=https://bell.example"], &config, &[])
    }

    /// Sends bytes as Slack does, signed now.
    pub fn send(&self, path: &str, body: &str) -> Answer {
        let at = SystemClock.now().timestamp().to_string();
        let signature = signature(SIGNING_SECRET, &at, body);
        self.send_with(path, &[("X-Slack-Request-Timestamp", &at), ("X-Slack-Signature", &signature)], body)
    }

    pub fn send_with(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut stream = TcpStream::connect(self.program.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!("POST {path} HTTP/1.1\r\nHost: bell.example\r\nConnection: close\r\n{headers}");
        write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        Answer { status: head.split(' ').nth(1).unwrap().parse().unwrap(), body: body.to_owned() }
    }

    /// What comes with a press of this user: a trigger for forms, and where an answer goes.
    pub fn press(&mut self, user: &str) -> (String, String) {
        self.pressed += 1;
        let trigger = match &self.workspace {
            Some(workspace) => workspace.trigger(user),
            None => format!("13345224609.738474920.{:032x}", self.pressed),
        };
        self.slack.world().triggers.insert(trigger.clone());
        let place = self.slack.url.replace("/api", "/response");
        (trigger, format!("{place}/{}", self.pressed))
    }

    /// The body of a command, as Slack's documentation shows it.
    pub fn command(&mut self, user: &str, text: &str) -> Vec<(&'static str, String)> {
        let (trigger, answer_at) = self.press(user);
        [
            ("token", "gIkuvaNzQIHg97ATvDxqgjtO".to_owned()),
            ("team_id", "T000000001".to_owned()),
            ("team_domain", "example".to_owned()),
            ("channel_id", HERE.to_owned()),
            ("channel_name", "incidents".to_owned()),
            ("user_id", user.to_owned()),
            ("user_name", "somebody".to_owned()),
            ("command", "/incident".to_owned()),
            ("text", text.to_owned()),
            ("api_app_id", "A123456".to_owned()),
            ("is_enterprise_install", "false".to_owned()),
            ("response_url", answer_at),
            ("trigger_id", trigger),
        ]
        .into()
    }

    /// The same as a command over the socket.
    pub fn envelope(&mut self, id: &str, user: &str, text: &str) -> Value {
        let fields = self.command(user, text);
        let payload: serde_json::Map<String, Value> =
            fields.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
        json!({"envelope_id": id, "type": "slash_commands", "payload": payload, "accepts_response_payload": true})
    }

    pub fn types(&mut self, user: &str, text: &str) -> Value {
        let fields = self.command(user, text);
        self.send("/slack/commands", &form(&fields)).json()
    }

    pub fn interacts(&self, payload: &Value) -> Value {
        self.send("/slack/interactive", &form(&[("payload", payload.to_string())])).json()
    }

    /// Sends it as a repeat, which Slack says of its own.
    pub fn repeats(&self, path: &str, body: &str) -> Answer {
        let at = SystemClock.now().timestamp().to_string();
        let signature = signature(SIGNING_SECRET, &at, body);
        let again = [("X-Slack-Retry-Num", "1"), ("X-Slack-Retry-Reason", "http_timeout")];
        let signed = [("X-Slack-Request-Timestamp", at.as_str()), ("X-Slack-Signature", &signature)];
        self.send_with(path, &[signed, again].concat(), body)
    }

    /// Somebody names the bot, in this thread or in none; the bot is `@` in the text.
    pub fn mention(&mut self, user: &str, text: &str, thread: Option<&str>) -> Value {
        self.pressed += 1;
        let (bot, channel) = match &self.workspace {
            Some(workspace) => (BOT, workspace.channel.as_str()),
            None => (USER, HERE),
        };
        let ts = format!("1796000000.{:06}", self.pressed);
        let mut event = json!({"type": "app_mention", "user": user, "text": text.replacen('@', &format!("<@{bot}>"), 1),
            "ts": ts, "event_ts": ts, "channel": channel, "team": "T000000001",
            "client_msg_id": format!("00000000-0000-0000-0000-{:012}", self.pressed)});
        if let Some(thread) = thread {
            event["thread_ts"] = json!(thread);
        }
        json!({"type": "event_callback", "event_id": format!("Ev{:08}", self.pressed), "event_time": 1_796_000_000,
            "api_app_id": "A123456", "team_id": "T000000001", "token": "x", "event": event,
            "authorizations": [{"team_id": "T000000001", "user_id": bot, "is_bot": true, "is_enterprise_install": false}]})
    }

    /// The same, told at once.
    pub fn mentions(&mut self, user: &str, text: &str, thread: Option<&str>) -> Value {
        let event = self.mention(user, text, thread);
        assert_eq!(self.send("/slack/events", &event.to_string()).json(), Value::Null);
        event
    }

    /// What so many mentions were answered alone.
    pub fn whispers(&mut self, count: usize) -> Vec<Whisper> {
        self.await_slack("nobody is answered", |slack| {
            let whispers = slack.world().whispers.clone();
            (whispers.len() >= count).then_some(whispers)
        })
    }

    /// A button below the first message of this text.
    pub fn button(&mut self, user: &str, button: &str, incident: u64) -> Value {
        let (trigger, answer_at) = self.press(user);
        let message = self.message(incident);
        json!({
            "type": "block_actions", "api_app_id": "A123456", "trigger_id": trigger, "response_url": answer_at,
            "user": {"id": user, "username": "somebody", "name": "somebody", "team_id": "T000000001"},
            "team": {"id": "T000000001", "domain": "example"},
            "channel": {"id": message.channel, "name": "incidents"},
            "container": {"type": "message", "message_ts": message.ts, "channel_id": message.channel, "is_ephemeral": false},
            "message": {"type": "message", "ts": message.ts, "text": message.text, "blocks": message.blocks},
            "actions": [{"type": "button", "block_id": "incident", "action_id": button,
                "text": {"type": "plain_text", "text": button}, "value": incident.to_string(), "action_ts": "1.2"}],
        })
    }

    /// The first message about this incident, when it is there.
    pub fn message(&mut self, incident: u64) -> Message {
        let name = format!("INC-{incident}");
        let is_its = |message: &Message| {
            message.thread_ts.is_none() && message.metadata["event_payload"]["incident"] == name.as_str()
        };
        self.await_there("the incident is not told", |slack, workspace| match workspace {
            Some(workspace) => workspace.history(&workspace.channel).into_iter().find(is_its),
            None => slack.world().messages.iter().find(|message| is_its(message)).cloned(),
        })
    }

    /// What a message is, and the replies to it, when this holds of them.
    pub fn thread(&mut self, ts: &str, holds: impl Fn(&Message, &[Message]) -> bool) -> (Message, Vec<Message>) {
        self.await_there("the thread is not complete", |slack, workspace| {
            let mut all = match workspace {
                Some(workspace) => workspace.thread(ts),
                None => {
                    let world = slack.world();
                    let here = |message: &&Message| message.ts == ts || message.thread_ts.as_deref() == Some(ts);
                    world.messages.iter().filter(here).cloned().collect()
                }
            };
            let first = all.remove(0);
            holds(&first, &all).then_some((first, all))
        })
    }

    /// The form that was opened last, filled in.
    pub fn fills(&mut self, user: &str, before: usize, fields: &[(&str, &str)]) -> Value {
        let (id, view) = self.await_there("no form is opened", |slack, workspace| match workspace {
            Some(workspace) => workspace.views().get(before).cloned(),
            None => slack.world().views.get(before).map(|view| (format!("V{}", before + 1), view.clone())),
        });
        self.interacts(&submission(user, &id, &view, fields))
    }

    fn await_there<T>(&mut self, problem: &str, look: impl Fn(&Slack, Option<&Workspace>) -> Option<T>) -> T {
        let (slack, workspace) = (&self.slack, self.workspace.as_ref());
        self.program.wait(problem, |_| look(slack, workspace))
    }

    /// Waits for something to be seen in Slack.
    pub fn await_slack<T>(&mut self, problem: &str, look: impl Fn(&Slack) -> Option<T>) -> T {
        let slack = &self.slack;
        self.program.wait(problem, |_| look(slack))
    }

    /// What was answered at the address of the last press.
    pub fn whispered(&mut self) -> Value {
        let place = self.pressed.to_string();
        self.await_slack("nothing is answered", |slack| {
            slack.world().answers.iter().find(|(at, _)| *at == place).map(|(_, answer)| answer.clone())
        })
    }
}

/// A form that was filled in.
pub fn submission(user: &str, id: &str, view: &Value, fields: &[(&str, &str)]) -> Value {
    let value = |(name, text): &(&str, &str)| {
        let block = view["blocks"].as_array().unwrap().iter().find(|block| block["block_id"] == *name);
        let element = &block.unwrap_or_else(|| panic!("no field {name}"))["element"];
        let filled = match element["type"].as_str().unwrap() {
            "static_select" => {
                let options = element["options"].as_array().unwrap();
                let option = options.iter().find(|option| option["value"] == *text).unwrap();
                json!({"type": "static_select", "selected_option": option})
            }
            kind => json!({"type": kind, "value": text}),
        };
        (name.to_string(), json!({element["action_id"].as_str().unwrap(): filled}))
    };
    let values: serde_json::Map<String, Value> = fields.iter().map(value).collect();
    json!({
        "type": "view_submission", "team": {"id": "T000000001"}, "user": {"id": user}, "api_app_id": "A123456",
        "view": {"id": id, "type": "modal", "callback_id": view["callback_id"],
            "private_metadata": view["private_metadata"], "state": {"values": values}, "hash": "156663117.cd33ad1f"},
        "response_urls": [],
    })
}

pub fn signature(key: &str, at: &str, body: &str) -> String {
    let signed = sign(&Key::new(HMAC_SHA256, key.as_bytes()), format!("v0:{at}:{body}").as_bytes());
    let hex: String = signed.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("v0={hex}")
}

pub fn form(fields: &[(&str, String)]) -> String {
    let encoded = |text: &str| -> String {
        let byte = |byte: u8| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            b' ' => "+".to_owned(),
            other => format!("%{other:02X}"),
        };
        text.bytes().map(byte).collect()
    };
    fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
}
