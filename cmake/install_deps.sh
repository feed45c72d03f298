#!/bin/sh
# Installs the Debian or Ubuntu packages that bight needs; when all are there it does nothing.
#
#   sh cmake/install_deps.sh [--print] [build] [test] [peers]      default: build test
#
# build   what the libraries and programs need
# test    what the tests need beside that
# peers   servers and clients of others that tests talk to; without them these tests are skipped. None starts a service
# --print lists the packages and what each is for, and installs nothing
# shellcheck disable=SC2086  # lists of package names are meant to be split
set -eu

# group  package  purpose. A group with ? is optional: left out where the distribution has no such package.
packages() {
  grep . <<END
build  g++              the C++ compiler
build  cmake            configures the build (3.25 or newer)
build  ninja-build      runs the build
build  ccache           makes the second build quick
build  pkg-config       finds libraries that have no CMake package
build  $(boost_package)  Boost.Asio, Boost.System and other Boost headers (1.81 or newer)
build  $(boost_package -json)  Boost.JSON
build  libfmt-dev       text formatting
build  libssl-dev       TLS and digests
build  zlib1g-dev       gzip and deflate
build  libbrotli-dev    brotli
build  libzstd-dev      zstd
build  libpsl-dev       public suffixes, for cookies
build  libicu-dev       host names and texts that are not ASCII
build  liburing-dev     files through io_uring, where the kernel allows it
build  libre2-dev       the crawler's include and exclude patterns
build  libcli11-dev     command lines of the programs
build  libtomlplusplus-dev  configuration files
build  libspdlog-dev    logs of the programs
test   libgtest-dev     GoogleTest, also for bight::testing
test   libgmock-dev     GoogleMock, also for bight::testing
test   openssl          makes certificates and serves TLS for the tests
test   nginx-light      a server of others that the tests talk to
test   python3          runs the lints
test?  clang-format-16  the format lint
peers  postgresql       a server: the database that bight::pg and bight::testing_pg talk to
peers  pgbouncer        a pooler in front of PostgreSQL
peers  apache2-bin      a server: Digest authentication, CGI
peers  python3-httpbin  a server: every part of HTTP that a client meets
peers  python3-gunicorn  runs httpbin
peers  python3-zstandard  a server that sends zstd
peers  haproxy          a load balancer that speaks the PROXY protocol
peers  tinyproxy-bin    an HTTP proxy
peers  microsocks       a SOCKS5 proxy
peers  $(users_package)  makes the user of stunnel4
peers  stunnel4         TLS in front of a proxy
peers  curl             a client
peers  wrk              a client for load
peers  nghttp2-client   h2load, a client for load that knows HTTP/2
peers  apache2-utils    ab, a client for load that speaks HTTP/1.0
$(node_line)
peers  chromium         a browser
peers  python3-aiohttp  a client and server
peers  python3-websockets  a client and server of WebSockets
peers  python3-httpx    a client
peers  python3-fastapi  an API like ours
peers  uvicorn          serves it
peers  python3-multipart  forms of it
END
}

# Only where there is none yet: Debian's cannot be installed beside newer ones of others.
node_line() {
  command -v node >/dev/null 2>&1 || echo "peers  nodejs           fetch, a client"
}

# boost_package [-json]. Debian 12 calls Boost 1.74 its default and has 1.81 beside it; newer releases have a newer default.
boost_package() {
  default=$(apt-cache policy libboost-dev 2>/dev/null | sed -n 's/^ *Candidate: *\([0-9]*\.[0-9]*\).*/\1/p')
  if [ -z "$default" ] && grep -qs '^VERSION_ID="\{0,1\}12"\{0,1\}$' /etc/os-release; then
    default=1.74
  fi
  case $default in
    1.[0-9] | 1.[0-7][0-9] | 1.80) echo "libboost${1:-}1.81-dev" ;;
    *) echo "libboost${1:-}-dev" ;;
  esac
}

