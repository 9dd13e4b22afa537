# The Python client in an environment of its own, made of this tree and Debian's packages alone. Sourced by scripts that
# have set ROOT.
#
#   python_client_install FOLDER       a virtual environment with `tinyrig` installed
#   python_client_check_types FOLDER   mypy over what was installed there

python_client_install() {
  local source="$1.source"
  # From a copy: an installation leaves its build folder in the tree.
  mkdir -p "$source/clients"
  cp -r "$ROOT/proto" "$source/"
  cp -r "$ROOT/clients/python" "$source/clients/"
  rm -rf "$source/clients/python/build"
  # Debian's python3 by its path: that one has Debian's packages.
  /usr/bin/python3 -m venv --system-site-packages "$1"
  "$1/bin/pip" install --quiet --disable-pip-version-check --no-index --no-build-isolation --no-deps \
    "$source/clients/python"
}

python_client_check_types() {
  local packages
  packages=$("$1/bin/python" -c 'import pathlib, tinyrig; print(pathlib.Path(tinyrig.__file__).parent.parent)')
  # Of the installed package: it has the stubs. mypy takes no folder of packages for its own code, hence the copy.
  cp -r "$packages/tinyrig" "$1.source/checked"
  mkdir -p "$1.source/types" && mv "$1.source/checked" "$1.source/types/tinyrig"
  (cd "$1.source/types" && /usr/bin/mypy --cache-dir "$1.source/mypy" \
    --config-file "$ROOT/clients/python/pyproject.toml" -p tinyrig)
}
