-- The whole schema of the newest version, as a document: what every table and column is for. The migrations
-- in db/migrations make it; a test proves that both are the same. Change a table by a new migration, then here.
--
-- Times are microseconds since 1970, UTC. Enums are text: the names of proto/tinyrig/v1 in lower case without
-- their prefix. Columns that only whole messages need are serialized protobuf blobs; columns that queries or
-- constraints need stand apart. All tables are STRICT; foreign keys are enforced.

-- Which migrations have run, and when. PRAGMA user_version holds the newest number too; the two change in
-- one transaction.
CREATE TABLE schema_migrations (
  number INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  applied_time_us INTEGER NOT NULL
) STRICT;

-- A registered .tflite. The digest is the identity, the name is for people and never changes.
-- description: tinyrig.v1.Model without expected outputs (inputs, outputs, operators, sizes). upload_time_us: when its
-- bytes came last; retention of models that no run refers to counts from there.
CREATE TABLE models (
  sha256 TEXT NOT NULL PRIMARY KEY CHECK (length(sha256) = 64),
  name TEXT NOT NULL UNIQUE CHECK (name <> ''),
  size_bytes INTEGER NOT NULL CHECK (size_bytes > 0),
  create_time_us INTEGER NOT NULL,
  description BLOB NOT NULL,
  upload_time_us INTEGER NOT NULL DEFAULT 0
) STRICT;

-- The .tflite itself, apart, so that lists of models do not read it.
CREATE TABLE model_bytes (
  sha256 TEXT NOT NULL PRIMARY KEY REFERENCES models (sha256),
  tflite BLOB NOT NULL
) STRICT;

-- What a model must answer to generated inputs. expected: tinyrig.v1.ExpectedOutput. A value is never
-- changed: results were verified against it.
CREATE TABLE expected_outputs (
  sha256 TEXT NOT NULL REFERENCES models (sha256),
  seed INTEGER NOT NULL,
  expected BLOB NOT NULL,
  PRIMARY KEY (sha256, seed)
) STRICT, WITHOUT ROWID;

-- What users submitted. number: order of acceptance (page tokens count by it). accepted: tinyrig.v1.Job with
-- job_id, spec (defaults filled in) and skipped cells. The job's state is derived from its runs; outcome and
-- finish_time_us are set with the last of them. owner: of the spec, for quotas; empty: nobody's, or of before them.
CREATE TABLE jobs (
  number INTEGER PRIMARY KEY,
  job_id TEXT NOT NULL UNIQUE CHECK (job_id <> ''),
  accepted BLOB NOT NULL,
  create_time_us INTEGER NOT NULL,
  cancel_time_us INTEGER,
  outcome TEXT CHECK (outcome IN ('succeeded', 'user_error', 'board_error', 'infra_error', 'cancelled',
                                  'timed_out', 'inconclusive')),
  finish_time_us INTEGER, owner TEXT NOT NULL DEFAULT '',
  CHECK ((outcome IS NOT NULL) = (finish_time_us IS NOT NULL))
) STRICT;
CREATE INDEX jobs_unfinished ON jobs (number) WHERE outcome IS NULL;
CREATE INDEX jobs_unfinished_by_owner ON jobs (owner) WHERE outcome IS NULL;

-- Idempotency keys: the same key and spec_digest (SHA-256 of the spec as submitted) is the same submission,
-- the same key with another digest is refused.
CREATE TABLE submissions (
  idempotency_key TEXT NOT NULL PRIMARY KEY CHECK (idempotency_key <> ''),
  job_number INTEGER NOT NULL REFERENCES jobs (number),
  spec_digest TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One cell of a job. pinned_board_id, required_label: '' when any unit of the type will do. attempts: the
-- number of the newest attempt; ends of older ones change nothing. board_id: where it is or last was. reason: typed,
-- '' on success.
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

-- One try of a run on a board. counts_as_failure: towards the limit of three; a daemon's restart
-- (DAEMON_RESTARTED) is listed and does not count.
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

-- What a run states. result: tinyrig.v1.RunResult, the whole of it with settings and provenance.
CREATE TABLE results (
  run_number INTEGER PRIMARY KEY REFERENCES runs (number),
  validity TEXT NOT NULL CHECK (validity IN ('unspecified', 'valid', 'invalid')),
  result BLOB NOT NULL
) STRICT;

-- Raw samples, one row per session and kind. data: delta, zigzag, varint, zstd (server/store/sample_codec.h).
CREATE TABLE samples (
  run_number INTEGER NOT NULL REFERENCES runs (number),
  session INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('latency_ticks')),
  sample_count INTEGER NOT NULL CHECK (sample_count >= 0),
  data BLOB NOT NULL,
  PRIMARY KEY (run_number, session, kind)
) STRICT;

-- What an instrument sent while a run's energy was measured. info: EnergyCapture (tinyrig/v1/run.proto); data: its
-- size_bytes bytes as one zstd frame.
CREATE TABLE energy_captures (
  run_number INTEGER NOT NULL PRIMARY KEY REFERENCES runs (number),
  info BLOB NOT NULL,
  size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
  data BLOB NOT NULL
) STRICT;

