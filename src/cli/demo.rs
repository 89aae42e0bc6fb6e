//! `earlybell demo`: an incident and a false alarm in a minute, on a server of its own that leaves nothing behind.

use super::CliError;
use super::output::say;
use super::serve::{Running, Serve};
use clap::{Args, Parser};
use domain::duration::Duration;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

/// Plays an incident and a false alarm in a minute, on a server that leaves nothing behind
#[derive(Debug, Args)]
#[command(after_help = "\
What is typed here is what you would type; what the team would be told is shown as it would be on the
console. Afterwards its pages can be looked at, and every verb tried, until Ctrl-C.

Example:
  earlybell demo")]
pub struct Demo {
    /// Address of its pages
    #[arg(long = "web.listen-address", value_name = "ADDRESS", default_value = "127.0.0.1:9797")]
    listen: String,
    /// How long to wait between two steps
    #[arg(long, value_name = "DURATION", default_value = "4s", value_parser = Duration::parse)]
    pace: Duration,
    /// End with the story
    #[arg(long)]
    once: bool,
}

enum Step {
    Tell(&'static str),
    // Who types which words.
    Type(&'static str, &'static [&'static str]),
}

const FAILING: &[&str] = &[
    "alert",
    "add",
    "ErrorsHigh",
    "severity=critical",
    "service=shop",
    "instance=web1",
    "--annotation",
    "summary=5 % of the answers are errors",
];
const WELL: &[&str] =
    &["alert", "add", "ErrorsHigh", "severity=critical", "service=shop", "instance=web1", "--resolve"];

const STORY: &[Step] = &[
    Step::Tell(
        "An alert fires. By its rule that is an incident at once, but only a suspected one: the team hears of it.",
    ),
    Step::Type("prometheus", FAILING),
    Step::Tell("Somebody leads, and says that it is real: from now on everyone is told, and promised the next word."),
    Step::Type("anna", &["incident", "take", "1", "incident_manager"]),
    Step::Type("anna", &["incident", "confirm", "1", "customers write to us"]),
    Step::Type("anna", &["incident", "update", "1", "Some orders fail. We restart web1, which takes five minutes."]),
    Step::Tell("The alert ends, but that does not end the incident: a person says so, with the reason."),
    Step::Type("prometheus", WELL),
    Step::Type("anna", &["incident", "resolve", "1", "web1 was out of memory; it is restarted, and has more"]),
    Step::Tell("Another alarm, of which somebody knows that it is none: one word, and who saw it knows, too."),
    Step::Type("prometheus", &["alert", "add", "DiskSlow", "severity=page", "service=backup"]),
    Step::Type("bert", &["incident", "calloff", "2", "planned-work", "we copy the backups, see the calendar"]),
    Step::Tell("Everything is kept: the record of an incident is what its post mortem begins with."),
    Step::Type("anna", &["incident", "list", "all"]),
    Step::Type("anna", &["postmortem", "show", "1"]),
];

// The server's own flags.
#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    serve: Serve,
}

impl Demo {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        let folder = Scratch::new()?;
        let serve = self.flags(&folder.0)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(CliError::told)?;
        runtime.block_on(self.play(&serve))
    }

    // As it would be started without a configuration.
    fn flags(&self, folder: &Path) -> Result<Serve, CliError> {
        let config = folder.join("earlybell.yml");
        std::fs::write(&config, "").map_err(|error| CliError::told(format!("{}: {error}", config.display())))?;
        let words = [
            "demo".into(),
            format!("--config.file={}", config.display()),
            format!("--storage.path={}", folder.join("data").display()),
            format!("--web.listen-address={}", self.listen),
        ];
        Ok(Flags::try_parse_from(words).map_err(CliError::told)?.serve)
    }

    async fn play(&self, serve: &Serve) -> Result<(), CliError> {
        let ended = |kind| signal(kind).map_err(CliError::told);
        let (mut interrupt, mut terminate) = (ended(SignalKind::interrupt())?, ended(SignalKind::terminate())?);
        let mut running = Running::start(serve).await.map_err(CliError::Told)?;
        let (socket, page) = (serve.socket(), serve.external_url(&running.server.addresses));
        say(&format!("A server for this demo is ready; what happens can be seen at {page}/\n"));
        let played = tokio::select! {
            because = running.failed() => Err(CliError::Told(because)),
            told = self.tell(&socket, &page) => told,
            _ = interrupt.recv() => Ok(()),
            _ = terminate.recv() => Ok(()),
        };
        running.stop().await;
        played
    }

    async fn tell(&self, socket: &Path, page: &str) -> Result<(), CliError> {
        for step in STORY {
            match step {
                Step::Tell(words) => say(&format!("\n--- {words}\n")),
                Step::Type(who, words) => typed(socket, who, words).await?,
            }
            tokio::time::sleep(self.pace.to_std()).await;
        }
        if self.once {
            return Ok(());
        }
        let server = format!("export EARLYBELL_SERVER={}", socket.display());
        say(&format!(
            "\n--- That was all. Look at {page}/, or go on yourself, in another terminal:\n\n{server}\n{} incident --help\n\n\
             Ctrl-C ends it, and deletes everything.",
            program().display()
        ));
        std::future::pending().await
    }
}

// As somebody would, in another terminal.
async fn typed(socket: &Path, who: &str, words: &[&str]) -> Result<(), CliError> {
    let shown = |word: &&str| if word.contains(' ') { format!("\"{word}\"") } else { (*word).to_owned() };
    say(&format!("{who}$ earlybell {}", words.iter().map(shown).collect::<Vec<_>>().join(" ")));
    let mut command = Command::new(program());
    command.args(words).env("EARLYBELL_SERVER", socket).env("USER", who).env_remove("EARLYBELL_TOKEN");
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await.map_err(CliError::told)?;
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).trim_end().to_owned());
    if !output.status.success() {
        return Err(CliError::told(format!("the story can't go on: {err}")));
    }
    say(&out);
    Ok(())
}

// This one.
fn program() -> PathBuf {
    std::env::current_exe().unwrap_or_else(|_| PathBuf::from("earlybell"))
}

// A folder that goes away with the demo.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self, CliError> {
        let folder = std::env::temp_dir().join(format!("earlybell-demo-{}", std::process::id()));
        // Must be new: whatever was there is not ours to delete.
        std::fs::create_dir(&folder).map_err(|error| CliError::told(format!("{}: {error}", folder.display())))?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What can't be removed is in the folder for what may be removed.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
