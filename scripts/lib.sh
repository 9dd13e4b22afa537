# Shared by ./rig: stages with their times, and installing what a step needs. Sourced, not run.
# shellcheck disable=SC2034  # variables for those who source it

BUILD_DIR="${TINYRIG_BUILD_DIR:-$ROOT/build}"
JOBS="${TINYRIG_JOBS:-$(nproc)}"
STAGE_TIMES=()
# Paths are hashed relative to the clone: another clone finds what this one compiled.
export CCACHE_BASEDIR="${CCACHE_BASEDIR:-$ROOT}" CCACHE_NOHASHDIR="${CCACHE_NOHASHDIR:-1}"

say() { printf '%s\n' "$*"; }
die() { printf 'rig: %s\n' "$*" >&2; exit 1; }

# stage NAME COMMAND...: runs it, and remembers how long it took. Output goes to a log unless it fails or
# RIG_VERBOSE is set.
stage() {
  local name=$1 start end log
  shift
  mkdir -p "$BUILD_DIR/log"
  log="$BUILD_DIR/log/$(printf '%s' "$name" | tr -c 'a-zA-Z0-9' '-').log"
  printf '== %s ... ' "$name"
  start=$(date +%s%N)
  if [ -n "${RIG_VERBOSE:-}" ]; then
    printf '\n'
    "$@" || die "$name failed"
  elif ! "$@" >"$log" 2>&1; then
    printf 'failed\n'
    tail -n 60 "$log" >&2
    die "$name failed; all of its output: $log"
  fi
  end=$(date +%s%N)
  local took=$(((end - start) / 1000000))
  printf '%d.%01d s\n' $((took / 1000)) $((took % 1000 / 100))
  STAGE_TIMES+=("$(printf '%7d.%01d s  %s' $((took / 1000)) $((took % 1000 / 100)) "$name")")
}

print_stage_times() {
  [ "${#STAGE_TIMES[@]}" -gt 0 ] || return 0
  say "Time of each stage:"
  printf '  %s\n' "${STAGE_TIMES[@]}"
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "installing packages needs root: run as root, install sudo, or install by hand: ${*: -1}"
  fi
}

packages_of() {
  case $1 in
    build) echo g++ cmake ninja-build pkg-config ccache git python3 zlib1g-dev \
      libgrpc++-dev protobuf-compiler-grpc libprotobuf-dev protobuf-compiler \
      libboost1.81-dev libsqlite3-dev libserialport-dev libflatbuffers-dev flatbuffers-compiler libcli11-dev \
      libspdlog-dev libtomlplusplus-dev prometheus-cpp-dev libzstd-dev libssl-dev nanopb libnanopb-dev dpkg-dev ;;
    firmware) echo gcc-arm-none-eabi libnewlib-arm-none-eabi libstdc++-arm-none-eabi-dev \
      gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf ;;
    package) echo file ;; # by which CPack tells what dpkg-shlibdeps is to look at
    emulator) echo qemu-system-arm qemu-system-misc ;;
    web) echo nodejs npm ;;
    test) echo libgtest-dev libgmock-dev librapidcheck-dev openocd stm32flash \
      avrdude arduino-core-avr libsimavr-dev libelf-dev gdb-multiarch \
      python3-grpcio python3-protobuf python3-venv python3-pip python3-setuptools python3-wheel mypy jq curl ;;
    browser) echo chromium ;;
    lint) echo clang-format clang-tidy shellcheck ;;
    fuzz) echo clang libclang-rt-14-dev ;;
    bench) echo libbenchmark-dev ;;
    *) die "no package set $1" ;;
  esac
}

# install SET...: what is missing of these sets, download and installation timed apart.
install() {
  local set package missing=()
  for set in "$@"; do
    # An own node and npm, however they came here, will do.
    if [ "$set" = web ] && command -v node >/dev/null && command -v npm >/dev/null; then continue; fi
    for package in $(packages_of "$set"); do
      dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  command -v apt-get >/dev/null || die "these packages are missing, and this is no Debian: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  stage "update package lists" as_root apt-get update
  stage "download ${#missing[@]} packages and what they need" \
    as_root apt-get install -y --no-install-recommends --download-only "${missing[@]}"
  stage "install packages ($*)" as_root apt-get install -y --no-install-recommends "${missing[@]}"
}

configure() { # PRESET [cmake options]
  local preset=$1
  shift
  cmake --preset "$preset" -S "$ROOT" -B "$BUILD_DIR/$preset" "$@"
}

# folder_targets GROUP...: the build targets of every folder in tests/GROUP.
folder_targets() {
  local group list
  for group in "$@"; do
    for list in "$ROOT/tests/$group"/*/CMakeLists.txt; do printf 'tests/%s/%s/all\n' "$group" "$(basename "$(dirname "$list")")"; done
  done
}

bench_names() {
  local script
  for script in "$ROOT"/scripts/bench/*.sh; do printf '%s ' "$(basename "$script" .sh)"; done
}
