#!/usr/bin/env bash
# The link: link.sh BUILD_DIR OUT.json. The host agent behind paced lines, then every emulated board
# against its own raw rate.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$1
out=$2
folder=$(mktemp -d)
farm=""
cleanup() {
  [ -z "$farm" ] || kill "$farm" 2>/dev/null || true
  [ -z "$farm" ] || wait "$farm" 2>/dev/null || true
  rm -rf "$folder"
}
trap cleanup EXIT

# The farm file is written when all boards are on.
"$build/dev/emulator/tinyrig-emu" --dir "$folder/run" --catalog "$ROOT/deploy/boards" \
  --firmware-dir "$build/firmware" --preload --write-farm "$folder/farm.toml" > "$folder/log" 2>&1 &
farm=$!
while [ ! -f "$folder/farm.toml" ]; do
  kill -0 "$farm" 2>/dev/null || { cat "$folder/log" >&2; exit 1; }
  sleep 0.1
done

ports=()
for port in "$folder"/run/emu-*; do
  name=$(basename "$port")
  [ -L "$port" ] && ports+=(--port "${name#emu-}=$port")
done
"$build/dev/tests/bench/link/tinyrig-bench-link" --out "$out" "${ports[@]}"
