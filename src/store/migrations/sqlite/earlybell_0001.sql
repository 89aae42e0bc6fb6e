-- What was decided, and what must be told. Times are microseconds since 1970, hashes the same 64 bits as a signed
-- number, structured values JSON.

-- One row: how far the inbox is decided, and the highest numbers ever given.
CREATE TABLE position (
  id            INTEGER PRIMARY KEY CHECK (id = 1),
  seq           INTEGER NOT NULL,
  at            INTEGER,
  last_incident INTEGER NOT NULL,
  last_alert    INTEGER NOT NULL,
  last_delivery INTEGER NOT NULL
) STRICT;

INSERT INTO position VALUES (1, 0, NULL, 0, 0, 0);

CREATE TABLE policy (
  id     INTEGER PRIMARY KEY CHECK (id = 1),
  policy TEXT NOT NULL
) STRICT;

-- Alerts the engine knows. Rows are small and their numbers only grow: a new one is an append.
CREATE TABLE alerts (
  id            INTEGER PRIMARY KEY,
  source        TEXT    NOT NULL,
  fingerprint   INTEGER NOT NULL,
  labels        TEXT    NOT NULL,
  annotations   TEXT    NOT NULL,
  generator_url TEXT    NOT NULL,
  -- 0 over, 1 open, 2 over but contested
  open          INTEGER NOT NULL,
  state         TEXT    NOT NULL,
  starts_at     INTEGER NOT NULL,
  claimed_at    INTEGER,
  last_seen     INTEGER NOT NULL,
  grouped       INTEGER,
  expires_at    INTEGER,
  episodes      INTEGER NOT NULL
) STRICT;

CREATE INDEX alerts_open ON alerts (source, open) WHERE open > 0;

-- Alerts the engine has forgotten, kept for the pages of the incidents they belong to.
CREATE TABLE past_alerts (
  id            INTEGER PRIMARY KEY,
  source        TEXT    NOT NULL,
  fingerprint   INTEGER NOT NULL,
  labels        TEXT    NOT NULL,
  annotations   TEXT    NOT NULL,
  generator_url TEXT    NOT NULL,
  open          INTEGER NOT NULL,
  state         TEXT    NOT NULL,
  starts_at     INTEGER NOT NULL,
  claimed_at    INTEGER,
  last_seen     INTEGER NOT NULL,
  grouped       INTEGER,
  expires_at    INTEGER,
  episodes      INTEGER NOT NULL
) STRICT;

-- `incident` is the whole fold of the entries; the columns are what is searched by.
CREATE TABLE incidents (
  id        INTEGER PRIMARY KEY,
  stage     TEXT NOT NULL,
  severity  TEXT NOT NULL,
  closed_at INTEGER,
  incident  TEXT NOT NULL
) STRICT;

CREATE INDEX incidents_open ON incidents (stage, severity) WHERE closed_at IS NULL;
CREATE INDEX incidents_closed ON incidents (closed_at) WHERE closed_at IS NOT NULL;

CREATE TABLE entries (
  incident INTEGER NOT NULL,
  number   INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  input    INTEGER NOT NULL,
  actor    TEXT    NOT NULL,
  fact     TEXT    NOT NULL,
  PRIMARY KEY (incident, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE evidence (
  incident INTEGER NOT NULL,
  alert    INTEGER NOT NULL,
  counted  INTEGER NOT NULL,
  PRIMARY KEY (incident, alert)
) STRICT, WITHOUT ROWID;

CREATE INDEX evidence_alert ON evidence (alert);

CREATE TABLE holds (
  rule TEXT NOT NULL,
  key  TEXT NOT NULL,
  hold TEXT NOT NULL,
  PRIMARY KEY (rule, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE answers (
  key   TEXT PRIMARY KEY,
  input INTEGER NOT NULL,
  at    INTEGER NOT NULL,
  reply TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX answers_at ON answers (at);

-- `due_at` is set on lane heads only: when the next attempt may begin, or when the lease of a running one ends. So a
-- claim reads what is due, and nothing that waits behind it or is finished.
CREATE TABLE deliveries (
  id               INTEGER PRIMARY KEY,
  incident         INTEGER NOT NULL,
  receiver         TEXT    NOT NULL,
  lane             TEXT    NOT NULL,
  state            TEXT    NOT NULL,
  attempts         INTEGER NOT NULL DEFAULT 0,
  unsure           INTEGER NOT NULL DEFAULT 0,
  next_at          INTEGER,
  lease_until      INTEGER,
  due_at           INTEGER,
  first_attempt_at INTEGER,
  finished_at      INTEGER,
  remote_id        TEXT,
  last_error       TEXT,
  notice           TEXT    NOT NULL,
  key              TEXT    NOT NULL,
  subject          TEXT    NOT NULL,
  body             TEXT    NOT NULL,
  decided_at       INTEGER NOT NULL
) STRICT;

CREATE INDEX deliveries_due ON deliveries (receiver, due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX deliveries_waiting ON deliveries (receiver, incident, id) WHERE state IN ('pending', 'leased', 'unsure');
CREATE INDEX deliveries_leased_puts ON deliveries (receiver, due_at) WHERE lane = 'put' AND state = 'leased';
CREATE INDEX deliveries_root ON deliveries (incident, receiver, id) WHERE lane = 'root';
CREATE INDEX deliveries_incident ON deliveries (incident, id);
CREATE INDEX deliveries_receiver ON deliveries (receiver, state, id);
CREATE INDEX deliveries_state ON deliveries (state, id);

CREATE TABLE tokens (
  id         TEXT PRIMARY KEY,
  name       TEXT    NOT NULL,
  role       TEXT    NOT NULL,
  sha256     BLOB    NOT NULL,
  created_at INTEGER NOT NULL,
  used_at    INTEGER,
  revoked_at INTEGER
) STRICT, WITHOUT ROWID;

-- Written to see whether anything can be written.
CREATE TABLE probe (
  id      INTEGER PRIMARY KEY,
  counter INTEGER NOT NULL
) STRICT;

INSERT INTO probe VALUES (1, 0);
