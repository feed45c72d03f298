"""What C++ sources say of their types, as far as tokens tell: which classes are aggregates, and which types have
nothing to destroy."""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase

import cpp_source as cpp

# Types of the language and the standard library that have nothing to destroy, and templates that have nothing to
# destroy if their arguments have not.
TRIVIAL = (
    "bool", "char", "char8_t", "char16_t", "char32_t", "wchar_t", "short", "int", "long", "signed", "unsigned",
    "float", "double", "void", "*int8_t", "*int16_t", "*int32_t", "*int64_t", "*intmax_t", "*intptr_t", "*size_t",
    "*ptrdiff_t", "std::byte", "std::chrono::*", "std::errc", "std::error_code", "std::error_condition",
    "std::monostate", "std::nullopt_t", "std::nullptr_t", "std::source_location", "std::span", "std::string_view",
    "std::thread::id", "std::type_index", "std::coroutine_handle", "std::reference_wrapper", "std::*_ordering",
    "boost::system::error_code", "error_code", "pid_t", "off_t", "mode_t", "time_t", "in_addr*",
)  # fmt: skip
TRIVIAL_IF_ARGUMENTS = ("std::optional", "std::pair", "std::tuple", "std::array", "std::variant", "std::complex",
                        "std::atomic")
QUALIFIERS = ("const", "volatile", "constexpr", "constinit", "mutable", "typename", "struct", "class", "enum",
              "static", "inline", "thread_local", "signed", "unsigned")
_CLASS_KEYS = ("struct", "class", "union")
_ACCESS = ("public", "protected", "private")
_NOT_TYPES = ("return", "co_return", "co_await", "co_yield", "throw", "new", "delete", "case", "goto", "else", "do",
              "typename", "operator", "using", "namespace", "not", "and", "or", "sizeof", "requires", "public",
              "private", "protected", "template", "concept", "default", "explicit", "friend", "virtual", "override",
              "final", "noexcept", "this") + QUALIFIERS


@dataclass
class Class:
    """A class that was read. `parts` are the types of its members and bases, as lists of tokens."""

    name: str
    scope: tuple  # the namespaces and classes around it
    origin: object  # the file, as Types.read was told
    aggregate: bool = True
    owns: bool = False  # it says itself how it is copied or destroyed
    parts: list = field(default_factory=list)
    trivial: object = None  # None: not asked yet


