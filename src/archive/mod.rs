//! Files that carry what is kept from one place to another: a tar whose first member, `manifest.json`, names the others
//! with their sizes and hashes. Anybody can open one; we read only what we could have written.

pub mod incident;
pub mod manifest;
pub mod tar;

pub use manifest::{MANIFEST, Member, Sealed};

use std::io;

/// Why an archive was not read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It is not what we write, or was changed since.
    #[error("{0}")]
    Wrong(String),
    /// It can't be read, or what is in it can't be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl ArchiveError {
    fn wrong(text: impl Into<String>) -> Self {
        Self::Wrong(text.into())
    }
}
