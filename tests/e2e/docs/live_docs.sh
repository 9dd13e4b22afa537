#!/usr/bin/env bash
# Runs the docs against a real daemon on emulated boards and host agents: live_docs.sh BUILD_DIR CPP_EXAMPLE [TEST...]
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
BUILD=$(cd "$1" && pwd)
CPP_EXAMPLE=$2
shift 2
# shellcheck source=scripts/farm.sh
. "$ROOT/scripts/farm.sh"
# shellcheck source=scripts/python_client.sh
. "$ROOT/scripts/python_client.sh"
farm_open
python_client_install "$RUN/venv"
farm_start "$RUN/state" --boards mps2-an386=2,mps3-an547,mps2-an500,host \
  --host-agent "$BIN/agent_firmware/ports/host/tinyrig-agent-host"
HTTP_PORT=$(free_port)
daemon_start "$RUN/data" "$(free_port)" "$HTTP_PORT"
# What the pages take as given: the project's models, and a finished run with everything measured.
for model in digits vibration; do
  "$TINYRIG" models add "$ROOT/models/$model.tflite" --expected "$ROOT/models/$model.json"
done
FINISHED_JOB=$("$TINYRIG" submit digits --board mps2-an386 --measure latency,profile,memory,energy --energy-windows 2 \
  --energy-window-ms 20 --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["job"]["jobId"])')
"$TINYRIG" job wait "$FINISHED_JOB"
FINISHED_RUN=$("$TINYRIG" job show "$FINISHED_JOB" --json |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["runs"][0]["summary"]["runId"])')
TINYRIG_BIN_FOLDER=$(cd "$BIN" && pwd)
export TINYRIG_BIN_FOLDER ROOT HTTP_PORT FINISHED_JOB FINISHED_RUN CPP_EXAMPLE FIRMWARE="$BUILD/firmware"
cd "$ROOT" # ./rig
PATH="$TINYRIG_BIN_FOLDER/client:$TINYRIG_BIN_FOLDER/server:$TINYRIG_BIN_FOLDER/emulator:$RUN/venv/bin:$PATH" PYTHONDONTWRITEBYTECODE=1 \
  "$RUN/venv/bin/python" "$ROOT/tests/e2e/docs/docs_test.py" "$@"
