# The fuzzers behind ./rig fuzz [NAME] [SECONDS]. Sourced by rig.

run_fuzzers() {
  local only=${1:-} seconds=${2:-60} corpus fuzzer name targets
  mapfile -t targets < <(folder_targets fuzz)
  stage "configure fuzzers" configure fuzz
  stage "build fuzzers" cmake --build "$BUILD_DIR/fuzz" -j "$JOBS" --target "${targets[@]}"
  for corpus in "$ROOT"/tests/fuzz/corpus/*/; do
    name=$(basename "$corpus")
    [ -z "$only" ] || [ "$only" = "$name" ] || continue
    fuzzer=$(find "$BUILD_DIR/fuzz/tests/fuzz" -type f -perm -u+x -name "$name" | head -n 1)
    [ -n "$fuzzer" ] || die "the corpus $name has no fuzzer of that name"
    mkdir -p "$BUILD_DIR/fuzz/corpus/$name"
    say "== $name for $seconds s; new inputs in $BUILD_DIR/fuzz/corpus/$name"
    (cd "$BUILD_DIR/fuzz/corpus" && "$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
      "$name" "$corpus") || die "$name found something: see above"
  done
}
