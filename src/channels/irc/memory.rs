//! What is remembered of topics, in a file: a restart must not forget what a channel's topic was.

use super::topic::Remembered;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Largest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// A file with topics of one connection's channels.
#[derive(Debug, Clone)]
pub struct Memory {
    path: PathBuf,
}

impl Memory {
    /// Below this folder, for this server and nick.
    pub fn new(storage: &Path, server: &str, nick: &str) -> Self {
        let plain = |text: &str| text.replace(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '-', "_");
        Self { path: storage.join("irc").join(format!("{}_{}.json", plain(server), plain(nick))) }
    }

    /// What it holds; nothing, if it can't be read.
    pub fn load(&self) -> BTreeMap<String, Remembered> {
        let small = std::fs::metadata(&self.path).is_ok_and(|meta| meta.len() <= FILE_BYTES_MAX);
        let text = if small { std::fs::read(&self.path).unwrap_or_default() } else { Vec::new() };
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// Writes it anew, whole or not at all.
    pub fn save(&self, remembered: &BTreeMap<String, Remembered>) {
        if let Err(error) = self.try_save(remembered) {
            // A topic that had to be cut would stay so after a restart: a pity, no more.
            tracing::warn!("can't remember topics in {}: {error}", self.path.display());
        }
    }

    fn try_save(&self, remembered: &BTreeMap<String, Remembered>) -> std::io::Result<()> {
        let Some(folder) = self.path.parent() else { return Ok(()) };
        std::fs::create_dir_all(folder)?;
        let new = self.path.with_extension("new");
        let mut file = std::fs::File::create(&new)?;
        file.write_all(&serde_json::to_vec(remembered)?)?;
        file.sync_all()?;
        std::fs::rename(new, &self.path)
    }
}
