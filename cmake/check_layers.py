"""Which room may include what. Usage: check_layers.py <repository>

  rooms        a room includes its own headers and those of the rooms in its row of ROOMS.
  public       a public header includes the standard library, POSIX, Boost.System and what PUBLIC names.
  private      a private header ("room/...") is included by its room, by the tests of its folder, by fuzzers
               and by benchmarks; programs and examples see public headers only.
  third-party  a room's sources use the libraries of its row of PRIVATE.
"""

import re
import sys
from pathlib import Path

import cpp_source as cpp

ROOMS = {
    "core": [],
    "net": ["core"],
    "fs": ["core"],
    "http": ["core", "net", "fs"],
    "pg": ["core", "net", "fs"],
    "mysql": ["core", "net"],
    "service": ["core"],
    "config": ["core"],
    "logging": ["core"],
    "service_http": ["core", "net", "fs", "http", "service"],
    "crawl": ["core", "net", "http", "fs"],
    "crawl_pg": ["core", "net", "http", "fs", "pg", "crawl"],
    "api": ["core", "net", "fs", "http"],
    "testing": ["core", "net"],
    "testing_http": ["core", "net", "fs", "http", "testing"],
    "testing_pg": ["core", "net", "fs", "pg", "testing"],
}

# What the tests of a room include beside testing and testing_<room>.
TESTED_WITH = {"api": ("testing_http",)}

STANDARD = re.compile(r"[a-z_0-9]+$")
POSIX = ("sys/", "netinet/", "net/if.h", "arpa/", "linux/", "unistd.h", "fcntl.h", "poll.h", "netdb.h", "signal.h", "spawn.h", "grp.h", "pwd.h",
         "dlfcn.h", "pthread.h", "sched.h", "termios.h", "dirent.h", "errno.h", "time.h", "cxxabi.h", "execinfo.h",
         "sanitizer/", "emmintrin.h", "immintrin.h", "arm_neon.h")
BOOST_BASIS = ("boost/system/", "boost/config.hpp", "boost/assert/", "boost/version.hpp")

# Third-party headers that users of a public header see.
PUBLIC = {
    "asio.hpp": ("boost/asio", "boost/version.hpp"),
    "http/beast.hpp": ("boost/asio", "boost/beast"),
    "http/detail/beast_messages.hpp": ("boost/asio", "boost/beast"),
    "http/json.hpp": ("boost/json", "boost/describe"),
    "http/detail/json_": ("boost/json", "boost/describe", "boost/mp11"),
    "api/": ("boost/json", "boost/describe", "boost/mp11"),
    "config/": ("boost/describe", "boost/mp11"),
    "pg/json.hpp": ("boost/json",),
    "pg/described.hpp": ("boost/describe", "boost/mp11"),
    "pg/detail/described_": ("boost/describe", "boost/mp11"),
    "testing/": ("gtest/", "gmock/"),
    "testing_pg/": ("gtest/", "gmock/"),
}

# Third-party headers of a room's sources, beside BOOST_BASIS and the header-only Boost libraries.
ASIO = ("boost/asio", "boost/beast")
PRIVATE = {
    "core": ("boost/asio", "fmt/"),
    "net": ("boost/asio", "openssl/", "ares"),
    "fs": ("boost/asio", "liburing"),
    "http": ("boost/asio", "boost/beast", "nghttp2/", "zlib.h", "brotli/", "zstd", "openssl/", "libpsl.h",
             "unicode/"),
    "pg": ("boost/asio", "openssl/", "unicode/"),
    "mysql": ("boost/asio", "mysql", "mariadb"),
    "service": (),
    "config": ("toml++/", "CLI/"),
    "logging": ("spdlog/",),
    "service_http": (),
    "crawl": ("sqlite3.h", "gumbo.h", "zlib.h", "openssl/", "uchardet", "re2/", "cmark-gfm",
              "unicode/", "expat.h"),
    "crawl_pg": (),
    "api": ("openssl/",),
    "testing": ("gtest/", "gmock/", "boost/asio"),
    "testing_http": ("gtest/", "gmock/"),
    "testing_pg": ("gtest/", "gmock/"),
}

INCLUDE = re.compile(r'#\s*include\s*([<"])([^>"]+)[>"]')


