//! What every request asks about logins, without asking the store: whether there are any, and who is shut out. Refreshed
//! when it changes, and with the tokens (another process may have changed it).

use crate::store::{Store, StoreError};
use arc_swap::ArcSwap;
use std::collections::HashMap;
use std::sync::Arc;

/// Everybody who may log in, by name.
#[derive(Default)]
pub struct Logins(ArcSwap<HashMap<String, Standing>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    In,
    ShutOut,
}

impl Logins {
    /// Whether nobody may log in.
    pub fn is_empty(&self) -> bool {
        self.0.load().is_empty()
    }

    /// Whether somebody was shut out by an admin: on every way in, not only by their password.
    pub fn is_shut_out(&self, name: &str) -> bool {
        self.0.load().get(name) == Some(&Standing::ShutOut)
    }

    /// Whether somebody of this name may log in, or might before.
    pub fn knows(&self, name: &str) -> bool {
        self.0.load().contains_key(name)
    }

    /// Reads them again.
    ///
    /// # Errors
    /// The store can't be read; what was known stays.
    pub async fn refresh(&self, store: &dyn Store) -> Result<(), StoreError> {
        let rows = store.access().logins().await?;
        let standing = |disabled: bool| if disabled { Standing::ShutOut } else { Standing::In };
        let table = rows.into_iter().map(|row| (row.name, standing(row.disabled_at.is_some()))).collect();
        self.0.store(Arc::new(table));
        Ok(())
    }
}
