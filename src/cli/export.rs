//! `earlybell export` and `earlybell import`: one incident as a file, and into another instance.

use super::CliError;
use super::backup::scratch::{self, Scratch};
use super::client::{Ask, ClientArgs};
use super::incident::number;
use super::output::{self, Format, complain, say};
use crate::archive::incident::{ARCHIVE_BYTES_MAX, read};
use crate::store::sqlite::ReadOnly;
use clap::Args;
use domain::ids::IncidentId;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Writes an incident with all that led to it into a file
#[derive(Debug, Args)]
#[command(after_help = "\
The file is a tar: the incident, its alerts, its timeline, its notices with every byte, the inputs
by which `earlybell replay` can play it again, what people wrote on its pad, and a manifest with the
SHA-256 of each. What is missing is named in the manifest. No secret of the configuration is in it;
but names, addresses and whatever other incidents and messages fell into the same time are.

Examples:
  earlybell export 42
  earlybell export 42 - | tar tv
  earlybell export 42 inc-42.tar --storage.path /var/lib/earlybell")]
pub struct Export {
    /// Number of the incident: 42, #42 or INC-42
    #[arg(value_parser = number)]
    number: u64,
    /// File to write, `-` for standard output [default: inc-NUMBER.tar]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Read the store in this folder, with or without a server, instead of asking one
    #[arg(long = "storage.path", value_name = "FOLDER")]
    storage: Option<PathBuf>,
    /// Replace a file of this name
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    client: ClientArgs,
}

/// Takes an incident that another instance exported
#[derive(Debug, Args)]
#[command(after_help = "\
The incident becomes one of the past: its timeline and document can be read, nothing can be done to
it, and nothing is ever sent. It keeps its number where that is free. For admins; the server must
run. The same file twice changes nothing.

Example:
  earlybell import inc-42.tar")]
pub struct Import {
    /// File that `earlybell export` wrote
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    client: ClientArgs,
}

impl Export {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        let name = self.file.clone().unwrap_or_else(|| PathBuf::from(format!("inc-{}.tar", self.number)));
        let to_stdout = name == Path::new("-");
        if !to_stdout && name.exists() && !self.force {
            let text = format!("{} is there already; choose another name, or add --force", name.display());
            return Err(CliError::Told(text));
        }
        let bytes = match &self.storage {
            Some(folder) => {
                let store = ReadOnly::open(folder).map_err(CliError::told)?;
                let found = store.export(IncidentId(self.number)).map_err(CliError::told)?;
                found.ok_or_else(|| CliError::told(format!("there is no INC-{}", self.number)))?
            }
            None => self.client.client()?.bytes(&Ask::get(&format!("/api/v1/incidents/{}/export", self.number)))?,
        };
        // What came over the wire is read before it gets a name.
        let archived = read(bytes.as_slice()).map_err(CliError::told)?;
        archived.about.missing.iter().for_each(|missing| complain(&format!("not in it: {missing}")));
        if to_stdout {
            return io::stdout().lock().write_all(&bytes).map_err(CliError::told);
        }
        save(&name, &bytes).map_err(|error| CliError::told(format!("{}: {error}", name.display())))?;
        if self.client.quiet {
            return Ok(());
        }
        let (entries, notices) = (archived.content.entries.len(), archived.content.notices.len());
        let inputs = archived.content.inputs.len();
        let pad = archived.content.pad.map_or("", |_| ", and what people wrote on its pad");
        say(&format!(
            "{}: {} bytes\n{entries} entries, {notices} notices, {inputs} inputs{pad}",
            name.display(),
            bytes.len()
        ));
        Ok(())
    }
}

impl Import {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        let cant = |error: &dyn std::fmt::Display| CliError::told(format!("{}: {error}", self.file.display()));
        let mut bytes = Vec::new();
        let from = File::open(&self.file).map_err(|error| cant(&error))?;
        from.take(ARCHIVE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| cant(&error))?;
        // A wrong file is told here, with its name.
        read(bytes.as_slice()).map_err(|error| cant(&error))?;
        let answer = self.client.client()?.json(&Ask::upload("/api/v1/import", bytes))?;
        match self.client.print() {
            (Format::Json, _) => output::json(&answer),
            (_, true) => say(&output::cell(&answer, "/incident")),
            _ => say(&output::cell(&answer, "/text")),
        }
        Ok(())
    }
}

// Whole, or not at all.
fn save(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let scratch = Scratch::beside(file)?;
    let part = scratch.path().join("export.tar");
    let mut out = scratch::private(&part)?;
    out.write_all(bytes)?;
    out.sync_all()?;
    std::fs::rename(&part, file)?;
    scratch::sync_folder_of(file)
}
