//! A real list server for tests: Mailman 3 behind a Postfix of its own, with HyperKitty as its archive. One list, with one reader.

use super::postfix::Postfix;
use std::io::{Read, Write};
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
    archive: u16,
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
        let [lmtp, archive] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [lmtp, archive] = [lmtp, archive].map(|held| held.local_addr().unwrap().port());
        let postfix = Postfix::start(Some(lmtp));
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(python);
        // What its parts say of each other, to those who write them.
        command.args(["-W", "ignore"]);
        command.arg(root.join("tests/servers/lists.py")).arg(folder.path());
        command.args([lmtp, postfix.plain, archive].map(|port| port.to_string())).stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let input = child.stdin.take();
        let mut mailman = Self { postfix, archive, folder, child, input };
        for (what, port) in [("Mailman does not listen", lmtp), ("HyperKitty does not listen", archive)] {
            mailman.wait(what, |_| TcpStream::connect(("127.0.0.1", port)).is_ok());
        }
        mailman
    }

    /// Waits until its log says so.
    pub fn wait_for_log(&mut self, words: &str) {
        let log = self.folder.path().join("var/logs/mailman.log");
        self.wait(words, |_| std::fs::read_to_string(&log).unwrap_or_default().contains(words));
    }

    /// A page of the archive.
    pub fn archive(&self, path: &str) -> String {
        let answer = get(self.archive, path);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.0 200 "), "{path}: {head}");
        body.to_owned()
    }

    /// Waits until what the archive answers is as it should be: what comes to it out of order it puts in order afterwards, and
    /// while it does, it may have no answer.
    pub fn wait_for_archive(&self, path: &str, as_it_should_be: impl Fn(&str) -> bool) {
        let begun = Instant::now();
        let mut answer = get(self.archive, path);
        while !answer.split_once("\r\n\r\n").is_some_and(|(_, body)| as_it_should_be(body)) {
            assert!(begun.elapsed() < PATIENCE, "the archive shows this instead:\n{answer}");
            std::thread::park_timeout(Duration::from_millis(50));
            answer = get(self.archive, path);
        }
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

// The whole answer to a request by HTTP/1.0, which ends with the connection.
fn get(port: u16, path: &str) -> String {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(socket, "GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}

impl Drop for Mailman {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}
