//! A real SMTP server for tests: a private Postfix with STARTTLS, implicit TLS, AUTH, a closed list, a greylist,
//! and one that never lets anybody in.

use std::io::{BufRead, BufReader, Read};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, Weak};
use std::time::Duration;

/// Who may write over TLS: user and password.
pub const LOGIN: (&str, &str) = ("incidentbot@mail.test", "mailpw");

const PATIENCE: Duration = Duration::from_secs(30);

/// A running Postfix; stops when it is dropped, or when the test is gone for another reason.
pub struct Postfix {
    /// Takes mail from everybody; TLS is offered.
    pub plain: u16,
    /// Wants STARTTLS and [`LOGIN`]; signs what it takes.
    pub starttls: u16,
    /// Wants TLS from the first byte and [`LOGIN`].
    pub implicit: u16,
    /// PEM file of the CA that signed its certificate, which is for `localhost` and 127.0.0.1.
    pub ca_file: PathBuf,
    folder: tempfile::TempDir,
    log: Arc<Log>,
    child: Child,
    // Closing it ends the script.
    input: Option<ChildStdin>,
}

#[derive(Default)]
struct Log {
    lines: Mutex<Vec<String>>,
    grown: Condvar,
}

impl Postfix {
    /// The one that the tests of this program share; the last one to let go stops it.
    pub fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Postfix>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap();
        shared.upgrade().unwrap_or_else(|| {
            let started = Arc::new(Self::start(None));
            *shared = Arc::downgrade(&started);
            started
        })
    }

    /// One of its own; mail for lists goes on to this port.
    pub fn start(lmtp: Option<u16>) -> Self {
        for program in ["/usr/sbin/postfix", "/usr/sbin/postgrey", "/usr/sbin/opendkim", "/usr/sbin/saslpasswd2"] {
            assert!(
                Path::new(program).exists(),
                "{program} is missing: `tests/all` installs the mail server tests need"
            );
        }
        let folder = tempfile::tempdir().unwrap();
        let [plain, starttls, implicit] = free_ports();
        let ports = [plain, starttls, implicit].map(|port| port.to_string());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/postfix.sh");
        let mut command = as_root(&script);
        command
            .arg(folder.path())
            .args(ports)
            .args(lmtp.map(|port| port.to_string()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        let mut child = command.spawn().unwrap();
        let log = Arc::new(Log::default());
        let output = child.stdout.take().unwrap();
        let kept = log.clone();
        std::thread::spawn(move || kept.read(output));
        let ca_file = folder.path().join("tls/ca.pem");
        let input = child.stdin.take();
        let mut postfix = Self { plain, starttls, implicit, ca_file, folder, log, child, input };
        for port in [plain, starttls] {
            postfix.wait_for_greeting(port);
        }
        postfix
    }

    /// Mail that arrived for this address, in order of arrival, once there are as many as expected.
    pub fn mail_for(&self, address: &str, count: usize) -> Vec<String> {
        let line = format!("to=<{address}>");
        self.log.wait(|lines| {
            lines.iter().filter(|log| log.contains(&line) && log.contains("status=sent")).count() >= count
        });
        let inbox = self.folder.path().join("vmail/inbox/new");
        let mut files: Vec<_> = std::fs::read_dir(inbox).unwrap().map(|entry| entry.unwrap()).collect();
        files.sort_by_key(|file| file.metadata().map(|data| (data.mtime(), data.mtime_nsec())).unwrap());
        let mails = files.iter().map(|file| std::fs::read_to_string(file.path()).unwrap());
        mails.filter(|mail| mail.contains(&format!("\nDelivered-To: {address}\n"))).collect()
    }

    /// What its key for DKIM is in DNS, at `bell._domainkey.example.test`.
    pub fn dkim_record(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("dkim/record")).unwrap()
    }

    // The log does not say when the ports are open, so we knock.
    fn wait_for_greeting(&mut self, port: u16) {
        for _ in 0..600 {
            assert!(self.child.try_wait().unwrap().is_none(), "Postfix ended:\n{}", self.log.text());
            if let Ok(mut socket) = TcpStream::connect(("127.0.0.1", port)) {
                let mut greeting = [0; 3];
                socket.set_read_timeout(Some(PATIENCE)).unwrap();
                if socket.read_exact(&mut greeting).is_ok() {
                    assert_eq!(&greeting, b"220");
                    return;
                }
            }
            self.log.pause();
        }
        panic!("Postfix does not answer:\n{}", self.log.text());
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}

impl Log {
    fn read(&self, output: impl Read) {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            self.lines.lock().unwrap().push(line);
            self.grown.notify_all();
        }
    }

    fn wait(&self, done: impl Fn(&[String]) -> bool) {
        let lines = self.lines.lock().unwrap();
        let (lines, result) = self.grown.wait_timeout_while(lines, PATIENCE, |lines| !done(lines)).unwrap();
        assert!(!result.timed_out(), "the mail did not arrive:\n{}", lines.join("\n"));
    }

    fn pause(&self) {
        let lines = self.lines.lock().unwrap();
        drop(self.grown.wait_timeout(lines, Duration::from_millis(50)).unwrap());
    }

    fn text(&self) -> String {
        self.lines.lock().unwrap().join("\n")
    }
}

fn free_ports() -> [u16; 3] {
    let held = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    held.map(|listener| listener.local_addr().unwrap().port())
}

fn as_root(program: &Path) -> Command {
    if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
        return Command::new(program);
    }
    let mut sudo = Command::new("sudo");
    sudo.arg("-n").arg(program);
    sudo
}
