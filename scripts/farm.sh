# Starts an emulated farm and a daemon on it, and ends both however the script ends. Sourced by scripts that
# have set ROOT and BUILD (the folder with dev/ and firmware/; TINYRIG_BIN: another build).
#
#   farm_open                      a temporary folder $RUN; everything is taken down on EXIT, INT, TERM
#   farm_start STATE [emu options] tinyrig-emu; writes $RUN/farm.toml
#   daemon_start DATA GRPC HTTP [options]  tinyrigd on these ports; sets TINYRIG_SERVER and $TINYRIG
#   free_port                      prints a free TCP port of loopback

BIN=${TINYRIG_BIN:-$BUILD/dev}
# shellcheck disable=SC2034 # used by the scripts that source this
TINYRIG="$BIN/client/tinyrig"
RUN='' EMU_PID='' DAEMON_PID=''

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

end_process() { # PID: ask, wait, insist
  [ -n "$1" ] && kill -0 "$1" 2>/dev/null || return 0
  kill -TERM "$1" 2>/dev/null || true
  for _ in $(seq 100); do
    kill -0 "$1" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

before_close() { :; } # a script's own: while the daemon still answers

farm_close() {
  local code=$?
  trap - EXIT INT TERM
  before_close
  end_process "$DAEMON_PID"
  end_process "$EMU_PID"
  rm -rf "$RUN"
  exit "$code"
}

farm_open() {
  RUN=$(mktemp -d "${TMPDIR:-/tmp}/tinyrig.XXXXXX") # sockets need short paths
  trap farm_close EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

wait_until() { # SECONDS WHAT LOG PID COMMAND...
  local seconds=$1 what=$2 log=$3 pid=$4
  shift 4
  for _ in $(seq $((seconds * 10))); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    if ! kill -0 "$pid" 2>/dev/null; then
      tail -n 20 "$log" >&2
      echo "$what ended early; its log: $log" >&2
      exit 4
    fi
    sleep 0.1
  done
  tail -n 20 "$log" >&2
  echo "$what is not ready after $seconds s; its log: $log" >&2
  exit 4
}

farm_start() { # STATE_DIR [options of tinyrig-emu]
  local state=$1
  shift
  mkdir -p "$state"
  "$BIN/emulator/tinyrig-emu" --dir "$RUN" --state "$state/flash" --catalog "$ROOT/deploy/boards" \
    --firmware-dir "$BUILD/firmware" --write-farm "$RUN/farm.toml" "$@" >"$state/emulator.log" 2>&1 &
  EMU_PID=$!
  wait_until 60 "the emulated farm" "$state/emulator.log" "$EMU_PID" test -s "$RUN/farm.toml"
}

daemon_start() { # DATA_DIR GRPC_PORT HTTP_PORT [OPTIONS]
  local data=$1
  rm -f "$RUN/ports"
  mkdir -p "$data"
  export TINYRIG_SERVER=127.0.0.1:$2
  "$BIN/server/tinyrigd" --data "$data" --farm "$RUN/farm.toml" --catalog "$ROOT/deploy/boards" \
    --firmware "$BUILD/firmware" --web "$ROOT/web/dist" \
    --grpc "127.0.0.1:$2" --http "127.0.0.1:$3" --ports-file "$RUN/ports" "${@:4}" >"$data.log" 2>&1 &
  DAEMON_PID=$!
  # Its own word: on a port that is taken, somebody else's daemon would answer.
  wait_until 60 "tinyrigd" "$data.log" "$DAEMON_PID" test -s "$RUN/ports"
}
