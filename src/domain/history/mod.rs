//! The history of incidents: the words they are found by, and what people ask for.

pub mod query;
pub mod words;

pub use query::{Outcome, Wanted};
pub use words::{Said, Words};