-- One row per recording that ever was, small, so that retention need not touch energy_captures to count: its bytes as
-- stored, and when it was removed (its row in energy_captures is gone then, or never was: larger than the quota).
CREATE TABLE recordings (
  run_number INTEGER PRIMARY KEY REFERENCES runs (number),
  store_time_us INTEGER NOT NULL,
  stored_bytes INTEGER NOT NULL CHECK (stored_bytes >= 0),
  remove_time_us INTEGER
) STRICT;
CREATE INDEX recordings_kept ON recordings (store_time_us, run_number, stored_bytes) WHERE remove_time_us IS NULL;
CREATE INDEX recordings_by_time ON recordings (store_time_us, stored_bytes);

-- What else retention removed, so that who asks for it is told. subject: run_id, job_id, the model's name.
CREATE TABLE removals (
  kind TEXT NOT NULL CHECK (kind IN ('samples', 'job_logs', 'unused_models')),
  subject TEXT NOT NULL CHECK (subject <> ''),
  remove_time_us INTEGER NOT NULL,
  PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID;

-- How much that was, all of it.
CREATE TABLE removal_totals (
  kind TEXT NOT NULL PRIMARY KEY CHECK (kind IN ('recordings', 'samples', 'job_logs', 'unused_models')),
  removed_count INTEGER NOT NULL CHECK (removed_count >= 0),
  removed_bytes INTEGER NOT NULL CHECK (removed_bytes >= 0),
  last_time_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The best valid result of each model x board type x runtime among like with like; changed in the
-- transaction of the result, computable anew from results. score: what ranks, lower is better (instructions,
-- or microseconds where ticks are a clock's). entry: tinyrig.v1.LeaderboardEntry without rank. The key starts
-- with the group, so that a page of groups is one range.
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

-- Log lines of jobs, in order of number.
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

-- What outlives the daemon of a board. board: tinyrig.v1.Board as last saved. Ports and activity in it are of
-- that moment; the farm file is the truth about which boards exist.
CREATE TABLE boards (
  board_id TEXT NOT NULL PRIMARY KEY CHECK (board_id <> ''),
  health TEXT NOT NULL CHECK (health IN ('unspecified', 'unknown', 'good', 'degraded', 'quarantined',
                                         'maintenance', 'retired')),
  update_time_us INTEGER NOT NULL,
  board BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Boards taken out of the queue: reserved by a person, in maintenance, quarantined. token: proves a reservation.
-- expire_time_us: NULL until it is released.
CREATE TABLE board_holds (
  board_id TEXT NOT NULL PRIMARY KEY CHECK (board_id <> ''),
  kind TEXT NOT NULL CHECK (kind IN ('reserved', 'maintenance', 'quarantined')),
  token TEXT NOT NULL CHECK (token <> ''),
  owner TEXT NOT NULL,
  reason TEXT NOT NULL,
  begin_time_us INTEGER NOT NULL,
  expire_time_us INTEGER CHECK (expire_time_us > begin_time_us)
) STRICT, WITHOUT ROWID;

-- What happened to boards: changes of health, recovery, holds. The newest 10,000 lines of each are kept.
CREATE TABLE board_log (
  number INTEGER PRIMARY KEY,
  board_id TEXT NOT NULL CHECK (board_id <> ''),
  time_us INTEGER NOT NULL,
  level TEXT NOT NULL CHECK (level IN ('info', 'warning', 'error')),
  text TEXT NOT NULL
) STRICT;
CREATE INDEX board_log_by_board ON board_log (board_id);

-- What the golden model took on the first board of a type, by the agent's build and the packed image: what
-- every later check of such a board is held against. ticks: in the type's unit. board_id: who set it.
CREATE TABLE golden_latencies (
  board_type TEXT NOT NULL CHECK (board_type <> ''),
  build_id TEXT NOT NULL,
  packed_sha256 TEXT NOT NULL CHECK (length(packed_sha256) = 64),
  ticks INTEGER NOT NULL CHECK (ticks > 0),
  board_id TEXT NOT NULL CHECK (board_id <> ''),
  record_time_us INTEGER NOT NULL,
  PRIMARY KEY (board_type, build_id, packed_sha256)
) STRICT, WITHOUT ROWID;

-- Who may use the daemon. secret_sha256: of the token's text, which is kept nowhere. created_by: a user; empty: the
-- daemon. expire_time_us: NULL: never. last_use_time_us: to the minute.
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

-- Every call that may change something. The newest 1,000,000 lines are kept.
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

-- For how long each user's runs had boards, by day: days since 1970, UTC, of the end of the attempt.
CREATE TABLE board_time (
  user TEXT NOT NULL CHECK (user <> ''),
  day INTEGER NOT NULL,
  used_us INTEGER NOT NULL CHECK (used_us >= 0),
  PRIMARY KEY (user, day)
) STRICT, WITHOUT ROWID;
