"""Rules for coroutines that GCC 12 compiles correctly. Usage: coroutine_lint.py [options] <file or folder>...

  -I FOLDER          where `#include`s are looked for; what is found is read for its types
  --project FOLDER   headers that are read and lie here are checked, too
  --allow TYPE       a type that may be braced beside co_await, as it is written in the code; * matches anything
  --quiet            says nothing if all is well
  --depfile FILE     writes for make and ninja what was read; --stamp FILE is its target, written if all is well

GCC before 13 miscompiles some shapes, and a sanitizer is the only one who notices:

  condition    co_await in the condition of if, while, do, switch or for: name the value first.
  macro        co_await in the arguments of a macro, which may put it into a condition, or of assert, which
               may drop it: name the value first.
  capture      a lambda with by-value captures in an expression that also awaits (its captures are destroyed
               twice): capture by reference, or name the lambda first.
  brace        braces in an expression that also awaits, be it a temporary or a named variable (an aggregate
               is destroyed twice, an initializer_list does not compile): name the value first, or use a
               constructor with parentheses.
  aggregate    the same with parentheses, `options(1, name)`, where the class is an aggregate.
  default      a default argument of a coroutine that is an aggregate (each call in an expression that awaits
               destroys it twice): give the class a constructor, or the function an overload.
  conditional  a ? b : c in an expression that also awaits (a temporary in either branch is made in both
               cases): name the value first.

Accepted are braces, captures and branches with nothing to destroy (numbers, pointers, views, and classes of
these), and classes with constructors, as far as the files and the headers that they include tell; more types
are listed in coroutine_lint_allow.txt. A parenthesised temporary of a class that is not in these headers is
not found.
"""

import argparse
import os
import re
import sys
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path

import cpp_source as cpp
from cpp_types import Types, arguments_of, declared_names

AWAITS = ("co_await", "co_yield")
ALLOW_FILE = Path(__file__).with_name("coroutine_lint_allow.txt")
SUFFIXES = (".hpp", ".cpp", ".h", ".hh", ".hxx", ".cc", ".cxx", ".c++", ".h++", ".ipp", ".tpp", ".inl", ".cppm", ".ixx")
SKIPPED_FOLDERS = ("coroutine_probe", "coroutine_faults")  # show the miscompiled shapes on purpose


def read_allowed(path=ALLOW_FILE):
    lines = (line.split("#")[0].strip() for line in path.read_text().splitlines())
    return [line for line in lines if line]


