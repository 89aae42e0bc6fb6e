//! Claims lane heads under a lease and hands them to their channels.
