"""bench_fetch_all beside aiohttp with a semaphore and `curl --parallel`, in turn: processor time per request and seconds in all, medians.

compare_fetch.py <bench_fetch_all> URL [--count 10000] [--concurrent 64] [--rounds 5] [--python /usr/bin/python3]

Whole processes are measured, start included. The server at URL must be there."""

import argparse
import resource
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

here = Path(__file__).parent


def measure(command):
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seconds, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("url")
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--concurrent", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--python", default="/usr/bin/python3")
    options = parser.parse_args()
    count, concurrent = str(options.count), str(options.concurrent)
    with tempfile.NamedTemporaryFile("w", suffix=".curl") as urls:
        for i in range(options.count):
            urls.write(f'url = "{options.url}?{i}"\noutput = "/dev/null"\n')
        urls.flush()
        commands = {
            "bight": [options.program, "--url", options.url, "--count", count, "--concurrent", concurrent],
            "aiohttp": [options.python, here / "aiohttp_fetch.py", options.url, count, concurrent],
            "curl": ["curl", "--silent", "--parallel", "--parallel-max", concurrent, "--config", urls.name],
        }
        figures = {name: [] for name in commands}
        for _ in range(options.rounds):
            for name, command in commands.items():
                figures[name].append(measure(command))
    for name, rows in figures.items():
        cpu = statistics.median(row[0] for row in rows) / options.count * 1e6
        print(f"{name:8} {cpu:8.1f} us of CPU per request, {statistics.median(row[1] for row in rows):6.2f} s")


if __name__ == "__main__":
    main()
