//! Slack's Web API as far as Earlybell uses it: stateful, strict about what it is told, and able to misbehave on demand.

#[path = "slack_blocks.rs"]
pub mod slack_blocks;
#[path = "slack_methods.rs"]
pub mod slack_methods;

use super::host::Host;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, web};
use earlybell::clock::{Clock, SystemClock};
use futures_util::{StreamExt, stream};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

/// The token it takes.
pub const TOKEN: &str = "xoxb-test-token";

/// The token of the app.
pub const APP_TOKEN: &str = "xapp-test-token";

/// Its channels: id, name. The first is one the bot is in, the second is archived, the third has not invited it.
pub const CHANNELS: [(&str, &str); 3] =
    [("C000000001", "incidents"), ("C000000002", "old"), ("C000000003", "strangers")];

/// People: user id, and the conversation the bot has with them.
pub const PEOPLE: [(&str, &str); 2] = [("U0ANNA001", "D0ANNA001"), ("U0BERT001", "D0BERT001")];

/// What a token may do, in the order in which Slack says it.
pub const SCOPES: &str = "chat:write,channels:history,channels:read,commands,im:history,im:write";

/// The bot.
pub const USER: &str = "U000000001";
const TEXT_UNITS_MAX: usize = 40_000;

/// What it does with a request instead of what it should.
#[derive(Debug, Clone)]
pub enum Misbehave {
    /// Does nothing and answers with this status, these headers and this body.
    Answers(u16, Vec<(&'static str, String)>, String),
    /// Does nothing and says `ok: false` with this word.
    Refuses(&'static str),
    /// Does what it should, then answers with this status and an HTML page.
    DoesThenHtml(u16),
    /// Does what it should; the connection breaks before the answer is whole.
    DoesThenBreaks,
    /// Does what it should and never answers.
    DoesThenHangs,
    /// Does what it should and answers with this many bytes of blanks.
    DoesThenTalks(usize),
}

/// A message as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub channel: String,
    pub ts: String,
    pub thread_ts: Option<String>,
    pub text: String,
    pub metadata: Value,
    pub blocks: Value,
    pub broadcast: bool,
    pub edits: u32,
}

/// What was shown to one person alone, beside a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Whisper {
    pub channel: String,
    pub user: String,
    pub thread_ts: Option<String>,
    pub text: String,
}

/// A request it was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub method: String,
    pub arguments: Value,
}

/// The fake; it goes away when it is dropped.
pub struct Slack {
    /// For `api_url`.
    pub url: String,
    world: Arc<Mutex<World>>,
    _host: Host,
}

/// What it knows, and what it is told to do wrong.
#[derive(Default)]
pub struct World {
    pub messages: Vec<Message>,
    pub calls: Vec<Call>,
    /// What to do with the next requests, by method; what is empty behaves.
    pub script: BTreeMap<&'static str, VecDeque<Misbehave>>,
    /// Whether `conversations.*` is out of the token's scope.
    pub is_blind: bool,
    /// Most messages a page holds, whatever is asked for; 0: as asked.
    pub page_rows: usize,
    /// What the token may do; all that is needed, if not said.
    pub scopes: Option<&'static str>,
    /// Whether strangers have invited the bot.
    pub invited: bool,
    /// Channels that somebody archived since.
    pub archived: BTreeSet<&'static str>,
    /// What may still open a form; each once.
    pub triggers: BTreeSet<String>,
    /// Forms that were opened, with what they became since; their id is `V` and their place.
    pub views: Vec<Value>,
    /// What people see in the home of the app.
    pub homes: BTreeMap<String, Value>,
    /// What was answered at `/response/…`, by what stands there.
    pub answers: Vec<(String, Value)>,
    /// What was shown to one person alone.
    pub whispers: Vec<Whisper>,
    /// Who is in the channels, beside [`PEOPLE`].
    pub guests: BTreeSet<String>,
    /// Where the socket is.
    pub socket: Option<u16>,
    last_ts: i64,
}

impl Slack {
    /// Starts it on a free port, on a thread of its own.
    pub fn start() -> Self {
        let world = Arc::new(Mutex::new(World::default()));
        let data = Data::from(world.clone());
        let host = Host::of(move |fake| {
            fake.app_data(data.clone()).default_service(web::to(serve));
        });
        let port = host.port;
        Self { url: format!("http://127.0.0.1:{port}/api"), world, _host: host }
    }

