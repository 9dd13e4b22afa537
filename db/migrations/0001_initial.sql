CREATE TABLE schema_migrations (
  number INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  applied_time_us INTEGER NOT NULL
) STRICT;

CREATE TABLE models (
  sha256 TEXT NOT NULL PRIMARY KEY CHECK (length(sha256) = 64),
  name TEXT NOT NULL UNIQUE CHECK (name <> ''),
  size_bytes INTEGER NOT NULL CHECK (size_bytes > 0),
  create_time_us INTEGER NOT NULL,
  description BLOB NOT NULL
) STRICT;

CREATE TABLE model_bytes (
  sha256 TEXT NOT NULL PRIMARY KEY REFERENCES models (sha256),
  tflite BLOB NOT NULL
) STRICT;

CREATE TABLE expected_outputs (
  sha256 TEXT NOT NULL REFERENCES models (sha256),
  seed INTEGER NOT NULL,
  expected BLOB NOT NULL,
  PRIMARY KEY (sha256, seed)
) STRICT, WITHOUT ROWID;

CREATE TABLE jobs (
  number INTEGER PRIMARY KEY,
  job_id TEXT NOT NULL UNIQUE CHECK (job_id <> ''),
  accepted BLOB NOT NULL,
  create_time_us INTEGER NOT NULL,
  cancel_time_us INTEGER,
  outcome TEXT CHECK (outcome IN ('succeeded', 'user_error', 'board_error', 'infra_error', 'cancelled',
                                  'timed_out', 'inconclusive')),
  finish_time_us INTEGER,
  CHECK ((outcome IS NOT NULL) = (finish_time_us IS NOT NULL))
) STRICT;
CREATE INDEX jobs_unfinished ON jobs (number) WHERE outcome IS NULL;

CREATE TABLE submissions (
  idempotency_key TEXT NOT NULL PRIMARY KEY CHECK (idempotency_key <> ''),
  job_number INTEGER NOT NULL REFERENCES jobs (number),
  spec_digest TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
  number INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL UNIQUE CHECK (run_id <> ''),
  job_number INTEGER NOT NULL REFERENCES jobs (number),
  model_sha256 TEXT NOT NULL REFERENCES models (sha256),
  board_type TEXT NOT NULL CHECK (board_type <> ''),
  pinned_board_id TEXT NOT NULL,
  required_label TEXT NOT NULL,
  runtime TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'leased', 'preparing', 'measuring', 'collecting', 'finished')),
  board_id TEXT,
  attempts INTEGER NOT NULL CHECK (attempts >= 0),
  outcome TEXT CHECK (outcome IN ('succeeded', 'user_error', 'board_error', 'infra_error', 'cancelled',
                                  'timed_out', 'inconclusive')),
  reason TEXT NOT NULL,
  message TEXT NOT NULL,
  create_time_us INTEGER NOT NULL,
  finish_time_us INTEGER,
  CHECK ((outcome IS NOT NULL) = (state = 'finished')),
  CHECK ((finish_time_us IS NOT NULL) = (state = 'finished')),
  CHECK (state IN ('queued', 'finished') OR (board_id IS NOT NULL AND attempts > 0)),
  CHECK (state <> 'queued' OR board_id IS NULL),
  CHECK (outcome IS NULL OR outcome = 'succeeded' OR reason <> '')
) STRICT;
CREATE INDEX runs_by_job ON runs (job_number);
CREATE INDEX runs_by_model ON runs (model_sha256);
CREATE INDEX runs_by_board_type ON runs (board_type);
CREATE INDEX runs_unfinished ON runs (job_number, state) WHERE outcome IS NULL;

CREATE TABLE attempts (
  run_number INTEGER NOT NULL REFERENCES runs (number),
  number INTEGER NOT NULL CHECK (number > 0),
  board_id TEXT NOT NULL CHECK (board_id <> ''),
  start_time_us INTEGER NOT NULL,
  finish_time_us INTEGER,
  outcome TEXT CHECK (outcome IN ('succeeded', 'user_error', 'board_error', 'infra_error', 'cancelled',
                                  'timed_out', 'inconclusive')),
  reason TEXT NOT NULL,
  message TEXT NOT NULL,
  counts_as_failure INTEGER NOT NULL CHECK (counts_as_failure IN (0, 1)),
  PRIMARY KEY (run_number, number),
  CHECK ((outcome IS NOT NULL) = (finish_time_us IS NOT NULL)),
  CHECK (counts_as_failure = 0 OR outcome IN ('board_error', 'infra_error'))
) STRICT, WITHOUT ROWID;

CREATE TABLE results (
  run_number INTEGER PRIMARY KEY REFERENCES runs (number),
  validity TEXT NOT NULL CHECK (validity IN ('unspecified', 'valid', 'invalid')),
  result BLOB NOT NULL
) STRICT;

CREATE TABLE samples (
  run_number INTEGER NOT NULL REFERENCES runs (number),
  session INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('latency_ticks')),
  sample_count INTEGER NOT NULL CHECK (sample_count >= 0),
  data BLOB NOT NULL,
  PRIMARY KEY (run_number, session, kind)
) STRICT;

CREATE TABLE leaderboard (
  model_name TEXT NOT NULL,
  model_sha256 TEXT NOT NULL REFERENCES models (sha256),
  emulated INTEGER NOT NULL CHECK (emulated IN (0, 1)),
  timing_source TEXT NOT NULL,
  tick_unit TEXT NOT NULL,
  input_seed INTEGER NOT NULL,
  board_type TEXT NOT NULL,
  runtime TEXT NOT NULL,
  score REAL NOT NULL,
  run_number INTEGER NOT NULL REFERENCES runs (number),
  entry BLOB NOT NULL,
  PRIMARY KEY (model_name, model_sha256, emulated, timing_source, tick_unit, input_seed, board_type, runtime)
) STRICT, WITHOUT ROWID;

CREATE TABLE job_log (
  number INTEGER PRIMARY KEY,
  job_number INTEGER NOT NULL REFERENCES jobs (number),
  time_us INTEGER NOT NULL,
  run_id TEXT NOT NULL,
  board_id TEXT NOT NULL,
  level TEXT NOT NULL CHECK (level IN ('info', 'warning', 'error')),
  text TEXT NOT NULL
) STRICT;
CREATE INDEX job_log_by_job ON job_log (job_number);

CREATE TABLE boards (
  board_id TEXT NOT NULL PRIMARY KEY CHECK (board_id <> ''),
  health TEXT NOT NULL CHECK (health IN ('unspecified', 'unknown', 'good', 'degraded', 'quarantined',
                                         'maintenance', 'retired')),
  update_time_us INTEGER NOT NULL,
  board BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE board_events (
  number INTEGER PRIMARY KEY,
  board_id TEXT NOT NULL REFERENCES boards (board_id),
  time_us INTEGER NOT NULL,
  health_before TEXT,
  health TEXT NOT NULL,
  reason TEXT NOT NULL
) STRICT;
CREATE INDEX board_events_by_board ON board_events (board_id);
