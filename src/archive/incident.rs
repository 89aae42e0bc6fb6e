//! One incident as an archive: what it is, its timeline, its notices, and the inputs by which it can be played again.

use super::manifest::{Expected, Opened};
use super::{ArchiveError, Member, Sealed};
use crate::store::{InputKind, StoredInput};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, Utc};
use domain::engine::Loaded;
use domain::ids::{IncidentId, InputSeq};
use domain::incident::{Entry, Incident};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, Read};

const FORMAT: &str = "earlybell-incident";

/// The first version; one without a pad is still written so, for older programs.
const FORMAT_VERSION: u32 = 1;

/// What people wrote on its pad is in it, too.
const FORMAT_VERSION_WITH_PAD: u32 = 2;

/// Largest archive of an incident that is read, in bytes.
pub const ARCHIVE_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Inputs of an archive: more are left out, from the end, and it says so.
pub const INPUT_BYTES_MAX: usize = 128 * 1024 * 1024;

const MEMBERS: [&str; 6] =
    ["incident.json", "alerts.jsonl", "entries.jsonl", "notices.jsonl", "checkpoint.json", "inputs.jsonl"];

const PAD: &str = "pad.json";

const EXPECTED: Expected = Expected {
    format: FORMAT,
    version: FORMAT_VERSION_WITH_PAD,
    members: &MEMBERS,
    optional: &[PAD],
    bytes_max: ARCHIVE_BYTES_MAX,
};

/// What the manifest says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Version of the program that wrote it.
    pub earlybell: String,
    /// Where it comes from.
    pub origin: Origin,
    /// Its title.
    pub title: String,
    /// When it was declared.
    pub declared_at: DateTime<Utc>,
    /// When it ended; nothing while it is open.
    pub closed_at: Option<DateTime<Utc>>,
    /// The inputs in it, by number; both zero if there are none.
    pub inputs: (u64, u64),
    /// What is not in it, and why; each in a sentence.
    pub missing: Vec<String>,
}

/// Where an incident comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Address of the instance.
    pub instance: String,
    /// Its number there.
    pub number: u64,
}

/// What goes into an archive.
#[derive(Debug, Clone, Default)]
pub struct Content {
    /// Its alerts, one JSON line each.
    pub alerts: Vec<String>,
    /// Its timeline, in order.
    pub entries: Vec<Entry>,
    /// Its notices with every byte, one JSON line each.
    pub notices: Vec<String>,
    /// What the engine knew before the first input; nothing before the very first.
    pub checkpoint: Option<Loaded>,
    /// The inputs, in order; without them nothing can be played again.
    pub inputs: Vec<StoredInput>,
    /// What people wrote on its pad, if it has one and they did.
    pub pad: Option<PadText>,
}

/// What people wrote on a pad.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PadText {
    /// Their words, without our block.
    pub text: String,
    /// When they were first seen so.
    pub seen_at: Option<DateTime<Utc>>,
}

/// An archive that was read, and holds what its manifest says.
#[derive(Debug, Clone)]
pub struct Archived {
    /// What its manifest says.
    pub about: About,
    /// The incident.
    pub incident: Incident,
    /// The rest.
    pub content: Content,
}

// An input as a line.
#[derive(Serialize, Deserialize)]
struct Line {
    seq: u64,
    at: DateTime<Utc>,
    kind: InputKind,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
}

/// Writes an archive. The same incident gives the same bytes.
///
/// # Errors
/// A bug: our own types are always JSON.
pub fn write(about: About, incident: &Incident, content: &Content) -> io::Result<Vec<u8>> {
    let checkpoint = content.checkpoint.as_ref().map(serde_json::to_vec).transpose()?.unwrap_or_default();
    let mut files = vec![
        json_line(incident)?,
        lines(content.alerts.iter().map(|line| Ok(line.clone().into_bytes())))?,
        lines(content.entries.iter().map(serde_json::to_vec))?,
        lines(content.notices.iter().map(|line| Ok(line.clone().into_bytes())))?,
        checkpoint,
        lines(content.inputs.iter().map(|input| serde_json::to_vec(&line(input))))?,
    ];
    files.extend(content.pad.as_ref().map(json_line).transpose()?);
    let version = if content.pad.is_some() { FORMAT_VERSION_WITH_PAD } else { FORMAT_VERSION };
    let members = MEMBERS.iter().chain(&[PAD]).zip(&files).map(|(name, bytes)| Member::of(name, &mut bytes.as_slice()));
    let members = members.collect::<io::Result<Vec<_>>>()?;
    let modified = about.closed_at.unwrap_or(about.declared_at).timestamp().max(0).cast_unsigned();
    let sealed = Sealed { format: FORMAT.to_owned(), version, about, members };
    let mut tar = sealed.begin(Vec::new(), modified)?;
    for (member, bytes) in sealed.members.iter().zip(&files) {
        tar.add(&member.name, member.bytes, &mut bytes.as_slice())?;
    }
    tar.end()
}