    /// Its inside, to look at or to change.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// Does this with the next request of this method, after those it was told before.
    pub fn next(&self, method: &'static str, misbehave: Misbehave) {
        self.world().script.entry(method).or_default().push_back(misbehave);
    }

    /// Texts of the roots in a channel, with those of their replies.
    pub fn threads(&self, channel: &str) -> Vec<(String, Vec<String>)> {
        let world = self.world();
        let here: Vec<_> = world.messages.iter().filter(|message| message.channel == channel).collect();
        let replies = |ts: &str| {
            let replies = here.iter().filter(|reply| reply.thread_ts.as_deref() == Some(ts));
            replies.map(|reply| reply.text.clone()).collect()
        };
        let roots = here.iter().filter(|message| message.thread_ts.is_none());
        roots.map(|root| (root.text.clone(), replies(&root.ts))).collect()
    }
}

async fn serve(request: HttpRequest, body: Bytes, world: Data<Mutex<World>>) -> HttpResponse {
    if let Some(place) = request.path().strip_prefix("/response/") {
        // Anybody may answer there who knows the address; a token would be one too many.
        assert!(request.headers().get("authorization").is_none(), "a token is sent along");
        world.lock().unwrap().answers.push((place.to_owned(), serde_json::from_slice(&body).unwrap()));
        return HttpResponse::Ok().body("ok");
    }
    let method = request.path().strip_prefix("/api/").unwrap_or_default().to_owned();
    let arguments = arguments(&request, &method, &body);
    let misbehave = {
        let mut world = world.lock().unwrap();
        let arguments = arguments.clone().unwrap_or(Value::Null);
        world.calls.push(Call { method: method.clone(), arguments });
        world.script.get_mut(method.as_str()).and_then(VecDeque::pop_front)
    };
    match misbehave {
        Some(Misbehave::Answers(status, headers, body)) => {
            let mut response = HttpResponse::build(status.try_into().unwrap());
            headers.into_iter().fold(&mut response, |response, header| response.insert_header(header)).body(body)
        }
        Some(Misbehave::Refuses(error)) => HttpResponse::Ok().json(no(error)),
        other => {
            let answer = check_token(&request, &method).and_then(|()| world.lock().unwrap().call(&method, &arguments?));
            let answer = answer.unwrap_or_else(|error| {
                let known =
                    slack_methods::named(&method).unwrap().refuses.iter().chain(&slack_methods::REFUSED_ANYWHERE);
                assert!(known.into_iter().any(|known| *known == error), "{method} is not refused with {error}");
                no(error)
            });
            match other {
                Some(Misbehave::DoesThenHtml(status)) => HttpResponse::build(status.try_into().unwrap())
                    .content_type("text/html")
                    .body("<!DOCTYPE html><title>Slack</title>"),
                Some(Misbehave::DoesThenBreaks) => {
                    let start = answer.to_string().as_bytes()[..10].to_vec();
                    let broken = stream::once(async { Ok(Bytes::from(start)) });
                    HttpResponse::Ok()
                        .streaming(broken.chain(stream::once(async { Err(std::io::Error::other("cut")) })))
                }
                Some(Misbehave::DoesThenHangs) => std::future::pending().await,
                Some(Misbehave::DoesThenTalks(bytes)) => HttpResponse::Ok().body(" ".repeat(bytes)),
                _ => {
                    let scopes = world.lock().unwrap().scopes.unwrap_or(SCOPES);
                    HttpResponse::Ok().insert_header(("x-oauth-scopes", scopes)).json(answer)
                }
            }
        }
    }
}

fn no(error: &'static str) -> Value {
    match error {
        "missing_scope" => json!({"ok": false, "error": error, "needed": "channels:history", "provided": "chat:write"}),
        _ => json!({"ok": false, "error": error}),
    }
}

fn check_token(request: &HttpRequest, method: &str) -> Result<(), &'static str> {
    let token = if method == "apps.connections.open" { APP_TOKEN } else { TOKEN };
    let Some(header) = request.headers().get("authorization") else { return Err("not_authed") };
    if header.as_bytes() == format!("Bearer {token}").as_bytes() { Ok(()) } else { Err("invalid_auth") }
}

/// Methods that read. They take forms only; the others, of which we mean to send JSON, take both.
pub const READS: [&str; 5] =
    ["auth.test", "conversations.history", "conversations.info", "conversations.list", "conversations.replies"];

