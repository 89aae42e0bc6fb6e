//! Bytes of a socket as lines, whatever comes: garbage is left out, a line without end does not fill the memory.

use super::line::{Line, READ_BYTES_MAX};
use tokio::io::{AsyncRead, AsyncReadExt};

/// Reads lines. Dropping a read that waits loses nothing.
pub struct Reader<R> {
    from: R,
    bytes: Vec<u8>,
    // How much of it was looked through.
    looked: usize,
    // What comes until the next end of a line is the rest of one that was too long.
    skips: bool,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    /// Reads from this.
    pub fn new(from: R) -> Self {
        Self { from, bytes: Vec::new(), looked: 0, skips: false }
    }

    /// The next line; an error is the end.
    pub async fn next(&mut self) -> std::io::Result<Line> {
        loop {
            while let Some(line) = self.cut() {
                if let Some(line) = line {
                    return Ok(line);
                }
            }
            if self.from.read_buf(&mut self.bytes).await? == 0 {
                return Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "the server closed the connection"));
            }
        }
    }

    // A whole line, which may be none that can be read; nothing while there is no whole one.
    fn cut(&mut self) -> Option<Option<Line>> {
        let end = self.bytes[self.looked..].iter().position(|byte| *byte == b'\n');
        let Some(end) = end.map(|at| at + self.looked) else {
            self.looked = self.bytes.len();
            if self.bytes.len() > READ_BYTES_MAX {
                self.bytes.clear();
                self.looked = 0;
                self.skips = true;
            }
            return None;
        };
        let line: Vec<u8> = self.bytes.drain(..=end).collect();
        self.looked = 0;
        Some(if std::mem::take(&mut self.skips) { None } else { Line::read(&line) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn commands(bytes: &[u8]) -> Vec<String> {
        let mut reader = Reader::new(bytes);
        let mut found = Vec::new();
        while let Ok(line) = reader.next().await {
            found.push(line.command);
        }
        found
    }

    #[tokio::test]
    async fn only_whole_lines_that_are_some() {
        assert_eq!(commands(b"PING a\r\n\r\n\xff\xfe\0\r\n:x 001 b :c\nPONG").await, ["PING", "001"]);
        let endless = [b"PING a\n".to_vec(), b"x".repeat(READ_BYTES_MAX * 3), b"\nPONG b\n".to_vec()].concat();
        assert_eq!(commands(&endless).await, ["PING", "PONG"]);
    }
}
