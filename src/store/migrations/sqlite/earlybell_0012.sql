-- What is remembered of the pad of an incident. `ended` is 1 once nobody looks at it any more.
CREATE TABLE pads (
  incident INTEGER PRIMARY KEY,
  ended    INTEGER NOT NULL,
  pad      TEXT    NOT NULL
) STRICT;

CREATE INDEX pads_kept ON pads (incident) WHERE ended = 0;