// As Slack: JSON or a form in a POST. That it takes a query as well, we don't mean to use: addresses end up in logs.
fn arguments(request: &HttpRequest, method: &str, body: &[u8]) -> Result<Value, &'static str> {
    assert_eq!((request.method().as_str(), request.query_string()), ("POST", ""), "{method}");
    let content_type = request.headers().get("content-type").and_then(|value| value.to_str().ok());
    match content_type {
        None => Err("missing_post_type"),
        Some("application/x-www-form-urlencoded") if READS.contains(&method) => {
            let text = std::str::from_utf8(body).map_err(|_| "invalid_charset")?;
            let pairs = web::Query::<BTreeMap<String, String>>::from_query(text);
            Ok(json!(pairs.map_err(|_| "invalid_form_data")?.into_inner()))
        }
        Some("application/json; charset=utf-8") if !READS.contains(&method) => {
            let value: Value = serde_json::from_slice(body).map_err(|_| "invalid_json")?;
            if value.is_object() { Ok(value) } else { Err("json_not_object") }
        }
        Some(_) => Err("invalid_post_type"),
    }
}

fn blocks(arguments: &Value) -> Result<Value, &'static str> {
    let Some(blocks) = arguments.get("blocks") else { return Ok(Value::Null) };
    slack_blocks::check(blocks)?;
    Ok(blocks.clone())
}

fn text(arguments: &Value) -> Result<&str, &'static str> {
    match arguments["text"].as_str().unwrap_or_default() {
        "" => Err("no_text"),
        text if text.encode_utf16().count() > TEXT_UNITS_MAX => Err("msg_too_long"),
        text => Ok(text),
    }
}

