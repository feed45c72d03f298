"""What the documents show is compiled and run. Usage: check_snippets.py <repository>

Every ```cpp block of README.md must stand, line for line, in one of apps/examples/*.cpp; every one of docs/*.md there,
in apps/new_project or in a test.
"""

import re
import sys
from pathlib import Path


def check(root, document, sources, where):
    text = document.read_text()
    findings = 0
    for block in re.finditer(r"```cpp\n(.*?)```", text, re.DOTALL):
        if not any(block.group(1) in source for source in sources):
            line = text.count("\n", 0, block.start()) + 1
            print(f"{document.relative_to(root)}:{line}: this is not in {where}")
            findings += 1
    return findings


def main(arguments):
    root = Path(arguments[0])
    programs = [p.read_text() for p in sorted(root.glob("apps/examples/*.cpp"))]
    tests = [p.read_text() for pattern in ("test/**/*_test.cpp", "test/*/programs/*.cpp")
             for p in sorted(root.glob(pattern))]
    tests += [p.read_text() for p in sorted(root.glob("apps/new_project/**/*.?pp"))]
    findings = check(root, root / "README.md", programs, "apps/examples")
    for document in sorted(root.glob("docs/*.md")):
        findings += check(root, document, programs + tests, "apps/examples, apps/new_project or a test")
    if "```cpp" not in (root / "README.md").read_text():
        print("README.md:1: no program at all")
        findings += 1
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
