//! Real servers for tests, each on a free port with a folder of its own, gone when dropped.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

// A busy machine may take its time; one that is not gets on at once.
const PATIENCE: Duration = Duration::from_secs(30);
const ANSWER: Duration = Duration::from_secs(5);

/// A running Alertmanager.
pub struct Alertmanager {
    /// Its address, without a trailing slash.
    pub url: String,
    address: SocketAddr,
    // Dropped in this order: the server first, then what it writes to.
    process: Process,
    folder: tempfile::TempDir,
    config: String,
}

/// A running Prometheus.
pub struct Prometheus {
    /// Its address, without a trailing slash.
    pub url: String,
    _process: Process,
    _folder: tempfile::TempDir,
}

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Alertmanager {
    /// With this alertmanager.yml.
    pub fn start(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = free_address();
        let process = spawn_alertmanager(folder.path(), config, address);
        Self { url: format!("http://{address}"), address, process, folder, config: config.to_owned() }
    }

    /// Kills it and starts it again on the same port; alerts are in memory only, so they are gone.
    pub fn restart(&mut self) {
        let Process(child) = &mut self.process;
        child.kill().unwrap();
        child.wait().unwrap();
        self.process = spawn_alertmanager(self.folder.path(), &self.config, self.address);
    }

    /// Asks it, and gives back its answer's body; anything but 2xx fails the test.
    pub fn call(&self, method: &str, path: &str, body: &str) -> String {
        call(self.address, method, path, body).unwrap_or_else(|problem| panic!("{method} {path}: {problem}"))
    }
}

impl Prometheus {
    /// With this prometheus.yml; files that it names by relative paths are written beside it first.
    pub fn start(config: &str, files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let file = folder.path().join("prometheus.yml");
        std::fs::write(&file, config).unwrap();
        let address = free_address();
        let data = folder.path().join("data");
        let mut command = Command::new(installed("prometheus"));
        command
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", data.display()))
            .arg(format!("--web.listen-address={address}"))
            // It finds its Alertmanager seconds after the first alerts; those would be sent again after a minute only.
            .arg("--rules.alert.resend-delay=1s");
        let process = spawn(command, folder.path(), address, "/-/ready");
        Self { url: format!("http://{address}"), _process: process, _folder: folder }
    }
}

fn spawn_alertmanager(folder: &Path, config: &str, address: SocketAddr) -> Process {
    let file = folder.join("alertmanager.yml");
    std::fs::write(&file, config).unwrap();
    let mut command = Command::new(installed("prometheus-alertmanager"));
    command
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--storage.path={}", folder.join("data").display()))
        .arg(format!("--web.listen-address={address}"))
        // No cluster: nothing to settle, and no second port.
        .arg("--cluster.listen-address=");
    spawn(command, folder, address, "/-/ready")
}

fn installed(program: &str) -> PathBuf {
    let path = Path::new("/usr/bin").join(program);
    assert!(path.exists(), "{} is missing: `tests/all` installs the servers that tests need", path.display());
    path
}

fn spawn(mut command: Command, folder: &Path, address: SocketAddr, ready: &str) -> Process {
    let log = folder.join("log");
    let output = std::fs::File::create(&log).unwrap();
    command.stdin(Stdio::null()).stdout(output.try_clone().unwrap()).stderr(output);
    let mut process = Process(command.spawn().unwrap());
    let begun = Instant::now();
    while let Err(problem) = call(address, "GET", ready, "") {
        let ended = process.0.try_wait().unwrap();
        if ended.is_some() || begun.elapsed() > PATIENCE {
            let log = std::fs::read_to_string(&log).unwrap_or_default();
            panic!("{command:?} is not ready ({problem}, {ended:?}):\n{log}");
        }
        // A refused connection comes back at once: leave the processor to the one we wait for.
        std::thread::park_timeout(Duration::from_millis(20));
    }
    process
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn call(address: SocketAddr, method: &str, path: &str, body: &str) -> Result<String, String> {
    let text = |error: std::io::Error| error.to_string();
    let mut stream = TcpStream::connect_timeout(&address, ANSWER).map_err(text)?;
    stream.set_read_timeout(Some(ANSWER)).map_err(text)?;
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.0\r\nHost: {address}\r\nContent-Type: application/json\r\n");
    stream.write_all(format!("{head}Content-Length: {length}\r\n\r\n{body}").as_bytes()).map_err(text)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(text)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("no whole answer")?;
    let status = head.split(' ').nth(1).unwrap_or_default();
    if status.starts_with('2') { Ok(body.to_owned()) } else { Err(format!("{head}\n{body}")) }
}
