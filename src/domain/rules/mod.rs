//! Rules: the file model, what they compile to, and their evaluation with the reasons.

mod check;
pub mod compile;
pub mod conditions;
pub mod eval;
mod index;
pub mod language;
pub mod lint;
mod matching;
mod memo;
pub mod model;
mod severity;
mod touch;
pub mod trial;
mod version;

pub use compile::{Mistake, Rule, RuleIx, RuleSet};
pub use eval::{Evaluator, HoldRow, Subject, Touch, Verdict};
pub use memo::Memo;
pub use touch::{NearMiss, RuleTouch};

#[cfg(test)]
mod tests;
