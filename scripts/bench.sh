# The benchmarks behind ./rig bench [NAME]: each of scripts/bench/NAME.sh writes build/bench/NAME.json, an
# array of {"metric", "value", "unit", "target", "met"}. Sourced by rig.

run_benches() {
  local only=${1:-} script name out="$BUILD_DIR/bench" failed=0
  mkdir -p "$out"
  stage "build benchmarks" sh -c "cmake --preset dev -S '$ROOT' -B '$BUILD_DIR/dev' -DTINYRIG_TESTS=ON -DTINYRIG_BENCH=ON && cmake --build '$BUILD_DIR/dev' -j '$JOBS'"
  [ -z "$only" ] || [ -f "$ROOT/scripts/bench/$only.sh" ] || die "no benchmark '$only'; there are: $(bench_names)"
  for script in "$ROOT"/scripts/bench/*.sh; do
    name=$(basename "$script" .sh)
    [ -z "$only" ] || [ "$only" = "$name" ] || continue
    say "== bench $name"
    rm -f "$out/$name.json"
    bash "$script" "$BUILD_DIR" "$out/$name.json" || failed=1
    [ ! -s "$out/$name.json" ] || python3 "$ROOT/scripts/bench_about.py" "$out/$name.json" "$BUILD_DIR"
    say "   written: $out/$name.json"
  done
  return "$failed"
}
