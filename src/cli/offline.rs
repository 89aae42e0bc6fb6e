//! What has to work before the first start, and when the server is down: straight in the store.

use super::CliError;
use super::client::ClientArgs;
use super::output::complain;
use crate::store::sqlite::SqliteStore;
use serde_json::Value;
use std::path::Path;

/// What becomes of a store that is not there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// It is made.
    Made,
    /// It is said.
    Told,
}

/// Before the first start on an address that others reach there must be a token: without a server, the folder of its
/// socket is the store. The store's lock keeps two processes apart.
pub fn or_in_store(
    client: &ClientArgs,
    asked: Result<Value, CliError>,
    missing: Missing,
    act: impl AsyncFnOnce(&SqliteStore) -> Result<Value, CliError>,
) -> Result<Value, CliError> {
    let Err(CliError::NoServer(_)) = &asked else { return asked };
    if !client.is_local() {
        return asked;
    }
    let socket = client.socket();
    let folder = socket.parent().unwrap_or(Path::new("."));
    if missing == Missing::Told && !folder.exists() {
        return asked;
    }
    // Whoever runs this in another folder than the server's would look for the change in vain.
    complain(&format!("no server runs there: going on in the store in {}", folder.display()));
    let store = SqliteStore::open(folder).map_err(CliError::told)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CliError::told)?;
    let done = runtime.block_on(act(&store));
    store.close();
    done
}
