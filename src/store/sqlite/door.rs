//! The directory of a store: made private, and used by one process at a time.

use crate::store::StoreError;
use std::fs::{DirBuilder, File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

/// Held as long as the store is open; the system lets go of it when the process ends, however it ends.
pub struct Door {
    _lock: File,
}

impl Door {
    /// Makes the directory if there is none, and locks it.
    pub fn enter(dir: &Path) -> Result<Self, StoreError> {
        let cant = |what: &str, error: std::io::Error| {
            StoreError::Unavailable(format!(
                "{what} {}: {error}; give this user a directory it may write, with --storage.path",
                dir.display()
            ))
        };
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|e| cant("can't make the directory", e))?;
        let path = dir.join("earlybell.lock");
        let mut lock = File::options()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .open(&path)
            .map_err(|e| cant("can't write in", e))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use(dir, &mut lock)),
            Err(TryLockError::Error(error)) => return Err(cant("can't lock", error)),
        }
        note_process(&mut lock).map_err(|e| cant("can't write in", e))?;
        Ok(Self { _lock: lock })
    }
}

fn in_use(dir: &Path, lock: &mut File) -> StoreError {
    let mut process = String::new();
    // Only a hint for people; without it the sentence is as true.
    let _ = lock.take(20).read_to_string(&mut process);
    let who = match process.trim() {
        "" => "another process".to_owned(),
        id => format!("another process (id {id})"),
    };
    StoreError::Broken(format!(
        "{who} uses {}; stop it, or choose another directory with --storage.path",
        dir.display()
    ))
}

fn note_process(lock: &mut File) -> std::io::Result<()> {
    lock.set_len(0)?;
    lock.seek(SeekFrom::Start(0))?;
    writeln!(lock, "{}", std::process::id())
}