class Linter:
    def __init__(self, allowed, types=None):
        self.allowed = allowed
        self.types = types
        self.found = []

    def report(self, line, rule, text):
        self.found.append((line, rule, text))

    def check(self, text, origin=None):
        """All findings of a file as (line, rule, message), in order of lines."""
        try:
            root = cpp.parse(text)
        except cpp.Unbalanced as error:
            return [(error.line, "parse", str(error))]
        return self.check_parsed(root, origin)

    def check_parsed(self, root, origin):
        self.origin = origin
        if self.types is None:
            self.types = Types()
            self.types.read(root, origin)
        self.root = root
        self.block(root)
        return sorted(set(self.found))

    @cached_property
    def names(self):
        return declared_names(self.root, self.types, self.origin)

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
        self.defaults(items)
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

    def defaults(self, items):
        """Default arguments in the parameter list of a function that returns an awaitable."""
        for index, item in enumerate(items):
            if cpp.is_group(item, "(") and any(
                cpp.is_token(i, "awaitable") for i in items[:index] + items[index + 1 :]
            ):
                for parameter in split(item.items, ","):
                    self.default(parameter)

    def default(self, parameter):
        """`T name = {...}`, `= T{...}` or `= T(x)` where T is an aggregate; `T()` is made right."""
        made = parameter[-1] if parameter else None
        equals = next((i for i, item in enumerate(parameter) if cpp.is_token(item, "=")), None)
        if equals is None or not cpp.is_group(made, "{") and not (cpp.is_group(made, "(") and made.items):
            return
        declared = [i for i in parameter[: equals - 1] if not cpp.is_token(i, "&", "&&")]
        name = type_name(parameter, len(parameter) - 1) or type_name(declared, len(declared))
        if self.types.is_fragile(name, self.origin):
            self.report(made.line, "default",
                        f"the default argument of the aggregate '{name}' is destroyed twice where the call is "
                        "awaited: give the class a constructor, or the function an overload")

    def temporaries(self, items):
        for index, item in enumerate(items):
            if cpp.is_token(item, "?") and not self.is_plain_conditional(items, index):
                self.report(item.line, "conditional",
                            "a conditional in an expression with co_await: name the value first")
            if cpp.lambda_parts(items, index) is not None:
                self.captures(item)
            elif cpp.is_group(item, "{") and item.role == "init":
                if not self.is_allowed(items, index):
                    self.report(item.line, "brace", "braces in an expression with co_await: name the value first")
            elif cpp.is_group(item, "(") and item.items:
                self.parenthesised(items, index)
            if item.kind == "group" and item.role not in BODIES:
                self.temporaries(item.items)

    def parenthesised(self, items, index):
        """`T(...)`, `T name(...)`, `new T(...)` or `static_cast<T>(...)` where T is an aggregate."""
        start = name_start(items, index)
        if start and cpp.is_token(items[start - 1], ".", "->"):
            return
        names = [type_name(items, index)]
        if names == ["static_cast"]:
            names = [type_name(a, len(a)) for a in arguments_of(items[start:index])]
        elif index > 1 and items[index - 1].kind == "id" and not cpp.is_token(items[index - 2], "::"):
            names.append(type_name(items, index - 1))
        for name in names:
            if name and name not in self.names and self.types.is_fragile(name, self.origin):
                self.report(items[index].line, "aggregate",
                            f"the aggregate '{name}' is made in an expression with co_await: name the value first, "
                            "or give it a constructor")

    def captures(self, introducer):
        for capture in split(introducer.items, ","):
            if capture and not cpp.is_token(capture[0], "&", "this") and not self.is_trivial_capture(capture):
                text = "".join(i.text for i in capture if i.kind != "group")
                self.report(introducer.line, "capture",
                            f"by-value capture '{text}' in an expression with co_await: name the lambda first")

    def is_trivial_capture(self, capture):
        value = capture[2:] if len(capture) > 2 and cpp.is_token(capture[1], "=") else capture
        return len(value) == 1 and self.is_trivial_operand(value[0])

    def is_plain_conditional(self, items, index):
        """Whether both branches have nothing to destroy: literals, and variables of such types."""
        depth, colon, end = 0, None, len(items)
        for position in range(index + 1, len(items)):
            item = items[position]
            if cpp.is_token(item, "?"):
                depth += 1
            elif cpp.is_token(item, ":") and depth:
                depth -= 1
            elif cpp.is_token(item, ":") and colon is None:
                colon = position
            elif cpp.is_token(item, ",", ";") and colon is not None:
                end = position
                break
        if colon is None:
            return False
        branches = [items[index + 1 : colon], items[colon + 1 : end]]
        if all(len(b) == 1 and b[0].kind == "string" and b[0].text.endswith('"') for b in branches):
            return True
        return all(b and all(self.is_trivial_operand(i) or cpp.is_token(i, "+", "-", "*") for i in b) for b in branches)

    def is_trivial_operand(self, item):
        return item.kind in ("number", "char") or cpp.is_token(item, "true", "false", "nullptr") or \
            item.kind == "id" and self.names.get(item.text, False)

    def is_allowed(self, items, index):
        """`T{...}`, `T name{...}`, `T name = {...}` or `auto name{...}` with a type that is safe."""
        if index > 2 and cpp.is_token(items[index - 1], "="):
            index -= 1  # the type, if there is one, is before the name
            if cpp.is_group(items[index - 1], "["):
                index -= 1
            is_declaration = items[index - 1].kind == "id" and not cpp.is_token(items[index - 2], ".", "->")
            return is_declaration and self.is_safe(items, index - 1)
        if self.is_safe(items, index):
            return True
        is_declaration = index > 1 and items[index - 1].kind == "id" and not cpp.is_token(items[index - 2], "::")
        return is_declaration and self.is_safe(items, index - 1)

    def is_safe(self, items, index):
        name = type_name(items, index)
        if not name:
            return False
        if any(fnmatchcase(name, pattern) for pattern in self.allowed + ["auto"]):
            return True
        written = items[name_start(items, index) : index]
        return self.types.is_sound(name, self.origin) or self.types.is_trivial(written, self.origin)


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
    return token.kind == "id" and (text == "assert" or len(text) > 1 and text == text.upper()
                                   and any(c.isalpha() for c in text))


def name_start(items, index):
    """Where the name begins that is written before items[index], with its template arguments."""
    position, start = index - 1, index
    while position >= 0:
        item = items[position]
        if cpp.is_token(item, ">"):
            position = skip_angles(items, position)
            continue
        if item.kind != "id":
            break
        start = position
        if not (position and cpp.is_token(items[position - 1], "::")):
            break
        position -= 2
    return start


def type_name(items, index):
    """The type written before a bracket, without template arguments: `std::chrono::seconds`; or ''."""
    names, depth = [], 0
    for item in items[name_start(items, index) : index]:
        depth += cpp.is_token(item, "<")
        depth -= cpp.is_token(item, ">")
        if item.kind == "id" and not depth:
            names.append(item.text)
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


