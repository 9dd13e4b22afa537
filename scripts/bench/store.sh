#!/usr/bin/env bash
# Rows and commits of our store beside plain SQLite. store.sh BUILD_DIR OUT.json
set -euo pipefail
exec "$1/dev/tests/bench/store/tinyrig-bench-store" --out "$2"
