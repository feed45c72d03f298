"""Each rule of coroutine_lint on code that it must refuse and on code that it must accept."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import cpp_source as cpp
from coroutine_lint import Linter

ALLOWED = ["std::chrono::*", "std::string", "point"]


def rules(code):
    return [rule for _, rule, _ in Linter(ALLOWED).check(code)]


def in_coroutine(code):
    return rules("awaitable<void> f(int a) {\n" + code + "\n}")


class Conditional(unittest.TestCase):
    def test_refuses(self):
        self.assertEqual(in_coroutine("co_await f(p ? view(*p) : view());"), ["conditional"])
        self.assertEqual(in_coroutine("auto x = a ? co_await f() : 1;"), ["conditional"])

    def test_accepts(self):
        self.assertEqual(in_coroutine("auto v = p ? view(*p) : view(); co_await f(v);"), [])
        self.assertEqual(in_coroutine("co_await run([&]() -> awaitable<void> { h(a ? 1 : 2); co_return; });"), [])


class Condition(unittest.TestCase):
    def refused(self, code):
        self.assertEqual(in_coroutine(code), ["condition"], code)

    def accepted(self, code):
        self.assertEqual(in_coroutine(code), [], code)

    def test_refuses(self):
        self.refused("if (co_await g()) { h(); }")
        self.refused("if (x && co_await g()) h();")
        self.refused("if (auto x = co_await g()) h(x);")
        self.refused("if (\n  !\n  (co_await g()))\n h();")
        self.refused("if constexpr (co_await g()) {}")
        self.refused("if (int x = 1; co_await g(x)) {}")
        self.refused("if (a) {} else if (co_await g()) {}")
        self.refused("if (a) [[likely]] { while (co_await g()) {} }")
        self.refused("while (co_await g()) {}")
        self.refused("while (auto item = co_await next()) use(*item);")
        self.refused("do { h(); } while (co_await g());")
        self.refused("switch (co_await g()) { case 1: break; }")
        self.refused("for (int i = 0; i < co_await g(); ++i) {}")
        self.refused("for (int i = 0; i < 3; i += co_await g()) {}")
        self.refused("auto body = [&]() -> awaitable<void> { if (co_await g()) h(); };")
        self.refused("try { if (co_await g()) h(); } catch (...) {}")

    def test_accepts(self):
        self.accepted("auto x = co_await g(); if (x) h();")
        self.accepted("if (auto x = co_await g(); x) h();")
        self.accepted("switch (int x = co_await g(); x) { case 1: break; }")
        self.accepted("for (int i = co_await g(); i < 3; ++i) {}")
        self.accepted("for (auto& x : co_await g()) h(x);")
        self.accepted("if (a) co_await g();")
        self.accepted("if (a) { co_await g(); } else { co_await h(); }")
        self.accepted("while (true) { auto x = co_await g(); if (!x) break; }")
        self.accepted("do co_await g(); while (a);")
        self.accepted("bool both = co_await g() && co_await h();")
        self.accepted("// if (co_await g())\n h(\"if (co_await g())\");")
        self.accepted("h(R\"x(if (co_await g()) \" )x\");")
        self.accepted("if (run([&]() -> awaitable<bool> { co_return co_await g(); })) h();")


class Macro(unittest.TestCase):
    def refused(self, code):
        self.assertEqual(in_coroutine(code), ["macro"], code)

    def accepted(self, code):
        self.assertEqual(in_coroutine(code), [], code)

    def test_refuses(self):
        self.refused("EXPECT_EQ(co_await g(), 3);")
        self.refused("assert(co_await g());")
        self.refused("ASSERT_TRUE(\n  co_await g()\n) << \"text\";")
        self.refused("CHECK((co_await g()) == 2);")
        self.refused("if (a) EXPECT_TRUE(co_await g());")
        self.refused("h([&]() -> awaitable<void> { EXPECT_EQ(1, co_await g()); });")

    def test_accepts(self):
        self.accepted("auto x = co_await g(); EXPECT_EQ(x, 3);")
        self.accepted("EXPECT_EQ(run([&]() -> awaitable<int> { co_return co_await g(); }), 3);")
        self.assertEqual(rules("ASYNC_TEST(suite, name) { co_await g(); }"), [])
        self.accepted("expect(co_await g());")


class Capture(unittest.TestCase):
    def refused(self, code):
        self.assertEqual(in_coroutine(code), ["capture"], code)

    def accepted(self, code):
        self.assertEqual(in_coroutine(code), [], code)

    def test_refuses(self):
        self.refused("co_await g([s] { use(s); });")
        self.refused("co_await g([=] { use(s); });")
        self.refused("co_await g([&, s] { use(s); });")
        self.refused("co_await g([s = std::move(s)] { use(s); });")
        self.refused("co_await g([*this] { use(); });")
        self.refused("co_await g(\n  1,\n  [s]() mutable -> awaitable<void> {\n co_await h(s);\n });")
        self.refused("auto x = co_await g(std::function<void()>([s] {}));")
        self.refused("co_return co_await [s]() -> awaitable<int> { co_return 1; }();")
        self.refused("auto r = f([s] {}) + co_await g();")
        self.refused("if (a) co_await g([s] {});")
        self.refused("h([&]() -> awaitable<void> { co_await g([s] {}); });")
        self.refused("co_await g([&]<class T>(T) { auto x = 1; }, [s]<class T>(T) {});")

    def test_accepts(self):
        self.accepted("co_await g([&] { use(s); });")
        self.accepted("co_await g([&s, this] { use(s); });")
        self.accepted("co_await g([&s = t] { use(s); });")
        self.accepted("co_await g([] { use(); });")
        self.accepted("auto w = [s] { use(s); }; co_await g(std::move(w));")
        self.accepted("auto t = g([s] {}); co_await std::move(t);")
        self.accepted("spawn([s]() -> awaitable<void> { co_await h(s); });")
        self.accepted("co_await [&] { return g([s] {}); }();")
        self.accepted("auto& [a, b] = pairs[i]; auto [c, d] = co_await g(array[i], x[0][1]);")
        self.accepted("[[maybe_unused]] auto x = co_await g();")


class Brace(unittest.TestCase):
    def refused(self, code):
        self.assertEqual(in_coroutine(code), ["brace"], code)

    def accepted(self, code):
        self.assertEqual(in_coroutine(code), [], code)

    def test_refuses(self):
        self.refused("co_await g(options{1, text});")
        self.refused("co_await g({1, 2, 3});")
        self.refused("co_await g(url, {});")
        self.refused("co_await g(url, {.retries = 3, .name = text});")
        self.refused("co_await g(\n  options{\n    .name = text,\n  });")
        self.refused("co_await options{}.run();")
        self.refused("co_await g(new options{text});")
        self.refused("co_await g(std::vector<int>{1, 2});")
        self.refused("co_await g(std::array<std::string, 2>{a, b});")
        self.refused("co_return result{co_await g(), 1};")
        self.refused("auto x = result{co_await g(), 1};")
        self.refused("x = {co_await g(), 1};")
        self.refused("result x{co_await g(), 1};")
        self.refused("result x = {co_await g(), 1};")
        self.refused("std::vector<int> x{co_await g()};")
        self.refused("co_yield item{text};")
        self.refused("for (auto x = co_await g(options{a}); x; ) {}")

    def test_accepts(self):
        self.accepted("options o{1, text}; co_await g(std::move(o));")
        self.accepted("co_await sleep(std::chrono::seconds{1});")
        self.accepted("co_await g(std::string{text}, point{1, 2});")
        self.accepted("auto x{co_await g()}; std::string t{co_await h()};")
        self.accepted("point p{co_await g(), 1};")
        self.accepted("result r(co_await g());")
        self.accepted("co_await g([&] { h(options{1}); });")
        self.accepted("co_return result{1, text};")
        self.accepted("auto o = options{1};")
        self.accepted("auto t = g(options{1}); co_await std::move(t);")


TYPES = """
  namespace app {
  struct options { int retries = 3; std::string name; };
  struct limits { int low; std::optional<int> high; std::chrono::seconds wait{1}; };
  class named { public: named(std::string name) : name_(std::move(name)) {} private: std::string name_; };
  struct reply { reply() = default; std::string text; };
  struct deep { limits low; options rest; };
  struct view { std::string_view text; const options* from = nullptr; void (*done)(int) = nullptr; };
  struct base { virtual ~base(); std::string text; };
  struct closing { ~closing(); int descriptor; };
  struct closed { private: std::string text; };
  struct calling { static inline std::string last; int n; std::string text() const; bool operator==(const calling&) const; };
  template <class T> struct box { T value; std::function<void(int)> done; };
  enum class color { red, green };
  using choice = options;
  }
