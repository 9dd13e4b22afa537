#!/usr/bin/env bash
# Upload share of what the line carries, and round trips: host agent on paced lines, then each emulated board
# against its own raw rate. link.sh BUILD_DIR OUT.json
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=$1 OUT=$2
# shellcheck source=scripts/farm.sh
. "$ROOT/scripts/farm.sh"
farm_open
farm_start "$RUN/state" --preload
ports=()
for port in "$RUN"/emu-*; do
  case $port in *.gdb | *.sock) ;; *) ports+=(--port "$port") ;; esac
done
"$BIN/tests/bench/link/tinyrig-bench-link" --out "$OUT" "${ports[@]}"
