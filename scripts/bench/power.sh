#!/usr/bin/env bash
# What a power monitor's samples cost the daemon, from the port to the disk. power.sh BUILD_DIR OUT.json
set -euo pipefail
exec "$1/dev/tests/bench/power/tinyrig-bench-power" --out "$2"