class Sources:
    """The files to check, and the headers that they reach."""

    def __init__(self, include_folders, project):
        self.include_folders = [Path(f) for f in include_folders]
        self.project = [Path(f).resolve() for f in project]
        self.parsed = {}  # every file that was read, by its real path; None: not C++ as the lint reads it
        self.headers = {}  # what each includes, by real paths
        self.closures = {}
        self.checked = {}  # real paths, with the names to report

    def add(self, path):
        """A file to check, with the headers that it includes."""
        waiting = [path]
        self.checked.setdefault(path.resolve(), path)
        while waiting:
            file = waiting.pop()
            key = file.resolve()
            if key in self.parsed:
                continue
            try:
                text = file.read_text(errors="replace")
                self.parsed[key] = cpp.parse(text)
            except cpp.Unbalanced:
                self.parsed[key] = None
            except OSError as error:
                sys.exit(f"coroutine_lint: {error}")
            self.headers[key] = []
            for header in self.included(file, text):
                waiting.append(header)
                real = header.resolve()
                self.headers[key].append(real)
                if any(real.is_relative_to(p) for p in self.project):
                    self.checked.setdefault(real, header)

    def included(self, file, text):
        for quote, name in INCLUDE.findall(text):
            if not name.endswith(SUFFIXES) or name.startswith("boost/"):
                continue
            folders = [file.parent, *self.include_folders] if quote == '"' else self.include_folders
            for folder in folders:
                if (found := folder / name).is_file():
                    yield Path(os.path.normpath(found))
                    break

    def visible(self, key):
        """The file and all that it includes."""
        if key not in self.closures:
            seen, waiting = {key}, [key]
            while waiting:
                for header in self.headers.get(waiting.pop(), ()):
                    if header not in seen:
                        seen.add(header)
                        waiting.append(header)
            self.closures[key] = seen
        return self.closures[key]


INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)


def files_of(path):
    """The C++ files of a folder, sorted; not those of build folders and hidden ones."""
    found = []
    for folder, folders, names in os.walk(path):
        if "CMakeCache.txt" in names:
            folders.clear()
            continue
        folders[:] = [f for f in folders if not f.startswith(".") and f not in SKIPPED_FOLDERS]
        found += [Path(folder, name) for name in names if name.endswith(SUFFIXES)]
    return sorted(found)


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(prog="coroutine_lint.py", usage=__doc__.split("\n")[0].split("Usage: ")[1],
                                     description=__doc__.split("\n", 2)[2],
                                     formatter_class=argparse.RawDescriptionHelpFormatter, add_help=True)
    parser.add_argument("paths", nargs="+", help=argparse.SUPPRESS)
    parser.add_argument("-I", dest="include", action="append", default=[], help=argparse.SUPPRESS)
    parser.add_argument("--project", action="append", default=[], help=argparse.SUPPRESS)
    parser.add_argument("--allow", action="append", default=[], help=argparse.SUPPRESS)
    parser.add_argument("--quiet", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--depfile", help=argparse.SUPPRESS)
    parser.add_argument("--stamp", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def main(arguments):
    options = parse_arguments(arguments)
    include = list(options.include)
    for path in options.paths:
        include += [f for f in (Path(path), Path(path, "include"), Path(path, "src")) if f.is_dir()]
    sources = Sources(include, options.project)
    for path in map(Path, options.paths):
        if not path.exists():
            sys.exit(f"coroutine_lint: {path}: no such file or folder")
        for file in files_of(path) if path.is_dir() else [path]:
            sources.add(file)
    if not sources.checked:
        sys.exit(f"coroutine_lint: no C++ files in {' '.join(options.paths)}")

    allowed = read_allowed() + options.allow
    types = Types(options.allow, sources.visible)
    for path, root in sources.parsed.items():
        if root is not None:
            types.read(root, path)
    count = 0
    for real, path in sources.checked.items():
        linter = Linter(allowed, types)
        root = sources.parsed[real]
        found = linter.check_parsed(root, real) if root is not None else linter.check(path.read_text(errors="replace"))
        for line, rule, text in found:
            count += 1
            print(f"{path}:{line}: [{rule}] {text}")
    if count or not options.quiet:
        print(f"coroutine_lint: {len(sources.checked)} files, {count} findings")
    if options.depfile:
        read = " ".join(str(p).replace(" ", "\\ ") for p in sources.parsed)
        Path(options.depfile).write_text(f"{options.stamp}: {read}\n")
    if options.stamp and not count:
        Path(options.stamp).touch()
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
