# A Debian 12 that was never touched: a chroot by mmdebstrap with this machine's own apt sources. Sourced by scripts
# that set SUITE; mounts and processes live in namespaces of their own (room_enter) and end with them.
#
#   room_check             what it takes is there
#   room_make ROOM         a new system in that folder
#   room_mount ROOM        inside the namespaces: /proc, /sys and a /dev with terminals

fail() { echo "$(basename "$0" .sh): $1" >&2; exit 1; }

room_check() {
  [ "$(id -u)" -eq 0 ] || fail "a chroot needs root"
  local tool
  for tool in mmdebstrap git unshare; do
    command -v "$tool" >/dev/null || fail "$tool is missing: apt-get install $tool"
  done
}

room_make() {
  local room=$1 sources settings file
  mapfile -t sources < <(grep -lsw "$SUITE" /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources)
  [ "${#sources[@]}" -gt 0 ] || fail "no apt source for $SUITE in /etc/apt"
  settings=$(mktemp)
  apt-config dump Acquire > "$settings"
  mmdebstrap --quiet --mode=root --variant=apt --aptopt="$settings" "$SUITE" "$room" "${sources[@]}" ||
    { rm -f "$settings"; fail "no new system"; }
  rm -f "$settings"
  for file in /etc/resolv.conf /etc/hosts; do cp -L "$file" "$room$file"; done
}

room_mount() {
  local room=$1 device
  mount -t proc proc "$room/proc"
  mount -t sysfs -o ro sysfs "$room/sys"
  mount -t tmpfs -o mode=0755 tmpfs "$room/dev"
  for device in null zero full random urandom tty; do
    touch "$room/dev/$device"
    mount --bind "/dev/$device" "$room/dev/$device"
  done
  mkdir "$room/dev/pts" "$room/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=0666 devpts "$room/dev/pts"
  mount -t tmpfs -o mode=1777 tmpfs "$room/dev/shm"
  ln -s pts/ptmx "$room/dev/ptmx"
  ln -s /proc/self/fd "$room/dev/fd"
}

# room_enter SCRIPT ARGUMENT...: SCRIPT with these arguments, alone with its mounts and processes.
room_enter() { unshare --mount --pid --fork --kill-child "$@"; }
