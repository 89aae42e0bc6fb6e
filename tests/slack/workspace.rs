//! A workspace in an emulator of Slack that is not ours (`emulate`, from npm), and the way there: it hands on what it is sent,
//! notes it, and loses an answer if it is told to.

use crate::host::Host;
use crate::slack::Message;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, web};
use earlybell::channels::http_client;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The token of the bot, which may do what the manifest of our app asks for, and nothing else.
pub const BOT_TOKEN: &str = "xoxb-emulated";
/// The bot.
pub const BOT: &str = "U0BOT0001";
/// The token of somebody who may invite the bot, and read everything.
const ANNAS_TOKEN: &str = "xoxp-anna";

const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// The emulator, in a process of its own, and the way there.
pub struct Workspace {
    /// For `api_url`: the way.
    pub url: String,
    /// Ids of people.
    pub anna: String,
    pub bert: String,
    /// Id of the channel of the team; the bot is not in it yet.
    pub channel: String,
    port: u16,
    way: Arc<Mutex<Way>>,
    emulator: Child,
    _host: Host,
    folder: tempfile::TempDir,
}

/// What went along the way.
#[derive(Default)]
struct Way {
    calls: Vec<Call>,
    // Methods the next answer to which gets lost, after the emulator has done what was asked.
    lost: Vec<&'static str>,
}

/// A call of the program, and what the emulator answered.
#[derive(Debug, Clone)]
pub struct Call {
    pub method: String,
    /// What it sent, if that was JSON.
    pub sent: Value,
    pub answer: Value,
}

impl Workspace {
    pub fn open() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let installed = root.join("target/servers/slack_emulator");
        let node = installed.join("node");
        assert!(node.exists(), "{} is missing: `tests/all` installs what tests need", node.display());
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("seed.json"), seed(root).to_string()).unwrap();
        // It takes a number, and not what is free: somebody may take it in between, and then it ends.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(node);
        command.arg(installed.join("node_modules/emulate/dist/index.js")).args(["start", "--service", "slack"]);
        command.args(["--seed", "seed.json", "--port", &port.to_string()]).current_dir(folder.path());
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let emulator = command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let way = Arc::<Mutex<Way>>::default();
        let data = Data::from(way.clone());
        let host = Host::of(move |fake| {
            fake.app_data(data.clone()).app_data(Data::new(port)).default_service(web::to(pass));
        });
        let url = format!("http://127.0.0.1:{}/api", host.port);
        let [anna, bert, channel] = [const { String::new() }; 3];
        let mut workspace = Self { url, anna, bert, channel, port, way, emulator, _host: host, folder };
        workspace.listens();
        let people = workspace.ask(ANNAS_TOKEN, "users.list", &json!({}));
        let channels = workspace.ask(ANNAS_TOKEN, "conversations.list", &json!({}));
        workspace.anna = id_of(&people["members"], "anna");
        workspace.bert = id_of(&people["members"], "bert");
        workspace.channel = id_of(&channels["channels"], "incidents");
        workspace
    }

    fn listens(&mut self) {
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let ended = self.emulator.try_wait().unwrap();
            let said = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(ended.is_none() && begun.elapsed() < PATIENCE, "the emulator does not listen ({ended:?}): {said}");
            std::thread::park_timeout(LOOK_AGAIN);
        }
    }

    /// Calls a method with this token, past the way.
    pub fn ask(&self, token: &str, method: &str, arguments: &Value) -> Value {
        let url = format!("http://127.0.0.1:{}/api/{method}", self.port);
        let request = http_client::client().unwrap().post(url).bearer_auth(token).json(arguments);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answer: Value = runtime.block_on(async { request.send().await.unwrap().json().await.unwrap() });
        assert_eq!(answer["ok"], true, "{method} {arguments}: {answer}");
        answer
    }

    /// `/invite @earlybell`, in the channel of the team.
    pub fn invite(&self) {
        self.ask(ANNAS_TOKEN, "conversations.invite", &json!({"channel": self.channel, "users": BOT}));
    }

    /// What comes with a press of this user, and opens a form within three seconds.
    pub fn trigger(&self, user: &str) -> String {
        let answer = self.ask(BOT_TOKEN, "views.generateTriggerId", &json!({"user_id": user}));
        answer["trigger_id"].as_str().unwrap().to_owned()
    }

    /// What stands in a channel, the oldest first.
    pub fn history(&self, channel: &str) -> Vec<Message> {
        let answer = self.ask(BOT_TOKEN, "conversations.history", &json!({"channel": channel, "limit": 200}));
        answer["messages"].as_array().unwrap().iter().rev().map(|shown| message(channel, shown)).collect()
    }

    /// A message, and the replies to it, the oldest first.
    pub fn thread(&self, ts: &str) -> Vec<Message> {
        let asked = json!({"channel": self.channel, "ts": ts, "limit": 200});
        let answer = self.ask(BOT_TOKEN, "conversations.replies", &asked);
        answer["messages"].as_array().unwrap().iter().map(|shown| message(&self.channel, shown)).collect()
    }

    /// Forms that were opened, by their ids.
    pub fn views(&self) -> Vec<(String, Value)> {
        let opened = self.calls().into_iter().filter(|call| call.method == "views.open" && call.answer["ok"] == true);
        opened
            .map(|call| (call.answer["view"]["id"].as_str().unwrap().to_owned(), call.answer["view"].clone()))
            .collect()
    }

    /// What people see alone, as the page of the emulator shows it: nothing else does.
    pub fn page(&self) -> String {
        let url = format!("http://127.0.0.1:{}/?tab=messages&channel={}", self.port, self.channel);
        let request = http_client::client().unwrap().get(url);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { request.send().await.unwrap().text().await.unwrap() })
    }

    /// What the program asked for so far, and was answered.
    pub fn calls(&self) -> Vec<Call> {
        self.way.lock().unwrap().calls.clone()
    }

    /// Loses the next answer to this method.
    pub fn lose(&self, method: &'static str) {
        self.way.lock().unwrap().lost.push(method);
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        let _ = self.emulator.kill();
        let _ = self.emulator.wait();
    }
}

