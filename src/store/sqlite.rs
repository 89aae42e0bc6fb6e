//! SQLite, embedded: the default store.
