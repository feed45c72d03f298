#!/bin/sh
# Installs what is missing, builds everything and runs all tests.
#
#   sh test.sh                        the release preset
#   BIGHT_PRESET=asan sh test.sh      another preset (dev, asan, tsan, clang)
#   BIGHT_SKIP_DEPS=1 sh test.sh      does not look for Debian packages
set -eu
cd "$(dirname "$0")"
preset=${BIGHT_PRESET:-release}

step() { printf '\n== %s\n' "$*"; }

echo "test.sh: installs missing packages, builds the preset '$preset' in build/$preset, runs all of its tests."
if [ -z "${BIGHT_SKIP_DEPS:-}" ]; then
  step "packages"
  sh cmake/install_deps.sh build test
fi
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