/// Reads an archive, and checks all of it.
///
/// # Errors
/// It is not what we write, of a newer version, or was changed since.
pub fn read(from: impl Read) -> Result<Archived, ArchiveError> {
    let mut opened: Opened<_, About> = Opened::open(from, EXPECTED)?;
    let has_pad = opened.manifest.members.len() > MEMBERS.len();
    let mut next = 0;
    let mut member = || -> Result<Vec<u8>, ArchiveError> {
        let mut bytes = Vec::new();
        opened.member(next, &mut bytes)?;
        next += 1;
        Ok(bytes)
    };
    let incident: Incident = parsed(MEMBERS[0], &member()?)?;
    let (alerts, entries, notices, checkpoint, inputs) = (member()?, member()?, member()?, member()?, member()?);
    let pad = if has_pad { Some(parsed(PAD, &member()?)?) } else { None };
    opened.end()?;
    let content = Content {
        alerts: texts(MEMBERS[1], &alerts)?,
        entries: all(MEMBERS[2], &entries)?,
        notices: texts(MEMBERS[3], &notices)?,
        checkpoint: if checkpoint.is_empty() { None } else { Some(parsed(MEMBERS[4], &checkpoint)?) },
        inputs: all::<Line>(MEMBERS[5], &inputs)?.into_iter().map(stored).collect::<Result<_, _>>()?,
        pad,
    };
    let archived = Archived { about: opened.manifest.about, incident, content };
    belongs_together(&archived)?;
    Ok(archived)
}

fn belongs_together(archived: &Archived) -> Result<(), ArchiveError> {
    let Archived { about, incident, content } = archived;
    let id = IncidentId(about.origin.number);
    let numbers = content.entries.iter().map(|entry| (entry.incident, entry.number));
    if incident.id != id || !numbers.eq((1..=content.entries.len() as u32).map(|number| (id, number))) {
        return Err(ArchiveError::wrong("its timeline is not whole, or of another incident"));
    }
    if content.entries.is_empty() || incident.stage.closed_at() != about.closed_at {
        return Err(ArchiveError::wrong("its manifest tells of another incident"));
    }
    let mut before = content.inputs.first().map_or(0, |first| first.seq.0.saturating_sub(1));
    let numbers = |input: &StoredInput| std::mem::replace(&mut before, input.seq.0).checked_add(1) == Some(input.seq.0);
    if !content.inputs.iter().all(numbers) {
        return Err(ArchiveError::wrong("inputs are missing in between"));
    }
    Ok(())
}

fn line(input: &StoredInput) -> Line {
    let StoredInput { seq, at, kind, source, body } = input;
    let text = std::str::from_utf8(body).ok().map(str::to_owned);
    let base64 = if text.is_none() { Some(BASE64.encode(body)) } else { None };
    Line { seq: seq.0, at: *at, kind: *kind, source: source.clone(), text, base64 }
}

fn stored(line: Line) -> Result<StoredInput, ArchiveError> {
    let Line { seq, at, kind, source, text, base64 } = line;
    let body = match (text, base64) {
        (Some(text), None) => text.into_bytes(),
        (None, Some(text)) => {
            BASE64.decode(text).map_err(|_| ArchiveError::wrong(format!("the body of input {seq} can't be read")))?
        }
        _ => return Err(ArchiveError::wrong(format!("input {seq} has no body, or two"))),
    };
    Ok(StoredInput { seq: InputSeq(seq), at, kind, source, body })
}

fn json_line(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn lines(of: impl Iterator<Item = serde_json::Result<Vec<u8>>>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for line in of {
        bytes.extend(line?);
        bytes.push(b'\n');
    }
    Ok(bytes)
}

fn parsed<T: DeserializeOwned>(name: &str, bytes: &[u8]) -> Result<T, ArchiveError> {
    serde_json::from_slice(bytes).map_err(|error| ArchiveError::wrong(format!("{name} can't be read: {error}")))
}

fn all<T: DeserializeOwned>(name: &str, bytes: &[u8]) -> Result<Vec<T>, ArchiveError> {
    let rows = bytes.split(|byte| *byte == b'\n').filter(|row| !row.is_empty());
    rows.map(|row| parsed(name, row)).collect()
}

fn texts(name: &str, bytes: &[u8]) -> Result<Vec<String>, ArchiveError> {
    all::<Box<serde_json::value::RawValue>>(name, bytes)
        .map(|rows| rows.iter().map(|row| row.get().to_owned()).collect())
}
