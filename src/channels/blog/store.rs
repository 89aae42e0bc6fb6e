//! Our copy of a blog's repository: a bare one, without its history and, where the server can leave them out, without
//! files. It may be deleted at any time; what is wrong with it is mended by starting anew.

use super::fault::{During, Fault, of_git};
use super::git::{Answer, Git, Job};
use crate::config::{BlogConfig, Transport};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fs;
use std::path::{Path, PathBuf};
use tokio::time::Instant;

/// How many commits of a branch are looked through for what we published before.
pub const HISTORY_COMMITS_MAX: u32 = 50;

/// A repository of ours that follows another.
#[derive(Clone)]
pub struct Store {
    git: Git,
    folder: PathBuf,
    ssh_config: String,
}

/// The name of the other repository in ours.
const REMOTE: &str = "blog";

/// Where its branches are kept in ours.
const REFS: &str = "refs/earlybell/";

// What git says of a push where the branch is not where we saw it.
const OVERTAKEN: [&str; 3] = ["[rejected]", "cannot lock ref", "failed to update ref"];

// What git says of a repository that is broken.
const BROKEN: [&str; 9] = [
    "bad object",
    "corrupt",
    "loose object",
    "unable to read",
    "could not parse",
    "missing tree",
    "did not receive expected object",
    "bad config line",
    "not a git repository: '",
];

impl Store {
    /// In this folder; nothing is made yet.
    pub fn new(config: &BlogConfig, folder: PathBuf) -> Self {
        let mut secrets = Vec::new();
        let settings = settings(config, &mut secrets);
        let git = Git { folder: folder.clone(), settings, secrets };
        Self { git, folder, ssh_config: ssh_config(config) }
    }

    /// Runs git in it; what does not work is a fault.
    pub async fn git(&self, args: &[&str], until: Instant) -> Result<Answer, Fault> {
        self.job(Job { args, ..Job::default() }, During::Reading, until).await
    }

    /// The same, with more to say.
    pub async fn job(&self, job: Job<'_>, during: During, until: Instant) -> Result<Answer, Fault> {
        let answer = self.ask(job, until).await?;
        if answer.ok {
            return Ok(answer);
        }
        if is_broken(&answer.stderr) {
            self.forget();
        }
        Err(of_git(&answer.stderr, during))
    }

    /// Runs git in it; that it did not work is an answer.
    pub async fn ask(&self, job: Job<'_>, until: Instant) -> Result<Answer, Fault> {
        self.git.run(job, until).await
    }

    /// Makes it, if it is not there, and removes what a killed git left behind. Only one may use it at a time.
    pub async fn open(&self, until: Instant) -> Result<(), Fault> {
        let repository = self.folder.join("repository.git");
        let prepared = prepare(&self.folder, &repository, &self.ssh_config);
        prepared.map_err(|error| Fault::not_done(format!("{}: {error}", self.folder.display())))?;
        if repository.join("HEAD").is_file() {
            return Ok(());
        }
        let repository = repository.to_string_lossy();
        self.git(&["init", "--quiet", "--bare", "--template=", &repository], until).await.map(drop)
    }

    // Throws it away: the next attempt starts anew.
    fn forget(&self) {
        let _ = fs::remove_dir_all(self.folder.join("repository.git"));
    }

    /// Which branch is the default one, and where these branches stand.
    pub async fn heads(&self, branches: &[&str], until: Instant) -> Result<Heads, Fault> {
        let names: Vec<String> = branches.iter().map(|branch| format!("refs/heads/{branch}")).collect();
        let mut args = vec!["ls-remote", "--symref", REMOTE, "HEAD"];
        args.extend(names.iter().map(String::as_str));
        let text = self.git(&args, until).await?.text();
        let mut heads = Heads::default();
        for line in text.lines() {
            match line.split_once('\t') {
                Some((target, "HEAD")) => match target.strip_prefix("ref: refs/heads/") {
                    Some(branch) => heads.default_branch = Some(branch.to_owned()),
                    None => heads.default_commit = Some(target.to_owned()),
                },
                Some((commit, name)) => {
                    if let Some(branch) = name.strip_prefix("refs/heads/").filter(|name| branches.contains(name)) {
                        heads.branches.push((branch.to_owned(), commit.to_owned()));
                    }
                }
                None => {}
            }
        }
        Ok(heads)
    }

    /// Whether this commit was brought here before.
    pub async fn known(&self, commit: &str, until: Instant) -> Result<bool, Fault> {
        // By our own refs: to ask for the commit itself may make git look for it on the other side.
        let refs = self.git(&["for-each-ref", "--format=%(objectname)", REFS], until).await?;
        Ok(refs.text().lines().any(|known| known == commit))
    }

    /// Brings a branch here, with its last commits; says where it stands.
    pub async fn fetch(&self, branch: &str, until: Instant) -> Result<String, Fault> {
        let depth = format!("--depth={HISTORY_COMMITS_MAX}");
        let here = format!("{REFS}{branch}");
        let refs = format!("+refs/heads/{branch}:{here}");
        let quiet = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"];
        let args = [&quiet[..], &["--no-recurse-submodules", &depth, REMOTE, &refs]].concat();
        let answer = self.ask(Job { args: &args, ..Job::default() }, until).await?;
        if !answer.ok {
            if is_broken(&answer.stderr) {
                self.forget();
            }
            return Err(of_git(&answer.stderr, During::Reading));
        }
        let stands = self.git(&["rev-parse", "--verify", &here], until).await?;
        Ok(stands.text().trim().to_owned())
    }

