//! A pad that mirrors an incident: which part of its text is ours, which is people's, and what is said in ours.

pub mod block;
pub mod marked;
pub mod text;

pub use block::{Edit, Merged, merge};
