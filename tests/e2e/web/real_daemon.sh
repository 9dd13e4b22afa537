#!/usr/bin/env bash
# The dashboard in Chromium against a real daemon on an emulated board: real_daemon.sh BUILD_DIR
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
BUILD=$1
# shellcheck source=scripts/farm.sh
. "$ROOT/scripts/farm.sh"
farm_open
farm_start "$RUN/state" --boards mps2-an386=2
http=$(free_port)
daemon_start "$RUN/data" "$(free_port)" "$http"
"$TINYRIG" models add "$ROOT/models/digits.tflite" --expected "$ROOT/models/digits.json"
"$TINYRIG" submit digits --board mps2-an386 --sessions 2 --iterations 2 --wait
cd "$ROOT/web"
export TINYRIG_REQUIRE_BROWSER=1
TINYRIG_URL="http://127.0.0.1:$http" npm run e2e

# The same daemon, but it asks who is there.
end_process "$DAEMON_PID"
http=$(free_port)
daemon_start "$RUN/data" "$(free_port)" "$http" --tokens
TINYRIG_URL="http://127.0.0.1:$http" TINYRIG_TOKEN_FILE="$RUN/data/admin_token" npm run e2e:login
