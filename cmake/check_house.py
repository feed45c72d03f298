"""Budgets and the mirror rule. Usage: check_house.py <repository>

  budget    a public header has at most 400 lines, a source 500, a test 700, an example 60, a function 60.
  mirror    include/bight/<room>/<thing>.hpp has test/<room>/<thing>_test.cpp; src/<room>/<thing>.cpp has
            that header. Sources and tests include their header first, so every header stands alone.
  umbrella  include/bight/<room>.hpp holds includes and comments only.
  name      files are snake_case; headers begin with #pragma once; nothing is left to be done later.
"""

import re
import sys
from pathlib import Path

import cpp_source as cpp
from check_layers import ROOMS, includes

BUDGETS = (
    ("include/", 400),
    ("apps/examples/", 60),
    ("test/", 700),
    ("src/", 500),
    ("apps/", 500),
)
FUNCTION_LINES = 60
FILE_NAME = re.compile(r"[a-z0-9][a-z0-9_]*\.(hpp|cpp)$")
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")


class House:
    def __init__(self, root):
        self.root = Path(root)
        self.findings = []

    def report(self, path, line, text):
        self.findings.append(f"{path}:{line}: {text}")

    def exists(self, path):
        return (self.root / path).is_file()

    def run(self):
        for file in cpp.source_files(self.root):
            path = file.relative_to(self.root)
            text = file.read_text()
            self.check_budget(path, text)
            self.check_text(path, text)
            first = next((name for _, _, name in includes(text)), "")
            if path.parts[0] == "include":
                self.check_public_header(path, text)
            elif path.parts[0] == "src" and path.suffix == ".cpp":
                self.check_source(path, first)
            elif path.parts[0] == "test" and path.name.endswith("_test.cpp"):
                self.check_test(path, first)
        return self.findings

    def check_budget(self, path, text):
        lines = text.count("\n")
        limit = next((n for prefix, n in BUDGETS if path.as_posix().startswith(prefix)), 500)
        if lines > limit:
            self.report(path, limit + 1, f"{lines} lines; the budget is {limit}: find the second idea in it")
        try:
            bodies = list(cpp.functions(cpp.parse(text)))
        except cpp.Unbalanced as error:
            self.report(path, error.line, str(error))
            return
        for body in bodies:
            length = body.last_line - body.line + 1
            if length > FUNCTION_LINES:
                self.report(path, body.line, f"a function of {length} lines; the budget is {FUNCTION_LINES}")

    def check_text(self, path, text):
        if not FILE_NAME.match(path.name):
            self.report(path, 1, "file names are snake_case")
        if path.suffix == ".hpp":
            directives = [t.text for t in cpp.tokenize(text) if t.kind == "directive"]
            if directives[:1] != ["#pragma once"]:
                self.report(path, 1, "a header begins with #pragma once")
        for number, line in enumerate(text.splitlines(), 1):
            if UNFINISHED.search(line):
                self.report(path, number, "finish it, or write down why it is as it is")

    def check_public_header(self, path, text):
        inside = path.parts[2:]
        room = inside[0].removesuffix(".hpp")
        if len(inside) == 1:
            if room in ROOMS:
                self.check_umbrella(path, text)
            elif not self.exists(f"test/core/{room}_test.cpp"):
                self.report(path, 1, f"its test is missing: test/core/{room}_test.cpp")
        elif "detail" not in inside:
            test = Path("test", *inside[:-1], inside[-1].removesuffix(".hpp") + "_test.cpp").as_posix()
            if not self.exists(test):
                self.report(path, 1, f"its test is missing: {test}")

    def check_umbrella(self, path, text):
        for token in cpp.tokenize(text):
            if token.kind != "directive" or not re.match(r"#\s*(include|pragma)\b", token.text):
                self.report(path, token.line, "an umbrella header holds includes and comments only")
                return

    def check_source(self, path, first):
        thing = path.with_suffix(".hpp").relative_to("src")
        detail = thing.parent / "detail" / thing.name
        top_level = Path(thing.name) if thing.parts[0] == "core" and len(thing.parts) == 2 else thing
        names = [f"bight/{thing.as_posix()}", f"bight/{detail.as_posix()}", f"bight/{top_level.as_posix()}"]
        headers = [name for name in names if self.exists(f"include/{name}")]
        if self.exists(f"src/{thing.as_posix()}"):
            headers.append(thing.as_posix())
        if not headers and len(thing.parts) == 2:
            self.report(path, 1, f"its header is missing: include/bight/{thing.as_posix()}")
        elif headers and first not in headers:
            self.report(path, 1, f"its first include is its header, {headers[0]}")

    def check_test(self, path, first):
        thing = path.relative_to("test").as_posix().removesuffix("_test.cpp") + ".hpp"
        room = path.parts[1]
        if room not in ROOMS:
            return
        names = [f"bight/{thing}"] + ([f"bight/{Path(thing).name}"] if room == "core" else [])
        headers = [name for name in names if self.exists(f"include/{name}")]
        if self.exists(f"src/{thing}"):
            headers.append(thing)
        if headers:
            if first not in headers:
                self.report(path, 1, f"its first include is its header, {headers[0]}")
        elif not first.startswith((f"bight/{room}", f"{room}/")):
            self.report(path, 1, f"its first include is the header of {room} that it tests")


def main(arguments):
    findings = House(arguments[0]).run()
    print("\n".join(findings + [f"check_house: {len(findings)} findings"]))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
