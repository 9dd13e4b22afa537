-- A database of schema 6, made by make_released.py.
BEGIN TRANSACTION;
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
INSERT INTO "attempts" VALUES(1,1,'b-2',1700000180000000,1700000240000000,'board_error','LINK_SILENT','silent',1);
INSERT INTO "attempts" VALUES(1,2,'b-1',1700000300000000,1700000540000000,'succeeded','','',0);
INSERT INTO "attempts" VALUES(3,1,'b-1',1700000600000000,NULL,NULL,'','',0);
CREATE TABLE audit_log (
  number INTEGER PRIMARY KEY,
  time_us INTEGER NOT NULL,
  user TEXT NOT NULL,
  token_id TEXT NOT NULL,
  method TEXT NOT NULL CHECK (method <> ''),
  subject TEXT NOT NULL,
  result TEXT NOT NULL CHECK (result <> '')
) STRICT;
INSERT INTO "audit_log" VALUES(1,1700000000000000,'ann','t-1','JobService/SubmitJob','j-2','OK');
CREATE TABLE board_holds (
  board_id TEXT NOT NULL PRIMARY KEY CHECK (board_id <> ''),
  kind TEXT NOT NULL CHECK (kind IN ('reserved', 'maintenance', 'quarantined')),
  token TEXT NOT NULL CHECK (token <> ''),
  owner TEXT NOT NULL,
  reason TEXT NOT NULL,
  begin_time_us INTEGER NOT NULL,
  expire_time_us INTEGER CHECK (expire_time_us > begin_time_us)
) STRICT, WITHOUT ROWID;
INSERT INTO "board_holds" VALUES('b-2','reserved','secret','ann@lab','mine',1700000000000000,1700003600000000);
CREATE TABLE board_log (
  number INTEGER PRIMARY KEY,
  board_id TEXT NOT NULL CHECK (board_id <> ''),
  time_us INTEGER NOT NULL,
  level TEXT NOT NULL CHECK (level IN ('info', 'warning', 'error')),
  text TEXT NOT NULL
) STRICT;
INSERT INTO "board_log" VALUES(1,'b-1',1700000000000000,'info','health unknown -> good: passed its check');
CREATE TABLE board_time (
  user TEXT NOT NULL CHECK (user <> ''),
  day INTEGER NOT NULL,
  used_us INTEGER NOT NULL CHECK (used_us >= 0),
  PRIMARY KEY (user, day)
) STRICT, WITHOUT ROWID;
INSERT INTO "board_time" VALUES('ann',19675,300000000);
CREATE TABLE boards (
  board_id TEXT NOT NULL PRIMARY KEY CHECK (board_id <> ''),
  health TEXT NOT NULL CHECK (health IN ('unspecified', 'unknown', 'good', 'degraded', 'quarantined',
                                         'maintenance', 'retired')),
  update_time_us INTEGER NOT NULL,
  board BLOB NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "boards" VALUES('b-1','good',1700000000000000,X'0A03622D31120A6D7073322D616E33383628027801');
CREATE TABLE energy_captures (
  run_number INTEGER NOT NULL PRIMARY KEY REFERENCES runs (number),
  info BLOB NOT NULL,
  size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
  data BLOB NOT NULL
) STRICT;
INSERT INTO "energy_captures" VALUES(1,X'0A0470706B3218B817281D',29,X'28B52FFD241DE90000776F726473207468617420616E20696E737472756D656E742073656E7448DE2ADF');
CREATE TABLE expected_outputs (
  sha256 TEXT NOT NULL REFERENCES models (sha256),
  seed INTEGER NOT NULL,
  expected BLOB NOT NULL,
  PRIMARY KEY (sha256, seed)
) STRICT, WITHOUT ROWID;
INSERT INTO "expected_outputs" VALUES('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',7,X'08071540E20100');
CREATE TABLE golden_latencies (
  board_type TEXT NOT NULL CHECK (board_type <> ''),
  build_id TEXT NOT NULL,
  packed_sha256 TEXT NOT NULL CHECK (length(packed_sha256) = 64),
  ticks INTEGER NOT NULL CHECK (ticks > 0),
  board_id TEXT NOT NULL CHECK (board_id <> ''),
  record_time_us INTEGER NOT NULL,
  PRIMARY KEY (board_type, build_id, packed_sha256)
) STRICT, WITHOUT ROWID;
INSERT INTO "golden_latencies" VALUES('mps2-an386','0123456789abcdef','cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc',77,'b-1',1700000000000000);
CREATE TABLE job_log (
  number INTEGER PRIMARY KEY,
  job_number INTEGER NOT NULL REFERENCES jobs (number),
  time_us INTEGER NOT NULL,
  run_id TEXT NOT NULL,
  board_id TEXT NOT NULL,
  level TEXT NOT NULL CHECK (level IN ('info', 'warning', 'error')),
  text TEXT NOT NULL
) STRICT;
INSERT INTO "job_log" VALUES(1,1,1700000120000000,'r-1','b-1','warning','said of job 1');
INSERT INTO "job_log" VALUES(2,2,1700000120000000,'r-2','b-1','warning','said of job 2');
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
INSERT INTO "jobs" VALUES(1,'j-1',X'0A036A2D31120E0A036B77732201012A0408022007',1700000060000000,NULL,'succeeded',1700000540000000,'');
INSERT INTO "jobs" VALUES(2,'j-2',X'0A036A2D32120E0A036B77732201012A0408022007',1700000060000000,NULL,NULL,NULL,'ann');
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
INSERT INTO "leaderboard" VALUES('kws','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,'instruction_count','instructions',7,'mps2-an386','tinyrig',4200.0,1,X'12036B77731A4061616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161220A6D7073322D616E333836320774696E7972696749000000000068B0409A0103722D31');
CREATE TABLE model_bytes (
  sha256 TEXT NOT NULL PRIMARY KEY REFERENCES models (sha256),
  tflite BLOB NOT NULL
) STRICT;
INSERT INTO "model_bytes" VALUES('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',X'746865206279746573');
INSERT INTO "model_bytes" VALUES('bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',X'746865206279746573');
CREATE TABLE models (
  sha256 TEXT NOT NULL PRIMARY KEY CHECK (length(sha256) = 64),
  name TEXT NOT NULL UNIQUE CHECK (name <> ''),
  size_bytes INTEGER NOT NULL CHECK (size_bytes > 0),
  create_time_us INTEGER NOT NULL,
  description BLOB NOT NULL
, upload_time_us INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO "models" VALUES('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','kws',9,1700000000000000,X'0A036B77731240616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161611809388094A201',1700000060000000);
INSERT INTO "models" VALUES('bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','nobody''s',9,1700000000000000,X'0A086E6F626F647927731240626262626262626262626262626262626262626262626262626262626262626262626262626262626262626262626262626262626262626262626262626262621809388094A201',1700000060000000);
CREATE TABLE recordings (
  run_number INTEGER PRIMARY KEY REFERENCES runs (number),
  store_time_us INTEGER NOT NULL,
  stored_bytes INTEGER NOT NULL CHECK (stored_bytes >= 0),
  remove_time_us INTEGER
) STRICT;
INSERT INTO "recordings" VALUES(1,1700000540000000,42,NULL);
CREATE TABLE removal_totals (
  kind TEXT NOT NULL PRIMARY KEY CHECK (kind IN ('recordings', 'samples', 'job_logs', 'unused_models')),
  removed_count INTEGER NOT NULL CHECK (removed_count >= 0),
  removed_bytes INTEGER NOT NULL CHECK (removed_bytes >= 0),
  last_time_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "removal_totals" VALUES('unused_models',1,500,1700000000000000);
CREATE TABLE removals (
  kind TEXT NOT NULL CHECK (kind IN ('samples', 'job_logs', 'unused_models')),
  subject TEXT NOT NULL CHECK (subject <> ''),
  remove_time_us INTEGER NOT NULL,
  PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID;
INSERT INTO "removals" VALUES('unused_models','gone',1700000000000000);
CREATE TABLE results (
  run_number INTEGER PRIMARY KEY REFERENCES runs (number),
  validity TEXT NOT NULL CHECK (validity IN ('unspecified', 'valid', 'invalid')),
  result BLOB NOT NULL
) STRICT;
INSERT INTO "results" VALUES(1,'valid',X'08011A1F2A170A0A6D7073322D616E3338362209636F727465782D6D3448025001680122230806100221000000000068B0404A14080111000000000068B04019000000000068B040');
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
INSERT INTO "runs" VALUES(1,'r-1',1,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','mps2-an386','','','tinyrig','finished','b-1',2,'succeeded','','',1700000060000000,1700000540000000);
INSERT INTO "runs" VALUES(2,'r-2',2,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','mps2-an386','b-2','','tinyrig','queued',NULL,0,NULL,'','',1700000060000000,NULL);
INSERT INTO "runs" VALUES(3,'r-3',2,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','mps2-an386','','','tinyrig','measuring','b-1',1,NULL,'','',1700000060000000,NULL);
CREATE TABLE samples (
  run_number INTEGER NOT NULL REFERENCES runs (number),
  session INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('latency_ticks')),
  sample_count INTEGER NOT NULL CHECK (sample_count >= 0),
  data BLOB NOT NULL,
  PRIMARY KEY (run_number, session, kind)
) STRICT;
INSERT INTO "samples" VALUES(1,0,'latency_ticks',3,X'030428B52FFD2404210000D0410203FFD1E260');
INSERT INTO "samples" VALUES(1,1,'latency_ticks',3,X'030628B52FFD2406310000D041C8018F0333460920');
CREATE TABLE schema_migrations (
  number INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  applied_time_us INTEGER NOT NULL
) STRICT;
INSERT INTO "schema_migrations" VALUES(1,'0001_initial',1700000000000000);
INSERT INTO "schema_migrations" VALUES(2,'0002_golden_latencies',1700000000000000);
INSERT INTO "schema_migrations" VALUES(3,'0003_board_holds',1700000000000000);
INSERT INTO "schema_migrations" VALUES(4,'0004_energy_captures',1700000000000000);
INSERT INTO "schema_migrations" VALUES(5,'0005_retention',1700000000000000);
INSERT INTO "schema_migrations" VALUES(6,'0006_access',1700000000000000);
CREATE TABLE submissions (
  idempotency_key TEXT NOT NULL PRIMARY KEY CHECK (idempotency_key <> ''),
  job_number INTEGER NOT NULL REFERENCES jobs (number),
  spec_digest TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "submissions" VALUES('key-1',1,'digest-1');
INSERT INTO "submissions" VALUES('key-2',2,'digest-2');
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
INSERT INTO "tokens" VALUES('t-1','ann','laptop','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','submitter',1700000000000000,'admin',1700003600000000,NULL,NULL);
CREATE INDEX jobs_unfinished ON jobs (number) WHERE outcome IS NULL;
CREATE INDEX runs_by_job ON runs (job_number);
CREATE INDEX runs_by_model ON runs (model_sha256);
CREATE INDEX runs_by_board_type ON runs (board_type);
CREATE INDEX runs_unfinished ON runs (job_number, state) WHERE outcome IS NULL;
CREATE INDEX job_log_by_job ON job_log (job_number);
CREATE INDEX board_log_by_board ON board_log (board_id);
CREATE INDEX recordings_kept ON recordings (store_time_us, run_number, stored_bytes) WHERE remove_time_us IS NULL;
CREATE INDEX recordings_by_time ON recordings (store_time_us, stored_bytes);
CREATE INDEX audit_log_by_subject ON audit_log (subject, number) WHERE subject <> '';
CREATE INDEX jobs_unfinished_by_owner ON jobs (owner) WHERE outcome IS NULL;
COMMIT;
PRAGMA application_id = 1414678855;
PRAGMA user_version = 6;
