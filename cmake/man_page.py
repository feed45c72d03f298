"""A manual page from what a program says of itself. Usage: man_page.py <program> <version> <output>

Runs `<program> --help`, in the form that CLI11 gives it: a description, the usage, groups of options, and paragraphs,
of which "Exit status:" and "Examples:" become sections of their own. What the page says cannot be out of date.
"""

import re
import subprocess
import sys
from pathlib import Path

_GROUP = re.compile(r"^(\S.*):$")
_ENTRY = re.compile(r"^  (\S.*?)(?:\s{2,}(\S.*))?$")


def escaped(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text.startswith((".", "'")) else text


def entry(names, text):
    """An option or argument: its names in bold, what follows them in italics."""
    flags, _, value = names.partition(" ")
    bold = ", ".join(f"\\fB{escaped(flag)}\\fR" for flag in flags.split(","))
    value = re.sub(r"\s*\b(Excludes|Needs|REQUIRED)\b:?.*", "", value)
    shown = bold + (f" \\fI{escaped(value)}\\fR" if value.strip() else "")
    return [".TP", shown, escaped(" ".join(text))]


def options(lines):
    """The lines of a group as pairs of names and text."""
    found = []
    for line in lines:
        match = _ENTRY.match(line)
        if match and not line.startswith("   "):
            found.append((match.group(1), [match.group(2)] if match.group(2) else []))
        elif line.strip() and found:
            found[-1][1].append(line.strip())
    return found


def paragraphs(lines):
    blocks = "\n".join(lines).strip("\n").split("\n\n")
    return [block for block in blocks if block.strip()]


def page(name, version, text):
    head, _, rest = text.partition("\nUsage: ")
    usage, _, rest = rest.partition("\n")
    lines = rest.split("\n")
    groups, at = [], 0
    while at < len(lines):
        match = _GROUP.match(lines[at])
        indented = at + 1 < len(lines) and lines[at + 1].startswith("  ")
        if match and indented:
            end = at + 1
            while end < len(lines) and (lines[end].startswith("  ") or (not lines[end] and end + 1 < len(lines) and
                                                                        lines[end + 1].startswith("   "))):
                end += 1
            groups.append((match.group(1), options(lines[at + 1:end])))
            at = end
        elif not lines[at]:
            at += 1
        else:
            break
    tail = paragraphs(lines[at:])
    summary = head.strip().split("\n")[0].rstrip(".")
    out = [f'.TH {name.upper()} 1 "" "bight {version}" "User Commands"', ".SH NAME",
           f"{escaped(name)} \\- {escaped(summary[:1].lower() + summary[1:])}", ".SH SYNOPSIS",
           f".B {escaped(name)}", escaped(usage.split(" ", 1)[1] if " " in usage else ""), ".SH DESCRIPTION"]
    special = [p for p in tail if p.startswith(("Exit status:", "Example"))]
    for block in paragraphs(head.split("\n")) + [p for p in tail if p not in special]:
        out += [".PP"] + [escaped(line.strip()) for line in block.split("\n")]
    for title, entries in groups:
        out.append(f".SH {escaped(title.upper())}")
        for names, said in entries:
            out += entry(names, said)
    for block in special:
        title, _, body = block.partition(":")
        out.append(f".SH {escaped(title.upper())}")
        if title.startswith("Example"):
            out += [".nf"] + [escaped(line.strip()) for line in body.strip().split("\n")] + [".fi"]
        else:
            out += [escaped(line.strip()) for line in body.strip().split("\n")]
    return "\n".join(out) + "\n"


def main(arguments):
    program, version, output = arguments
    said = subprocess.run([program, "--help"], check=True, capture_output=True, text=True).stdout
    Path(output).write_text(page(Path(program).name, version, said))


if __name__ == "__main__":
    main(sys.argv[1:])
