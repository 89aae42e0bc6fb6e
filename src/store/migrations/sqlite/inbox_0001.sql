-- Inputs as they came, and bodies that were refused. Written by one thread, apart from everything else, so that a
-- long engine commit never holds up a 2xx.

CREATE TABLE inputs (
  seq    INTEGER PRIMARY KEY,
  at     INTEGER NOT NULL,
  kind   INTEGER NOT NULL,
  source TEXT    NOT NULL,
  body   BLOB    NOT NULL
) STRICT;

-- When each source last sent alerts, to the minute.
CREATE TABLE seen (
  source TEXT PRIMARY KEY,
  at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE quarantine (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  at      INTEGER NOT NULL,
  source  TEXT    NOT NULL,
  path    TEXT    NOT NULL,
  because TEXT    NOT NULL,
  bytes   INTEGER NOT NULL,
  body    BLOB    NOT NULL
) STRICT;

-- Also counts them without reading the bodies.
CREATE INDEX quarantine_at ON quarantine (at);

-- Written to see whether anything can be written.
CREATE TABLE probe (
  id      INTEGER PRIMARY KEY,
  counter INTEGER NOT NULL
) STRICT;

INSERT INTO probe VALUES (1, 0);