# stunnel4 is content with either; the small one does for a system, such as a container, that has no systemd.
users_package() {
  if dpkg-query -W -f='${db:Status-Status}' systemd 2>/dev/null | grep -qx installed; then
    echo systemd
  else
    echo systemd-standalone-sysusers
  fi
}

say() { echo "install_deps: $*"; }

fail() {
  say "$1" >&2
  say "these packages are missing:" >&2
  for package in $missing; do
    purpose_of "$package" >&2
  done
  if command -v apt-get >/dev/null 2>&1; then
    say "as root: apt-get update && apt-get install" $missing >&2
  fi
  exit 1
}

purpose_of() {
  echo "$list" | awk -v package="$1" '$2 == package { $1 = ""; name = $2; $2 = ""; sub(/^ */, "");
    printf "  %-18s %s\n", name, $0 }'
}

print=no
groups=
for argument in "$@"; do
  case $argument in
    --print) print=yes ;;
    build | test | peers) groups="$groups $argument" ;;
    *)
      sed -n '2,9s/^# \{0,1\}//p' "$0"
      exit 2
      ;;
  esac
done
groups=${groups:-build test}

list=$(packages)
wanted=$(echo "$list" | awk -v groups=" $groups " \
  '{ group = $1; sub(/\?/, "", group); if (index(groups, " " group " ")) print $2 }')

if [ $print = yes ]; then
  for package in $wanted; do
    purpose_of "$package"
  done
  exit 0
fi

if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
  missing=$wanted
  fail "this system has no apt-get; install the counterparts of these packages by its own means"
fi

# One call for all. What is not installed is absent or has another status.
installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' $wanted 2>/dev/null | sed -n 's/ installed$//p') || true
missing=
for package in $wanted; do
  echo "$installed" | grep -qxF "$package" || missing="$missing $package"
done

# Forgets missing optional packages that the package lists do not know.
drop_unavailable() {
  kept=
  for package in $missing; do
    if ! echo "$list" | grep -q "^[a-z]*? *$package " || apt-cache policy "$package" | grep -q 'Candidate: [0-9]'; then
      kept="$kept $package"
    fi
  done
  missing=$kept
}

if ls /var/lib/apt/lists/*Packages* >/dev/null 2>&1; then
  drop_unavailable
fi
if [ -z "$missing" ]; then
  exit 0
fi

as_root=
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null 2>&1 || fail "this needs root, or sudo, and there is neither"
  as_root=sudo
  if [ ! -t 0 ]; then
    sudo -n true 2>/dev/null || fail "sudo asks for a password, and there is no terminal to type it"
  fi
fi

say "installing$missing"
apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120"
$apt update </dev/null >/dev/null 2>&1 || say "apt-get update failed; trying with the package lists that are here" >&2

# The lists are fresh now: they may name another Boost, or lack an optional package.
missing=$(echo "$missing" | sed "s/libboost[0-9.]*-dev/$(boost_package)/; s/libboost-json[0-9.]*-dev/$(boost_package -json)/")
list=$(packages)
drop_unavailable

# These would be started as services, and PostgreSQL would make a database cluster.
without_services() {
  case " $(echo $missing) " in
    *" postgresql "* | *" pgbouncer "* | *" haproxy "*) ;;
    *) return 0 ;;
  esac
  policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ]; then
    trap '$as_root rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null
    $as_root chmod 755 $policy
  fi
  case " $(echo $missing) " in
    *" postgresql "*) ;;
    *) return 0 ;;
  esac
  $apt install --no-install-recommends postgresql-common </dev/null >/dev/null || fail "apt-get install failed"
  conf=/etc/postgresql-common/createcluster.conf
  if ! grep -qs '^ *create_main_cluster' $conf; then
    echo 'create_main_cluster = false' | $as_root tee -a $conf >/dev/null
  fi
}

if [ -n "$missing" ]; then
  without_services
  $apt install --no-install-recommends $missing </dev/null >/dev/null || fail "apt-get install failed"
fi
