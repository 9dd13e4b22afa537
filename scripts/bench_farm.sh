# A farm of every emulated board for a benchmark, ended with the script. Sourced, not run.
#   start_bench_farm BUILD_DIR: returns when all boards are on; BENCH_FARM_PORTS are their serial ports.

bench_farm_folder=$(mktemp -d)
bench_farm_process=""
BENCH_FARM_PORTS=()
end_bench_farm() {
  [ -z "$bench_farm_process" ] || kill "$bench_farm_process" 2>/dev/null || true
  [ -z "$bench_farm_process" ] || wait "$bench_farm_process" 2>/dev/null || true
  rm -rf "$bench_farm_folder"
}
trap end_bench_farm EXIT

start_bench_farm() {
  local build=$1 port
  # The farm file is written when all boards are on.
  "$build/dev/emulator/tinyrig-emu" --dir "$bench_farm_folder/run" --catalog "$ROOT/deploy/boards" \
    --firmware-dir "$build/firmware" --preload --no-instruments --write-farm "$bench_farm_folder/farm.toml" \
    > "$bench_farm_folder/log" 2>&1 &
  bench_farm_process=$!
  while [ ! -f "$bench_farm_folder/farm.toml" ]; do
    kill -0 "$bench_farm_process" 2>/dev/null || { cat "$bench_farm_folder/log" >&2; return 1; }
    sleep 0.1
  done
  for port in "$bench_farm_folder"/run/emu-*; do
    [ ! -L "$port" ] || BENCH_FARM_PORTS+=("$port")
  done
}
