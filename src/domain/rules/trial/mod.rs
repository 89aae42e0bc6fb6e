//! Tests of rules: alerts as series, people as actions, played through the same engine that decides live.

pub mod compare;
pub mod model;
pub mod play;
pub mod policy;
pub mod script;
pub mod series;

pub use play::{Explained, Failure, Looks, Outcome, Why, play};
pub use script::Script;

#[cfg(test)]
mod tests;