// As the emulator shows it.
fn message(channel: &str, shown: &Value) -> Message {
    let text = |name: &str| shown[name].as_str().map(str::to_owned);
    Message {
        channel: channel.to_owned(),
        ts: text("ts").unwrap(),
        thread_ts: text("thread_ts"),
        text: text("text").unwrap(),
        metadata: shown["metadata"].clone(),
        blocks: shown["blocks"].clone(),
        broadcast: shown["reply_broadcast"] == true,
        edits: u32::from(shown["edited"].is_object()),
    }
}

fn id_of(list: &Value, name: &str) -> String {
    let found = list.as_array().unwrap().iter().find(|one| one["name"] == name).unwrap();
    found["id"].as_str().unwrap().to_owned()
}

// With the scopes that people grant who paste the manifest.
fn seed(root: &Path) -> Value {
    let manifest = std::fs::read_to_string(root.join("deploy/slack/manifest.yml")).unwrap();
    let (_, bot) = manifest.split_once("  scopes:\n    bot:\n").unwrap();
    let below = bot.lines().take_while(|line| line.starts_with("      "));
    let scopes: Vec<&str> = below.filter_map(|line| line.trim().strip_prefix("- ")).collect();
    assert!(scopes.contains(&"chat:write"), "{scopes:?}");
    json!({"slack": {
        "team": {"name": "Example", "domain": "example"},
        "strict_scopes": true,
        "users": [{"name": "anna"}, {"name": "bert"}],
        "channels": [{"name": "incidents"}],
        "oauth_apps": [{"client_id": "1.2", "client_secret": "3", "app_id": "A123456", "name": "Earlybell",
            "redirect_uris": [], "scopes": scopes, "bot_id": "B0BOT0001", "bot_user_id": BOT, "bot_name": "earlybell"}],
        "tokens": [
            {"token": BOT_TOKEN, "type": "bot", "user_id": BOT, "app_id": "A123456", "bot_id": "B0BOT0001", "scopes": scopes},
            {"token": ANNAS_TOKEN, "type": "user", "user": "anna"},
        ],
    }})
}

async fn pass(request: HttpRequest, body: Bytes, port: Data<u16>, way: Data<Mutex<Way>>) -> HttpResponse {
    assert_eq!((request.method().as_str(), request.query_string()), ("POST", ""), "{}", request.path());
    let method = request.path().strip_prefix("/api/").unwrap().to_owned();
    let mut sent = http_client::client().unwrap().post(format!("http://127.0.0.1:{}/api/{method}", **port));
    for name in ["authorization", "content-type"] {
        sent = sent.header(name, request.headers().get(name).unwrap().to_str().unwrap());
    }
    let answer = sent.body(body.to_vec()).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200, "{method}");
    let answer: Value = answer.json().await.unwrap();
    let mut way = way.lock().unwrap();
    let sent = serde_json::from_slice(&body).unwrap_or_default();
    way.calls.push(Call { method: method.clone(), sent, answer: answer.clone() });
    if let Some(at) = way.lost.iter().position(|lost| *lost == method) {
        way.lost.remove(at);
        let broken = stream::once(async { Ok(Bytes::from_static(b"{\"ok\":")) });
        return HttpResponse::Ok().streaming(broken.chain(stream::once(async { Err(std::io::Error::other("lost")) })));
    }
    HttpResponse::Ok().json(answer)
}
