#!/bin/sh
# Gets nanopb's C sources (pb_common.c, pb_encode.c, pb_decode.c and headers) from Debian's source
# package into a folder: the binary package has no sources that a cross compiler could use.
#
#   scripts/fetch_nanopb.sh DIRECTORY
#
# Idempotent: returns at once when the sources are there. Needs dpkg-dev, no root: it works on a private
# copy of apt's state, with deb-src lines derived from the machine's own sources for its release.
set -eu

destination=${1:?usage: fetch_nanopb.sh DIRECTORY}
if [ -f "$destination/pb_decode.h" ]; then
  exit 0
fi
fail() { echo "fetch_nanopb: $1" >&2; exit 1; }
command -v dpkg-source >/dev/null || fail "dpkg-source is missing; install the package dpkg-dev"
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
[ -n "$codename" ] || fail "/etc/os-release names no release; only Debian and its kin are known"

mkdir -p "$destination"
destination=$(cd "$destination" && pwd)
work=$(mktemp -d "$destination/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/sources.d"

# Both formats of apt sources; only the entries of this very release, as deb-src.
list=$work/sources.list
: > "$list"
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
  [ -f "$file" ] || continue
  awk -v suite="$codename" '
    $1 == "deb" || $1 == "deb-src" {
      for (i = 2; i <= NF; ++i) if ($i == suite) { $1 = "deb-src"; print; break }
    }' "$file" >> "$list"
done
for file in /etc/apt/sources.list.d/*.sources; do
  [ -f "$file" ] || continue
  awk -v suite="$codename" '
    function value() { sub(/^[^:]*:[ \t]*/, ""); return $0 }
    function flush_stanza(   count, i, hosts, options) {
      if (index(" " suites " ", " " suite " ") && uris != "") {
        options = signed == "" || signed ~ /BEGIN/ ? "" : "[signed-by=" signed "] "
        count = split(uris, hosts, /[ \t]+/)
        for (i = 1; i <= count; ++i) print "deb-src " options hosts[i] " " suite " " components
      }
      suites = uris = components = signed = ""
    }
    /^[ \t]*$/ { flush_stanza(); next }
    tolower($0) ~ /^uris:/ { uris = value() }
    tolower($0) ~ /^suites:/ { suites = value() }
    tolower($0) ~ /^components:/ { components = value() }
    tolower($0) ~ /^signed-by:/ { signed = value() }
    END { flush_stanza() }' "$file" >> "$list"
done
sort -u -o "$list" "$list"
[ -s "$list" ] || fail "no apt source for $codename in /etc/apt; add one, or put nanopb 0.4.7 into $destination"

private_apt() {
  apt-get -qq -o "Dir::Etc::sourcelist=$list" -o "Dir::Etc::sourceparts=$work/sources.d" \
    -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache" \
    -o "APT::Sandbox::User=" -o "APT::Get::List-Cleanup=0" "$@"
}
cd "$work"
private_apt update || fail "apt-get update failed for: $(cat "$list")"
private_apt source nanopb > source.log 2>&1 || { cat source.log >&2; fail "apt-get source nanopb failed"; }
for source in "$work"/nanopb-*/pb.h "$work"/nanopb-*/pb_common.[ch] "$work"/nanopb-*/pb_encode.[ch] \
              "$work"/nanopb-*/pb_decode.c "$work"/nanopb-*/LICENSE.txt; do
  [ -f "$source" ] || fail "the source package lacks $(basename "$source")"
  cp "$source" "$destination/"
done
# Last, since its presence says that all is there.
cp "$work"/nanopb-*/pb_decode.h "$destination/"
