"""What check_includes and doc_examples accept and refuse."""

import sys
import tempfile
import unittest
from pathlib import Path

import doc_examples
from check_includes import Repository, missing


class Includes(unittest.TestCase):
    def names(self, code, *headers):
        return [f"{line} {name}" for line, name, _ in missing(code, headers)]

    def test_refuses(self):
        self.assertEqual(self.names("a;\nstd::any_of(b, e, f);", "vector"), ["2 any_of"])
        self.assertEqual(self.names("std::ranges::sort(v);", "vector"), ["1 sort"])
        self.assertEqual(self.names("std::string s = std::move(t);"), ["1 move", "1 string"])
        self.assertEqual(self.names("std::uint8_t a; std::uint8_t b;", "string"), ["1 uint8_t"])

    def test_accepts(self):
        self.assertEqual(self.names("std::any_of(b, e, f);", "algorithm"), [])
        self.assertEqual(self.names("// std::any_of\nf(\"std::any_of\"); mine::any_of(b);"), [])
        self.assertEqual(self.names("std::string_view v; std::exception_ptr e;", "string", "stdexcept"), [])
        self.assertEqual(self.names("std::vector<int> v;", "gtest/gtest.h"), [])

    def test_follows_headers_of_the_repository(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "include").mkdir()
            (root / "include/a.hpp").write_text("#include <algorithm>\n")
            (root / "src").mkdir()
            (root / "src/b.hpp").write_text("#include <a.hpp>\n")
            (root / "src/b.cpp").write_text("  # include \"b.hpp\"\n#include <vector>\n")
            self.assertEqual(Repository(root).reached(root / "src/b.cpp"), {"algorithm", "vector"})


class Examples(unittest.TestCase):
    HEADER = """
/// Says something.
///
///     bight::awaitable<int> answer() {
///       co_return 42;
///     }
///
///     ...
///     int n = co_await answer();
///     run([] { ... });
///
/// More text.
///     | output
int f();
  ///     g();
"""

    def test_finds_them(self):
        found = doc_examples.examples(self.HEADER)
        self.assertEqual([line for line, _ in found], [4, 15])
        self.assertEqual(found[1][1], ["g();"])
        self.assertEqual(found[0][1][1], "  co_return 42;")

    def test_separates_definitions_from_statements(self):
        code = doc_examples.without_ellipses("\n".join(doc_examples.examples(self.HEADER)[0][1]))
        definitions, statements = doc_examples.parts(code)
        self.assertEqual(definitions.split("\n")[:3], ["bight::awaitable<int> answer() {", "  co_return 42;", "}"])
        self.assertEqual(statements.split("\n")[4:7], ["", "int n = co_await answer();", "run([] { });"])
        self.assertEqual(doc_examples.parts("class a : b {\n int c;\n};")[1].strip(), "")
        self.assertEqual(doc_examples.parts("catch_all(...);")[1], "catch_all(...);")

    def generate(self, preamble, **headers):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "preamble").write_text(preamble)
            paths = []
            for name, text in headers.items():
                paths.append(str(Path(folder, f"{name}.hpp")))
                Path(paths[-1]).write_text(text)
            return doc_examples.generate(str(Path(folder, "preamble")), paths)

    def test_generates(self):
        source = self.generate("int all;\n// ---- a.hpp\nint only_a;\n", a=self.HEADER, b="/// Text.\n")
        self.assertLess(source.index("int all;"), source.index("namespace examples_of_a"))
        self.assertIn("namespace examples_of_a {\n\nint only_a;", source)
        self.assertIn("#line 4 ", source)
        self.assertEqual(source.count("example() {"), 2)

    def test_refuses_what_nothing_uses(self):
        for preamble in ("// ---- c.hpp\nint c;\n", "// ---- b.hpp\nint b;\n"):
            with self.assertRaises(SystemExit):
                self.generate(preamble, a=self.HEADER, b="/// Text.\n")
        with self.assertRaises(SystemExit):
            self.generate("", b="/// Text.\n")


if __name__ == "__main__":
    sys.exit(not unittest.main(exit=False, verbosity=1).result.wasSuccessful())
