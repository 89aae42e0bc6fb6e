//! Takes the next inputs, decides, commits, and tells who waits.