class Types:
    """All types of the files that were read."""

    def __init__(self, trivial=(), visible=None):
        """`visible` says of a file which files it includes, itself too; without it a file sees all."""
        self.visible = visible
        self.classes = {}
        self.enums = set()
        self.aliases = {}
        self.named_trivial = tuple(TRIVIAL) + tuple(trivial)

    def read(self, root, origin):
        self._declarations(root, (), origin)

    def find(self, name, origin):
        """The classes that `name`, as it is written in the file `origin`, may mean: those of that file first."""
        last, *qualifiers = reversed(name.split("::"))
        qualifiers.reverse()
        found = [c for c in self.classes.get(last, ()) if _ends_with(c.scope, qualifiers)]
        if found and self.visible is not None:
            seen = self.visible(origin)
            found = [c for c in found if c.origin in seen]
        return [c for c in found if c.origin == origin] or found

    def is_fragile(self, name, origin, depth=0):
        """Whether `name` means an aggregate that has something to destroy."""
        found = self.find(name, origin)
        if not found and name in self.aliases and depth < 8:
            return any(self.is_fragile(written_name(to), origin, depth + 1) for to in self.aliases[name])
        return any(c.aggregate and not self._class_is_trivial(c) for c in found)

    def is_sound(self, name, origin):
        """Whether `name` is known and is not fragile: braces and parentheses may make a temporary of it."""
        found = self.find(name, origin)
        return name in self.enums or bool(found) and not self.is_fragile(name, origin)

    def is_trivial(self, tokens, origin=None, depth=0):
        """Whether a type, as a list of tokens, is known to have nothing to destroy."""
        tokens = [t for t in tokens if not cpp.is_attribute(t)]
        if any(cpp.is_token(t, "*", "&", "&&") for t in outside_angles(tokens)):
            return True
        words = [t.text for t in tokens if t.kind == "id"]
        if words and all(w in QUALIFIERS + TRIVIAL for w in words):
            return any(w in TRIVIAL for w in words)
        name = written_name(tokens)
        if not name or depth > 8:
            return False
        if any(fnmatchcase(name, pattern) for pattern in self.named_trivial):
            return True
        if name in TRIVIAL_IF_ARGUMENTS:
            of = arguments_of(tokens)
            return bool(of) and all(self.is_trivial(a, origin, depth + 1) or a[0].kind == "number" for a in of)
        found = self.find(name, origin)
        if found:
            return all(self._class_is_trivial(c, depth) for c in found)
        if name.split("::")[-1] in self.enums:
            return True
        aliased = self.aliases.get(name.split("::")[-1], ())
        return bool(aliased) and all(self.is_trivial(to, origin, depth + 1) for to in aliased)

    def _class_is_trivial(self, it, depth=0):
        if it.trivial is None:
            it.trivial = True  # a class that holds itself does so by pointer
            it.trivial = not it.owns and all(self.is_trivial(p, it.origin, depth + 1) for p in it.parts)
        return it.trivial

    def _declarations(self, group, scope, origin):
        for statement in cpp.statements(group):
            body = statement[-1]
            names = scope
            if cpp.is_group(body, "{") and body.role == "declarations":
                names = scope + self._scope(statement[:-1], body, scope, origin)
            elif cpp.is_token(statement[0], "using") and len(statement) > 3 and cpp.is_token(statement[2], "="):
                self.aliases.setdefault(statement[1].text, []).append(statement[3:])
            self._inside(statement, names, origin)

    def _inside(self, items, scope, origin):
        for item in items:
            if item.kind == "group":
                if item.role in ("declarations", "function", "lambda", "block"):
                    self._declarations(item, scope, origin)
                else:
                    self._inside(item.items, scope, origin)

    def _scope(self, head, body, scope, origin):
        """Notes the class or enumeration that `head` begins, if it does, and says what it adds to the scope."""
        head = [i for i in head if not cpp.is_attribute(i)]
        plain = outside_angles(head)
        for index, item in enumerate(plain):
            if cpp.is_token(item, "namespace"):
                return tuple(i.text for i in plain[index + 1 :] if i.kind == "id")
            if cpp.is_token(item, "enum"):
                self.enums.update(i.text for i in plain[index + 1 : index + 3] if i.kind == "id")
                return ()
            if cpp.is_token(item, *_CLASS_KEYS):
                name = next((i.text for i in plain[index + 1 :] if i.kind == "id" and i.text != "alignas"), "")
                if name:
                    self._class(name, item.text, head, body, scope, origin)
                return (name,)
        return ()

    def _class(self, name, key, head, body, scope, origin):
        it = Class(name, scope, origin)
        colon = next((i for i, t in enumerate(head) if cpp.is_token(t, ":")), len(head))
        for base in split(head[colon + 1 :], ","):
            if any(cpp.is_token(t, "virtual", "private", "protected") for t in base):
                it.aggregate = False
            it.parts.append([t for t in base if not cpp.is_token(t, "virtual", *_ACCESS)])
        access = "private" if key == "class" else "public"
        for statement in cpp.statements(body):
            while len(statement) > 1 and cpp.is_token(statement[0], *_ACCESS) and cpp.is_token(statement[1], ":"):
                access, statement = statement[0].text, statement[2:]
            if statement:
                self._member(it, access, statement)
        self.classes.setdefault(name, []).append(it)

    def _member(self, it, access, statement):
        if cpp.is_token(statement[0], "friend", "typedef", "static_assert"):
            return
        if cpp.is_token(statement[0], "using"):
            if len(statement) > 2 and not any(cpp.is_token(t, "=") for t in statement):
                it.aggregate &= not _inherits_constructors(statement)
            return
        plain = outside_angles(statement)
        if any(cpp.is_token(t, "virtual") for t in plain):
            it.aggregate, it.owns = False, True
        parentheses = next((i for i, t in enumerate(plain) if cpp.is_group(t, "(")), None)
        stop = next((i for i, t in enumerate(plain)
                     if cpp.is_token(t, "=", ":") and not (i and cpp.is_token(plain[i - 1], "operator"))
                     or cpp.is_group(t, "{") and t.role == "init"), len(plain))
        if parentheses is not None and parentheses < stop:
            self._function(it, plain, parentheses)
        elif not (cpp.is_group(statement[-1], "{") and statement[-1].role == "declarations"):
            if not any(cpp.is_token(t, "static", "operator") for t in plain[:stop]) and \
                    not cpp.is_token(plain[0], "struct", "class", "enum", "union", "template"):
                it.aggregate &= access == "public"
                it.parts.append(_member_type(statement))

    @staticmethod
    def _function(it, plain, parentheses):
        name = plain[parentheses - 1] if parentheses else None
        if not cpp.is_token(name, it.name):
            return
        defaulted = any(cpp.is_token(t, "default") for t in plain[parentheses:])
        if parentheses > 1 and cpp.is_token(plain[parentheses - 2], "~"):
            it.owns |= not defaulted
        elif all(t.kind == "group" or t.text in ("explicit", "constexpr", "consteval", "inline", "template", "requires")
                 for t in plain[: parentheses - 1]):
            it.aggregate = False
            copies = written_name(plain[parentheses].items) == it.name
            it.owns |= copies and not defaulted


