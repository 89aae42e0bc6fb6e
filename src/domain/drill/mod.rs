//! Drills: practice that runs through the same program as the real thing. What keeps its alerts apart is in
//! `alert::drill`; here is what people plan beforehand, and what is said of it afterwards.

pub mod expected;
pub mod model;
mod name;
#[cfg(test)]
mod property;
pub mod rehearsal;
pub mod scenario;
pub mod score;
#[cfg(test)]
mod tests;

pub use name::{DrillName, NAME_BYTES_MAX, NotAName};
pub use scenario::Scenario;
pub use score::Score;

use crate::duration::Duration;

/// Most alerts sent at once.
pub const ALERTS_MAX: usize = 100;

/// Most labels, and most annotations, of one alert.
pub const LABELS_MAX: usize = 64;

/// How long an alert fires if nobody says: a drill that everybody forgot ends by itself.
pub const LASTS: Duration = Duration::hours(1);

/// Longest that an alert of a drill fires unless it is sent again.
pub const LASTS_MAX: Duration = Duration::hours(24);
