-- What rules on trial would have declared. AUTOINCREMENT remembers the highest number ever given, also of deleted rows.
CREATE TABLE shadows (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  rule     TEXT    NOT NULL,
  began_at INTEGER NOT NULL,
  ended_at INTEGER,
  shadow   TEXT    NOT NULL
) STRICT;

CREATE INDEX shadows_began ON shadows (began_at, rule);
CREATE INDEX shadows_ended ON shadows (ended_at);