def declared_names(root, types, origin):
    """The names of variables that the file declares, each with whether all that have it have nothing to destroy."""
    names = {}

    def note(name, trivial):
        names[name] = names.get(name, True) and trivial

    def walk(items):
        for index, item in enumerate(items):
            if item.kind == "group":
                if cpp.is_group(item, "[") and index and cpp.is_token(_before_reference(items, index), "auto"):
                    for name in item.items:  # a structured binding
                        note(name.text, False) if name.kind == "id" else None
                walk(item.items)
                continue
            after = items[index + 1] if index + 1 < len(items) else None
            if item.kind != "id" or item.text in _NOT_TYPES or index == 0 or not _may_follow_name(after):
                continue
            start = _type_start(items, index)
            if start is not None:
                written = [t for t in items[start:index] if not cpp.is_token(t, "&", "&&")]
                trivial = types.is_trivial(written, origin)
                if cpp.is_token(written[-1], "auto") and cpp.is_token(after, "="):
                    value = items[index + 2 : index + 4]
                    trivial = len(value) > 0 and value[0].kind in ("number", "char") and (
                        len(value) == 1 or cpp.is_token(value[1], ";", ","))
                note(item.text, trivial)
                for name in _further_names(items, index):
                    note(name, trivial)

    walk(root.items)
    return names


def written_name(tokens):
    """`a::b::c` of a type, without its qualifiers and template arguments; or ''."""
    name, expect = [], True
    for token in outside_angles(tokens):
        if token.kind == "id" and token.text in QUALIFIERS and not name:
            continue
        if cpp.is_token(token, "::"):
            expect = True
        elif token.kind == "id" and expect:
            name.append(token.text)
            expect = False
        else:
            break
    return "::".join(name)


def outside_angles(tokens):
    """The tokens that are not template arguments or template parameters."""
    kept, depth = [], 0
    for index, token in enumerate(tokens):
        before = tokens[index - 1] if index else None
        if cpp.is_token(token, "<") and before is not None and before.kind == "id" and before.text != "operator":
            depth += 1
        elif cpp.is_token(token, ">") and depth:
            depth -= 1
        elif not depth:
            kept.append(token)
    return kept


