"""The examples of doc comments as one source file. Usage: doc_examples.py <preamble> <output> <header>...

An example is a block in `///` lines that is indented by four spaces. It is compiled, not run:

- What it defines at its top level, functions and classes, is put into a namespace, the rest into a coroutine there.
- `...` stands for code that is left out: alone on its line, or alone between braces.
- The names that it does not declare are declared by the preamble. What stands there after a line
  `// ---- <header>.hpp` is for the examples of that header alone.
- Output and signatures are not indented: a line of such a block begins with `|`.
"""

import re
import sys
from pathlib import Path

import cpp_source as cpp

_EMPTY = re.compile(r"\s*///\s*$")
_INDENTED = re.compile(r"\s*///     ( *)(\S.*)$")
_SECTION = re.compile(r"^// ---- (\S+)\s*$", re.MULTILINE)


def examples(text):
    """Each example as its first line's number and its lines."""
    found, block, first = [], [], 0
    for number, line in enumerate(text.split("\n"), 1):
        match = _INDENTED.match(line)
        if match and not match.group(2).startswith("|"):
            first = first if block else number
            block.append(match.group(1) + match.group(2))
        elif block and _EMPTY.match(line):
            block.append("")
        elif block:
            found.append((first, block))
            block = []
    return found


def without_ellipses(code):
    code = re.sub(r"^[ \t]*\.\.\.[ \t]*(//.*)?$", "", code, flags=re.MULTILINE)
    return re.sub(r"\{ \.\.\. \}", "{ }", code)


def parts(code):
    """The definitions of an example and its statements, as two texts whose lines stay where they are."""
    lines = code.split("\n")
    definitions = [""] * len(lines)
    for statement in cpp.statements(cpp.parse(code)):
        body = statement[-1]
        if cpp.is_group(body, "{") and body.role in ("function", "declarations"):
            for index in range(statement[0].line - 1, body.last_line):
                definitions[index], lines[index] = lines[index] or definitions[index], ""
        elif is_declaration(statement):
            last = max(last_line(item) for item in statement)
            for index in range(statement[0].line - 1, last):
                definitions[index], lines[index] = lines[index] or definitions[index], ""
    return "\n".join(definitions), "\n".join(lines)


def is_declaration(statement):
    """What stands outside of functions: a macro of GoogleTest, an inline object, a const object of the namespace, another name of a type."""
    first = statement[0]
    if cpp.is_token(first, "using") and len(statement) > 2 and cpp.is_token(statement[2], "="):
        return True
    return cpp.is_token(first, "INSTANTIATE_TEST_SUITE_P") or cpp.is_token(first, "inline") or any(
        cpp.is_token(item, "process_function") for item in statement[:6])


def last_line(item):
    return item.last_line if item.kind == "group" else item.line


def generate(preamble, headers):
    text = Path(preamble).read_text()
    pieces = _SECTION.split(text)
    common, sections = pieces[0], dict(zip(pieces[1::2], pieces[2::2]))
    output = [f"#include <{name.split('/include/')[-1].removeprefix('include/')}>" for name in headers] + [common]
    count = 0
    for header in headers:
        path = Path(header)
        found = examples(path.read_text())
        section = sections.pop(path.name, "")
        if not found:
            if section:
                sys.exit(f"{preamble}: {path.name} has no examples")
            continue
        output.append(f"namespace examples_of_{path.stem} {{\n{section}")
        for line, block in found:
            count += 1
            definitions, statements = parts(without_ellipses("\n".join(block)))
            output.append(f"namespace at_line_{line} {{")
            if definitions.strip():
                output.append(f'#line {line} "{path}"\n{definitions}')
            if statements.strip():
                output.append("[[maybe_unused]] bight::awaitable<void> example() {")
                output.append(f'#line {line} "{path}"\n{statements}')
                output.append("co_return;\n}")
            output.append("}")
        output.append("}")
    if sections:
        sys.exit(f"{preamble}: no such header: {', '.join(sections)}")
    if not count:
        sys.exit(f"{preamble}: no examples in {len(headers)} headers")
    return "\n".join(output) + "\n"


def main(arguments):
    preamble, output, *headers = arguments
    try:
        Path(output).write_text(generate(preamble, headers))
    except cpp.Unbalanced as error:
        sys.exit(f"doc_examples: an example has an {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
