//! When a receiver fails again and again: leave it alone for a while.
