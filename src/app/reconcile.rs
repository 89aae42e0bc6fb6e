//! Asks the configured Alertmanagers what really fires.
