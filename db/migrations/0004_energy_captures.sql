-- What an instrument sent while a run's energy was measured.
CREATE TABLE energy_captures (
  run_number INTEGER NOT NULL PRIMARY KEY REFERENCES runs (number),
  info BLOB NOT NULL,
  size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
  data BLOB NOT NULL
) STRICT;
