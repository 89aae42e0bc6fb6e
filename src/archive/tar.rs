//! The part of the tar format (POSIX ustar) that our archives use: plain files with short names, one after the other.

use super::ArchiveError;
use std::io::{self, Read, Write};

const BLOCK: usize = 512;

/// Longest name of a member, in bytes.
pub const NAME_BYTES_MAX: usize = 99;

// What octal digits of the size field can say; more is written as POSIX pax never needed: GNU's base 256.
const OCTAL_BYTES_MAX: u64 = 0o777_7777_7777;

const NAME: std::ops::Range<usize> = 0..100;
const SIZE: std::ops::Range<usize> = 124..136;
const CHECKSUM: std::ops::Range<usize> = 148..156;
const TYPE: usize = 156;

/// Writes an archive.
pub struct Writer<W: Write> {
    out: W,
    modified: u64,
}

impl<W: Write> Writer<W> {
    /// Into this; every member is said to be of this second since 1970.
    pub fn new(out: W, modified: u64) -> Self {
        Self { out, modified }
    }

    /// Adds a file of so many bytes.
    ///
    /// # Errors
    /// It has more or fewer bytes, or can't be read or written.
    pub fn add(&mut self, name: &str, bytes: u64, from: &mut impl Read) -> io::Result<()> {
        self.out.write_all(&header(name, bytes, self.modified))?;
        let copied = io::copy(&mut from.take(bytes), &mut self.out)?;
        if copied < bytes || from.read(&mut [0])? > 0 {
            return Err(io::Error::other(format!("{name} changed its size while it was read")));
        }
        self.out.write_all(&[0; BLOCK][..padding(bytes)])
    }

    /// Ends it.
    ///
    /// # Errors
    /// It can't be written.
    pub fn end(mut self) -> io::Result<W> {
        self.out.write_all(&[0; 2 * BLOCK])?;
        self.out.flush()?;
        Ok(self.out)
    }
}

/// Reads an archive, member after member.
pub struct Reader<R: Read> {
    from: R,
    // Of the member that is read: bytes left, and what fills its last block.
    left: u64,
    padding: usize,
}

/// What stands before a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Its name. It is compared, and never a path.
    pub name: String,
    /// How many bytes follow.
    pub bytes: u64,
}

impl<R: Read> Reader<R> {
    /// From this.
    pub fn new(from: R) -> Self {
        Self { from, left: 0, padding: 0 }
    }

    /// The next member, whose bytes are read from here on; `None` at the end. The one before must have been read.
    ///
    /// # Errors
    /// It is not what we write.
    pub fn next_member(&mut self) -> Result<Option<Header>, ArchiveError> {
        if self.left > 0 {
            return Err(ArchiveError::wrong("a member was not read to its end"));
        }
        let mut padding = [0; BLOCK];
        let padding = &mut padding[..std::mem::take(&mut self.padding)];
        self.fill(padding)?;
        if padding.iter().any(|byte| *byte != 0) {
            return Err(ArchiveError::wrong("there is something between its members"));
        }
        let mut block = [0; BLOCK];
        self.fill(&mut block)?;
        if block == [0; BLOCK] {
            return self.at_end().map(|()| None);
        }
        let header = parse(&block)?;
        (self.left, self.padding) = (header.bytes, self::padding(header.bytes));
        Ok(Some(header))
    }

    fn at_end(&mut self) -> Result<(), ArchiveError> {
        let mut block = [0; BLOCK];
        self.fill(&mut block)?;
        if block != [0; BLOCK] || self.from.read(&mut [0])? > 0 {
            return Err(ArchiveError::wrong("it goes on behind its end"));
        }
        Ok(())
    }

    fn fill(&mut self, block: &mut [u8]) -> Result<(), ArchiveError> {
        self.from.read_exact(block).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => ArchiveError::wrong("it is cut off"),
            _ => ArchiveError::Io(error),
        })
    }
}

/// The bytes of the member.
impl<R: Read> Read for Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if room == 0 {
            return Ok(0);
        }
        let read = self.from.read(&mut buffer[..room])?;
        if read == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it is cut off"));
        }
        self.left -= read as u64;
        Ok(read)
    }
}

fn padding(bytes: u64) -> usize {
    (bytes.next_multiple_of(BLOCK as u64) - bytes) as usize
}

