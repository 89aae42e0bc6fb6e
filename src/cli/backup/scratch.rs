//! A folder for what is not finished yet: private, beside where it will be, and gone when dropped.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Such a folder.
pub struct Scratch(PathBuf);

impl Scratch {
    /// In the folder of this file: a rename must not leave its file system.
    pub fn beside(file: &Path) -> io::Result<Self> {
        let name = file.file_name().ok_or_else(|| io::Error::other("it has no name"))?.to_string_lossy();
        Self::make(folder_of(file).join(format!(".{name}.{}.part", std::process::id())))
    }

    /// In this folder.
    pub fn inside(folder: &Path) -> io::Result<Self> {
        Self::make(folder.join(".restoring"))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    fn make(path: PathBuf) -> io::Result<Self> {
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left of a failure; it was said already.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A new file that nobody else reads.
pub fn private(path: &Path) -> io::Result<File> {
    File::options().write(true).create_new(true).mode(0o600).open(path)
}

/// Makes the name of a file as durable as the file.
pub fn sync_folder_of(file: &Path) -> io::Result<()> {
    File::open(folder_of(file))?.sync_all()
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
