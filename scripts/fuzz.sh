# The fuzzers behind ./rig fuzz [NAME] [SECONDS]. Sourced by rig.

run_fuzzers() {
  local only=${1:-} seconds=${2:-60} fuzzer name
  stage "configure fuzzers" configure fuzz
  stage "build fuzzers" cmake --build "$BUILD_DIR/fuzz" -j "$JOBS" --target tests/fuzz/all
  for fuzzer in $(find "$BUILD_DIR/fuzz/tests/fuzz" -type f -perm -u+x -name 'fuzz_*' | sort); do
    name=$(basename "$fuzzer")
    [ -z "$only" ] || [ "$only" = "$name" ] || continue
    mkdir -p "$BUILD_DIR/fuzz/corpus/$name"
    say "== $name for $seconds s; new inputs in $BUILD_DIR/fuzz/corpus/$name"
    (cd "$BUILD_DIR/fuzz/corpus" && "$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
      "$name" "$ROOT/tests/fuzz/corpus/$name") || die "$name found something: see above"
  done
}
