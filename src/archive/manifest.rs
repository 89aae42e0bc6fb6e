//! What is in an archive: named first, with sizes and hashes, and checked while the members are read.

use super::ArchiveError;
use super::tar::{Reader, Writer};
use ring::digest::{Context, SHA256};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};

/// Name of the first member.
pub const MANIFEST: &str = "manifest.json";

/// Largest manifest, in bytes.
const MANIFEST_BYTES_MAX: u64 = 1024 * 1024;

/// Bytes read at once.
const CHUNK_BYTES: usize = 256 * 1024;

/// A member as the manifest names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256, in hexadecimal digits.
    pub sha256: String,
}

/// What a manifest says, and in which order its members follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed<T> {
    /// What kind of archive: `earlybell-backup`.
    pub format: String,
    /// Version of that format.
    pub version: u32,
    /// What it says besides.
    #[serde(flatten)]
    pub about: T,
    /// Its members.
    pub members: Vec<Member>,
}

/// What kind of archive is expected, and how large it may be.
#[derive(Debug, Clone, Copy)]
pub struct Expected {
    /// What it is called.
    pub format: &'static str,
    /// The newest version that we know.
    pub version: u32,
    /// The members it has, all of them, in this order.
    pub members: &'static [&'static str],
    /// Members that may follow.
    pub optional: &'static [&'static str],
    /// Largest of them all together.
    pub bytes_max: u64,
}

impl Member {
    /// Looks at a file that will be a member.
    ///
    /// # Errors
    /// It can't be read.
    pub fn of(name: &str, from: &mut impl Read) -> io::Result<Self> {
        let mut hashed = Hashed::new(io::sink());
        let bytes = copy(from, &mut hashed)?;
        Ok(Self { name: name.to_owned(), bytes, sha256: hashed.hex() })
    }
}

impl<T: Serialize> Sealed<T> {
    /// Begins an archive with this manifest; its members must follow.
    ///
    /// # Errors
    /// It can't be written.
    pub fn begin<W: Write>(&self, out: W, modified: u64) -> io::Result<Writer<W>> {
        let mut tar = Writer::new(out, modified);
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        tar.add(MANIFEST, text.len() as u64, &mut text.as_slice())?;
        Ok(tar)
    }
}

/// An archive whose manifest was read.
pub struct Opened<R: Read, T> {
    /// What it says.
    pub manifest: Sealed<T>,
    /// The manifest as it stands there.
    pub text: Vec<u8>,
    tar: Reader<R>,
}

impl<R: Read, T: DeserializeOwned> Opened<R, T> {
    /// Reads the manifest, and checks it against what is expected.
    ///
    /// # Errors
    /// It is another kind of archive, of a newer version, or not whole.
    pub fn open(from: R, expected: Expected) -> Result<Self, ArchiveError> {
        let mut tar = Reader::new(from);
        let header = tar.next_member()?.filter(|header| header.name == MANIFEST);
        let header = header.ok_or_else(|| ArchiveError::wrong(format!("it does not begin with {MANIFEST}")))?;
        if header.bytes > MANIFEST_BYTES_MAX {
            return Err(ArchiveError::wrong(format!("its manifest is larger than {MANIFEST_BYTES_MAX} bytes")));
        }
        let mut text = Vec::new();
        tar.read_to_end(&mut text)?;
        check_kind(&text, expected)?;
        let manifest: Sealed<T> = serde_json::from_slice(&text)
            .map_err(|error| ArchiveError::wrong(format!("its manifest can't be read: {error}")))?;
        let names: Vec<&str> = manifest.members.iter().map(|member| member.name.as_str()).collect();
        let more = names.strip_prefix(expected.members);
        if more.is_none_or(|more| !expected.optional.starts_with(more)) {
            let members = expected.members.join(", ");
            return Err(ArchiveError::wrong(format!("its manifest names other members than {members}")));
        }
        let bytes = manifest.members.iter().fold(0_u64, |sum, member| sum.saturating_add(member.bytes));
        if bytes > expected.bytes_max {
            return Err(ArchiveError::wrong(format!(
                "it holds {bytes} bytes; at most {} are read",
                expected.bytes_max
            )));
        }
        Ok(Self { manifest, text, tar })
    }

    /// Reads the next member into this, and checks it. What was written before an error is not to be trusted.
    ///
    /// # Errors
    /// It is not what the manifest says.
    pub fn member(&mut self, at: usize, out: impl Write) -> Result<(), ArchiveError> {
        let Some(member) = self.manifest.members.get(at) else {
            return Err(ArchiveError::wrong("it has fewer members than its manifest names"));
        };
        let changed = |what: &str| ArchiveError::wrong(format!("{}: {what}, so it was changed since", member.name));
        let header = self.tar.next_member()?.filter(|header| header.name == member.name);
        let header = header.ok_or_else(|| changed("it is not where the manifest names it"))?;
        if header.bytes != member.bytes {
            return Err(changed("it has another size than the manifest says"));
        }
        let mut hashed = Hashed::new(out);
        copy(&mut self.tar, &mut hashed)?;
        if hashed.hex() != member.sha256 {
            return Err(changed("its SHA-256 is not what the manifest says"));
        }
        Ok(())
    }

    /// That nothing follows.
    ///
    /// # Errors
    /// Something does.
    pub fn end(&mut self) -> Result<(), ArchiveError> {
        match self.tar.next_member()? {
            None => Ok(()),
            Some(header) => Err(ArchiveError::wrong(format!("{} is not in its manifest", header.name))),
        }
    }
}

// Before the rest is understood: a newer version may say it in another way.
fn check_kind(text: &[u8], expected: Expected) -> Result<(), ArchiveError> {
    #[derive(Deserialize)]
    struct Kind {
        format: String,
        version: u32,
    }
    let kind: Kind =
        serde_json::from_slice(text).map_err(|_| ArchiveError::wrong(format!("{MANIFEST} does not say what it is")))?;
    if kind.format != expected.format {
        let format = domain::text::clean_line(&kind.format, 40);
        return Err(ArchiveError::wrong(format!("it is `{format}`, not `{}`", expected.format)));
    }
    if kind.version == 0 || kind.version > expected.version {
        return Err(ArchiveError::wrong(format!(
            "it is of version {}, this Earlybell reads up to {}",
            kind.version, expected.version
        )));
    }
    Ok(())
}

fn copy(from: &mut impl Read, to: &mut impl Write) -> io::Result<u64> {
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut bytes = 0;
    loop {
        let read = match from.read(&mut chunk) {
            Ok(0) => return Ok(bytes),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        to.write_all(&chunk[..read])?;
        bytes += read as u64;
    }
}

// Passes on what is written, and hashes it.
struct Hashed<W: Write> {
    out: W,
    hash: Context,
}

impl<W: Write> Hashed<W> {
    fn new(out: W) -> Self {
        Self { out, hash: Context::new(&SHA256) }
    }

    fn hex(self) -> String {
        self.hash.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
