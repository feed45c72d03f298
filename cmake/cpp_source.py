"""C++ source as the lints see it: tokens, bracket groups, statements, and which braces are function bodies."""

import re
from dataclasses import dataclass, field
from pathlib import Path

FOLDERS = ("include", "src", "apps", "test", "cmake")
SUFFIXES = (".hpp", ".cpp")


def source_files(root):
    """Every C++ file of the repository, sorted."""
    files = []
    for folder in FOLDERS:
        files += [p for p in Path(root, folder).rglob("*") if p.suffix in SUFFIXES and p.is_file()]
    return sorted(files)


class Unbalanced(Exception):
    def __init__(self, line, text):
        super().__init__(f"unbalanced '{text}'")
        self.line = line


@dataclass
class Token:
    kind: str  # id, number, string, char, punct, directive
    text: str
    line: int

    @property
    def last_line(self):
        return self.line + self.text.count("\n")


@dataclass
class Group:
    """A bracket pair and what is in it. `role` of a brace: block, declarations, function, lambda or init."""

    text: str  # ( [ {
    line: int
    last_line: int = 0
    items: list = field(default_factory=list)
    role: str = ""
    kind: str = "group"


_TOKEN = re.compile(
    r"""
    (?P<space>\s+|\\\n)
  | (?P<comment>//(?:\\\n|[^\n])*|/\*.*?\*/)
  | (?P<raw>(?:u8|u|U|L)?R"(?P<delimiter>[^()\\\s]*)\(.*?\)(?P=delimiter)"\w*)
  | (?P<string>(?:u8|u|U|L)?"(?:\\.|[^"\\\n])*"\w*)
  | (?P<char>(?:u8|u|U|L)?'(?:\\.|[^'\\\n])+')
  | (?P<number>\.?\d(?:'?[\w.]|(?<=[eEpP])[+-])*)
  | (?P<id>[A-Za-z_]\w*)
  | (?P<punct>->\*|->|::|\.\.\.|<=>|==|!=|<=|>=|&&|\|\||[-+*/%^&|]=|\+\+|--|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_DIRECTIVE = re.compile(r"[ \t]*\#(?:/\*.*?\*/|//[^\n]*|\\\n|[^\n])*", re.DOTALL)


def tokenize(text):
    """Tokens without spaces and comments; a preprocessor directive is one token."""
    tokens = []
    position, line, line_start = 0, 1, True
    while position < len(text):
        if line_start and (directive := _DIRECTIVE.match(text, position)):
            tokens.append(Token("directive", directive.group().strip(), line))
            line += directive.group().count("\n")
            position = directive.end()
            line_start = False
            continue
        match = _TOKEN.match(text, position)
        kind = match.lastgroup if match.lastgroup != "delimiter" else "raw"
        found = match.group()
        if kind not in ("space", "comment"):
            tokens.append(Token("string" if kind == "raw" else kind, found, line))
            line_start = False
        if kind == "space" and "\n" in found:
            line_start = True
        line += found.count("\n")
        position = match.end()
    return tokens


_CLOSERS = {"(": ")", "[": "]", "{": "}"}


def parse(text):
    """The file as one Group whose nested groups know their role."""
    root = Group("{", 1, role="declarations")
    stack = [root]
    for token in tokenize(text):
        if token.kind == "directive":
            continue
        if token.kind == "punct" and token.text in _CLOSERS:
            group = Group(token.text, token.line)
            stack[-1].items.append(group)
            stack.append(group)
        elif token.kind == "punct" and token.text in (")", "]", "}"):
            if len(stack) == 1 or _CLOSERS[stack[-1].text] != token.text:
                raise Unbalanced(token.line, token.text)
            stack.pop().last_line = token.line
        else:
            stack[-1].items.append(token)
    if len(stack) != 1:
        raise Unbalanced(stack[-1].line, stack[-1].text)
    root.last_line = text.count("\n") + 1
    _assign_roles(root)
    return root


def is_token(item, *texts):
    return item is not None and item.kind != "group" and item.text in texts


def is_group(item, bracket):
    return item is not None and item.kind == "group" and item.text == bracket


def is_attribute(item):
    return is_group(item, "[") and len(item.items) == 1 and is_group(item.items[0], "[")


CONTROL = ("if", "while", "for", "switch", "catch")


def statements(group):
    """Splits a block into lists of items: statements, and the heads of control statements as lists that
    begin with the keyword and end with its parentheses. A block, a body or a class ends a statement."""
    current = []
    items = group.items
    index = 0
    while index < len(items):
        item = items[index]
        if not current and is_token(item, *CONTROL):
            head = [item]
            index += 1
            while index < len(items) and not is_group(items[index], "("):
                head.append(items[index])
                index += 1
            yield head + items[index : index + 1]
        elif is_token(item, ";"):
            if current:
                yield current
            current = []
        elif is_token(item, "else", "do", "try") and not current:
            pass
        else:
            current.append(item)
            if is_group(item, "{") and item.role in ("block", "declarations", "function"):
                yield current
                current = []
        index += 1
    if current:
        yield current


def lambda_parts(items, index):
    """If a lambda begins at items[index], the index of its body, else None."""
    item = items[index]
    if not is_group(item, "[") or is_attribute(item):
        return None
    before = items[index - 1] if index else None
    if before is not None and not is_attribute(before):
        keyword = is_token(before, "return", "co_return", "co_await", "co_yield", "case", "else", "throw")
        operand = before.kind in ("id", "number", "string") and not keyword
        if operand or is_group(before, "(") or is_group(before, "["):
            return None
    after = items[index + 1] if index + 1 < len(items) else None
    if after is None or is_token(after, "=", ":", ";", ","):
        return None
    for position in range(index + 1, len(items)):
        if is_group(items[position], "{"):
            return position
        if is_token(items[position], ";"):
            return None
    return None


def _assign_roles(group):
    """Names the role of every brace directly in `group`, then of those inside."""
    items = group.items
    bodies = {}
    for index in range(len(items)):
        body = lambda_parts(items, index)
        if body is not None:
            bodies[body] = True
    start = 0
    in_block = group.text == "{" and group.role != "init"
    for index, item in enumerate(items):
        if is_group(item, "{"):
            head = items[start:index]
            item.role = "lambda" if index in bodies else _role(head, in_block)
        if in_block:
            if is_token(item, ";") or _ends_statement(item) or is_token(item, "else", "do", "try"):
                start = index + 1
            elif is_group(item, "(") and _is_control_head(items[start : index + 1]):
                start = index + 1
    for item in items:
        if item.kind == "group":
            _assign_roles(item)


def _ends_statement(item):
    return is_group(item, "{") and item.role in ("block", "declarations", "function")


def _is_control_head(head):
    words = [i for i in head[:-1] if not is_attribute(i)]
    return bool(words) and is_token(words[0], *CONTROL) and all(
        is_token(w, "constexpr", "co_await") for w in words[1:]
    )


_SPECIFIERS = ("const", "noexcept", "override", "final", "mutable", "volatile", "&", "&&", "try")
_SCOPES = ("class", "struct", "union", "enum", "namespace", "extern")


def _role(head, in_block):
    """The role of a brace that follows `head`, the items of its statement so far."""
    head = _after_template_head([i for i in head if not is_attribute(i)])
    if not head:
        return "block" if in_block else "init"
    last = head[-1]
    if is_token(last, "requires") or (is_group(last, "(") and _has_top(head[-2:], "requires")):
        return "block"
    if not in_block:
        return "init"
    if is_token(last, ":") and not _is_class_head(head):
        return "block"
    if _is_class_head(head):
        return "declarations"
    if is_group(last, "(") or is_token(last, *_SPECIFIERS) or is_group(last, "{"):
        return "function" if _has_group(head, "(") and not _has_top(head, "=", "return") else "init"
    if _ends_with_trailing_return(head) or _ends_with_constraint(head):
        return "function"
    return "init"


def _after_template_head(head):
    """`head` without `template <...>`, whose default arguments are no initializers."""
    while len(head) > 1 and is_token(head[0], "template") and is_token(head[1], "<"):
        depth = 0
        for index, item in enumerate(head[1:], 1):
            depth += is_token(item, "<") - is_token(item, ">") - 2 * is_token(item, ">>")
            if depth <= 0:
                break
        head = head[index + 1 :]
    return head


def _has_top(items, *texts):
    """Whether one of the tokens is at the top level of items; `operator=` does not count."""
    return any(
        is_token(item, *texts) and not (index and is_token(items[index - 1], "operator"))
        for index, item in enumerate(items)
    )


def _has_group(items, bracket):
    return any(is_group(item, bracket) for item in items)


def _is_class_head(head):
    """class/struct/... outside the angle brackets of a template head, with no parameter list after it."""
    depth = 0
    for index, item in enumerate(head):
        if is_token(item, "<"):
            depth += 1
        elif is_token(item, ">"):
            depth -= 1
        elif depth == 0 and is_token(item, *_SCOPES):
            rest = head[index + 1 :]
            return not _has_group(rest, "(") and not _has_top(rest, "=") or is_token(item, "namespace")
    return False


def _ends_with_trailing_return(head):
    for index in range(len(head) - 1, 0, -1):
        item = head[index]
        if is_token(item, "->"):
            before = head[index - 1]
            return is_group(before, "(") or is_token(before, *_SPECIFIERS)
        if item.kind == "group" and not is_group(item, "("):
            return False
        if item.kind == "punct" and item.text not in ("::", "<", ">", "&", "*", ",", "&&"):
            return False
    return False


def _ends_with_constraint(head):
    """`f(T t) requires c<T> {`: a requires-clause after a parameter list."""
    for index, item in enumerate(head):
        if is_token(item, "requires"):
            return _has_group(head[:index], "(")
    return False


def functions(group):
    """Every function and lambda body in the group, outermost first."""
    for item in group.items:
        if item.kind == "group":
            if item.role in ("function", "lambda"):
                yield item
            yield from functions(item)
