//! `earlybell replay`: the record through the engine once more. The same entries, or the first difference.

use super::CliError;
use super::output::{complain, say};
use crate::app::replay::{End, Known, Numbers, Replay};
use crate::archive::incident::{Archived, read};
use crate::store::sqlite::ReadOnly;
use crate::store::{StoreError, StoredInput};
use clap::Args;
use domain::ids::{IncidentId, InputSeq};
use domain::incident::Entry;
use domain::text::counted;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// Inputs read at once.
const ROWS_MAX: usize = 256;
const BYTES_MAX: usize = 4 * 1024 * 1024;

/// Plays recorded inputs through the engine once more, and compares what it decides
#[derive(Debug, Args)]
#[command(after_help = "\
Whatever the engine decides follows from its inputs. So the same inputs give the same entries of
timelines, byte for byte; if not, the first difference is shown, and the exit code is 1. It sends
nothing and changes nothing. Where the oldest inputs are gone, it begins at the first checkpoint
after them: a server writes one down every day.

Examples:
  earlybell replay inc-42.tar                            what `earlybell export` wrote
  earlybell replay --storage.path /var/lib/earlybell     everything that is kept; a server may run")]
pub struct Replayed {
    /// Archive of an incident
    #[arg(value_name = "FILE", required_unless_present = "storage", conflicts_with = "storage")]
    file: Option<PathBuf>,
    /// Folder with the databases
    #[arg(long = "storage.path", value_name = "FOLDER")]
    storage: Option<PathBuf>,
}

impl Replayed {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        match (&self.file, &self.storage) {
            (Some(file), _) => archive(file),
            (None, Some(folder)) => store(folder),
            (None, None) => Err(CliError::told("name an archive, or a store with --storage.path")),
        }
    }
}

// One incident: others in the same time are played along, and not compared.
struct Single<'a>(&'a Archived);

impl Known for Single<'_> {
    type Error = StoreError;

    fn entry(&self, incident: IncidentId, number: u32) -> Result<Option<Entry>, StoreError> {
        let at = usize::try_from(number).unwrap_or(usize::MAX).wrapping_sub(1);
        let entry = self.0.content.entries.get(at);
        Ok(entry.filter(|_| incident == self.0.incident.id).cloned())
    }

    fn compares(&self, incident: IncidentId) -> Result<bool, StoreError> {
        Ok(incident == self.0.incident.id)
    }
}

impl Known for ReadOnly {
    type Error = StoreError;

    fn entry(&self, incident: IncidentId, number: u32) -> Result<Option<Entry>, StoreError> {
        Self::entry(self, incident, number)
    }

    fn compares(&self, incident: IncidentId) -> Result<bool, StoreError> {
        self.has_own(incident)
    }
}

fn archive(file: &Path) -> Result<(), CliError> {
    let cant = |error: &dyn std::fmt::Display| CliError::told(format!("{}: {error}", file.display()));
    let from = File::open(file).map_err(|error| cant(&error))?;
    let archived = read(BufReader::new(from)).map_err(|error| cant(&error))?;
    let id = archived.incident.id;
    archived.about.missing.iter().for_each(|missing| complain(&format!("not in the archive: {missing}")));
    let inputs = &archived.content.inputs;
    let (Some(first), Some(last)) = (inputs.first(), inputs.last()) else {
        return Err(cant(&format!("there are no inputs of {id} in it; they were gone when it was written")));
    };
    let checkpoint = archived.content.checkpoint.clone();
    let begin = checkpoint.as_ref().map_or(InputSeq(0), |loaded| loaded.position);
    if first.seq.0 != begin.0 + 1 {
        return Err(cant(&"its inputs do not follow its checkpoint"));
    }
    let mut replay = Replay::from(checkpoint);
    let known = Single(&archived);
    for stored in inputs {
        take(&mut replay, stored, &known)?;
    }
    // What came after the last input of the archive can't be played.
    let numbers = archived.content.entries.iter().filter(|entry| entry.input > begin && entry.input <= last.seq);
    let numbers: Vec<u32> = numbers.map(|entry| entry.number).collect();
    let span = numbers.first().zip(numbers.last()).map(|(first, last)| (id, (*first, *last)));
    end(&replay, &span.into_iter().collect(), &known)
}

fn store(folder: &Path) -> Result<(), CliError> {
    let store = ReadOnly::open(folder).map_err(CliError::told)?;
    let (first, _) = store.span().map_err(CliError::told)?;
    let up_to = store.position().map_err(CliError::told)?;
    let checkpoint = if first.0 <= 1 {
        None
    } else {
        let after = InputSeq(first.0 - 1);
        let found = store.checkpoint_from(after).map_err(CliError::told)?;
        let none = "the oldest inputs are past --data.retention, and no checkpoint was written since; a server writes one \
                    down every day";
        Some(found.ok_or_else(|| CliError::told(none))?)
    };
    let begin = checkpoint.as_ref().map_or(InputSeq(0), |loaded| loaded.position);
    if begin > InputSeq(0) {
        complain(&format!("beginning at the checkpoint of input {begin}"));
    }
    let mut replay = Replay::from(checkpoint);
    let mut after = begin;
    while after < up_to {
        let page = store.inputs_after(after, ROWS_MAX, BYTES_MAX).map_err(CliError::told)?;
        let Some(newest) = page.last() else { break };
        after = newest.seq;
        for stored in page.iter().filter(|stored| stored.seq <= up_to) {
            take(&mut replay, stored, &store)?;
        }
        replay.forget();
    }
    let numbers = store.numbers(begin, up_to).map_err(CliError::told)?;
    end(&replay, &numbers, &store)
}

fn take<K: Known<Error = StoreError>>(replay: &mut Replay, stored: &StoredInput, known: &K) -> Result<(), CliError> {
    replay.take(stored, known).map_err(told)
}

fn end<K: Known<Error = StoreError>>(replay: &Replay, numbers: &Numbers, known: &K) -> Result<(), CliError> {
    replay.end(numbers, known).map_err(told)?;
    let incidents = BTreeMap::len(numbers) as u64;
    let left_out = match replay.left_out {
        0 => String::new(),
        count => format!("; {} of other incidents, or of deleted ones, are not compared", counted(count, "entry")),
    };
    say(&format!(
        "{} played; {} of {} are the same, byte for byte{left_out}",
        counted(replay.inputs, "input"),
        counted(replay.same, "entry"),
        counted(incidents, "incident")
    ));
    Ok(())
}

fn told(end: End<StoreError>) -> CliError {
    match end {
        End::Differs(difference) => {
            complain(&difference.words());
            CliError::Silent
        }
        End::Fails(input) => CliError::told(format!("the engine fails on input {input}; please report this as a bug")),
        End::Unreadable(error) => CliError::told(error),
    }
}
