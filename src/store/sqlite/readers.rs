//! Connections that only read, so that pages never wait for commits.

use super::place::open_reader;
use super::worker::lock;
use crate::store::StoreError;
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

/// A few reading connections of one file.
pub struct Readers {
    path: PathBuf,
    idle: Arc<Mutex<Vec<Connection>>>,
    places: Arc<Semaphore>,
}

impl Readers {
    /// At most so many at once; more callers wait.
    pub fn new(path: PathBuf, max: usize) -> Self {
        Self { path, idle: Arc::default(), places: Arc::new(Semaphore::new(max)) }
    }

    /// Runs a query on a thread that may block.
    pub async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let closed = |_| super::worker::closed();
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(closed)?;
        let (idle, path, places) = (Arc::clone(&self.idle), self.path.clone(), Arc::clone(&self.places));
        let run = move || {
            let ready = lock(&idle).pop();
            let mut conn = ready.map_or_else(|| open_reader(&path), Ok)?;
            let result = query(&mut conn);
            if result.is_ok() && !places.is_closed() {
                lock(&idle).push(conn);
            }
            // Held until the query is over, even if nobody waits for it any more.
            drop(place);
            result
        };
        tokio::task::spawn_blocking(run)
            .await
            .map_err(|_| StoreError::Broken("a bug in the store; the log has its place".to_owned()))?
    }

    /// No more reading; connections that are idle are closed.
    pub fn close(&self) {
        self.places.close();
        lock(&self.idle).clear();
    }
}
