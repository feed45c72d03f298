"""What <bight/core.hpp> costs who includes it, beside what a coroutine library cannot do without: the standard
headers of REFERENCE and Boost.System's system_error. Usage:

  check_include_cost.py <include directory> <g++> [--time N]

Compares preprocessed lines and the compiler's memory (page faults), which vary by less than 1 %; with --time,
prints processor seconds too: medians of N compilations in turn, at -O0. JSON, one object. Fails above LIMIT.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

LIMIT = 1.3
REFERENCE = """algorithm atomic chrono coroutine deque exception functional memory mutex optional string tuple
unordered_map variant vector boost/system/system_error.hpp""".split()


class Program:
    def __init__(self, folder, name, headers, compile_command):
        self.source = Path(folder, name + ".cpp")
        self.source.write_text("".join(f"#include <{h}>\n" for h in headers) + "int main() {}\n")
        self.command = compile_command

    def lines(self):
        text = subprocess.run([*self.command, "-E", self.source], check=True, capture_output=True).stdout
        return text.count(b"\n")

    def compile(self):
        """The page faults and processor seconds of one compilation."""
        process = subprocess.Popen([*self.command, "-O0", "-c", self.source, "-o", os.devnull])
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit(f"{self.source.name} does not compile")
        return usage.ru_minflt, usage.ru_utime + usage.ru_stime


def main():
    include, compiler = sys.argv[1:3]
    times = int(sys.argv[4]) if sys.argv[3:4] == ["--time"] else 1
    command = [compiler, "-std=c++20", "-I", include]
    with tempfile.TemporaryDirectory() as folder:
        reference = Program(folder, "reference", REFERENCE, command)
        core = Program(folder, "core", ["bight/core.hpp"], command)
        runs = [(reference.compile(), core.compile()) for _ in range(times)]
        faults, seconds = ([statistics.median(run[i][what] for run in runs) for i in (0, 1)] for what in (0, 1))
        figures = {"lines": [reference.lines(), core.lines()], "faults": faults}
    if times > 1:
        figures["seconds"] = seconds
    report = {name: {"reference": r, "core": c, "ratio": round(c / r, 3)} for name, (r, c) in figures.items()}
    print(json.dumps(report))
    too_much = [name for name in ("lines", "faults") if report[name]["ratio"] > LIMIT]
    for name in too_much:
        print(f"include/bight/core.hpp: {report[name]['ratio']} of the reference's {name}; the limit is {LIMIT}")
    return 1 if too_much else 0


if __name__ == "__main__":
    sys.exit(main())
