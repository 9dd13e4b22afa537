#!/usr/bin/env bash
# Runs ./rig in a Debian 12 that was never touched, as a stranger with a fresh clone would: what the machine
# here happens to have installed or compiled counts for nothing there.
#
#   scripts/clean_room.sh [COMMAND...]     e.g. scripts/clean_room.sh "demo --once" "test"   (which is the default)
#
# Clones HEAD (commit first) into a chroot made by mmdebstrap, with this machine's own apt sources, proxies,
# npm settings and CA certificates. Needs root, mmdebstrap, git and unshare. Mounts and processes live in
# namespaces of their own and end with it. CLEAN_ROOM_DIR: where, and keep it; otherwise a new folder in
# TMPDIR that is removed at the end.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
SUITE=bookworm
# shellcheck source=scripts/room.sh
. "$ROOT/scripts/room.sh"
# What is mounted and run inside. In namespaces of its own (see the end), hence nothing to undo.
if [ "${1:-}" = --inside ]; then
  room=$2 command=$3
  room_mount "$room"
  if [ -n "${TINYRIG_REFERENCE_DIR:-}" ]; then
    mount --bind -o ro "$TINYRIG_REFERENCE_DIR" "$room/reference"
  fi
  # shellcheck disable=SC2016,SC2086  # expanded inside; a command is words
  exec chroot "$room" /usr/bin/env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    LANG=C.UTF-8 ${CLEAN_ROOM_ENVIRONMENT:-} sh -c 'cd /root/tinyrig && exec ./rig "$@"' rig $command
fi

room_check
[ $# -gt 0 ] || set -- "demo --once" test

if [ -n "${CLEAN_ROOM_DIR:-}" ]; then
  room=$CLEAN_ROOM_DIR
  [ ! -e "$room" ] || fail "$room is there already: a clean room is a new one"
else
  room=$(mktemp -d "${TMPDIR:-/var/tmp}/tinyrig-clean-room.XXXXXX")
fi
# shellcheck disable=SC2317  # the trap calls it
cleanup() {
  [ -n "${CLEAN_ROOM_DIR:-}" ] || rm -rf "$room"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

echo "== A fresh Debian ($SUITE) in $room"
room_make "$room"

# npm's registry, proxies and certificates, when this machine has its own.
environment="$(env | grep -iE '^(https?|no|all)_proxy=|^npm_config_(registry|proxy|https_proxy)=' | tr '\n' ' ' || true)"
for file in "$HOME/.npmrc" /etc/npmrc; do
  if [ -f "$file" ]; then grep -v 'cafile' "$file" >> "$room/root/.npmrc" || true; fi
done
certificates=${NODE_EXTRA_CA_CERTS:-${SSL_CERT_FILE:-}}
if [ -n "$certificates" ]; then
  cp -L "$certificates" "$room/etc/clean_room_ca.crt"
  environment+=" NODE_EXTRA_CA_CERTS=/etc/clean_room_ca.crt npm_config_cafile=/etc/clean_room_ca.crt"
fi
if [ -n "${TINYRIG_REFERENCE_DIR:-}" ]; then
  mkdir "$room/reference"
  environment+=" TINYRIG_REFERENCE_DIR=/reference"
fi

git clone --quiet "$ROOT" "$room/root/tinyrig"
git -C "$room/root/tinyrig" log -1 --format='   at %h %s'

results=() code=0
for command in "$@"; do
  echo "== ./rig $command"
  start=$SECONDS outcome=passed
  CLEAN_ROOM_ENVIRONMENT="$environment" room_enter "${BASH_SOURCE[0]}" --inside "$room" "$command" ||
    { code=1 outcome="FAILED ($?)"; }
  results+=("$(printf '%4d s  %s  ./rig %s' $((SECONDS - start)) "$outcome" "$command")")
done
echo "In a fresh Debian ($SUITE), $(nproc) processors, one after the other:"
printf '  %s\n' "${results[@]}"
exit "$code"
