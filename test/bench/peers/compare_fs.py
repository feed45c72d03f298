"""bench_fs beside its peers: the cases of a row run in turn, several times; medians and ratios.

compare_fs.py <bench_fs> [--rounds 5] [--pause 0] [--python /usr/bin/python3] [--rows WORD ...]

wall and cpu are in microseconds per operation, cpu of all threads together. Ratios are ours to the peer's, wall /
cpu; for aiofiles and os the other way round. TMPDIR says where the files are. On ext4 files that are made cost many times
as much for half a minute after others were removed: a pause of 40 seconds before each run keeps that out."""

import argparse
import json
import statistics
import subprocess
import time
from pathlib import Path

# ours, peers in bench_fs, peers in Python; how many operations, and how many for Python
ROWS = [
    ("read_at", ["plain_pread", "plain_preadv2"], ["aiofiles_read_at"], 300_000, 2_000),
    ("lines", ["plain_fgets"], ["aiofiles_lines"], 1_000_000, 10_000),
    ("write_lines", ["plain_fputs"], [], 1_000_000, 0),
    ("read_cold", ["bare_ring_cold", "plain_pread_cold"], [], 10_000, 0),
    ("read_files", ["plain_read_files"], ["aiofiles_read_files"], 10_000, 1_000),
    ("read_files_32", ["plain_read_files"], ["aiofiles_read_files_32"], 10_000, 1_000),
    ("open_read_close", ["plain_read_files"], ["aiofiles_read_files"], 10_000, 1_000),
    ("write_files", ["plain_write_files", "handed_write_files"], ["aiofiles_write_files"], 10_000, 1_000),
    ("write_files_32", ["plain_write_files"], ["aiofiles_write_files_32"], 10_000, 1_000),
    ("rewrite_files", ["plain_rewrite_files"], ["aiofiles_rewrite_files"], 10_000, 1_000),
    ("rewrite_files_32", ["plain_rewrite_files"], ["aiofiles_rewrite_files_32"], 10_000, 1_000),
    ("walk", ["plain_walk"], ["os_walk", "os_scandir"], 20_000, 20_000),
    ("write_atomically", ["plain_atomically"], [], 2_000, 0),
    ("write_atomically_sync", ["plain_atomically_sync"], [], 200, 0),
    ("temporary_file", ["plain_temporary_file"], [], 2_000, 0),
    ("idle", [], [], 1_000, 0),
]


def measure(command):
    rows = [json.loads(line) for line in subprocess.run(command, check=True, capture_output=True).stdout.splitlines()]
    row = rows[-1]
    wall = row["seconds"] * 1e6 / row["ops"]
    return wall, row["user_us_per_op"] + row["sys_us_per_op"], row["switches_per_op"]


def median_of(rounds):
    return tuple(statistics.median(column) for column in zip(*rounds))


def show(name, figures):
    wall, cpu, switches = figures
    return f"{name} {wall:.3g} / {cpu:.3g} us, {switches:.2g} switches"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pause", type=float, default=0, help="seconds before each run")
    parser.add_argument("--python", default="/usr/bin/python3")
    parser.add_argument("--rows", nargs="*")
    options = parser.parse_args()
    script = str(Path(__file__).with_name("aiofiles_fs.py"))
    for ours, plain, python, n, n_python in ROWS:
        if options.rows and ours not in options.rows:
            continue
        commands = {name: [options.program, name, str(n)] for name in [ours, *plain]}
        commands |= {name: [options.python, script, name, str(n_python)] for name in python}
        rounds = {name: [] for name in commands}
        for _ in range(options.rounds):
            for name, command in commands.items():
                time.sleep(options.pause)
                rounds[name].append(measure(command))
        medians = {name: median_of(all_rounds) for name, all_rounds in rounds.items()}
        mine = medians[ours]
        print(show(ours, mine))
        for name, other in medians.items():
            if name == ours:
                continue
            pairs = ((other, mine) if name in python else (mine, other),) * 2
            ratios = [a[i] / b[i] if b[i] else float("nan") for i, (a, b) in enumerate(pairs)]
            print(f"    {show(name, other)}; ratio {ratios[0]:.3g} / {ratios[1]:.3g}")


if __name__ == "__main__":
    main()
