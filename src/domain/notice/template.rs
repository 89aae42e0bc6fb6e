//! Operators' templates: bounded in fuel, size and what they may use.
