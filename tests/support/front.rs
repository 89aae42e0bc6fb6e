//! What operators put before a server: TLS by a private CA, user and password. Gone when dropped.

use earlybell::channels::console::Console;
use earlybell::channels::irc::Networks;
use earlybell::channels::{self, Channel};
use earlybell::config::{Named, Overrides, parse};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

/// A front of one server.
pub struct Front {
    /// Where it is, without a slash at its end.
    pub url: String,
    folder: tempfile::TempDir,
    child: Child,
}

impl Front {
    /// Before this server; `who` is let in alone, written `user:password`.
    pub fn of(url: &str, who: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // A private CA, and a server for 127.0.0.1.
        let script = "set -e
key='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -sha256 -days 2'
openssl req -x509 $key -subj /CN=Test-CA -keyout ca.key -out ca.pem
openssl req $key -subj /CN=front -keyout front.key -out front.csr
printf 'subjectAltName=IP:127.0.0.1\\n' >front.ext
openssl x509 -req -in front.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -sha256 -extfile front.ext -out front.pem";
        let made = Command::new("sh").args(["-c", script]).current_dir(folder.path()).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let port = url.rsplit(':').next().unwrap();
        let mut command = Command::new("node");
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/front.js")).arg(port);
        command.args(["front.pem", "front.key"]).args(who).current_dir(folder.path());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { url: format!("https://127.0.0.1:{}", line.trim()), folder, child }
    }

    /// The certificate of its CA.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The channel of a receiver with these keys, as a server opens it.
pub fn channel(keys: &str) -> Arc<dyn Channel> {
    let content = format!("route: {{ receivers: [it] }}\nreceivers: [{{ name: it, {keys} }}]\n");
    let named = Named { name: "front".to_owned(), content };
    let overrides = Overrides { external_url: "https://bell.example.org".to_owned() };
    let config = parse(&named, Path::new(""), &overrides).unwrap_or_else(|error| panic!("{error}"));
    let (networks, _) = Networks::new();
    channels::open(&config.receivers[0], &Console::stdout().unwrap(), &networks, Path::new("")).unwrap()
}
