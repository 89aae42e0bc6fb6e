//! What is special to SQLite: files, locks, disks, crashes.