    /// The file for an index that is empty.
    pub fn fresh_index(&self) -> String {
        let index = self.folder.join("index");
        for left in [index.clone(), index.with_extension("lock")] {
            let _ = fs::remove_file(left);
        }
        index.to_string_lossy().into_owned()
    }

    /// Puts a commit on a branch, if nobody else put one there meanwhile.
    pub async fn push(&self, commit: &str, branch: &str, until: Instant) -> Result<Pushed, Fault> {
        let refs = format!("{commit}:refs/heads/{branch}");
        let args = ["push", "--porcelain", "--no-verify", "--no-follow-tags", REMOTE, &refs];
        let answer = self.ask(Job { args: &args, ..Job::default() }, until).await?;
        let text = answer.text();
        let verdict = text.lines().find(|line| line.contains(&format!(":refs/heads/{branch}\t")));
        match verdict {
            Some(line) if !line.starts_with('!') && answer.ok => Ok(Pushed::Done),
            Some(line) if OVERTAKEN.iter().any(|known| line.contains(known)) => Ok(Pushed::Overtaken),
            // A hook or a protected branch: somebody there says no, and says why.
            Some(line) if line.contains("[remote rejected]") => {
                Err(Fault::Setup(super::fault::words(&format!("{}\n{}", line.replace('\t', " "), answer.stderr))))
            }
            _ => Err(of_git(&answer.stderr, During::Pushing)),
        }
    }
}

/// Where the other repository stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heads {
    /// The branch that a clone would check out.
    pub default_branch: Option<String>,
    /// Its commit.
    pub default_commit: Option<String>,
    /// Branches that are there, with their commits.
    pub branches: Vec<(String, String)>,
}

impl Heads {
    /// Where a branch stands, if it is there.
    pub fn of(&self, branch: &str) -> Option<&str> {
        self.branches.iter().find(|(name, _)| name == branch).map(|(_, commit)| commit.as_str())
    }
}

/// What became of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// It is there.
    Done,
    /// Somebody else was faster: look again.
    Overtaken,
}

fn is_broken(said: &str) -> bool {
    BROKEN.iter().any(|known| said.contains(known))
}

fn prepare(folder: &Path, repository: &Path, ssh_config: &str) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("ssh_config"), ssh_config)?;
    // Locks that were left by a git that was killed: nobody but us works here.
    for left in ["shallow.lock", "config.lock", "packed-refs.lock"] {
        match fs::remove_file(repository.join(left)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn settings(config: &BlogConfig, secrets: &mut Vec<String>) -> Vec<(String, String)> {
    let url = &config.repository.url;
    let mut settings: Vec<(String, String)> = [
        // Hooks and helpers of whatever we are sent are not run, and nothing runs beside us.
        ("core.hooksPath", "/dev/null"),
        ("core.attributesFile", "/dev/null"),
        ("credential.helper", ""),
        ("gc.auto", "0"),
        ("maintenance.auto", "false"),
        ("protocol.allow", "never"),
        ("http.followRedirects", "false"),
        ("http.lowSpeedLimit", "1000"),
        ("http.lowSpeedTime", "10"),
        ("advice.detachedHead", "false"),
        ("submodule.recurse", "false"),
        ("fetch.unpackLimit", "1"),
        // Files of the site are not needed to add one, nor to see whether ours is the same.
        ("remote.blog.promisor", "true"),
        ("remote.blog.partialclonefilter", "blob:none"),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .collect();
    settings.push(("remote.blog.url".to_owned(), url.clone()));
    for protocol in config.repository.transport.protocols() {
        settings.push((format!("protocol.{protocol}.allow"), "always".to_owned()));
    }
    if let Some((user, password)) = config.auth.as_ref().filter(|_| config.repository.transport == Transport::Http) {
        let basic = STANDARD.encode(format!("{user}:{}", password.expose()));
        // For this address alone, whatever another one asks for.
        settings.push((format!("http.{url}.extraHeader"), format!("Authorization: Basic {basic}")));
        secrets.extend([basic, password.expose().to_owned()]);
    }
    settings
}

fn ssh_config(config: &BlogConfig) -> String {
    let mut lines = vec![
        "Host *".to_owned(),
        "BatchMode yes".to_owned(),
        "StrictHostKeyChecking yes".to_owned(),
        "UpdateHostKeys no".to_owned(),
        "ConnectTimeout 10".to_owned(),
        "ServerAliveInterval 5".to_owned(),
        "ServerAliveCountMax 2".to_owned(),
        "ForwardAgent no".to_owned(),
        "ForwardX11 no".to_owned(),
        "PermitLocalCommand no".to_owned(),
        "ControlMaster no".to_owned(),
        "ControlPath none".to_owned(),
    ];
    if let Some(key) = &config.ssh_key {
        lines.extend([format!("IdentityFile \"{}\"", key.display()), "IdentitiesOnly yes".to_owned()]);
    }
    if let Some(hosts) = &config.known_hosts {
        lines.push(format!("UserKnownHostsFile \"{}\"", hosts.display()));
        lines.push("GlobalKnownHostsFile /dev/null".to_owned());
    }
    lines.join("\n  ") + "\n"
}
