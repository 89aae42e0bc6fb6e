//! Which delivery of a lane may go next.