fn header(name: &str, bytes: u64, modified: u64) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let mut put = |at: usize, text: &[u8]| block[at..at + text.len()].copy_from_slice(text);
    let name = name.as_bytes();
    put(NAME.start, &name[..name.len().min(NAME_BYTES_MAX)]);
    put(100, b"0000600\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    if bytes <= OCTAL_BYTES_MAX {
        put(SIZE.start, format!("{bytes:011o}\0").as_bytes());
    } else {
        put(SIZE.start, &[0x80]);
        put(SIZE.end - 8, &bytes.to_be_bytes());
    }
    put(136, format!("{:011o}\0", modified.min(OCTAL_BYTES_MAX)).as_bytes());
    put(CHECKSUM.start, b"        ");
    put(TYPE, b"0");
    put(257, b"ustar\x0000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[CHECKSUM].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

// What we write ourselves, and nothing else: of the many things a header may say, the rest is where attacks are.
fn parse(block: &[u8; BLOCK]) -> Result<Header, ArchiveError> {
    let no_tar = || ArchiveError::wrong("it is no archive of ours");
    let name = block[NAME].split(|byte| *byte == 0).next().unwrap_or_default();
    let name = std::str::from_utf8(name).map_err(|_| no_tar())?;
    let bytes = size(&block[SIZE]).ok_or_else(no_tar)?;
    let modified = size(&block[136..148]).ok_or_else(no_tar)?;
    if header(name, bytes, modified) != *block {
        return Err(no_tar());
    }
    Ok(Header { name: name.to_owned(), bytes })
}

fn size(field: &[u8]) -> Option<u64> {
    if field[0] == 0x80 {
        let bytes: [u8; 8] = field[field.len() - 8..].try_into().ok()?;
        return Some(u64::from_be_bytes(bytes));
    }
    let digits = std::str::from_utf8(&field[..field.len() - 1]).ok()?;
    u64::from_str_radix(digits, 8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut tar = Writer::new(Vec::new(), 1_790_000_000);
        for (name, bytes) in members {
            tar.add(name, bytes.len() as u64, &mut &bytes[..]).unwrap();
        }
        tar.end().unwrap()
    }

    fn read(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, ArchiveError> {
        let (mut tar, mut found) = (Reader::new(bytes), Vec::new());
        while let Some(header) = tar.next_member()? {
            let mut content = Vec::new();
            tar.read_to_end(&mut content)?;
            found.push((header.name, content));
        }
        Ok(found)
    }

    #[test]
    fn what_was_written_is_read() {
        let exact = [7; BLOCK];
        let members: [(&str, &[u8]); 4] = [("a.json", b"{}"), ("empty", b""), ("exact", &exact), ("b", &[1; 700])];
        let found = read(&archive(&members)).unwrap();
        let expected: Vec<_> = members.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn every_cut_and_every_flipped_byte_outside_of_contents_is_noticed() {
        let whole = archive(&[("a", b"some words"), ("b", b"more")]);
        for end in 0..whole.len() {
            assert!(read(&whole[..end]).is_err(), "cut at {end}");
        }
        let contents = [BLOCK..BLOCK + 10, 3 * BLOCK..3 * BLOCK + 4];
        for at in (0..whole.len()).filter(|at| !contents.iter().any(|range| range.contains(at))) {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            // Another time or another name is as good an archive; a manifest names what must be in it.
            assert!(read(&changed).is_err(), "byte {at}");
        }
    }

    #[test]
    fn links_long_names_and_what_follows_are_refused() {
        for (at, byte) in [(TYPE, b'2'), (TYPE, b'x'), (345, b'/'), (0, 0xff)] {
            let mut changed = archive(&[("a", b"")]);
            changed[at] = byte;
            assert!(read(&changed).is_err());
        }
        assert!(read(&[archive(&[("a", b"")]), vec![0]].concat()).is_err());
    }

    #[test]
    fn large_sizes_have_their_own_spelling() {
        for bytes in [0, 1, OCTAL_BYTES_MAX, OCTAL_BYTES_MAX + 1, u64::MAX - BLOCK as u64] {
            assert_eq!(parse(&header("a", bytes, 0)).unwrap(), Header { name: "a".to_owned(), bytes });
        }
    }
}
