-- What is needed to remove the oldest recordings by age and quota, and to remember what was removed.
CREATE TABLE recordings (
  run_number INTEGER PRIMARY KEY REFERENCES runs (number),
  store_time_us INTEGER NOT NULL,
  stored_bytes INTEGER NOT NULL CHECK (stored_bytes >= 0),
  remove_time_us INTEGER
) STRICT;
CREATE INDEX recordings_kept ON recordings (store_time_us, run_number, stored_bytes) WHERE remove_time_us IS NULL;
CREATE INDEX recordings_by_time ON recordings (store_time_us, stored_bytes);

INSERT INTO recordings (run_number, store_time_us, stored_bytes)
  SELECT energy_captures.run_number, coalesce(runs.finish_time_us, runs.create_time_us), length(energy_captures.data)
  FROM energy_captures JOIN runs ON runs.number = energy_captures.run_number;

CREATE TABLE removals (
  kind TEXT NOT NULL CHECK (kind IN ('samples', 'job_logs', 'unused_models')),
  subject TEXT NOT NULL CHECK (subject <> ''),
  remove_time_us INTEGER NOT NULL,
  PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE removal_totals (
  kind TEXT NOT NULL PRIMARY KEY CHECK (kind IN ('recordings', 'samples', 'job_logs', 'unused_models')),
  removed_count INTEGER NOT NULL CHECK (removed_count >= 0),
  removed_bytes INTEGER NOT NULL CHECK (removed_bytes >= 0),
  last_time_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE models ADD COLUMN upload_time_us INTEGER NOT NULL DEFAULT 0;
UPDATE models SET upload_time_us = create_time_us;
