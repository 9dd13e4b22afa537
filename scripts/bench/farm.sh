#!/usr/bin/env bash
# One daemon and 256 boards (host agents on PTYs): farm.sh BUILD_DIR OUT.json. It drains for 15 minutes at most.
# TINYRIG_FARM_ARGUMENTS: options of tinyrig-bench-farm, as "--boards 64 --jobs 5000" for a quick look or
# "--jobs 2000 --soak 20" for memory and descriptors over time.
set -euo pipefail
# shellcheck disable=SC2086 # several options
exec "$1/dev/tests/bench/farm/tinyrig-bench-farm" --out "$2" ${TINYRIG_FARM_ARGUMENTS:-}
