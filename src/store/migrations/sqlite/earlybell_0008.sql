-- Who did what: a chain of records, each with the hash of itself and the one before (docs/audit.md). It only grows, at its
-- end; retention leaves it alone.
CREATE TABLE audit (
  number   INTEGER PRIMARY KEY,
  at       INTEGER NOT NULL,
  input    INTEGER NOT NULL,
  who      TEXT    NOT NULL,
  surface  TEXT    NOT NULL,
  access   TEXT    NOT NULL,
  what     TEXT    NOT NULL,
  incident INTEGER,
  changes  TEXT    NOT NULL,
  outcome  TEXT    NOT NULL,
  because  TEXT    NOT NULL,
  hash     BLOB    NOT NULL
) STRICT;

CREATE INDEX audit_incident ON audit (incident, number) WHERE incident IS NOT NULL;
CREATE INDEX audit_at ON audit (at);

CREATE TRIGGER audit_never_changes BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;

CREATE TRIGGER audit_never_shrinks BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'nothing is ever deleted from the audit log'); END;

-- REPLACE deletes without asking the trigger above.
CREATE TRIGGER audit_grows_at_its_end BEFORE INSERT ON audit
WHEN NEW.number <> (SELECT COALESCE(MAX(number), 0) + 1 FROM audit)
BEGIN SELECT RAISE(ABORT, 'the audit log only grows at its end'); END;

-- The newest record as it was written: without it nobody would see that the last ones are gone.
ALTER TABLE position ADD COLUMN audit_number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE position ADD COLUMN audit_hash BLOB;

-- Drills are left out of what is counted.
ALTER TABLE incidents ADD COLUMN drill INTEGER NOT NULL DEFAULT 0;
CREATE INDEX incidents_counted ON incidents (stage, severity) WHERE closed_at IS NULL AND drill = 0;
