//! A real Etherpad for tests, and people who type in its pads.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, Weak};
use std::time::{Duration, Instant};

/// The key of its API.
pub const API_KEY: &str = "key-of-the-test-pad";

const PATIENCE: Duration = Duration::from_secs(60);

/// Which socket.io it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sockets {
    /// Its own, as Etherpad before 2.0.
    Second,
    /// That of Etherpad 2 and 3, put in the place of its own.
    Fourth,
}

/// A running Etherpad; gone when dropped.
pub struct Etherpad {
    /// Its address, without a slash at its end.
    pub url: String,
    port: u16,
    sockets: Sockets,
    process: Option<Child>,
    folder: tempfile::TempDir,
}

/// Somebody who types.
pub struct Typist {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

/// What became of them.
#[derive(Debug)]
pub struct Typed {
    /// Their words, in order.
    pub words: Vec<String>,
    /// Why they were thrown off, if they were.
    pub kicked: Option<String>,
    /// What they saw last.
    pub text: String,
}

impl Etherpad {
    /// The one that the tests of this program share; the last one to let go stops it.
    pub fn shared() -> std::sync::Arc<Self> {
        static SHARED: Mutex<Weak<Etherpad>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap();
        shared.upgrade().unwrap_or_else(|| {
            let started = std::sync::Arc::new(Self::start());
            *shared = std::sync::Arc::downgrade(&started);
            started
        })
    }

    /// One of one's own, which can be stopped.
    pub fn start() -> Self {
        Self::speaking(Sockets::Second)
    }

    /// The same, with this socket.io.
    pub fn speaking(sockets: Sockets) -> Self {
        Self::with(sockets, serde_json::json!({}))
    }

    /// One whose visitors must log in, by user and password.
    pub fn closed(user: &str, password: &str) -> Self {
        let users = serde_json::json!({ user: { "password": password, "is_admin": false } });
        Self::with(Sockets::Second, serde_json::json!({ "requireAuthentication": true, "users": users }))
    }

    fn with(sockets: Sockets, more: Value) -> Self {
        let server = installed();
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        // The package must be in a folder `src`, and writes beside it: a folder of links, so that tests don't meet.
        std::os::unix::fs::symlink(server.join("src"), folder.path().join("src")).unwrap();
        let mut settings = serde_json::json!({
            "ip": "127.0.0.1",
            "port": port,
            "dbType": "dirty",
            "dbSettings": { "filename": folder.path().join("dirty.db") },
            "defaultPadText": "Welcome to Etherpad!\n\nThis pad text is synchronized as you type.\n",
            "minify": false,
            "loglevel": "WARN",
            // Hundreds of changes a second come from one address here: all of ours, and of two people.
            "commitRateLimiting": { "duration": 1, "points": 10_000 },
            "importExportRateLimiting": { "windowMs": 90_000, "max": 1_000 },
            "sessionKey": "test",
        });
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        std::fs::write(folder.path().join("settings.json"), settings.to_string()).unwrap();
        std::fs::write(folder.path().join("APIKEY.txt"), API_KEY).unwrap();
        let mut etherpad = Self { url: format!("http://127.0.0.1:{port}"), port, sockets, process: None, folder };
        etherpad.run();
        etherpad
    }

    /// Starts it again, with the pads it had.
    pub fn run(&mut self) {
        let log = std::fs::File::create(self.folder.path().join("log")).unwrap();
        let mut command = self.node();
        if self.sockets == Sockets::Fourth {
            command.arg("--require").arg(ours("etherpad-socket4.js"));
        }
        command
            .args(["node/server.js", "--settings"])
            .arg(self.folder.path().join("settings.json"))
            .arg("--apikey")
            .arg(self.folder.path().join("APIKEY.txt"))
            .current_dir(installed().join("src"))
            .env("NODE_ENV", "production")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        self.process = Some(command.spawn().unwrap());
        let begun = Instant::now();
        while !self.answers() {
            let ended = self.process.as_mut().unwrap().try_wait().unwrap();
            let is_hoped_for = ended.is_none() && begun.elapsed() < PATIENCE;
            assert!(is_hoped_for, "Etherpad is not ready ({ended:?}):\n{}", self.log());
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }

    /// Kills it.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// What it said.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// The text of a pad, as everybody can read it; none if there is no such pad.
    pub fn text(&self, pad: &str) -> Option<String> {
        let answer = self.get(&format!("/p/{pad}/export/txt"))?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        head.starts_with("HTTP/1.1 200").then(|| body.to_owned())
    }

    /// Calls its API.
    pub fn api(&self, name: &str, query: &str) -> Value {
        let answer = self.get(&format!("/api/1.2.13/{name}?apikey={API_KEY}&{query}")).unwrap();
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    /// Somebody begins to type; returns when they see the pad.
    pub fn typist(&self, pad: &str, name: &str, every: Duration, place: &str) -> Typist {
        let mut command = self.node();
        command
            .arg(ours("etherpad-typist.js"))
            .arg(installed())
            .args([&self.url, pad, name, &every.as_millis().to_string(), place])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        let mut typist = Typist { child, input, output };
        assert_eq!(typist.line(), "ready\n");
        typist
    }

    // With the sockets that it and people at browsers use.
    fn node(&self) -> Command {
        let mut command = Command::new("node");
        command.env_remove("SOCKETIO");
        if self.sockets == Sockets::Fourth {
            let folder = server("socketio", "node_modules/socket.io/package.json");
            command.env("SOCKETIO", folder);
        }
        command
    }

    fn answers(&self) -> bool {
        self.get("/api").is_some_and(|answer| answer.contains("currentVersion"))
    }

    fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }
}

impl Drop for Etherpad {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Typist {
    /// Stops typing.
    pub fn stop(mut self) -> Typed {
        drop(self.input.take());
        let told: Value = serde_json::from_str(&self.line()).unwrap();
        let words = told["typed"].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned());
        let kicked = told["kicked"].as_str().map(str::to_owned);
        Typed { words: words.collect(), kicked, text: told["text"].as_str().unwrap_or_default().to_owned() }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line
    }
}

impl Drop for Typist {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ours(script: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers").join(script)
}

fn installed() -> PathBuf {
    server("etherpad", "src/node/server.js")
}

fn server(name: &str, part: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/servers").join(name);
    let part = folder.join(part);
    assert!(part.exists(), "{} is missing: `tests/all` installs the servers that tests need", part.display());
    folder
}
