#!/bin/sh
# Serves a real documentation site on loopback and crawls all of it.
#
#   sh demo.sh                      PostgreSQL's documentation, from Debian's package
#   sh demo.sh --format json        the summary as one JSON object; every option goes on to bight-crawl
#   sh demo.sh URL...               crawls that instead
#   sh demo.sh --list               what else there is to try
#   sh demo.sh NAME [ARGUMENT...]   runs a sample of apps/samples, such as rest
#
# Installs what is missing, builds what it needs in build/demo, writes only below build/. Messages go to stderr.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$here/build/demo
server=
output=

say() { printf '%s\n' "$*" >&2; }
step() { printf '\n== %s\n' "$*" >&2; }
stop_server() { if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi; }
trap stop_server EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# build TARGET...
build() {
  step "packages"
  sh "$here/cmake/install_deps.sh" build >&2
  step "build (the first time takes a few minutes)"
  ( cd "$here" && cmake --preset release -B "$work" "-DBIGHT_ROOMS=http;crawl;api;pg" -DBIGHT_BUILD_SAMPLES=ON -DBIGHT_BUILD_TESTS=OFF \
    -DBIGHT_BUILD_BENCHMARKS=OFF -DBIGHT_INSTALL=OFF -DBIGHT_NO_COMPILER_PROBE=ON >"$work.log" 2>&1 ) || { cat "$work.log" >&2; exit 1; }
  cmake --build "$work" --target "$@" >&2
}

# The first line of a sample's main.cpp: "// name: what it does".
list_samples() {
  echo "Samples (sh demo.sh NAME [ARGUMENT...]; see apps/samples/NAME/README.md):"
  for main in "$here"/apps/samples/*/main.cpp; do
    sed -n '1s|^// \([a-z-]*\): \(.*\)|\1\t\2|p' "$main" | awk -F'\t' '{ printf "  %-16s %s\n", $1, $2 }'
  done
}

is_sample() { case $1 in *[!a-z-]* | '') return 1 ;; esac; [ -f "$here/apps/samples/$1/main.cpp" ]; }

# Prints the folder of the documentation, or fails.
site() {
  package=postgresql-doc-15
  folder=usr/share/doc/$package/html
  if [ -f "/$folder/index.html" ]; then echo "/$folder"; return; fi
  if [ ! -f "$work/site/$folder/index.html" ]; then
    # Slim images leave /usr/share/doc out when they install, so the package is unpacked here.
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
    mkdir -p "$work/site"
    ( cd "$work/site" && rm -f ./*.deb
      apt-get download "$package" >/dev/null 2>&1 ||
        { [ "$(id -u)" = 0 ] && apt-get update >/dev/null 2>&1 && apt-get download "$package" >/dev/null 2>&1; } ||
        { command -v sudo >/dev/null && sudo -n apt-get update >/dev/null 2>&1 && apt-get download "$package" >/dev/null 2>&1; }
    ) || return 1
    dpkg-deb -x "$work"/site/"$package"_*.deb "$work/site" || return 1
  fi
  [ -f "$work/site/$folder/index.html" ] && echo "$work/site/$folder"
}

# Starts bight-serve with the arguments and waits for its URL, which it sets as $url.
serve() {
  : >"$work/url"
  "$work/bin/bight-serve" "$@" --port 0 >"$work/url" &
  server=$!
  tries=0
  while ! grep -q / "$work/url"; do
    tries=$((tries + 1))
    if [ $tries -gt 100 ] || ! kill -0 "$server" 2>/dev/null; then say "demo.sh: bight-serve did not start"; exit 1; fi
    sleep 0.05
  done
  read -r url <"$work/url"
}

mkdir -p "$here/build"
if [ "${1-}" = --list ]; then list_samples; exit 0; fi
if is_sample "${1-}"; then
  sample=$1
  shift
  build "$sample"
  step "$sample $*"
  trap - EXIT
  exec "$work/bin/$sample" "$@"
fi
# A host has a dot, a colon or a scheme; a word without them is a mistyped sample.
case ${1-} in
  '' | -* | *.* | *:* | */*) ;;
  *) say "demo.sh: there is no sample '$1'"; list_samples >&2; exit 2 ;;
esac
urls=no
for argument in "$@"; do
  case $argument in
    http://* | https://*) urls=yes ;;
    --output | --output=*) output=given ;;
    --help | -h) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;;
  esac
done

say "demo.sh: builds bight, serves a documentation site on loopback and crawls all of it."
build bight-serve bight-crawl
if [ $urls = no ]; then
  step "site"
  start=
  if folder=$(site); then
    start=index.html
    say "PostgreSQL's documentation in $folder"
    serve "$folder"
  else
    say "PostgreSQL's documentation is not available here; serving a generated site of 1,000 pages instead"
    serve --demo
  fi
  say "served at $url"
  set -- "$url$start" "$@"
fi
[ -n "$output" ] || set -- "$@" --output "$work/pages.jsonl"
step "bight-crawl $*"
status=0
"$work/bin/bight-crawl" "$@" || status=$?
[ -n "$output" ] || say "
every URL, one JSON object a line: $work/pages.jsonl"
exit $status
