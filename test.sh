#!/bin/sh
# Installs what is missing, builds everything and runs all tests.
#
#   sh test.sh                        the release preset
#   sh test.sh --peers                also installs the servers and clients of others that some tests talk to
#   BIGHT_PRESET=asan sh test.sh      another preset (dev, asan, tsan, clang)
#   BIGHT_SKIP_DEPS=1 sh test.sh      does not look for Debian packages
#
# Tests whose programs are not installed are skipped; the last lines name them and the command that installs what they need.
# shellcheck disable=SC2086  # the groups are meant to be split
set -eu
cd "$(dirname "$0")"
groups="build test"
for argument in "$@"; do
  case $argument in
    --peers) groups="$groups peers" ;;
    *)
      sed -n '2,9s/^# \{0,1\}//p' "$0"
      exit 2
      ;;
  esac
done
preset=${BIGHT_PRESET:-release}

step() { printf '\n== %s\n' "$*"; }

echo "test.sh: installs missing packages, builds the preset '$preset' in build/$preset, runs all of its tests."
if [ -z "${BIGHT_SKIP_DEPS:-}" ]; then
  step "packages"
  sh cmake/install_deps.sh $groups
fi
# npm comes with Node; apt-get install npm fails beside a newer nodejs.
case " $groups " in
  *" peers "*)
    if command -v npm >/dev/null 2>&1; then
      step "npm packages"
      npm ci --prefix test/npm --no-audit --no-fund
    fi
    ;;
esac
step "configure"
cmake --preset "$preset"
step "build"
cmake --build --preset "$preset"
step "test"
rm -rf "build/$preset/test-results"
status=0
ctest --preset "$preset" || status=$?
if [ -f "build/$preset/test-results/ctest.xml" ]; then python3 cmake/test_results.py --may-skip='.*' "build/$preset" || true; fi
exit $status