def arguments_of(tokens):
    """The arguments of the first template in `tokens`."""
    depth, start, found = 0, 0, []
    for index, token in enumerate(tokens):
        if cpp.is_token(token, "<"):
            depth += 1
            start = index + 1 if depth == 1 else start
        elif cpp.is_token(token, ",") and depth == 1 or cpp.is_token(token, ">") and depth == 1:
            found.append(tokens[start:index])
            start = index + 1
        if cpp.is_token(token, ">"):
            depth -= 1
            if depth == 0:
                break
    return [a for a in found if a]


def split(items, separator):
    parts, depth = [[]], 0
    for item in items:
        depth += cpp.is_token(item, "<")
        depth -= cpp.is_token(item, ">") and depth > 0
        if depth == 0 and cpp.is_token(item, separator):
            parts.append([])
        else:
            parts[-1].append(item)
    return [p for p in parts if p]


def _ends_with(scope, qualifiers):
    qualifiers = [q for q in qualifiers if q]
    return not qualifiers or list(scope[-len(qualifiers) :]) == qualifiers


def _inherits_constructors(statement):
    words = [t.text for t in outside_angles(statement[1:]) if t.kind == "id"]
    return len(words) > 1 and words[-1] == words[-2]


def _member_type(statement):
    """The type of a data member: what is before its (first) name."""
    depth = 0
    last = 0
    for index, token in enumerate(statement):
        depth += cpp.is_token(token, "<")
        depth -= cpp.is_token(token, ">") and depth > 0
        if depth == 0 and index:
            if cpp.is_token(token, "=", ":", ",") or token.kind == "group" and not cpp.is_attribute(token):
                break
            last = index
    return statement[:last]


def _before_reference(items, index):
    index -= 1
    while index > 0 and cpp.is_token(items[index], "&", "&&"):
        index -= 1
    return items[index]


def _may_follow_name(item):
    return item is None or cpp.is_token(item, "=", ";", ",", ":") or cpp.is_group(item, "{") or \
        cpp.is_group(item, "[") or cpp.is_group(item, "(")


def _type_start(items, index):
    """Where the type begins that is written before the name at `index`, or None if none is."""
    position = index - 1
    while position >= 0 and cpp.is_token(items[position], "*", "&", "&&", "const", "..."):
        position -= 1
    if position >= 0 and cpp.is_token(items[position], ">"):
        depth = 0
        while position >= 0:
            depth += cpp.is_token(items[position], ">")
            depth -= cpp.is_token(items[position], "<")
            position -= 1
            if depth == 0:
                break
    if position < 0 or items[position].kind != "id":
        return None
    if items[position].text in _NOT_TYPES and items[position].text not in ("unsigned", "signed"):
        return None
    if position + 1 < index and not cpp.is_token(items[position + 1], "<", "const", "*", "&", "&&", "..."):
        return None
    while position > 1 and cpp.is_token(items[position - 1], "::") and items[position - 2].kind == "id":
        position -= 2
    while position > 0 and cpp.is_token(items[position - 1], *QUALIFIERS, *TRIVIAL):
        position -= 1
    if position + 1 < index and any(cpp.is_token(t, "*", "&", "&&") for t in items[position:index]):
        # `a * b` in an expression is not a declaration.
        before = items[position - 1] if position else None
        if before is not None and not cpp.is_token(before, ";", ",", ":", "{", "}") and before.kind != "group":
            return None
    return position


def _further_names(items, index):
    """The names after the first one of `int a = 1, b;`."""
    position, after_comma = index + 1, False
    while position < len(items) and not cpp.is_token(items[position], ";"):
        item = items[position]
        if after_comma and item.kind == "id":
            after = items[position + 1] if position + 1 < len(items) else None
            if not _may_follow_name(after):
                return
            yield item.text
        after_comma = cpp.is_token(item, ",") or after_comma and cpp.is_token(item, "*", "&")
        if cpp.is_group(item, "{") and item.role != "init":
            return
        position += 1
