"""bench_core beside Asio's awaitable and asyncio, in turn: microseconds of processor time per operation, medians.

compare_core.py <bench_core> [--rounds 5] [--python /usr/bin/python3]

Compiles asio_core.cpp with g++ -O2. asyncio runs on uvloop where python3-uvloop is installed."""

import argparse
import json
import statistics
import subprocess
import tempfile
from pathlib import Path

here = Path(__file__).parent
CASES = ["spawn_join", "queue", "timeout", "timeout_yield", "cancel"]


def measure(command):
    row = json.loads(subprocess.run(command, check=True, capture_output=True).stdout.splitlines()[-1])
    return row["user_us_per_op"] + row["sys_us_per_op"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--python", default="/usr/bin/python3")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asio = f"{folder}/asio_core"
        subprocess.run(["g++", "-std=c++20", "-O2", "-DNDEBUG", here / "asio_core.cpp", "-o", asio, "-lpthread"], check=True)
        for case in CASES:
            commands = {
                "bight": [options.program, case, "1000000"],
                "asio": [asio, case, "200000"],
                "asyncio": [options.python, here / "asyncio_core.py", case, "50000"],
            }
            figures = {name: [] for name in commands}
            for _ in range(options.rounds):
                for name, command in commands.items():
                    figures[name].append(measure(command))
            print(case, ", ".join(f"{name} {statistics.median(f):.3f}" for name, f in figures.items()), flush=True)


if __name__ == "__main__":
    main()
