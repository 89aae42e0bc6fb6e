//! A real OpenSSH server: who is let in, whose host key is believed, what is said to those who are not.

use super::site::{BRANCH, PATH, Site, config, impatient, misconfigured, open, post, send, sent};
use domain::delivery::Outcome;
use earlybell::config::BlogConfig;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);

/// A private sshd; it ends with the test.
struct Sshd {
    folder: tempfile::TempDir,
    port: u16,
    child: Child,
}

impl Sshd {
    fn start() -> Self {
        assert!(
            Path::new("/usr/sbin/sshd").exists(),
            "/usr/sbin/sshd is missing: `tests/all` installs openssh-server, which the blog's tests need"
        );
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/sshd.sh");
        let mut command = Command::new(script);
        command.arg(folder.path()).arg(port.to_string()).stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let until = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let log = std::fs::read_to_string(folder.path().join("log")).unwrap_or_default();
            assert!(child.try_wait().unwrap().is_none() && Instant::now() < until, "no sshd: {log}");
            std::thread::park_timeout(Duration::from_millis(20));
        }
        Self { folder, port, child }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn config(&self, site: &Site) -> BlogConfig {
        let user = Command::new("id").arg("-un").output().unwrap().stdout;
        let user = String::from_utf8(user).unwrap();
        let url = format!("ssh://{}@127.0.0.1:{}{}", user.trim(), self.port, site.path().display());
        BlogConfig { ssh_key: Some(self.file("client")), known_hosts: Some(self.file("known_hosts")), ..config(&url) }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        // The script ends when its input does.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_post_is_published_over_ssh_and_repeated_without_a_change() {
    let (sshd, site) = (Sshd::start(), Site::new());
    // A folder whose name a shell would take apart.
    let storage = site.storage().join("a b'c;d");
    let channel = open(&sshd.config(&site), &storage);
    let address = sent(&channel, &post("one")).await;
    assert_eq!(site.text(BRANCH, PATH), "one");
    let refs = site.refs();
    assert_eq!(sent(&channel, &post("one")).await, address);
    assert_eq!(site.refs(), refs);
    sent(&channel, &post("two")).await;
    assert_eq!(site.text(BRANCH, PATH), "two");
}

#[tokio::test]
async fn strangers_and_false_hosts_are_a_mistake_in_the_configuration() {
    let (sshd, site) = (Sshd::start(), Site::new());
    let good = sshd.config(&site);
    let open_to_all = sshd.file("open_to_all");
    std::fs::copy(sshd.file("client"), &open_to_all).unwrap();
    std::fs::set_permissions(&open_to_all, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let elsewhere = good.repository.url.replace("site.git", "none.git");
    for (wrong, words) in [
        (BlogConfig { ssh_key: Some(sshd.file("stranger")), ..good.clone() }, "Permission denied"),
        (BlogConfig { known_hosts: Some(sshd.file("known_hosts.wrong")), ..good.clone() }, "host key"),
        (BlogConfig { known_hosts: Some("/dev/null".into()), ..good.clone() }, "host key"),
        (BlogConfig { ssh_key: Some(open_to_all), ..good.clone() }, "Permission denied"),
        (BlogConfig { repository: config(&elsewhere).repository, ..good.clone() }, "none.git"),
    ] {
        let said = misconfigured(send(&open(&wrong, &site.storage()), &post("one")).await);
        assert!(said.to_lowercase().contains(&words.to_lowercase()), "{said}");
    }
    assert!(!site.refs().contains(BRANCH));
    sent(&open(&good, &site.storage()), &post("one")).await;
}

#[tokio::test]
async fn a_server_that_is_away_or_silent_is_tried_again() {
    let site = Site::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = |port: u16| format!("ssh://git@127.0.0.1:{port}/site.git");
    let silent_config = config(&url(silent.local_addr().unwrap().port()));
    let outcome = send(&impatient(&silent_config, &site.storage()), &post("one")).await;
    assert!(matches!(outcome, Outcome::Retry { .. }), "{outcome:?}");
    drop(silent);
    let outcome = send(&open(&silent_config, &site.storage()), &post("one")).await;
    assert!(matches!(outcome, Outcome::Retry { unsure: false, .. }), "{outcome:?}");
}
