-- While this row stands, nothing is sent: the store came out of a backup, and what waited then may have been told since.
CREATE TABLE held (
  id            INTEGER PRIMARY KEY CHECK (id = 1),
  backup_at     INTEGER NOT NULL,
  restored_at   INTEGER NOT NULL,
  -- What waited when the backup was made has numbers up to this.
  last_delivery INTEGER NOT NULL
) STRICT;

-- Incidents that somebody deleted: their numbers are never given again.
CREATE TABLE tombstones (
  incident   INTEGER PRIMARY KEY,
  deleted_by TEXT    NOT NULL,
  deleted_at INTEGER NOT NULL,
  -- 0 while rows of it are left.
  done       INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX tombstones_begun ON tombstones (incident) WHERE done = 0;

-- All that the engine goes on from, as it was at some input: where a replay begins whose older inputs are gone.
CREATE TABLE checkpoints (
  position INTEGER PRIMARY KEY,
  at       INTEGER NOT NULL,
  state    TEXT    NOT NULL
) STRICT;

-- Incidents of another instance: read only, never in the engine's memory. `archive` is what came, byte for byte.
CREATE TABLE imported (
  incident    INTEGER PRIMARY KEY,
  origin      TEXT    NOT NULL,
  number      INTEGER NOT NULL,
  sha256      TEXT    NOT NULL UNIQUE,
  imported_at INTEGER NOT NULL,
  imported_by TEXT    NOT NULL,
  archive     BLOB    NOT NULL
) STRICT;
