//! The table of known alerts: episodes open on firing and close on resolved, whatever order messages come in.
