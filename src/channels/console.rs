//! Notices as lines on standard output: the receiver that needs nothing.
