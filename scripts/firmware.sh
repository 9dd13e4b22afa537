#!/usr/bin/env bash
# Cross-compiles the agent: firmware.sh OUTPUT_DIR [BOARD...] [-DOPTION=VALUE...]. Every board that has a port, unless
# told. Options go to CMake; another runtime than our own gets an output folder of its own, OUTPUT_DIR-RUNTIME.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=$1
shift
boards=() options=(-DTINYRIG_RUNTIME=tinyrig) # said each time: CMake would remember another one
for argument in "$@"; do
  case $argument in
    -DTINYRIG_RUNTIME=tinyrig) ;;
    -DTINYRIG_RUNTIME=*) options=("$argument" "${options[@]:1}"); out=$out-${argument#*=} ;;
    -D*) options+=("$argument") ;;
    *) boards+=("$argument") ;;
  esac
done
if [ "${#boards[@]}" -eq 0 ]; then
  for port in "$ROOT"/agent_firmware/ports/*/board.cmake; do boards+=("$(basename "$(dirname "$port")")"); done
fi
[ "${#boards[@]}" -gt 0 ] || { echo "no board has a port" >&2; exit 1; }
declare -A toolchains=()
for board in "${boards[@]}"; do
  description="$ROOT/agent_firmware/ports/$board/board.cmake"
  [ -f "$description" ] || { echo "no port for board '$board' in agent_firmware/ports/" >&2; exit 1; }
  toolchains[$board]=arm-none-eabi compiler=arm-none-eabi-g++ package=gcc-arm-none-eabi
  if grep -q riscv "$description"; then
    toolchains[$board]=riscv compiler=riscv64-unknown-elf-g++ package=gcc-riscv64-unknown-elf
  fi
  command -v "$compiler" >/dev/null || {
    echo "no cross compiler for board '$board': $compiler is missing; install it: apt-get install $package" >&2
    exit 1
  }
done
"$ROOT/scripts/fetch_nanopb.sh" "$(dirname "$out")/third_party/nanopb"
for board in "${boards[@]}"; do
  cmake -S "$ROOT/agent_firmware" -B "$out/$board" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_TOOLCHAIN_FILE="$ROOT/agent_firmware/toolchains/${toolchains[$board]}.cmake" -DTINYRIG_BOARD="$board" \
    "${options[@]}" -DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache
  cmake --build "$out/$board"
done
