//! The built program as users run it: a process of its own, in a folder of its own, killed when dropped.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);
const ANSWER: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// A running Earlybell.
pub struct Program {
    pub address: SocketAddr,
    pub folder: TempDir,
    flags: Vec<String>,
    child: Option<Child>,
}

impl Program {
    /// With this earlybell.yml; files that it names by relative paths are written beside it first.
    pub fn start(config: &str, files: &[(&str, &str)]) -> Self {
        Self::start_with(&[], config, files)
    }

    /// With more flags.
    pub fn start_with(flags: &[&str], config: &str, files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        std::fs::write(folder.path().join("earlybell.yml"), config).unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        let mut program = Self { address, folder, flags, child: None };
        program.run();
        program
    }

    /// Starts it again after [`Program::kill`].
    pub fn run(&mut self) {
        self.spawn();
        self.wait("it is not ready", |program| program.get("/-/ready").is_ok().then_some(()));
    }

    /// Starts it, and waits only until it takes connections.
    pub fn spawn(&mut self) {
        let log = std::fs::File::options().create(true).append(true).open(self.log()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_earlybell"));
        command
            .arg("serve")
            .arg(format!("--config.file={}", self.folder.path().join("earlybell.yml").display()))
            .arg(format!("--storage.path={}", self.folder.path().join("data").display()))
            .arg(format!("--web.listen-address={}", self.address))
            .args(&self.flags)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        self.child = Some(command.spawn().unwrap());
        self.wait("it does not listen", |program| TcpStream::connect(program.address).ok().map(drop));
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub fn get(&self, path: &str) -> Result<String, String> {
        call(self.address, "GET", path, "")
    }

    pub fn post(&self, path: &str, body: &str) -> Result<String, String> {
        call(self.address, "POST", path, body)
    }

    /// A number of `/metrics`, summed over its labels.
    pub fn metric(&self, name: &str) -> Option<f64> {
        let text = self.get("/metrics").ok()?;
        let lines =
            text.lines().filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '{'])));
        lines.map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }

    /// Looks until there is an answer; a test that waits in vain shows the program's log.
    pub fn wait<T>(&mut self, problem: &str, mut look: impl FnMut(&Self) -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(found) = look(self) {
                return found;
            }
            let ended = self.child.as_mut().and_then(|child| child.try_wait().unwrap());
            assert!(ended.is_none() && begun.elapsed() < PATIENCE, "{problem} ({ended:?}):\n{}", self.last_words());
            std::thread::park_timeout(LOOK_AGAIN);
        }
    }

    /// Runs another verb beside it, on its socket; what it printed, on both ways.
    pub fn verb(&self, words: &[&str], stdin: &str) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_earlybell"));
        command.args(words).current_dir(self.folder.path()).env_remove("EARLYBELL_TOKEN").env("USER", "anna");
        command.env("EARLYBELL_SERVER", self.folder.path().join("data/earlybell.sock"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // It may end without reading.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        let output = child.wait_with_output().unwrap();
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat()
    }

    /// All it logged.
    pub fn logged(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// The end of its log.
    pub fn last_words(&self) -> String {
        let text = self.logged();
        text.lines().rev().take(40).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    fn log(&self) -> std::path::PathBuf {
        Path::new(self.folder.path()).join("log")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}

/// One request; anything but 2xx is an error.
pub fn call(address: SocketAddr, method: &str, path: &str, body: &str) -> Result<String, String> {
    let text = |error: std::io::Error| error.to_string();
    let mut stream = TcpStream::connect_timeout(&address, ANSWER).map_err(text)?;
    stream.set_read_timeout(Some(ANSWER)).map_err(text)?;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n"
    );
    let request = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).map_err(text)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(text)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("no whole answer")?;
    let status = head.split(' ').nth(1).unwrap_or_default();
    if status.starts_with('2') { Ok(body.to_owned()) } else { Err(format!("{head}\n{body}")) }
}
