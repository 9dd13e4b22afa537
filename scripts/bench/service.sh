#!/usr/bin/env bash
# The API under load beside a bare gRPC server, a hundred pages of the dashboard, a day in fast time: service.sh
# BUILD_DIR OUT.json. TINYRIG_SERVICE_ARGUMENTS: options of tinyrig-bench-service, as "--only day --hours 6".
set -euo pipefail
# As deploy/systemd/tinyrigd.service has it.
export MALLOC_ARENA_MAX=1 MALLOC_TRIM_THRESHOLD_=65536
# shellcheck disable=SC2086 # several options
exec "$1/dev/tests/bench/service/tinyrig-bench-service" --out "$2" ${TINYRIG_SERVICE_ARGUMENTS:-}
