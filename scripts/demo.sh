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
# shellcheck source=scripts/farm.sh
. "$ROOT/scripts/farm.sh"
farm_open
large=''
# Ctrl-C ends the daemon too: what it has not run is not left for the next demo.
before_close() { [ -z "$large" ] || "$TINYRIG" job cancel "$large" >/dev/null 2>&1 || true; }

echo "== Emulated farm (QEMU; every number of it is labelled emulated)"
farm_start "$BUILD/demo"
daemon_start "$BUILD/demo/data" "$GRPC_PORT" "$HTTP_PORT"

echo "== Models"
own=() reference=()
for file in "$ROOT"/models/*.tflite; do
  "$TINYRIG" models add "$file" --expected "${file%.tflite}.json"
  own+=("$(basename "$file" .tflite)")
done
if [ -n "${TINYRIG_REFERENCE_DIR:-}" ]; then
  for file in "$TINYRIG_REFERENCE_DIR"/models/*.tflite; do
    "$TINYRIG" models add "$file" --expected "$TINYRIG_REFERENCE_DIR/models/golden/$(basename "$file" .tflite).json"
    reference+=("$(basename "$file" .tflite)")
  done
else
  echo "   (TINYRIG_REFERENCE_DIR is not set: our own models only)"
fi

echo "== Benchmark: every model on every type of board that can hold it; our own with every runtime, side by side"
code=0
# Queued first and waited for last: boards that are done with the small models go on with these.
if [ "${#reference[@]}" -gt 0 ]; then
  large=$("$TINYRIG" submit "${reference[@]}" --board all --skip-unfit --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["job"]["jobId"])')
fi
"$TINYRIG" submit "${own[@]}" --board all --runtime all --skip-unfit --wait --cancel-on-interrupt || code=$?
echo
echo "== Energy: the same models on every board with an instrument (simulated: every number of it is labelled modelled)"
"$TINYRIG" submit "${own[@]}" --board all --skip-unfit --measure energy --wait --cancel-on-interrupt || code=$?
[ -z "$large" ] || "$TINYRIG" job wait "$large" --cancel-on-interrupt || code=$?

echo
"$TINYRIG" leaderboard
if [ "$ONCE" = 1 ]; then exit "$code"; fi
echo
echo "Dashboard: http://127.0.0.1:$HTTP_PORT/    gRPC: 127.0.0.1:$GRPC_PORT    (Ctrl-C ends the demo)"
echo "Try: $TINYRIG boards · $TINYRIG run show RUN · $TINYRIG submit MODEL.tflite --board mps2-an386 --wait"
wait "$DAEMON_PID"
