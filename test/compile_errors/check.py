"""What the compiler says about wrong calls. Usage: check.py <source> <compiler> [<option>...]

Compiles the source, which must fail, and looks for the text behind each "// ~" in the errors of the next line: in GCC's the
line comes before the failed assertion ("required from here"), in clang's behind it.
"""

import re
import subprocess
import sys
from pathlib import Path


def expected(source):
    for number, line in enumerate(source.read_text().splitlines(), start=1):
        if line.strip().startswith("// ~ "):
            yield number + 1, line.strip().removeprefix("// ~ ")


def errors(source, output):
    """Pairs of a line of the source and the text of an error that it caused."""
    place = re.compile(rf"{re.escape(source.name)}:(\d+):\d+:")
    message = re.compile(r"error: static assertion failed[^:]*: (.*)|error: (.*)")
    line, text = None, None
    for row in output.splitlines():
        if found := place.search(row):
            line = int(found.group(1))
            yield line, text
        if found := message.search(row):
            text = found.group(1) or found.group(2)
            yield line, text


def main(arguments):
    source = Path(arguments[0])
    command = [*arguments[1:], "-std=c++20", "-fsyntax-only", str(source)]
    result = subprocess.run(command, capture_output=True, text=True, env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"}, check=False)
    said = list(errors(source, result.stderr))
    missing = [(n, t) for n, t in expected(source) if not any(n == line and text and t in text for line, text in said)]
    for number, text in missing:
        print(f"{source}:{number}: the compiler did not say: {text}")
    if missing or result.returncode == 0:
        print(result.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
