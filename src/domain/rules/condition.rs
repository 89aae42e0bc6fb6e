//! Conditions, compiled: a tree whose leaves count alerts.
