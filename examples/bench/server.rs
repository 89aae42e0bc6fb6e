//! Servers under measure, each a process of its own in a folder of its own.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longest we wait for a server.
const READY: Duration = Duration::from_secs(20);

/// A running server; it ends with this value.
pub struct Server {
    child: Child,
    pub port: u16,
    // Removed when the server is dropped.
    _folder: TempDir,
    /// From its start to the first answer.
    pub started_in: Duration,
}

impl Server {
    /// Earlybell as users run it, with this configuration or the default.
    pub async fn earlybell(config: Option<&str>) -> Self {
        Self::earlybell_on(tempfile::tempdir().expect("a folder"), config).await
    }

    /// The same with what is in this folder already.
    pub async fn earlybell_on(folder: TempDir, config: Option<&str>) -> Self {
        // Beside us, of the same profile.
        let examples = std::env::current_exe().expect("our own path");
        let binary = examples.ancestors().nth(2).expect("a target").join("earlybell");
        assert!(binary.exists(), "run `cargo build --release` first: there is no {}", binary.display());
        let port = free_port();
        let mut command = Command::new(binary);
        // What is old stays: pages over a long history are measured, too.
        command.args(["serve", "--log.level=warn", "--data.retention=10y"]);
        command.arg(format!("--storage.path={}", folder.path().join("data").display()));
        command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
        if let Some(config) = config {
            let file = folder.path().join("earlybell.yml");
            fs::write(&file, config).expect("the configuration is written");
            command.arg(format!("--config.file={}", file.display()));
        }
        Self::start(command, port, folder, "/-/ready").await
    }

    /// A handler that appends the body under group commit, and does nothing else.
    pub async fn bare() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let mut command = Command::new(std::env::current_exe().expect("our own path"));
        command.arg("bare").arg(port.to_string()).arg(folder.path());
        Self::start(command, port, folder, "/ready").await
    }

    /// The Alertmanager of this system, if there is one.
    pub async fn alertmanager() -> Option<Self> {
        let binary = Path::new("/usr/bin/prometheus-alertmanager");
        if !binary.exists() {
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let file = folder.path().join("alertmanager.yml");
        fs::write(&file, "route: { receiver: none }\nreceivers: [{ name: none }]\n").expect("a configuration");
        let mut command = Command::new(binary);
        command.arg(format!("--config.file={}", file.display()));
        command.arg(format!("--storage.path={}", folder.path().join("data").display()));
        command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
        command.args(["--cluster.listen-address=", "--log.level=error"]);
        Some(Self::start(command, port, folder, "/-/ready").await)
    }

    async fn start(mut command: Command, port: u16, folder: TempDir, ready: &str) -> Self {
        let began = Instant::now();
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the server starts");
        let mut server = Self { child, port, _folder: folder, started_in: Duration::ZERO };
        while !get(port, ready).await {
            assert!(began.elapsed() < READY, "{command:?} is not ready after {READY:?}");
            assert!(server.child.try_wait().expect("its state").is_none(), "{command:?} ended");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.started_in = began.elapsed();
        server
    }

    /// Whether it answers a GET with 200.
    pub async fn answers(&self, path: &str) -> bool {
        get(self.port, path).await
    }

    /// Processor seconds used so far.
    pub fn cpu_seconds(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        let after_name = stat.rsplit(") ").next().unwrap_or_default();
        let ticks = |at: usize| after_name.split(' ').nth(at).and_then(|t| t.parse::<f64>().ok()).unwrap_or_default();
        // utime and stime are the 14th and 15th field of all, in ticks of 10 ms.
        (ticks(11) + ticks(12)) / 100.0
    }

    /// Resident memory, in MiB.
    pub fn rss_mib(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).unwrap_or_default() / 1024.0
    }

    /// A number from `/metrics`.
    pub async fn metric(&self, name: &str) -> Option<f64> {
        let text = page(self.port, "/metrics").await?;
        text.lines()
            .find(|line| line.starts_with(name) && line[name.len()..].starts_with([' ', '{']))?
            .rsplit(' ')
            .next()?
            .parse()
            .ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

async fn get(port: u16, path: &str) -> bool {
    page(port, path).await.is_some()
}

// One small request, without a client library: only a 200 counts.
async fn page(port: u16, path: &str) -> Option<String> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    answer.starts_with("HTTP/1.1 200").then_some(answer)
}
