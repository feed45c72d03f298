"""Programs shown in README.md are programs that are compiled and run. Usage: check_snippets.py <repository>

Every ```cpp block of README.md must stand, line for line, in one of apps/examples/*.cpp.
"""

import re
import sys
from pathlib import Path


def main(arguments):
    root = Path(arguments[0])
    programs = [p.read_text() for p in sorted(root.glob("apps/examples/*.cpp"))]
    text = (root / "README.md").read_text()
    findings = 0
    blocks = list(re.finditer(r"```cpp\n(.*?)```", text, re.DOTALL))
    for block in blocks:
        if not any(block.group(1) in program for program in programs):
            line = text.count("\n", 0, block.start()) + 1
            print(f"README.md:{line}: this program is not in apps/examples")
            findings += 1
    if not blocks:
        print("README.md:1: no program at all")
        findings = 1
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