impl World {
    fn call(&mut self, method: &str, arguments: &Value) -> Result<Value, &'static str> {
        let Some(known) = slack_methods::named(method) else { panic!("nobody should call {method}") };
        if self.is_blind && method.starts_with("conversations.") {
            return Err("missing_scope");
        }
        known.check(arguments)?;
        match method {
            "auth.test" => Ok(
                json!({"ok": true, "url": "https://example.slack.com/", "team": "Example", "user": "earlybell", "team_id": "T000000001", "user_id": USER}),
            ),
            "chat.postMessage" => self.post(arguments),
            "chat.update" => self.update(arguments),
            "views.open" => self.open_view(arguments),
            "views.update" => self.update_view(arguments),
            "views.publish" => self.publish(arguments),
            "apps.connections.open" => self.connect(),
            "chat.postEphemeral" => self.whisper(arguments),
            "conversations.info" => self.info(arguments),
            "conversations.open" => open(arguments),
            "conversations.history" => self.history(arguments),
            "conversations.replies" => self.replies(arguments),
            "conversations.list" => self.list(arguments),
            other => unreachable!("{other}"),
        }
    }

    fn open_view(&mut self, arguments: &Value) -> Result<Value, &'static str> {
        if !self.triggers.remove(arguments["trigger_id"].as_str().unwrap_or_default()) {
            return Err("expired_trigger_id");
        }
        self.views.push(arguments["view"].clone());
        Ok(json!({"ok": true, "view": {"id": format!("V{}", self.views.len())}}))
    }

    fn update_view(&mut self, arguments: &Value) -> Result<Value, &'static str> {
        let id = arguments["view_id"].as_str().unwrap_or_default();
        let at = id.strip_prefix('V').and_then(|at| at.parse::<usize>().ok()).ok_or("not_found")?;
        *self.views.get_mut(at - 1).ok_or("not_found")? = arguments["view"].clone();
        Ok(json!({"ok": true, "view": {"id": id}}))
    }

    fn publish(&mut self, arguments: &Value) -> Result<Value, &'static str> {
        slack_blocks::check(&arguments["view"]["blocks"])?;
        let user = arguments["user_id"].as_str().unwrap_or_default().to_owned();
        self.homes.insert(user, arguments["view"].clone());
        Ok(json!({"ok": true, "view": {"id": "VHOME"}}))
    }

    fn connect(&self) -> Result<Value, &'static str> {
        let port = self.socket.ok_or("internal_error")?;
        Ok(json!({"ok": true, "url": format!("ws://127.0.0.1:{port}/link/?ticket=abc")}))
    }

    // Nothing is left of it, but that one person has seen it.
    fn whisper(&mut self, arguments: &Value) -> Result<Value, &'static str> {
        let channel = channel_by_id(arguments)?;
        self.writable(channel).map_err(|error| if error == "not_in_channel" { "channel_not_found" } else { error })?;
        let text = text(arguments)?.to_owned();
        let user = arguments["user"].as_str().unwrap_or_default().to_owned();
        if !PEOPLE.iter().any(|(member, _)| *member == user) && !self.guests.contains(&user) {
            return Err("user_not_in_channel");
        }
        let thread_ts = arguments["thread_ts"].as_str().map(str::to_owned);
        self.whispers.push(Whisper { channel: channel.to_owned(), user, thread_ts, text });
        Ok(json!({"ok": true, "message_ts": self.tick()}))
    }

    /// Deletes a message, as a person can.
    pub fn delete(&mut self, ts: &str) {
        self.messages.retain(|message| message.ts != ts);
    }

    fn post(&mut self, arguments: &Value) -> Result<Value, &'static str> {
        let named = arguments["channel"].as_str().unwrap_or_default();
        let channel = CHANNELS.iter().find(|(id, name)| *id == named || *name == named).map(|(id, _)| *id);
        let person = PEOPLE.iter().find(|(user, _)| *user == named).map(|(_, conversation)| *conversation);
        let channel = channel.or(person).ok_or("channel_not_found")?;
        self.writable(channel)?;
        let blocks = blocks(arguments)?;
        let text = text(arguments)?.to_owned();
        let thread_ts = arguments["thread_ts"].as_str().map(str::to_owned);
        if let Some(thread_ts) = &thread_ts {
            let root = self.message(channel, thread_ts).ok_or("thread_not_found")?;
            // A reply is no place for a thread.
            if root.thread_ts.is_some() {
                return Err("cannot_reply_to_message");
            }
        }
        let ts = self.tick();
        let metadata = arguments["metadata"].clone();
        let broadcast = arguments["reply_broadcast"] == true;
        let channel_is = channel.to_owned();
        let message =
            Message { channel: channel_is, ts: ts.clone(), thread_ts, text, metadata, blocks, broadcast, edits: 0 };
        let shown = show(&message, true);
        self.messages.push(message);
        Ok(json!({"ok": true, "channel": channel, "ts": ts, "message": shown}))
    }

    fn update(&mut self, arguments: &Value) -> Result<Value, &'static str> {
        let channel = channel_by_id(arguments)?;
        self.writable(channel)
            .map_err(|error| if error == "is_archived" { "is_inactive" } else { "channel_not_found" })?;
        let blocks = blocks(arguments)?;
        let text = text(arguments)?;
        let ts = arguments["ts"].as_str().unwrap_or_default();
        let found = self.messages.iter_mut().find(|message| message.channel == channel && message.ts == ts);
        let message = found.ok_or("message_not_found")?;
        message.text = text.to_owned();
        // What is not named stays.
        if arguments.get("blocks").is_some() {
            message.blocks = blocks;
        }
        message.edits += 1;
        Ok(json!({"ok": true, "channel": channel, "ts": ts, "text": text, "message": show(message, true)}))
    }

    fn info(&self, arguments: &Value) -> Result<Value, &'static str> {
        let id = channel_by_id(arguments)?;
        let name = CHANNELS.iter().find(|(known, _)| *known == id).map(|(_, name)| *name);
        let (is_archived, is_member) = match self.writable(id) {
            Err("is_archived") => (true, false),
            Err(_) => (false, false),
            Ok(()) => (false, true),
        };
        let channel = json!({"id": id, "name": name, "is_channel": true, "is_private": false,
            "is_archived": is_archived, "is_member": is_member});
        Ok(json!({"ok": true, "channel": channel}))
    }

    fn writable(&self, channel: &str) -> Result<(), &'static str> {
        match writable(channel) {
            _ if self.archived.contains(channel) => Err("is_archived"),
            Err("not_in_channel") if self.invited => Ok(()),
            answer => answer,
        }
    }

    fn history(&self, arguments: &Value) -> Result<Value, &'static str> {
        let channel = channel_by_id(arguments)?;
        if self.writable(channel) == Err("not_in_channel") {
            return Err("not_in_channel");
        }
        // Roots only, the newest first.
        let roots = self.messages.iter().rev().filter(|message| message.thread_ts.is_none());
        self.page(arguments, roots.filter(|message| message.channel == channel).collect())
    }

    fn replies(&self, arguments: &Value) -> Result<Value, &'static str> {
        let channel = channel_by_id(arguments)?;
        let ts = arguments["ts"].as_str().ok_or("invalid_arguments")?;
        let root = self.message(channel, ts).ok_or("thread_not_found")?;
        // The root, then its replies, the oldest first.
        let replies = self.messages.iter().filter(|message| message.thread_ts.as_deref() == Some(ts));
        self.page(arguments, std::iter::once(root).chain(replies).collect())
    }

    fn list(&self, arguments: &Value) -> Result<Value, &'static str> {
        let start: usize = arguments["cursor"].as_str().unwrap_or_default().parse().unwrap_or(0);
        let rows = if self.page_rows == 0 { CHANNELS.len() } else { self.page_rows };
        let all = CHANNELS.iter().filter(|(id, _)| self.writable(id) != Err("is_archived")).collect::<Vec<_>>();
        let page = all.iter().skip(start).take(rows);
        let channels: Vec<_> = page.map(|(id, name)| json!({"id": id, "name": name, "is_channel": true})).collect();
        let next = if start + rows < all.len() { (start + rows).to_string() } else { String::new() };
        Ok(json!({"ok": true, "channels": channels, "response_metadata": {"next_cursor": next}}))
    }

    fn page(&self, arguments: &Value, messages: Vec<&Message>) -> Result<Value, &'static str> {
        let number = |name: &str| arguments[name].as_str().unwrap_or("0").parse::<f64>().unwrap_or(0.0);
        let after: Vec<_> =
            messages.into_iter().filter(|message| message.ts.parse::<f64>().unwrap() > number("oldest")).collect();
        let asked = if number("limit") > 0.0 { number("limit") as usize } else { 100 };
        let rows = if self.page_rows == 0 { asked.min(999) } else { self.page_rows };
        let start = number("cursor") as usize;
        let with_metadata = arguments["include_all_metadata"] == "true";
        let page: Vec<_> = after.iter().skip(start).take(rows).map(|message| show(message, with_metadata)).collect();
        let mut answer = json!({"ok": true, "messages": page, "has_more": false});
        if start + rows < after.len() {
            answer["has_more"] = json!(true);
            answer["response_metadata"] = json!({"next_cursor": (start + rows).to_string()});
        }
        Ok(answer)
    }

    fn message(&self, channel: &str, ts: &str) -> Option<&Message> {
        self.messages.iter().find(|message| message.channel == channel && message.ts == ts)
    }

    fn tick(&mut self) -> String {
        self.last_ts = SystemClock.now().timestamp_micros().max(self.last_ts + 1);
        format!("{}.{:06}", self.last_ts / 1_000_000, self.last_ts % 1_000_000)
    }
}

