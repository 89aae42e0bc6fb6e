//! A repository of a site, and posts for it.

use chrono::DateTime;
use domain::delivery::post::{Post, PostPath};
use domain::delivery::{Delivery, Lane, Outcome};
use domain::ids::{DeliveryId, IncidentId};
use domain::notice::NoticeKind;
use earlybell::channels::blog::BlogChannel;
use earlybell::channels::{Attempt, Channel, Deadlines, http_client};
use earlybell::config::{BlogConfig, Repository, Signature};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Where our post stands.
pub const PATH: &str = "_posts/deployments/2026-11-29-inc-42.md";

/// The branch it stands on.
pub const BRANCH: &str = "post-mortem/INC-42";

/// When it was decided to publish it.
pub const AT: i64 = 1_795_331_460;

/// A bare repository with a site in it, and room for our own copies.
pub struct Site {
    folder: tempfile::TempDir,
}

impl Site {
    /// A site with two posts and a picture on `main`.
    pub fn new() -> Self {
        let site = Self::empty();
        site.commit(
            "main",
            "Begin",
            &[("_config.yml", "title: Site\n"), ("_posts/deployments/2020-01-01-first.md", "x")],
        );
        site.commit("main", "Go on", &[("images/big.txt", "a picture\n"), ("_posts/2021-01-01-second.md", "y")]);
        site
    }

    /// A repository without a commit.
    pub fn empty() -> Self {
        let site = Self { folder: tempfile::tempdir().unwrap() };
        git(site.folder.path(), &["init", "--quiet", "--bare", "-b", "main", "site.git"]);
        site
    }

    /// Where the repository is.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("site.git")
    }

    /// Where our own copies are.
    pub fn storage(&self) -> PathBuf {
        self.folder.path().join("storage")
    }

    /// Somebody else commits files to a branch, which begins at `main`; an empty text removes the file.
    pub fn commit(&self, branch: &str, subject: &str, files: &[(&str, &str)]) {
        let work = self.check_out(branch);
        for (path, text) in files {
            let path = work.path().join(path);
            if text.is_empty() {
                std::fs::remove_file(path).unwrap();
                continue;
            }
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        self.push(&work, branch, subject);
    }

    /// A clone to work in, with this branch checked out.
    pub fn check_out(&self, branch: &str) -> tempfile::TempDir {
        let work = tempfile::tempdir_in(self.folder.path()).unwrap();
        git(work.path(), &["clone", "--quiet", "--no-local", &self.path().to_string_lossy(), "."]);
        let there = !git(work.path(), &["ls-remote", "origin", &format!("refs/heads/{branch}")]).is_empty();
        let start = if there { format!("origin/{branch}") } else { "HEAD".to_owned() };
        if there || !git(work.path(), &["ls-remote", "origin"]).is_empty() {
            git(work.path(), &["checkout", "--quiet", "-B", branch, &start]);
        }
        work
    }

    /// What was done in a clone is committed and pushed.
    pub fn push(&self, work: &tempfile::TempDir, branch: &str, subject: &str) {
        git(work.path(), &["add", "--all"]);
        git(work.path(), &["commit", "--quiet", "-m", subject]);
        git(work.path(), &["push", "--quiet", "origin", &format!("HEAD:refs/heads/{branch}")]);
    }

    /// Asks the repository.
    pub fn ask(&self, args: &[&str]) -> String {
        git(&self.path(), args)
    }

    /// A file on a branch.
    pub fn text(&self, branch: &str, path: &str) -> String {
        self.ask(&["cat-file", "blob", &format!("{branch}:{path}")])
    }

    /// The first lines of the commits of a branch, the newest first.
    pub fn log(&self, branch: &str) -> Vec<String> {
        self.ask(&["log", "--format=%s", branch]).lines().map(str::to_owned).collect()
    }

    /// All branches and where they stand.
    pub fn refs(&self) -> String {
        self.ask(&["for-each-ref"])
    }

    /// An executable hook of the repository.
    pub fn hook(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.path().join("hooks").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, format!("#!/bin/sh\n{script}")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// How we get there by its path.
    pub fn config(&self) -> BlogConfig {
        config(&format!("file://{}", self.path().display()))
    }

    /// Our channel to it.
    pub fn channel(&self) -> BlogChannel {
        open(&self.config(), &self.storage())
    }
}

/// How we get to a repository.
pub fn config(url: &str) -> BlogConfig {
    BlogConfig {
        repository: Repository::parse(url).unwrap(),
        base: None,
        branch_prefix: "post-mortem/".into(),
        author: Signature { name: "The Team".into(), mail: "team@example.org".into() },
        committer: Signature { name: "Earlybell".into(), mail: "earlybell@example.org".into() },
        ssh_key: None,
        known_hosts: None,
        auth: None,
        pull_requests: None,
    }
}

/// A channel with its copy in this folder.
pub fn open(config: &BlogConfig, storage: &Path) -> BlogChannel {
    BlogChannel::new("our blog", config, storage, http_client::client().unwrap(), Deadlines::default()).unwrap()
}

/// One that loses patience soon.
pub fn impatient(config: &BlogConfig, storage: &Path) -> BlogChannel {
    let deadlines = Deadlines { attempt: Duration::from_secs(3), ..Deadlines::default() };
    BlogChannel::new("our blog", config, storage, http_client::client().unwrap(), deadlines).unwrap()
}

/// A post of incident 42.
pub fn post(text: &str) -> Post {
    Post {
        path: PostPath::parse(PATH).unwrap(),
        title: "A day without builds".into(),
        author: None,
        subject: "Add post mortem of INC-42: A day without builds".into(),
        text: text.into(),
    }
}

/// An attempt to publish it.
pub fn attempt(post: &Post) -> Attempt {
    Attempt {
        delivery: Delivery {
            id: DeliveryId(7),
            incident: IncidentId(42),
            receiver: "our blog".into(),
            lane: Lane::Put,
            notice: NoticeKind::Board,
            key: "inc-42.published.7.our-blog".into(),
            to: None,
            content: post.content(),
            brief: String::new(),
            calm: false,
            decided_at: DateTime::from_timestamp(AT, 0).unwrap(),
        },
        number: 1,
        first_attempt_at: DateTime::from_timestamp(AT + 1, 0).unwrap(),
        thread: None,
        unsure: false,
    }
}

/// Publishes it once.
pub async fn send(channel: &BlogChannel, post: &Post) -> Outcome {
    channel.send(&attempt(post)).await
}

/// Publishes it, and says where it stands.
pub async fn sent(channel: &BlogChannel, post: &Post) -> String {
    match send(channel, post).await {
        Outcome::Sent { remote_id: Some(id) } => id,
        other => panic!("not sent: {other:?}"),
    }
}

/// Why it can't be published as configured.
pub fn misconfigured(outcome: Outcome) -> String {
    match outcome {
        Outcome::Misconfigured { because } => because,
        other => panic!("{other:?}"),
    }
}

/// Why this post can't be published.
pub fn fatal(outcome: Outcome) -> String {
    match outcome {
        Outcome::Fatal { because } => because,
        other => panic!("{other:?}"),
    }
}

/// Runs git as somebody else would, without anybody's configuration.
pub fn git(folder: &Path, args: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(args).current_dir(folder).stdin(Stdio::null());
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0");
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "Anna").env(format!("GIT_{role}_EMAIL"), "anna@example.org");
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
