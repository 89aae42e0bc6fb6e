//! What rules would have made of recorded alerts: played through the engine that decides live, and scored against what
//! people found.

pub mod score;
