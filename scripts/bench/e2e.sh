#!/usr/bin/env bash
# From submit to the first measurement, step by step, on an idle emulated board. e2e.sh BUILD_DIR OUT.json
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=$1 OUT=$2
# shellcheck source=scripts/farm.sh
. "$ROOT/scripts/farm.sh"
farm_open
farm_start "$RUN/state" --boards mps2-an386
daemon_start "$RUN/data" "$(free_port)" "$(free_port)"
wait_until 60 "the board" "$RUN/data.log" "$DAEMON_PID" sh -c "'$TINYRIG' boards | grep -q idle"
"$TINYRIG" models add "$ROOT/models/digits.tflite" --expected "$ROOT/models/digits.json" >/dev/null
python3 "$ROOT/scripts/bench/e2e_steps.py" "$TINYRIG" digits mps2-an386 "$OUT"
