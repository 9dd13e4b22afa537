CREATE TABLE golden_latencies (
  board_type TEXT NOT NULL CHECK (board_type <> ''),
  build_id TEXT NOT NULL,
  packed_sha256 TEXT NOT NULL CHECK (length(packed_sha256) = 64),
  ticks INTEGER NOT NULL CHECK (ticks > 0),
  board_id TEXT NOT NULL CHECK (board_id <> ''),
  record_time_us INTEGER NOT NULL,
  PRIMARY KEY (board_type, build_id, packed_sha256)
) STRICT, WITHOUT ROWID;
