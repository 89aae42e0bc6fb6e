//! The JSON API; shapes in docs/api.md.
