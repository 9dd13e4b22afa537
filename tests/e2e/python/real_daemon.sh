#!/usr/bin/env bash
# The Python client, installed from the tree into an environment of its own, against a real daemon on emulated boards
# and host agents: real_daemon.sh BUILD_DIR
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
BUILD=$(cd "$1" && pwd)
# shellcheck source=scripts/farm.sh
. "$ROOT/scripts/farm.sh"
# shellcheck source=scripts/python_client.sh
. "$ROOT/scripts/python_client.sh"
farm_open
python_client_install "$RUN/venv"
python_client_check_types "$RUN/venv"
farm_start "$RUN/state" --boards mps2-an386=1,host=2 --host-agent "$BIN/agent_firmware/ports/host/tinyrig-agent-host"
daemon_start "$RUN/data" "$(free_port)" "$(free_port)"
export DAEMON_PID ROOT FIRMWARE="$BUILD/firmware" TINYRIGD="$BIN/server/tinyrigd"
cd "$ROOT/tests/e2e/python"
PATH="$BIN/client:$PATH" PYTHONDONTWRITEBYTECODE=1 "$RUN/venv/bin/python" -m unittest -v client_test
