#!/usr/bin/env bash
# bench store: rows and commits of the store beside plain SQLite on the same disk, the queue with 100,000
# runs, the leaderboard. usage: store.sh BUILD_DIR OUT_JSON
set -eu
exec "$1/dev/tests/bench/store/tinyrig-bench-store" --out "$2" --dir "$(dirname "$2")"
