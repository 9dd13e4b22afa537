#!/usr/bin/env bash
# Each core's kernels against the portable ones: kernels.sh BUILD_DIR OUT.json. TINYRIG_KERNEL_CASES: models for
# each operator and core.
set -euo pipefail
"$1/dev/tests/bench/engine/tinyrig-bench-kernels" --out "$2" --cases "${TINYRIG_KERNEL_CASES:-2000}"
