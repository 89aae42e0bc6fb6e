//! Go's RE2 syntax, as Alertmanager matches it, translated for the `regex` crate.
