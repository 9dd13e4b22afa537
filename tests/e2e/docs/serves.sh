#!/usr/bin/env bash
# Stands for tinyrigd and tinyrig-emu in a page's folder, by its name: starts the real one (of TINYRIG_BIN_FOLDER) as the page
# says, waits until it serves, and gives the shell back. tinyrigd is stopped then (its ports are its own choice: a reader's
# are taken by another); tinyrig-emu goes on for the page's other commands, and ends when the test ends $SERVES_PID_FILE's.
set -euo pipefail
name=$(basename "$0")
ready=$(mktemp -u ./.serves.XXXXXX)
log=$ready.log
case $name in
  tinyrigd)
    "$TINYRIG_BIN_FOLDER/server/tinyrigd" "$@" --grpc 127.0.0.1:0 --http 127.0.0.1:0 --ports-file "$ready" >"$log" 2>&1 &
    ;;
  tinyrig-emu)
    arguments=("$@")
    for i in "${!arguments[@]}"; do
      if [ "${arguments[$i]}" = --write-farm ]; then ready=${arguments[$((i + 1))]}; fi
    done
    setsid "$TINYRIG_BIN_FOLDER/emulator/tinyrig-emu" "$@" >"$log" 2>&1 </dev/null &
    echo $! >>"$SERVES_PID_FILE"
    ;;
esac
pid=$!
for _ in $(seq 600); do
  if [ -s "$ready" ]; then break; fi
  if ! kill -0 "$pid" 2>/dev/null; then
    cat "$log" >&2
    exit 1
  fi
  sleep 0.1
done
[ -s "$ready" ] || { echo "$name is not ready after a minute" >&2; exit 1; }
if [ "$name" = tinyrigd ]; then
  kill -TERM "$pid"
  wait "$pid"
fi
