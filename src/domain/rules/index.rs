//! Which leaves an alert may touch, found by its labels and not by asking every rule.
