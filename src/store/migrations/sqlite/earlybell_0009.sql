-- What incidents are found by, apart from the incidents: those rows are long, these are read by the thousand. `told`: its
-- words, labels and people are written down; what was there before this table is told in batches after the start.
CREATE TABLE history (
  incident    INTEGER PRIMARY KEY,
  -- Whether everybody may know of it.
  public      INTEGER NOT NULL,
  drill       INTEGER NOT NULL,
  stage       TEXT    NOT NULL,
  code        TEXT,
  severity    TEXT    NOT NULL,
  rule        TEXT,
  declared_at INTEGER NOT NULL,
  closed_at   INTEGER,
  told        INTEGER NOT NULL DEFAULT 0,
  -- What statistics keep of it.
  past        TEXT
) STRICT;

INSERT INTO history (incident, public, drill, stage, code, severity, rule, declared_at, closed_at)
SELECT id, json_extract(incident, '$.public_from') IS NOT NULL AND stage <> 'suspected', drill, stage,
  json_extract(incident, '$.stage.code'), severity, json_extract(incident, '$.rule.name'),
  COALESCE(
    (SELECT at FROM entries WHERE entries.incident = incidents.id ORDER BY number LIMIT 1),
    1000000 * unixepoch(json_extract(incident, '$.declared_at')),
    0),
  closed_at
FROM incidents;

CREATE INDEX history_open ON history (incident) WHERE closed_at IS NULL;
CREATE INDEX history_untold ON history (incident) WHERE told = 0;
CREATE INDEX history_declared ON history (declared_at);

-- The words of an incident under its number: those everybody may find, once it is public, and those of the team. Beginnings
-- of three and four letters have an index of their own: thousands of words begin so.
CREATE VIRTUAL TABLE words USING fts5 (
  public, team, tokenize = 'unicode61 remove_diacritics 2', prefix = '3 4', columnsize = 0
);

CREATE TABLE incident_labels (
  name     TEXT    NOT NULL,
  value    TEXT    NOT NULL,
  incident INTEGER NOT NULL,
  PRIMARY KEY (name, value, incident)
) STRICT, WITHOUT ROWID;

CREATE INDEX incident_labels_of ON incident_labels (incident);

-- Names without the case of their letters, which tells nobody apart.
CREATE TABLE incident_people (
  person   TEXT    NOT NULL,
  incident INTEGER NOT NULL,
  PRIMARY KEY (person, incident)
) STRICT, WITHOUT ROWID;

CREATE INDEX incident_people_of ON incident_people (incident);
