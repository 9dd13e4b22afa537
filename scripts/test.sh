# The tests behind ./rig test: one ctest over the normal build (all tests) and the sanitizer build (unit
# tests). Sourced by rig.

run_tests() {
  local dev="$BUILD_DIR/dev" asan="$BUILD_DIR/asan" all="$BUILD_DIR/test" sanitized target
  mapfile -t sanitized < <(folder_targets unit fuzz)
  stage "configure" configure dev -DTINYRIG_TESTS=ON
  stage "build everything and the tests" cmake --build "$dev" -j "$JOBS"
  stage "configure with sanitizers" configure asan -DTINYRIG_TESTS=ON
  stage "build unit tests with sanitizers" cmake --build "$asan" -j "$JOBS" --target "${sanitized[@]}"
  mkdir -p "$all"
  {
    printf 'subdirs("%s")\n' "$dev"
    for target in "${sanitized[@]}"; do printf 'subdirs("%s/%s")\n' "$asan" "${target%/all}"; done
  } > "$all/CTestTestfile.cmake"
  print_stage_times
  if [ -n "${TINYRIG_REFERENCE_DIR:-}" ]; then
    say "Golden tests use TINYRIG_REFERENCE_DIR: a skipped test is a failure."
  else
    say "TINYRIG_REFERENCE_DIR is not set: golden tests of the reference models are skipped, and counted below."
  fi
  local select=() code=0
  [ $# -eq 0 ] || select=(-R "$1")
  # A test that needs its second try is listed with both; it is a bug to mend, not a reason to stop everyone.
  (cd "$all" && ctest --repeat until-pass:2 --output-on-failure --no-tests=error -j "$JOBS" "${select[@]}") | tee "$all/summary.txt" || code=$?
  # A file system of its own takes rights that not every machine gives; that test may skip, and is listed.
  if [ "$code" -eq 0 ] && [ -n "${TINYRIG_REFERENCE_DIR:-}" ] && grep '\*\*\*Skipped' "$all/summary.txt" | grep -qv 'full_filesystem_test'; then
    say "Tests were skipped although TINYRIG_REFERENCE_DIR is set; see the list above." >&2
    code=1
  fi
  return "$code"
}
