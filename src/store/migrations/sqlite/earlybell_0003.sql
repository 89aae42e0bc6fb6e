-- Heartbeats: when each was last heard of. Few, and read as a whole.
CREATE TABLE beats (
  name TEXT PRIMARY KEY,
  beat TEXT NOT NULL
) STRICT, WITHOUT ROWID;
