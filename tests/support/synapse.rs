//! A real homeserver of Matrix for tests: Synapse with SQLite, people who register themselves, rooms.

use earlybell::channels::http_client;
use reqwest::{Client, Method};
use ring::hmac;
use serde_json::{Value, json};
use std::fmt::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

// A busy machine may take its time.
const PATIENCE: Duration = Duration::from_secs(60);
const SHARED_SECRET: &str = "shared-by-the-tests";

/// A running Synapse; the tests of a program share one.
pub struct Synapse {
    /// Its address, without a slash at its end.
    pub url: String,
    http: Client,
}

/// Somebody there.
#[derive(Clone)]
pub struct User {
    pub id: String,
    pub token: String,
}

impl Synapse {
    /// The one that all tests of this program share. It ends with the program.
    pub async fn shared() -> Self {
        static SHARED: OnceLock<(String, Dies)> = OnceLock::new();
        let (url, _) = SHARED.get_or_init(start);
        // Connections belong to a test: another one can't use them.
        let http = http_client::client().unwrap();
        let begun = Instant::now();
        while http.get(format!("{url}/_matrix/client/versions")).send().await.is_err() {
            assert!(begun.elapsed() < PATIENCE, "Synapse is not ready");
            // A refused connection comes back at once: leave the processor to the one we wait for.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Self { url: url.clone(), http }
    }

    /// A new user.
    pub async fn user(&self, name: &str) -> User {
        let path = format!("{}/_synapse/admin/v1/register", self.url);
        let nonce: Value = self.http.get(&path).send().await.unwrap().json().await.unwrap();
        let nonce = nonce["nonce"].as_str().unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, SHARED_SECRET.as_bytes());
        let mac = hmac::sign(&key, format!("{nonce}\0{name}\0password\0notadmin").as_bytes());
        let mac = mac.as_ref().iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        });
        let body = json!({"nonce": nonce, "username": name, "password": "password", "admin": false, "mac": mac});
        let made: Value = self.http.post(&path).json(&body).send().await.unwrap().json().await.unwrap();
        let text = |name: &str| made[name].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
        User { id: text("user_id"), token: text("access_token") }
    }

    /// Calls the client-server API as a user; anything but 2xx fails the test.
    pub async fn call(&self, user: &User, method: Method, path: &str, body: Value) -> Value {
        let url = format!("{}/_matrix/client/{path}", self.url);
        let request = self.http.request(method, url).bearer_auth(&user.token);
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let said: Value = answer.json().await.unwrap();
        assert!(status.is_success(), "{path}: {status}: {said}");
        said
    }

    /// A new room of this user, that others may join, by its alias `#NAME:bell.test`.
    pub async fn room(&self, user: &User, name: &str, more: Value) -> String {
        let mut body = json!({"room_alias_name": name, "preset": "public_chat"});
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        let made = self.call(user, Method::POST, "v3/createRoom", body).await;
        made["room_id"].as_str().unwrap().to_owned()
    }

    /// Messages of a room as they stand, the oldest first, as a client gets them.
    pub async fn messages(&self, user: &User, room: &str) -> Vec<Value> {
        let filter = "%7B%22types%22%3A%5B%22m.room.message%22%5D%7D";
        let path = format!("v3/rooms/{room}/messages?dir=f&limit=100&filter={filter}");
        let page = self.call(user, Method::GET, &path, Value::Null).await;
        page["chunk"].as_array().unwrap().clone()
    }

    /// What stands in the thread of an event, the oldest first.
    pub async fn thread(&self, user: &User, room: &str, event: &str) -> Vec<Value> {
        let path = format!("v1/rooms/{room}/relations/{event}/m.thread?dir=f&limit=100");
        let page = self.call(user, Method::GET, &path, Value::Null).await;
        page["chunk"].as_array().unwrap().clone()
    }
}

// Nothing of a program that ends is dropped, if it is static: so whoever starts it watches over it, and a pipe tells it.
struct Dies {
    _input: std::process::ChildStdin,
    _child: Child,
}

fn start() -> (String, Dies) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = root.join("target/servers/synapse/bin/synapse_homeserver");
    assert!(program.exists(), "{} is missing: `tests/all` installs the homeserver that tests need", program.display());
    let script = root.join("tests/servers/synapse.sh");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = Command::new(script);
    command.arg(&program).arg(port.to_string()).arg(SHARED_SECRET);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::inherit());
    let mut child = command.spawn().unwrap();
    let input = child.stdin.take().unwrap();
    (format!("http://127.0.0.1:{port}"), Dies { _input: input, _child: child })
}
