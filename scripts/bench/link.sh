#!/usr/bin/env bash
# The link: link.sh BUILD_DIR OUT.json. The host agent behind paced lines, then every emulated board
# against its own raw rate.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=scripts/bench_farm.sh
. "$ROOT/scripts/bench_farm.sh"
build=$1
out=$2

start_bench_farm "$build"
ports=()
for port in "${BENCH_FARM_PORTS[@]}"; do
  name=$(basename "$port")
  ports+=(--port "${name#emu-}=$port")
done
"$build/dev/tests/bench/link/tinyrig-bench-link" --out "$out" "${ports[@]}"
