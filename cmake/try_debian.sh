#!/bin/sh
# Runs both commands in a clean Debian, as a newcomer would: sh demo.sh and sh test.sh on a copy of the last commit.
#
#   sh cmake/try_debian.sh trixie [demo] [test]      default: both
#   sh cmake/try_debian.sh trixie peers              sh test.sh --peers
#   BIGHT_MIRROR=URL sh cmake/try_debian.sh bookworm where the packages come from; default: this system's mirror
#
# As root, on Debian, with debootstrap. The system is made in a temporary folder (TMPDIR) and removed at the end. It takes
# 20 to 40 minutes. For use by hand before a release.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)

usage() { sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2; }
fail() { echo "try_debian: $*" >&2; exit 1; }

[ $# -ge 1 ] || usage
suite=$1
shift
case $suite in -* | *[!a-z]*) usage ;; esac
commands=${*:-demo test}
for command in $commands; do
  case $command in demo | test | peers) ;; *) usage ;; esac
done
[ "$(id -u)" = 0 ] || fail "needs root, for chroot"
command -v debootstrap >/dev/null || fail "needs debootstrap (apt-get install debootstrap)"

# The first mirror that this system's own package lists name.
mirror=${BIGHT_MIRROR:-$(sed -n 's/^URIs: *\([^ ]*\).*/\1/p; s/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\).*/\2/p' \
  /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1)}
[ -n "$mirror" ] || fail "no mirror found; name one in BIGHT_MIRROR"

root=$(mktemp -d "${TMPDIR:-/tmp}/bight-$suite.XXXXXX")
clean_up() {
  for mounted in dev/shm dev/pts dev proc sys; do umount -l "$root/$mounted" 2>/dev/null || true; done
  rm -rf --one-file-system "$root"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

echo "== $suite in $root"
debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" "$mirror" >"$root.log" 2>&1 ||
  { tail -n 5 "$root.log" >&2; rm -f "$root.log"; fail "debootstrap failed"; }
rm -f "$root.log"
# The system's own settings for apt and names, such as a proxy.
cp -a /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/"
cp -L /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || true
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount --bind /dev "$root/dev"
mount -t devpts devpts "$root/dev/pts"
mount -t tmpfs tmpfs "$root/dev/shm"
mkdir -p "$root/root/bight"
git -C "$here" archive HEAD | tar -x -C "$root/root/bight"

status=0
for command in $commands; do
  script=$command.sh
  argument=
  if [ "$command" = peers ]; then script=test.sh argument=--peers; fi
  echo "== $suite: sh $script $argument"
  if chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
    sh "/root/bight/$script" $argument </dev/null; then
    echo "== $suite: sh $script $argument passed"
  else
    echo "== $suite: sh $script $argument failed" >&2
    status=1
  fi
done
exit $status
