CREATE TABLE board_holds (
  board_id TEXT NOT NULL PRIMARY KEY CHECK (board_id <> ''),
  kind TEXT NOT NULL CHECK (kind IN ('reserved', 'maintenance', 'quarantined')),
  token TEXT NOT NULL CHECK (token <> ''),
  owner TEXT NOT NULL,
  reason TEXT NOT NULL,
  begin_time_us INTEGER NOT NULL,
  expire_time_us INTEGER CHECK (expire_time_us > begin_time_us)
) STRICT, WITHOUT ROWID;

CREATE TABLE board_log (
  number INTEGER PRIMARY KEY,
  board_id TEXT NOT NULL CHECK (board_id <> ''),
  time_us INTEGER NOT NULL,
  level TEXT NOT NULL CHECK (level IN ('info', 'warning', 'error')),
  text TEXT NOT NULL
) STRICT;
CREATE INDEX board_log_by_board ON board_log (board_id);

INSERT INTO board_log (board_id, time_us, level, text)
SELECT board_id, time_us, 'info',
       'health ' || coalesce(health_before || ' -> ', '') || health || CASE reason WHEN '' THEN '' ELSE ': ' || reason END
FROM board_events ORDER BY number;
DROP TABLE board_events;
