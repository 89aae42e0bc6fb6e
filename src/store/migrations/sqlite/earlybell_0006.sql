-- People who may log in, and where they are logged in. Of passwords there is a bcrypt hash, of sessions a SHA-256.
CREATE TABLE logins (
  name        TEXT PRIMARY KEY,
  role        TEXT    NOT NULL,
  -- Who vouches for them: an OIDC provider and its name for them; neither for a login of ours.
  issuer      TEXT,
  subject     TEXT,
  password    TEXT,
  totp        BLOB,
  -- The newest time step whose code was used: no code works twice.
  totp_step   INTEGER NOT NULL DEFAULT 0,
  created_at  INTEGER NOT NULL,
  used_at     INTEGER,
  disabled_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX logins_subject ON logins (issuer, subject) WHERE issuer IS NOT NULL;

CREATE TABLE sessions (
  sha256     BLOB PRIMARY KEY,
  id         TEXT    NOT NULL,
  name       TEXT    NOT NULL,
  way        TEXT    NOT NULL,
  -- Of a session that was begun with a token: it ends with it.
  token      TEXT,
  agent      TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  used_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX sessions_id ON sessions (id);
CREATE INDEX sessions_name ON sessions (name, created_at);
CREATE INDEX sessions_created ON sessions (created_at);

-- Random bytes that outlive a restart: what signs the tokens in forms.
CREATE TABLE keys (
  name TEXT PRIMARY KEY,
  key  BLOB NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE tokens ADD COLUMN expires_at INTEGER;
