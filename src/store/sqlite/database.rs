//! `earlybell.db`: one thread writes, a few connections read.

use super::checkpoint::Wal;
use super::place::Place;
use super::readers::Readers;
use super::worker::{AfterFailure, Holder, Worker, closed, lock};
use super::{MAIN, MAIN_WAITING_MAX, READERS_MAX};
use crate::store::StoreError;
use rusqlite::Connection;
use std::path::Path;
use std::sync::Mutex;
use tokio::sync::oneshot;

/// Work for the writing thread.
#[expect(clippy::type_complexity, reason = "said once, and never passed on")]
pub struct Job(Box<dyn FnOnce(&mut Holder<Connection>) + Send>);

/// A database and the ways to it.
pub enum Database {
    /// In a file.
    File {
        /// The thread that writes.
        writer: Worker<Job>,
        /// Those who read.
        readers: Readers,
    },
    /// In memory: the caller's own thread does it.
    Memory(Mutex<Holder<Connection>>),
}

impl Database {
    /// Takes over an opened file.
    pub fn file(path: &Path, mut holder: Holder<Connection>, mut wal: Wal) -> Result<Self, StoreError> {
        let body = move |jobs: std::sync::mpsc::Receiver<Job>| {
            while let Ok(Job(job)) = jobs.recv() {
                job(&mut holder);
                // A failure closes the connection; the next job opens it again, or says why it can't.
                let _ = holder.with(|conn| wal.after_commit(conn));
            }
        };
        let writer = Worker::start("store-main", MAIN_WAITING_MAX, body)?;
        Ok(Self::File { writer, readers: Readers::new(path.to_owned(), READERS_MAX) })
    }

    /// Opens it for writing.
    pub fn open(place: &Place) -> Result<Holder<Connection>, StoreError> {
        let (place, mut checked) = (place.clone(), false);
        let after_failure = match place {
            Place::File(_) => AfterFailure::Reopen,
            Place::Memory => AfterFailure::Keep,
        };
        Holder::new(after_failure, move || {
            let conn = place.open_writer(MAIN)?;
            if !std::mem::replace(&mut checked, true) {
                place.check(&conn)?;
            }
            Ok(conn)
        })
    }

    /// Runs a job with the writing connection.
    pub async fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        match self {
            Self::Memory(holder) => lock(holder).with(job),
            Self::File { writer, .. } => {
                let (reply, answer) = oneshot::channel();
                // The caller may be gone; the work is done all the same.
                let job = move |holder: &mut Holder<Connection>| drop(reply.send(holder.with(job)));
                writer.send(Job(Box::new(job)))?;
                answer.await.map_err(|_| closed())?
            }
        }
    }

    /// Runs a query.
    pub async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        match self {
            Self::Memory(holder) => lock(holder).with(query),
            Self::File { readers, .. } => readers.read(query).await,
        }
    }

    /// Finishes what waits, and stops.
    pub fn close(&self) {
        if let Self::File { writer, readers } = self {
            // Readers first: the last connection to a file moves its log into it, and a reader can't.
            readers.close();
            writer.stop();
        }
    }
}