"""


class Known(unittest.TestCase):
    """What the classes of the file, or of its headers, say of braces and parentheses."""

    def refused(self, code, rule):
        self.assertEqual(rules(TYPES + "awaitable<void> f(int a) {\n" + code + "\n}"), [rule], code)

    def accepted(self, code):
        self.assertEqual(rules(TYPES + "awaitable<void> f(int a, const char* s, options& o) {\n" + code + "\n}"), [],
                         code)

    def test_refuses_parenthesised_aggregates(self):
        for code in (
            "co_await g(options(3, text));",
            "co_await g(1, app::options(3));",
            "co_await g(deep(l, o));",
            "co_await g(box(text));",
            "co_await g(box<std::string>(text));",
            "co_await g(choice(3, text));",
            "co_await g(closing(3));",
            "co_await g(h(options(3)));",
            "co_await g(static_cast<options>(3));",
            "co_await g(new options(3, text));",
            "co_await options(3, text).run();",
            "co_return options(co_await n(), text);",
            "auto o = options(co_await n());",
            "options o(co_await n());",
            "box<std::string> b(co_await n());",
            "all.push_back(options(co_await n()));",
            "throw options(co_await n());",
            "{ struct local { std::string text; }; co_await g(local(text)); }",
        ):
            self.refused(code, "aggregate")

    def test_refuses_braced_aggregates(self):
        for code in ("co_await g(options{});", "co_await g(deep{l});", "co_await g(box<int>{1});",
                     "co_return options{co_await n()};", "options o{co_await n()};", "options o = {co_await n()};"):
            self.refused(code, "brace")

    def test_refuses_default_arguments(self):
        for parameter in ("options o = {}", "const options& o = {}", "options o = options{3}",
                          "options o = app::options(3)"):
            self.assertEqual(rules(TYPES + f"awaitable<void> g(int a, {parameter});"), ["default"], parameter)
        self.assertEqual(rules(TYPES + "auto g(options o = {}) -> awaitable<void>;"), ["default"])
        self.assertEqual(rules(TYPES + "struct s { awaitable<void> g(options o = {}) const; };"), ["default"])

    def test_accepts(self):
        for code in (
            "co_await g(limits{1}); co_await g(limits(1)); limits l{co_await n()};",
            "co_await g(named{text}); co_await g(named(text)); named n{co_await line()};",
            "co_await g(reply(text)); co_await g(base()); co_await g(closed()); co_await g(view{text}, view(text));",
            "co_await g(calling(3)); co_await g(color{1}, app::color(1));",
            "co_await g(std::array<int, 2>{1, 2}); std::array<int, 2> a{co_await n(), 1}; int b[] = {co_await n(), 2};",
            "co_await g(std::optional<limits>{l}, std::pair<int, limits>{1, l});",
            "co_await g(options());",
            "options o(3, text); co_await g(o, std::move(o)); co_await g(x.options(3), x->box(text));",
            "auto options = [&](int) { return 1; }; co_await g(options(3));",
            "co_await g([&] { return options(3); });",
        ):
            self.accepted(code)
        self.assertEqual(rules(TYPES + "awaitable<void> g(int a = 1, limits l = {}, named n = {}, options o = options());"), [])
        self.assertEqual(rules(TYPES + "void g(options o = {});"), [])

    def test_accepts_captures_of_what_has_nothing_to_destroy(self):
        self.accepted("co_await g([a] { use(a); });")
        self.accepted("co_await g([a, s, n = 1, m = a]() -> awaitable<void> { use(a); });")
        self.accepted("const auto n = 3; limits l{1}; std::span<char> v; co_await g([n, l, v] {});")
        self.refused("const std::string& t = text; co_await g([t] {});", "capture")
        self.refused("options* p = &o; options q; co_await g([q, p] {});", "capture")
        self.refused("auto [b, c] = pair; co_await g([b] {});", "capture")
        self.refused("std::string b, c; co_await g([c] {});", "capture")
        self.refused("auto b = text; co_await g([b] {});", "capture")
        self.refused("co_await g([o = text] {});", "capture")

    def test_accepts_conditionals_of_what_has_nothing_to_destroy(self):
        self.accepted("co_await g(a ? 1 : 2); co_await g(text, o.ready() ? \"a\" : \"b\", a > 0 ? a : -a);")
        self.refused("auto t = found ? it->second : co_await load(key);", "conditional")
        self.refused("co_await g(a ? text : \"b\");", "conditional")
        self.refused("co_await g(a ? 1 : b ? text : more);", "conditional")
        self.refused("co_await (a ? f() : g());", "conditional")


class CommandLine(unittest.TestCase):
    """Paths, headers, exit codes."""

    FAULT = "awaitable<void> f() { if (co_await g()) {} }\n"

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)

    def run_lint(self, *arguments):
        script = Path(__file__).with_name("coroutine_lint.py")
        command = [sys.executable, "-B", str(script), *map(str, arguments)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        return result.returncode, result.stdout + result.stderr

    def test_takes_files_and_folders(self):
        file = self.write("a.cpp", self.FAULT)
        self.write("inner/b.hh", "\n" + self.FAULT)
        self.write("build/CMakeCache.txt", "")
        self.write("build/generated.cpp", self.FAULT)
        self.write(".hidden/c.cpp", self.FAULT)
        self.write("coroutine_faults/d.cpp", self.FAULT)
        self.write("notes.txt", self.FAULT)
        code, output = self.run_lint(file)
        self.assertEqual(code, 1)
        self.assertIn(f"{file}:1: [condition]", output)
        self.assertIn("1 files, 1 findings", output)
        code, output = self.run_lint(self.folder)
        self.assertEqual(code, 1)
        self.assertIn("inner/b.hh:2: [condition]", output)
        self.assertIn("2 files, 2 findings", output)
        code, output = self.run_lint(file, self.folder / "inner")
        self.assertIn("2 files, 2 findings", output)

    def test_refuses_nothing(self):
        code, output = self.run_lint(self.folder)
        self.assertEqual(code, 1)
        self.assertIn("no C++ files in", output)
        code, output = self.run_lint(self.folder / "missing.cpp")
        self.assertEqual(code, 1)
        self.assertIn("no such file or folder", output)
        self.assertEqual(self.run_lint()[0], 2)

    def test_reads_headers(self):
        self.write("lib/options.hpp", "struct options { std::string name; };\n" + self.FAULT)
        file = self.write("src/a.cpp", "#include <options.hpp>\nawaitable<void> f() { co_await g(options(text)); }\n")
        other = self.write("src/b.cpp", "awaitable<void> f() { co_await g(options(text)); }\n")
        code, output = self.run_lint(file, other)
        self.assertEqual(code, 0, output)  # nobody knows what `options` is
        code, output = self.run_lint("-I", self.folder / "lib", file, other)
        self.assertEqual(code, 1)
        self.assertIn("a.cpp:2: [aggregate]", output)
        self.assertIn("2 files, 1 findings", output)
        stamp, depfile = self.folder / "stamp", self.folder / "stamp.d"
        arguments = ("-I", self.folder / "lib", "--project", self.folder, "--stamp", stamp, "--depfile", depfile)
        code, output = self.run_lint(*arguments, file)
        self.assertIn("options.hpp:2: [condition]", output)
        self.assertIn("2 files, 2 findings", output)
        self.assertFalse(stamp.exists())
        self.write("lib/options.hpp", "struct options { int number; };\n")
        code, output = self.run_lint(*arguments, file)
        self.assertEqual(code, 0, output)
        self.assertTrue(stamp.exists())
        self.assertIn(str((self.folder / "lib/options.hpp").resolve()), depfile.read_text())

    def test_allows_types(self):
        file = self.write("a.cpp", "awaitable<void> f() { co_await g(other::point{1}); }\n")
        self.assertEqual(self.run_lint(file)[0], 1)
        self.assertEqual(self.run_lint("--allow", "other::*", file)[0], 0)


class Structure(unittest.TestCase):
    """Which braces are function bodies: the length budget and the lint both rest on it."""

    def lengths(self, code):
        return [body.last_line - body.line + 1 for body in cpp.functions(cpp.parse(code))]

    def test_function_bodies(self):
        self.assertEqual(self.lengths("int f() {\n}\n"), [2])
        self.assertEqual(self.lengths("auto f(int a) const noexcept -> std::pair<int, a::b<c>> {\n\n}\n"), [3])
        self.assertEqual(self.lengths("x::x(int a) : base(a), b_{a}, c_(a) {\n}\n"), [2])
        self.assertEqual(self.lengths("x::x(int a) : b_{a} {\n}\n"), [2])
        self.assertEqual(self.lengths("TEST(suite, name) {\n if (a) {\n }\n}\n"), [4])
        self.assertEqual(self.lengths("auto l = [a](int b) mutable {\n};\n"), [2])
        self.assertEqual(self.lengths("bool operator==(a, b) {\n}\nx& operator=(x&&) {\n}\n"), [2, 2])
        self.assertEqual(self.lengths("template <class T> requires c<T> T f(T t) {\n}\n"), [2])
        self.assertEqual(self.lengths("template <class T> T f(T t) requires c<T> && d<T> {\n}\n"), [2])

    def test_other_braces(self):
        self.assertEqual(self.lengths("namespace a::b {\nstruct c final : d<e> {\n int x{1};\n};\n}\n"), [])
        self.assertEqual(self.lengths("enum class e : int {\n a, b };\nint t[] = {\n 1, 2 };\n"), [])
        self.assertEqual(self.lengths("template <class T> concept c = requires(T t) {\n t.f();\n};\n"), [])
        self.assertEqual(self.lengths("#define X(a) {\nint y = 1'000'000;\nchar q = '{';\n"), [])


if __name__ == "__main__":
    sys.exit(not unittest.main(exit=False, verbosity=1).result.wasSuccessful())
