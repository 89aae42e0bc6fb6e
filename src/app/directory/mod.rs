//! Who is there, put together: from the configuration, from what was added by hand, and from calendars that say who is on
//! duty. Told to the engine whenever it is not what the engine knows.

pub mod calendar;
pub mod compose;
pub mod keeper;
pub mod running;

pub use compose::{Composed, compose};
pub use keeper::{Changed, Keeper, NotChanged, Shown, Standing, Step};
pub use running::keep_running;

use crate::app::inbox::Inbox;
use crate::clock::Clock;
use crate::store::Store;
use std::sync::Arc;

/// What it needs.
pub struct Shared {
    /// What was added by hand.
    pub store: Arc<dyn Store>,
    /// Where it is told.
    pub inbox: Arc<Inbox>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// For calendars; follows no redirects by itself.
    pub client: reqwest::Client,
}
