-- People and squads added by hand; those of the configuration stand there.
CREATE TABLE people (
  name     TEXT PRIMARY KEY,
  person   TEXT    NOT NULL,
  added_by TEXT    NOT NULL,
  added_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE squads (
  name     TEXT PRIMARY KEY,
  squad    TEXT    NOT NULL,
  added_by TEXT    NOT NULL,
  added_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who is there, as the engine was told last.
CREATE TABLE directory (
  id        INTEGER PRIMARY KEY CHECK (id = 1),
  directory TEXT NOT NULL
) STRICT;

-- Whom a delivery in the lane `direct` goes to, and where they were reached when it was decided.
ALTER TABLE deliveries ADD COLUMN person TEXT;
ALTER TABLE deliveries ADD COLUMN address TEXT;

CREATE INDEX deliveries_person ON deliveries (incident, receiver, person, id) WHERE lane = 'direct';
