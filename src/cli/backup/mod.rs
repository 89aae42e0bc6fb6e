//! `earlybell backup` and `earlybell restore`: all that is kept, as one file and back.

mod restore;
pub mod scratch;

pub use restore::Restore;

use super::CliError;
use super::output::{complain, say};
use crate::archive::manifest::Expected;
use crate::archive::{ArchiveError, Member, Sealed, manifest};
use crate::cli::audit::verified;
use crate::clock::{Clock, SystemClock};
use crate::metrics::VERSION;
use crate::store::sqlite::ReadOnly;
use crate::store::sqlite::backup::{FILES, Holds, copy, look};
use chrono::{DateTime, Utc};
use clap::Args;
use domain::text::counted;
use scratch::Scratch;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

const FORMAT: &str = "earlybell-backup";
const FORMAT_VERSION: u32 = 1;

/// What a backup looks like; a store has no limit of its own.
const EXPECTED: Expected =
    Expected { format: FORMAT, version: FORMAT_VERSION, members: &FILES, optional: &[], bytes_max: 1 << 50 };

const BUFFER_BYTES: usize = 256 * 1024;

/// Writes a backup of everything that is kept, also while a server runs
#[derive(Debug, Args)]
#[command(after_help = "\
The backup is one file: a tar with both databases and a manifest with their SHA-256. It is checked
by opening it before it gets its name; until then nothing of that name is touched. Whoever reads it
reads everything, hashes of passwords and tokens included: it is readable for you alone. The
configuration file is not in it.

Examples:
  earlybell backup earlybell.tar
  earlybell backup --storage.path /var/lib/earlybell /backup/earlybell-$(date +%F).tar
  tar xOf earlybell.tar manifest.json

See docs/backup.md for how to restore one.")]
pub struct Backup {
    /// File to write
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Folder with the databases
    #[arg(long = "storage.path", value_name = "FOLDER", default_value = "./data")]
    storage_path: PathBuf,
    /// Replace a file of this name
    #[arg(long)]
    force: bool,
    /// Say nothing unless something is wrong
    #[arg(short, long)]
    quiet: bool,
}

/// What the manifest says besides the members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct About {
    /// Version of the program that made it.
    earlybell: String,
    /// When.
    made_at: DateTime<Utc>,
    /// What is in it.
    holds: Holds,
    /// The newest record of the audit log: `118, 5f2c9e0a7b3d4c11`.
    audit: String,
}

impl Backup {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        let (file, dir) = (&self.file, &self.storage_path);
        if file.exists() && !self.force {
            let text = format!("{} is there already; choose another name, or add --force", file.display());
            return Err(CliError::Told(text));
        }
        // The version of the tables, before anything is copied.
        ReadOnly::open(dir).map_err(CliError::told)?;
        let scratch = Scratch::beside(file).map_err(|error| cant(file, &error))?;
        let made_at = SystemClock.now();
        for name in FILES {
            self.progress(&format!("copying {name}"));
            copy(dir, name, &scratch.path().join(name)).map_err(CliError::told)?;
        }
        self.progress("checking the copies: every page, and the chain of the audit log");
        let about = checked(scratch.path(), made_at)?;
        self.progress(&format!("writing {}", file.display()));
        let whole = scratch.path().join("backup.tar");
        write(&whole, scratch.path(), about.clone()).map_err(|error| cant(file, &error))?;
        let sealed = read_back(&whole)?;
        std::fs::rename(&whole, file)
            .and_then(|()| scratch::sync_folder_of(file))
            .map_err(|error| cant(file, &error))?;
        if !self.quiet {
            let bytes = std::fs::metadata(file).map_or(0, |file| file.len());
            say(&format!("{}: {bytes} bytes\n{}", file.display(), words(&sealed)));
        }
        Ok(())
    }

    fn progress(&self, step: &str) {
        if !self.quiet {
            complain(step);
        }
    }
}

// Opens the copies, as a server would find them.
fn checked(dir: &Path, made_at: DateTime<Utc>) -> Result<About, CliError> {
    let holds = look(dir).map_err(|error| CliError::told(format!("the copy is not whole: {error}")))?;
    let store = ReadOnly::open(dir).map_err(CliError::told)?;
    let head = verified(&store).map_err(|because| CliError::told(format!("not in order: {because}")))?;
    let audit = match head.number {
        0 => String::new(),
        number => format!("{number}, {}", head.hash),
    };
    Ok(About { earlybell: VERSION.to_owned(), made_at, holds, audit })
}

fn write(file: &Path, dir: &Path, about: About) -> io::Result<()> {
    let members = FILES.iter().map(|name| Member::of(name, &mut File::open(dir.join(name))?));
    let members = members.collect::<io::Result<Vec<_>>>()?;
    let modified = about.made_at.timestamp().max(0).cast_unsigned();
    let sealed = Sealed { format: FORMAT.to_owned(), version: FORMAT_VERSION, about, members };
    let out = scratch::private(file)?;
    let mut tar = sealed.begin(BufWriter::with_capacity(BUFFER_BYTES, out), modified)?;
    for member in &sealed.members {
        tar.add(&member.name, member.bytes, &mut File::open(dir.join(&member.name))?)?;
    }
    let mut out = tar.end()?;
    out.flush()?;
    out.get_ref().sync_all()
}

// What was written is read once more, from the file.
fn read_back(file: &Path) -> Result<Sealed<About>, CliError> {
    let mut opened = open(file)?;
    for at in 0..FILES.len() {
        opened.member(at, io::sink()).map_err(|error| wrong(file, &error))?;
    }
    opened.end().map_err(|error| wrong(file, &error))?;
    Ok(opened.manifest)
}

fn open(file: &Path) -> Result<manifest::Opened<BufReader<File>, About>, CliError> {
    let from = File::open(file).map_err(|error| cant(file, &error))?;
    manifest::Opened::open(BufReader::with_capacity(BUFFER_BYTES, from), EXPECTED).map_err(|error| wrong(file, &error))
}

fn words(sealed: &Sealed<About>) -> String {
    let About { earlybell, made_at, holds, audit } = &sealed.about;
    let mut lines = vec![
        format!("made at {} UTC by Earlybell {earlybell}", made_at.format("%Y-%m-%d %H:%M:%S")),
        format!("{} ({} open), {} entries", counted(holds.incidents, "incident"), holds.open, holds.entries),
        format!("{}, decided up to {}; {} waiting", counted(holds.inputs, "input"), holds.position, holds.waiting),
    ];
    if !audit.is_empty() {
        lines.push(format!("audit log up to {audit}"));
    }
    lines.extend(sealed.members.iter().map(|member| format!("sha256 {} {}", member.sha256, member.name)));
    lines.join("\n")
}

fn cant(file: &Path, error: &io::Error) -> CliError {
    CliError::told(format!("{}: {error}", file.display()))
}

fn wrong(file: &Path, error: &ArchiveError) -> CliError {
    CliError::told(format!("{} is no backup that can be used: {error}", file.display()))
}
