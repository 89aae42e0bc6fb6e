//! A real list server for tests: Mailman 3 behind a Postfix of its own. One list, with one reader.

use super::postfix::Postfix;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

/// Where people write to.
pub const LIST: &str = "announce@mm.test";

/// Who reads it.
pub const READER: &str = "reader@lists.test";

/// What lets a mail through that nobody else would.
pub const MODERATORS_PASSWORD: &str = "let-it-through";

const PATIENCE: Duration = Duration::from_secs(120);

/// A running Mailman; stops when it is dropped, or when the test is gone for another reason.
pub struct Mailman {
    pub postfix: Postfix,
    folder: tempfile::TempDir,
    child: Child,
    // Closing it ends the script.
    input: Option<ChildStdin>,
}

impl Mailman {
    pub fn start() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = root.join("target/servers/mailman/bin/python");
        assert!(python.exists(), "{} is missing: `tests/all` installs the servers that tests need", python.display());
        let lmtp = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let postfix = Postfix::start(Some(lmtp));
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(python);
        command.arg(root.join("tests/servers/lists.py")).arg(folder.path());
        command.args([lmtp, postfix.plain].map(|port| port.to_string())).stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let input = child.stdin.take();
        let mut mailman = Self { postfix, folder, child, input };
        mailman.wait("Mailman does not listen", |_| TcpStream::connect(("127.0.0.1", lmtp)).is_ok());
        mailman
    }

    /// Waits until its log says so.
    pub fn wait_for_log(&mut self, words: &str) {
        let log = self.folder.path().join("var/logs/mailman.log");
        self.wait(words, |_| std::fs::read_to_string(&log).unwrap_or_default().contains(words));
    }

    fn wait(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !done(self) {
            assert!(self.child.try_wait().unwrap().is_none(), "Mailman ended");
            assert!(begun.elapsed() < PATIENCE, "{what}");
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }
}

impl Drop for Mailman {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}
