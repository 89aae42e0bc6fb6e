//! Backtests: what rules would have made of a history, by the same engine that decides live.

pub mod expect;
pub mod play;
pub mod score;
mod stand_in;
pub mod suggest;
mod tally;
pub mod truth;

pub use expect::FailIf;
pub use play::{Moment, Play};
pub use stand_in::History;
pub use truth::{Known, KnownAlert, Truth};
