-- What is left to do about incidents that are over: those are loaded at start, however long ago they ended, and are not
-- pruned. `owed_since` is set while a post mortem is owed.
ALTER TABLE incidents ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;
ALTER TABLE incidents ADD COLUMN owed_since INTEGER;

CREATE INDEX incidents_kept ON incidents (id) WHERE kept = 1;
CREATE INDEX incidents_owed ON incidents (owed_since) WHERE owed_since IS NOT NULL;

-- Action items, to be found over all incidents. `action` is all of one; `due` its last day, as days since 1970.
CREATE TABLE actions (
  incident INTEGER NOT NULL,
  number   INTEGER NOT NULL,
  open     INTEGER NOT NULL,
  due      INTEGER,
  owner    TEXT,
  action   TEXT    NOT NULL,
  PRIMARY KEY (incident, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX actions_open ON actions (due) WHERE open = 1;
