//! What people type, on every surface: one table of verbs, one grammar, one spelling of what to type next. Whether
//! somebody may do it is decided here too; what comes of it is decided by the engine.

mod acts;
pub mod answers;
pub mod context;
pub mod help;
pub mod may;
pub mod misunderstood;
pub mod next;
pub mod offered;
pub mod parse;
pub mod print;
mod reading;
pub mod rows;
pub mod spelling;
pub mod table;
pub mod words;

pub use context::Context;
pub use misunderstood::Misunderstood;
pub use next::Next;
pub use parse::{Arguments, Asked, Question, parse, parse_arguments};
pub use spelling::Spelling;
pub use table::{Spec, Verb};
