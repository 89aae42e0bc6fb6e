//! Rules: the file model, what they compile to, and their evaluation with the reasons.

pub mod compile;
pub mod condition;
pub mod eval;
pub mod index;
pub mod model;

pub use compile::{Rule, RuleIx, RuleSet};
pub use eval::{Evaluator, Subject, Verdict};
