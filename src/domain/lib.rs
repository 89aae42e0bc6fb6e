//! What Earlybell decides, without clock, chance or I/O.
//!
//! One door: [`engine`]. Inputs go in with the time they arrived at; entries, changed rows and rendered notices come
//! out. Everything else here is a part of that decision, small enough to be tested alone.

pub mod access;
pub mod alert;
pub mod audit;
pub mod backtest;
pub mod delivery;
pub mod directory;
pub mod document;
pub mod drill;
pub mod duration;
pub mod duty;
pub mod engine;
pub mod history;
pub mod ids;
pub mod incident;
pub mod interval;
pub mod json;
pub mod nearest;
pub mod notice;
pub mod pad;
pub mod policy;
pub mod postmortem;
pub mod rules;
pub mod statistics;
pub mod text;
pub mod verbs;
