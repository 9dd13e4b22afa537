#!/usr/bin/env bash
# The engine: engine.sh BUILD_DIR OUT.json. Every model on every emulated board that can hold it, held against golden
# outputs, the targets and TensorFlow Lite Micro. The four reference models need TINYRIG_REFERENCE_DIR.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=scripts/bench_farm.sh
. "$ROOT/scripts/bench_farm.sh"
build=$1
out=$2

models=(--models "$ROOT/models")
if [ -n "${TINYRIG_REFERENCE_DIR:-}" ]; then
  models+=(--models "$TINYRIG_REFERENCE_DIR/models" --golden "$TINYRIG_REFERENCE_DIR/models/golden")
else
  echo "TINYRIG_REFERENCE_DIR is not set: without the reference models there is no ratio to TensorFlow Lite Micro."
fi
start_bench_farm "$build"
ports=()
for port in "${BENCH_FARM_PORTS[@]}"; do
  [[ $port != *-1 ]] || ports+=(--port "$port")  # one of each type
done
"$build/dev/tests/bench/engine/tinyrig-bench-engine" "${models[@]}" --out "$out" \
  --baseline "$ROOT/tests/bench/engine/tflm_baseline.json" "${ports[@]}"
