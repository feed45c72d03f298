"""Rules for coroutines that GCC 12 compiles correctly. Usage: coroutine_lint.py <repository> [<file>...]

GCC before 13 miscompiles some shapes, and a sanitizer is the only one who notices:

  condition    co_await in the condition of if, while, do, switch or for: name the value first.
  macro        co_await in the arguments of a macro, which may put it into a condition: name it first.
  capture      a lambda with by-value captures in an expression that also awaits (its captures are destroyed
               twice): capture by reference, or name the lambda first.
  brace        braces in an expression that also awaits, be it a temporary or a named variable (an aggregate
               is destroyed twice, an initializer_list does not compile): name the value first, or use a
               constructor with parentheses.
  conditional  a ? b : c in an expression that also awaits (a temporary in either branch is made in both
               cases): name the value first.

Types that are safe with braces (trivially copyable, or with constructors) are listed in
coroutine_lint_allow.txt.
"""

import sys
from fnmatch import fnmatchcase
from pathlib import Path

import cpp_source as cpp

AWAITS = ("co_await", "co_yield")
ALLOW_FILE = Path(__file__).with_name("coroutine_lint_allow.txt")


def read_allowed(path=ALLOW_FILE):
    lines = (line.split("#")[0].strip() for line in path.read_text().splitlines())
    return [line for line in lines if line]


class Linter:
    def __init__(self, allowed):
        self.allowed = allowed
        self.found = []

    def report(self, line, rule, text):
        self.found.append((line, rule, text))

    def check(self, text):
        """All findings of a file as (line, rule, message), in order of lines."""
        try:
            root = cpp.parse(text)
        except cpp.Unbalanced as error:
            return [(error.line, "parse", str(error))]
        self.block(root)
        return sorted(set(self.found))

    def block(self, group):
        for statement in cpp.statements(group):
            head = statement[0]
            if cpp.is_token(head, *cpp.CONTROL) and cpp.is_group(statement[-1], "("):
                self.control(head.text, statement[-1])
            else:
                self.expression(statement)

    def control(self, keyword, parentheses):
        parts = split(parentheses.items, ";")
        conditions = {"for": parts[1:], "catch": []}.get(keyword, parts[-1:])
        for part in conditions:
            if line := first_await(part):
                self.report(line, "condition", f"co_await in the condition of '{keyword}': name the value first")
        for part in parts:
            self.expression(part)

    def expression(self, items):
        """One full expression (or declaration), and every body inside it."""
        if first_await(items):
            self.temporaries(items)
        self.macros(items)
        for body in bodies(items):
            self.block(body)

    def macros(self, items):
        for index, item in enumerate(items):
            if item.kind != "group" or item.role in BODIES:
                continue
            name = items[index - 1] if index else None
            if item.text == "(" and name is not None and is_macro_name(name):
                if line := first_await(item.items):
                    self.report(line, "macro", f"co_await in the arguments of {name.text}: name the value first")
            self.macros(item.items)

    def temporaries(self, items):
        for index, item in enumerate(items):
            if cpp.is_token(item, "?"):
                self.report(item.line, "conditional",
                            "a conditional in an expression with co_await: name the value first")
            if cpp.lambda_parts(items, index) is not None:
                self.captures(item)
            elif cpp.is_group(item, "{") and item.role == "init":
                if not self.is_allowed(items, index):
                    self.report(item.line, "brace", "braces in an expression with co_await: name the value first")
            if item.kind == "group" and item.role not in BODIES:
                self.temporaries(item.items)

    def captures(self, introducer):
        for capture in split(introducer.items, ","):
            if capture and not cpp.is_token(capture[0], "&", "this"):
                text = "".join(i.text for i in capture if i.kind != "group")
                self.report(introducer.line, "capture",
                            f"by-value capture '{text}' in an expression with co_await: name the lambda first")

    def is_allowed(self, items, index):
        """`T{...}`, `T name{...}` or `auto name{...}` with a type from the list of safe ones."""
        names = {type_name(items, index)}
        if index > 1 and items[index - 1].kind == "id" and not cpp.is_token(items[index - 2], "::"):
            names.add(type_name(items, index - 1))
        return any(name and fnmatchcase(name, pattern) for name in names for pattern in self.allowed + ["auto"])


BODIES = ("lambda", "block", "declarations", "function")


def split(items, separator):
    parts = [[]]
    for item in items:
        if cpp.is_token(item, separator):
            parts.append([])
        else:
            parts[-1].append(item)
    return parts


def first_await(items):
    """The line of the first co_await that belongs to this function, or None."""
    for item in items:
        if cpp.is_token(item, *AWAITS):
            return item.line
        if item.kind == "group" and item.role not in BODIES:
            if line := first_await(item.items):
                return line
    return None


def bodies(items):
    for item in items:
        if item.kind == "group":
            if item.role in BODIES:
                yield item
            else:
                yield from bodies(item.items)


def is_macro_name(token):
    text = token.text
    return token.kind == "id" and len(text) > 1 and text == text.upper() and any(c.isalpha() for c in text)


def type_name(items, index):
    """The type written before a brace, without template arguments: `std::chrono::seconds`; or ''."""
    names = []
    position = index - 1
    while position >= 0:
        item = items[position]
        if cpp.is_token(item, ">"):
            position = skip_angles(items, position)
            continue
        if item.kind != "id":
            break
        names.insert(0, item.text)
        if not (position and cpp.is_token(items[position - 1], "::")):
            break
        position -= 2
    return "::".join(names)


def skip_angles(items, position):
    depth = 0
    while position >= 0:
        if cpp.is_token(items[position], ">"):
            depth += 1
        elif cpp.is_token(items[position], "<"):
            depth -= 1
        position -= 1
        if depth == 0:
            break
    return position


def main(arguments):
    root = Path(arguments[0])
    files = [Path(a) for a in arguments[1:]] or cpp.source_files(root)
    allowed = read_allowed()
    count = 0
    for path in files:
        if path.parent.name == "coroutine_probe":  # shows the miscompiled shapes on purpose
            continue
        for line, rule, text in Linter(allowed).check(path.read_text()):
            count += 1
            print(f"{path}:{line}: [{rule}] {text}")
    print(f"coroutine_lint: {len(files)} files, {count} findings")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
