#!/usr/bin/env bash
# Installs the packages of `./rig package` in a Debian 12 that was never touched, benchmarks a model there on emulated
# boards as the service's user, installs them once more over themselves, purges them, and looks for what they left behind.
#
#   scripts/try_packages.sh [FOLDER]      of the packages; build/packages unless told
#
# Needs root, mmdebstrap and unshare. systemd does not run in a chroot: the daemon is started as the unit says.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
SUITE=bookworm
# shellcheck source=scripts/room.sh
. "$ROOT/scripts/room.sh"

if [ "${1:-}" = --inside ]; then
  room_mount "$2"
  exec chroot "$2" /usr/bin/env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive bash /root/trial.sh
fi

room_check
packages=${1:-$ROOT/build/packages}
ls "$packages"/tinyrig-server_*.deb >/dev/null || fail "no packages in $packages: ./rig package builds them"
room=$(mktemp -d "${TMPDIR:-/var/tmp}/tinyrig-packages.XXXXXX")
trap 'rm -rf "$room"' EXIT
trap 'exit 130' INT TERM
echo "== A fresh Debian ($SUITE) in $room"
room_make "$room"
mkdir "$room/root/packages"
cp "$packages"/*.deb "$ROOT/models/digits.tflite" "$room/root/packages/"
cat > "$room/root/trial.sh" <<'TXT'
set -euo pipefail
cd /root/packages
# In the background: takes the place of the subshell, so that it gets the signals.
as_service() { exec setpriv --reuid tinyrig --regid tinyrig --init-groups "$@"; }
wait_for() { # PID TEST...
  for _ in $(seq 600); do
    test "${@:2}" && return 0
    kill -0 "$1" || break
    sleep 0.1
  done
  echo "it is not there: ${*:2}" >&2
  exit 1
}

start=$SECONDS
apt-get -qq update
apt-get -qq install -y --no-install-recommends systemd-standalone-sysusers ./*.deb >/root/apt.log 2>&1 || { cat /root/apt.log; exit 1; }
echo "== Installed in $((SECONDS - start)) s: $(dpkg-query -W -f='${Package} ${Installed-Size} kB, ' 'tinyrig-*')"
id tinyrig

install -d -o tinyrig -g tinyrig /run/farm /var/lib/tinyrig
as_service tinyrig-emu --dir /run/farm --boards mps2-an386,rv32-virt,host --write-farm /run/farm/farm.toml 2>/root/emulator.log &
emulator=$!
wait_for "$emulator" -s /run/farm/farm.toml
cp /run/farm/farm.toml /etc/tinyrig/farm.toml
# As the unit starts it.
mapfile -t unit < <(sed -n 's/^ExecStart=//p' /usr/lib/systemd/system/tinyrigd.service)
# shellcheck disable=SC2086 # a command is words
as_service ${unit[0]} --ports-file /run/farm/ports 2>/root/tinyrigd.log &
daemon=$!
wait_for "$daemon" -s /run/farm/ports
tinyrig version
tinyrig submit digits.tflite --board all --wait || { cat /root/tinyrigd.log; exit 1; }
tinyrig leaderboard
exec 3<>/dev/tcp/127.0.0.1/8080
printf 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
grep -q '<title>TinyRig</title>' <&3
echo "== The dashboard is served"
kill "$daemon" "$emulator"
wait "$daemon" "$emulator"

apt-get -qq install -y --reinstall --no-install-recommends ./*.deb >/root/apt.log 2>&1 || { cat /root/apt.log; exit 1; }
test -s /etc/tinyrig/farm.toml
test -s /var/lib/tinyrig/tinyrig.db
echo "== Installed over itself: settings and results are kept"
apt-get -qq remove -y 'tinyrig-*' >/root/apt.log 2>&1 || { cat /root/apt.log; exit 1; }
test -s /etc/tinyrig/farm.toml
apt-get -qq purge -y 'tinyrig-*' >/root/apt.log 2>&1 || { cat /root/apt.log; exit 1; }
left=$(find / -xdev \( -name '*tinyrig*' -o -path '*/tinyrig/*' \) -not -path '/root/*' -not -path '/proc/*' -not -path '/run/*' -not -path '/var/cache/*')
[ -z "$left" ] || { echo "left behind: $left" >&2; exit 1; }
echo "== Purged: nothing is left but the user"
TXT
room_enter "${BASH_SOURCE[0]}" --inside "$room"
