//! Asks the configured Alertmanagers what really fires: heals what webhooks lost, late or never told.

pub mod reconciler;
pub mod replica;
pub mod running;

pub use reconciler::{Polled, Reconciler};
pub use running::Reconcile;

use crate::app::inbox::Inbox;
use crate::clock::Clock;
use crate::store::Store;
use std::sync::Arc;

/// What every reconciler needs.
pub struct Shared {
    /// What we know.
    pub store: Arc<dyn Store>,
    /// Where differences go.
    pub inbox: Arc<Inbox>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// For questions; follows no redirects.
    pub client: reqwest::Client,
}
