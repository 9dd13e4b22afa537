# The checks behind ./rig lint. Sourced by rig.

cpp_files() { git -C "$ROOT" ls-files '*.h' '*.cpp' | sed "s|^|$ROOT/|"; }

check_format() { cpp_files | xargs -r clang-format --dry-run --Werror; }

check_tidy() {
  local lint="$BUILD_DIR/lint"
  cmake --build "$lint" -j "$JOBS" --target tinyrig_api tinyrig_agent_api tinyrig_agent_messages tinyrig_catalog_texts \
    tinyrig_tflite_header tinyrig_usb_table_text
  python3 "$ROOT/scripts/lint_tidy.py" "$lint" "$JOBS"
}

check_proto() { (cd "$ROOT/proto" && npx --yes @bufbuild/buf@1.60.0 lint); }

check_awaits() { python3 "$ROOT/scripts/lint_awaits.py" "$ROOT/server" "$ROOT/emulator" "$ROOT/tests"; }

check_scripts() { git -C "$ROOT" ls-files 'rig' '.ci/run' 'scripts/*.sh' 'deploy/debian/p*' | sed "s|^|$ROOT/|" | xargs shellcheck -x -s bash -e SC1091; }

run_lint() {
  stage "formatting" check_format
  stage "co_await rule" check_awaits
  stage "shell scripts" check_scripts
  stage "configure" configure lint -DTINYRIG_TESTS=ON
  stage "clang-tidy" check_tidy
  stage "buf lint" check_proto
  print_stage_times
}
