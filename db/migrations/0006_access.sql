-- Who may use the daemon, what they own and have used, and what they did.
CREATE TABLE tokens (
  id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
  user TEXT NOT NULL CHECK (user <> ''),
  name TEXT NOT NULL,
  secret_sha256 TEXT NOT NULL UNIQUE CHECK (length(secret_sha256) = 64),
  role TEXT NOT NULL CHECK (role IN ('viewer', 'submitter', 'operator', 'admin')),
  create_time_us INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  expire_time_us INTEGER,
  revoke_time_us INTEGER,
  last_use_time_us INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_log (
  number INTEGER PRIMARY KEY,
  time_us INTEGER NOT NULL,
  user TEXT NOT NULL,
  token_id TEXT NOT NULL,
  method TEXT NOT NULL CHECK (method <> ''),
  subject TEXT NOT NULL,
  result TEXT NOT NULL CHECK (result <> '')
) STRICT;
CREATE INDEX audit_log_by_subject ON audit_log (subject, number) WHERE subject <> '';

CREATE TABLE board_time (
  user TEXT NOT NULL CHECK (user <> ''),
  day INTEGER NOT NULL,
  used_us INTEGER NOT NULL CHECK (used_us >= 0),
  PRIMARY KEY (user, day)
) STRICT, WITHOUT ROWID;

ALTER TABLE jobs ADD COLUMN owner TEXT NOT NULL DEFAULT '';
CREATE INDEX jobs_unfinished_by_owner ON jobs (owner) WHERE outcome IS NULL;
