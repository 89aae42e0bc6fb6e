//! `earlybell restore`: a backup becomes a store that sends nothing until somebody says so.

use super::scratch::{self, Scratch};
use super::{About, cant, checked, open, words, wrong};
use crate::archive::{ArchiveError, Sealed};
use crate::cli::CliError;
use crate::cli::output::{complain, say};
use crate::clock::{Clock, SystemClock};
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::backup::{FILES, Schemas, look};
use crate::store::{HoldStore, InputKind, NewInput, Store, StoreError};
use clap::Args;
use domain::access::Role;
use domain::audit::{AdminAct, Effect};
use domain::incident::{Actor, Surface};
use std::fs::{DirBuilder, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Makes a store out of a backup; it sends nothing until you release it
#[derive(Debug, Args)]
#[command(after_help = "\
Everything in the file is checked before the store appears: hashes, every page of the databases,
and the chain of the audit log. `earlybell serve` on the new store takes alerts and decides, but
sends nothing: what waited when the backup was made was probably sent since. When you have looked
at what is open, `earlybell deliveries release` ends that.

People must sign in again. Tokens and logins are as they were: revoke what was revoked since.
Incidents may have been declared since, and their numbers are on people's minds: new ones are
numbered 100 higher than the newest one of the backup, or as --skip-numbers says.

Example:
  earlybell restore earlybell.tar --storage.path /var/lib/earlybell")]
pub struct Restore {
    /// File that `earlybell backup` wrote
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Folder for the databases; it must be empty, or not there yet
    #[arg(long = "storage.path", value_name = "FOLDER")]
    storage_path: PathBuf,
    /// How many numbers of incidents are left out
    #[arg(long = "skip-numbers", value_name = "COUNT", default_value_t = 100,
          value_parser = clap::value_parser!(u64).range(0..=1_000_000))]
    skip_numbers: u64,
    /// Name to stand in the audit log
    #[arg(long = "as", value_name = "NAME", env = "USER", hide_env_values = true)]
    actor: Option<String>,
}

impl Restore {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        let dir = &self.storage_path;
        let made = make_empty(dir)?;
        let done = self.unpack(dir);
        if done.is_err() && made {
            // It was not there before us.
            let _ = std::fs::remove_dir(dir);
        }
        let sealed = done?;
        say(&format!(
            "restored into {}\n{}\n\n\
             Nothing is sent yet. Next:\n  \
             earlybell serve --storage.path {0}    takes alerts and decides; tells nobody\n  \
             earlybell deliveries release          when you have looked at what is open",
            dir.display(),
            words(&sealed)
        ));
        Ok(())
    }

    fn unpack(&self, dir: &Path) -> Result<Sealed<About>, CliError> {
        let scratch = Scratch::inside(dir).map_err(|error| cant(dir, &error))?;
        let mut opened = open(&self.file)?;
        refuse_newer(&opened.manifest.about)?;
        for (at, name) in FILES.iter().enumerate() {
            complain(&format!("unpacking {name}"));
            let path = scratch.path().join(name);
            let mut out = BufWriter::new(scratch::private(&path).map_err(|error| cant(&path, &error))?);
            opened.member(at, &mut out).map_err(|error| wrong(&self.file, &error))?;
            out.flush().map_err(|error| cant(&path, &error))?;
        }
        opened.end().map_err(|error| wrong(&self.file, &error))?;
        complain("checking every page, and the chain of the audit log");
        let sealed = opened.manifest;
        let damaged = |error: StoreError| wrong(&self.file, &ArchiveError::Wrong(error.to_string()));
        let found = look(scratch.path()).map_err(damaged)?;
        if found != sealed.about.holds {
            return Err(CliError::told(format!("{} does not hold what its manifest says", self.file.display())));
        }
        self.mark(scratch.path(), &sealed.about).map_err(CliError::told)?;
        // Also where an older version made it: its tables are of this version now.
        checked(scratch.path(), sealed.about.made_at)?;
        move_in(scratch.path(), dir).map_err(|error| cant(dir, &error))?;
        Ok(sealed)
    }

    // Says in the store that it came out of a backup, before anybody can start a server on it.
    fn mark(&self, dir: &Path, about: &About) -> Result<(), StoreError> {
        let now = SystemClock.now();
        let made = about.made_at.format("%Y-%m-%d %H:%M:%S");
        let who = Actor::person(self.actor.as_deref().unwrap_or("somebody"), Surface::Cli);
        let act = AdminAct::done(who, Role::Admin, &format!("restored from the backup of {made} UTC"));
        let act = act.with(Effect::TakeNumber { at_least: about.holds.last_incident + self.skip_numbers });
        let body = serde_json::to_vec(&act).map_err(|error| StoreError::Broken(error.to_string()))?;
        let input = NewInput { kind: InputKind::Acted, source: String::new(), body, at: now };
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let store = SqliteStore::open(dir)?;
        runtime.block_on(async {
            store.hold(about.made_at, now).await?;
            store.append(input).await
        })?;
        store.close();
        Ok(())
    }
}

// Whether it was made just now.
fn make_empty(dir: &Path) -> Result<bool, CliError> {
    match std::fs::read_dir(dir) {
        Ok(mut found) => match found.next() {
            None => Ok(false),
            Some(_) => Err(CliError::told(format!("{} is not empty; restore into a new folder", dir.display()))),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
            made.map(|()| true).map_err(|error| cant(dir, &error))
        }
        Err(error) => Err(cant(dir, &error)),
    }
}

fn refuse_newer(about: &About) -> Result<(), CliError> {
    let (theirs, ours) = (about.holds.schemas, Schemas::ours());
    if theirs.earlybell <= ours.earlybell && theirs.inbox <= ours.inbox {
        return Ok(());
    }
    let version = domain::text::clean_line(&about.earlybell, 40);
    Err(CliError::told(format!("it was made by a newer Earlybell ({version}); restore it with that version")))
}

// The file that says that nothing is sent goes first: whatever is cut off after it, nothing is.
fn move_in(from: &Path, dir: &Path) -> io::Result<()> {
    for name in FILES {
        File::open(from.join(name))?.sync_all()?;
        std::fs::rename(from.join(name), dir.join(name))?;
        File::open(dir)?.sync_all()?;
    }
    Ok(())
}