fn channel_by_id(arguments: &Value) -> Result<&'static str, &'static str> {
    let id = arguments["channel"].as_str().unwrap_or_default();
    let channels = CHANNELS.iter().map(|(known, _)| *known);
    channels.chain(PEOPLE.map(|(_, conversation)| conversation)).find(|known| *known == id).ok_or("channel_not_found")
}

// A user id is none of a channel here: what it opens has an id of its own.
fn open(arguments: &Value) -> Result<Value, &'static str> {
    let found = PEOPLE.iter().find(|(user, _)| arguments["users"] == *user).ok_or("user_not_found")?;
    Ok(json!({"ok": true, "no_op": true, "already_open": true, "channel": {"id": found.1}}))
}

fn writable(channel: &str) -> Result<(), &'static str> {
    match CHANNELS.iter().position(|(id, _)| *id == channel) {
        Some(1) => Err("is_archived"),
        Some(2) => Err("not_in_channel"),
        _ => Ok(()),
    }
}

fn show(message: &Message, with_metadata: bool) -> Value {
    let mut shown = Map::new();
    shown.insert("type".into(), json!("message"));
    shown.insert("user".into(), json!(USER));
    shown.insert("text".into(), json!(message.text));
    shown.insert("ts".into(), json!(message.ts));
    if let Some(thread_ts) = &message.thread_ts {
        shown.insert("thread_ts".into(), json!(thread_ts));
    }
    if message.edits > 0 {
        shown.insert("edited".into(), json!({"user": USER, "ts": message.ts}));
    }
    if with_metadata && !message.metadata.is_null() {
        shown.insert("metadata".into(), message.metadata.clone());
    }
    Value::Object(shown)
}