class Checker:
    def __init__(self, root):
        self.root = Path(root)
        self.findings = []

    def report(self, path, line, text):
        self.findings.append(f"{path}:{line}: {text}")

    def run(self):
        for path in cpp.source_files(self.root):
            relative = path.relative_to(self.root)
            for line, quote, name in includes(path.read_text()):
                self.check(relative, line, quote, name)
        self.check_cmake()
        return self.findings

    def check(self, path, line, quote, name):
        parts = path.parts
        if parts[0] == "include":
            self.check_public(path, line, quote, name)
        elif parts[0] == "src":
            self.check_source(path, line, quote, name)
        elif parts[0] == "apps":
            self.check_app(path, line, quote, name)
        elif parts[0] == "test":
            self.check_test(path, line, quote, name)

    def check_public(self, path, line, quote, name):
        thing = "/".join(path.parts[2:])
        room = room_of(thing)
        if quote == '"':
            self.report(path, line, f'public headers include each other as <bight/...>, not "{name}"')
        elif name.startswith("bight/"):
            self.check_room(path, line, room, name)
            bridges = [b for b in ("asio.hpp", "http/beast.hpp") if name == f"bight/{b}"]
            if bridges and thing != "http/beast.hpp":
                self.report(path, line, f"<{name}> is for users: no other public header may reach Asio or Beast")
        elif not is_basis(name):
            extra = [p for key, prefixes in PUBLIC.items() if thing.startswith(key) for p in prefixes]
            if not name.startswith(tuple(extra)):
                self.report(path, line, f"a public header may not include <{name}>")

    def check_source(self, path, line, quote, name):
        room = path.parts[1]
        if quote == '"':
            if name.split("/")[0] != room or "/" not in name:
                self.report(path, line, f'private headers are included as "{room}/...", not "{name}"')
        elif name.startswith("bight/"):
            self.check_room(path, line, room, name)
        elif not is_basis(name):
            boost = name.startswith("boost/") and not name.startswith(ASIO)
            if not boost and not name.startswith(PRIVATE.get(room, ())):
                self.report(path, line, f"the room {room} does not use <{name}>")

    def check_app(self, path, line, quote, name):
        folder = self.root / path.parts[0] / path.parts[1]
        places = (folder, folder / "src", self.root / path.parent)
        if quote == '"' and not any((place / name).exists() for place in places):
            self.report(path, line, f'programs include public headers <bight/...>, not "{name}"')
        if name.startswith("bight/") and "/detail/" in name:
            self.report(path, line, f"<{name}> is not for users")

    def check_test(self, path, line, quote, name):
        folder = path.parts[1]
        if folder in ("bench", "fuzz", "support"):
            return
        if folder == "apps" and name.startswith(("apps/", "support/")):
            return  # the programs are run from outside
        if folder not in ROOMS:
            if quote == '"' and "/" in name:  # a consumer has headers of its own
                self.report(path, line, f'consumers include public headers <bight/...>, not "{name}"')
            return
        if quote == '"':
            here = "/".join(path.parts[1:-1]) + "/"
            private_folder = name.rpartition("/")[0] + "/"
            helper = (self.root / path.parent / name).exists() or (self.root / "test" / name).exists()
            if not helper and not name.startswith("support/") and not here.startswith(private_folder):
                self.report(path, line, f'"{name}" is private: only tests under test/{private_folder} include it')
        elif name.startswith("bight/"):
            self.check_room(path, line, folder, name, also=("testing", f"testing_{folder}", *TESTED_WITH.get(folder, ())))

    def check_room(self, path, line, room, name, also=()):
        other = room_of(name.removeprefix("bight/"))
        if other not in (room, *also, *ROOMS.get(room, ())):
            self.report(path, line, f"the room {room} may not include <{name}>, of the room {other}")

    def check_cmake(self):
        for path in sorted(self.root.glob("src/*/CMakeLists.txt")):
            room = path.parent.name
            relative = path.relative_to(self.root)
            if room not in ROOMS:
                self.report(relative, 1, f"the room {room} has no row in check_layers.py")
                continue
            found = re.search(r"\bDEPENDS\s+([a-z_\s]+?)(?=\s+[A-Z]|\))", path.read_text())
            for other in found.group(1).split() if found else []:
                if other not in ROOMS[room]:
                    self.report(relative, 1, f"the room {room} may not depend on {other}")


def includes(text):
    for token in cpp.tokenize(text):
        if token.kind == "directive" and (match := INCLUDE.match(token.text)):
            yield token.line, match.group(1), match.group(2)


def room_of(thing):
    """The room of a path below include/bight; headers that name no room belong to core."""
    first = thing.split("/")[0].removesuffix(".hpp")
    return first if first in ROOMS else "core"


def is_basis(name):
    return bool(STANDARD.match(name)) or name.startswith(POSIX) or name.startswith(BOOST_BASIS)


def main(arguments):
    findings = Checker(arguments[0]).run()
    print("\n".join(findings + [f"check_layers: {len(findings)} findings"]))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
