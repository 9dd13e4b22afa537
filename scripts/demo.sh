#!/usr/bin/env bash
# The demo behind ./rig demo: emulated farm, daemon, real models, table, dashboard.
# demo.sh BUILD_DIR [--once] [--port N] [--grpc-port N]
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=$1
shift
ONCE=0 HTTP_PORT=8080 GRPC_PORT=50051
while [ $# -gt 0 ]; do
  case $1 in
    --once) ONCE=1 ;;
    --port) HTTP_PORT=$2; shift ;;
    --grpc-port) GRPC_PORT=$2; shift ;;
    *) echo "demo: unknown option $1 (known: --once, --port N, --grpc-port N)" >&2; exit 2 ;;
  esac
  shift
done

BIN=$BUILD/dev
TINYRIG="$BIN/client/tinyrig"
export TINYRIG_SERVER=127.0.0.1:$GRPC_PORT
DEMO=$BUILD/demo
# Sockets and PTY links: short paths, gone with the demo.
RUN=$(mktemp -d "${TMPDIR:-/tmp}/tinyrig-demo.XXXXXX")
mkdir -p "$DEMO"
EMU_PID='' DAEMON_PID=''

end_process() { # PID NAME: ask, wait, insist
  [ -n "$1" ] && kill -0 "$1" 2>/dev/null || return 0
  kill -TERM "$1" 2>/dev/null || true
  for _ in $(seq 100); do
    kill -0 "$1" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}
cleanup() {
  local code=$?
  trap - EXIT INT TERM
  end_process "$DAEMON_PID"
  end_process "$EMU_PID"
  rm -rf "$RUN"
  exit "$code"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

wait_until() { # SECONDS WHAT LOG PID COMMAND...
  local seconds=$1 what=$2 log=$3 pid=$4
  shift 4
  for _ in $(seq $((seconds * 10))); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    if ! kill -0 "$pid" 2>/dev/null; then
      tail -n 20 "$log" >&2
      echo "demo: $what ended early; its log: $log" >&2
      exit 4
    fi
    sleep 0.1
  done
  tail -n 20 "$log" >&2
  echo "demo: $what is not ready after $seconds s; its log: $log" >&2
  exit 4
}

echo "== Emulated farm (QEMU; every number of it is labelled emulated)"
"$BIN/emulator/tinyrig-emu" --dir "$RUN" --state "$DEMO/flash" --catalog "$ROOT/deploy/boards" --firmware-dir "$BUILD/firmware" \
  --write-farm "$RUN/farm.toml" >"$DEMO/emulator.log" 2>&1 &
EMU_PID=$!
wait_until 30 "the emulated farm" "$DEMO/emulator.log" "$EMU_PID" test -s "$RUN/farm.toml"

"$BIN/server/tinyrigd" --data "$DEMO/data" --farm "$RUN/farm.toml" --catalog "$ROOT/deploy/boards" \
  --firmware "$BUILD/firmware" --web "$ROOT/web/dist" \
  --grpc "127.0.0.1:$GRPC_PORT" --http "127.0.0.1:$HTTP_PORT" >"$DEMO/tinyrigd.log" 2>&1 &
DAEMON_PID=$!
wait_until 30 "tinyrigd" "$DEMO/tinyrigd.log" "$DAEMON_PID" "$TINYRIG" version

echo "== Models"
models=()
add_model() { # FILE EXPECTED
  "$TINYRIG" models add "$1" --expected "$2"
  models+=("$(basename "$1" .tflite)")
}
for file in "$ROOT"/models/*.tflite; do add_model "$file" "${file%.tflite}.json"; done
if [ -n "${TINYRIG_REFERENCE_DIR:-}" ]; then
  for file in "$TINYRIG_REFERENCE_DIR"/models/*.tflite; do
    add_model "$file" "$TINYRIG_REFERENCE_DIR/models/golden/$(basename "$file" .tflite).json"
  done
else
  echo "   (TINYRIG_REFERENCE_DIR is not set: our own models only)"
fi

echo "== Benchmark: every model on every type of board that can hold it"
code=0
"$TINYRIG" submit "${models[@]}" --board all --skip-unfit --wait || code=$?

echo
"$TINYRIG" leaderboard
if [ "$ONCE" = 1 ]; then exit "$code"; fi
echo
echo "Dashboard: http://127.0.0.1:$HTTP_PORT/    gRPC: 127.0.0.1:$GRPC_PORT    (Ctrl-C ends the demo)"
echo "Try: $TINYRIG boards · $TINYRIG run show RUN · $TINYRIG submit MODEL.tflite --board mps2-an386 --wait"
wait "$DAEMON_PID"
