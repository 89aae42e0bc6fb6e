//! The git program, held on a short lead: never a shell, no prompt, no configuration but ours, nothing it must not run, and
//! an end to what it may take in time and bytes.

use super::fault::Fault;
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process_group, prlimit};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::time::{Instant, timeout_at};

/// Longest answer that is read from git, in bytes.
const ANSWER_BYTES_MAX: u64 = 1024 * 1024;

/// Largest file git may write, in bytes: a pack with all that a site's last commits hold.
const FILE_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// What git may know of our own environment: where programs, keys and certificates are.
const INHERITED: [&str; 10] = [
    "PATH",
    "USER",
    "LOGNAME",
    "SSH_AUTH_SOCK",
    "TMPDIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "https_proxy",
    "HTTPS_PROXY",
    "no_proxy",
];

/// How git is run.
#[derive(Clone)]
pub struct Git {
    /// Where it runs; also what it takes for its home.
    pub folder: PathBuf,
    /// Configuration, as keys and values: it is passed in the environment, since everybody may read arguments.
    pub settings: Vec<(String, String)>,
    /// What must not be quoted from an answer.
    pub secrets: Vec<String>,
}

/// What git answered.
#[derive(Debug)]
pub struct Answer {
    /// Whether it says that it worked.
    pub ok: bool,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it complained about.
    pub stderr: String,
}

impl Answer {
    /// What it printed, as lines of text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}

/// Something that git is to do.
#[derive(Debug, Clone, Copy, Default)]
pub struct Job<'a> {
    /// Its arguments: data that can begin with a dash stands after `--`, or is checked before.
    pub args: &'a [&'a str],
    /// What it reads.
    pub stdin: &'a [u8],
    /// More of an environment.
    pub variables: &'a [(&'a str, &'a str)],
}

impl Git {
    /// Runs it to its end; an answer that it did not work is an answer.
    pub async fn run(&self, job: Job<'_>, until: Instant) -> Result<Answer, Fault> {
        let child = self.command(job).spawn().map_err(|error| cannot_start(&error))?;
        let group = Group::of(&child);
        group.limit();
        let answered = timeout_at(until, converse(child, job.stdin)).await;
        let (ok, stdout, stderr) = match answered {
            Ok(Ok(answer)) => answer,
            Ok(Err(because)) => return Err(Fault::Unknown(format!("git: {because}"))),
            Err(_) => return Err(Fault::Unknown(format!("git {} does not end in time", job.args[0]))),
        };
        group.ended();
        Ok(Answer { ok, stdout, stderr: self.without_secrets(&String::from_utf8_lossy(&stderr)) })
    }

    fn command(&self, job: Job<'_>) -> Command {
        let mut command = Command::new("git");
        command.args(job.args).current_dir(&self.folder).env_clear();
        let inherited = INHERITED.iter().filter_map(|name| Some((*name, std::env::var_os(name)?)));
        command.envs(inherited).envs(self.environment());
        command.envs(job.variables.iter().copied());
        // A group of its own: what git starts ends with it.
        command.process_group(0).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn environment(&self) -> Vec<(String, OsString)> {
        let mut environment: Vec<(String, OsString)> = [
            ("LC_ALL", "C"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_ATTR_NOSYSTEM", "1"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_ASKPASS", ""),
            ("SSH_ASKPASS_REQUIRE", "never"),
            ("GIT_LITERAL_PATHSPECS", "1"),
            ("GIT_NO_LAZY_FETCH", "1"),
            ("GIT_SSH_VARIANT", "ssh"),
            // Git hands this to a shell, so it is a constant: everything that differs stands in that file.
            ("GIT_SSH_COMMAND", "ssh -F ssh_config"),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
        environment.push(("HOME".to_owned(), self.folder.clone().into()));
        environment.push(("GIT_DIR".to_owned(), self.folder.join("repository.git").into()));
        environment.push(("GIT_CONFIG_COUNT".to_owned(), self.settings.len().to_string().into()));
        for (at, (key, value)) in self.settings.iter().enumerate() {
            environment.push((format!("GIT_CONFIG_KEY_{at}"), key.into()));
            environment.push((format!("GIT_CONFIG_VALUE_{at}"), value.into()));
        }
        environment
    }

    // A server knows what we sent it, and may say it back.
    fn without_secrets(&self, said: &str) -> String {
        self.secrets.iter().fold(said.to_owned(), |said, secret| said.replace(secret.as_str(), "<secret>"))
    }
}

fn cannot_start(error: &std::io::Error) -> Fault {
    match error.kind() {
        std::io::ErrorKind::NotFound => Fault::Setup("git is not installed (package git)".to_owned()),
        _ => Fault::not_done(format!("git can't be started: {error}")),
    }
}

async fn converse(mut child: Child, input: &[u8]) -> std::io::Result<(bool, Vec<u8>, Vec<u8>)> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let write = async {
        if let Some(mut stdin) = stdin {
            // It may end without reading everything; then its own words say why.
            let _ = stdin.write_all(input).await;
        }
    };
    let (mut said, mut complained) = (Vec::new(), Vec::new());
    let read = async {
        if let Some(stdout) = stdout {
            stdout.take(ANSWER_BYTES_MAX + 1).read_to_end(&mut said).await?;
        }
        Ok::<(), std::io::Error>(())
    };
    let complain = async {
        if let Some(stderr) = stderr {
            stderr.take(ANSWER_BYTES_MAX + 1).read_to_end(&mut complained).await?;
        }
        Ok::<(), std::io::Error>(())
    };
    let ((), read, complain) = tokio::join!(write, read, complain);
    read.and(complain)?;
    if said.len().max(complained.len()) as u64 > ANSWER_BYTES_MAX {
        return Err(std::io::Error::other(format!("an answer of more than {ANSWER_BYTES_MAX} bytes")));
    }
    let status = child.wait().await?;
    Ok((status.success(), said, complained))
}

// Git and whatever it started. Ends them all, unless git has ended by itself.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)))
    }

    // Set just after the start; what git starts to read from the network inherits it.
    fn limit(&self) {
        let limit = Rlimit { current: Some(FILE_BYTES_MAX), maximum: Some(FILE_BYTES_MAX) };
        // Where the system refuses, the deadline is left.
        let _ = prlimit(self.0, Resource::Fsize, limit);
    }

    fn ended(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}
