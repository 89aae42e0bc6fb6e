//! Tests of rules: alerts as series, people as actions, played through the same engine that decides live.

pub mod model;
