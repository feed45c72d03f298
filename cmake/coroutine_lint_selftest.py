"""Each rule of coroutine_lint on code that it must refuse and on code that it must accept."""

import sys
import unittest

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
