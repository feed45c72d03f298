"""Compile time of the same program with bight and with Asio or Beast: compile/<name>_{bight,asio,beast}.cpp, in turn.

compare_compile.py [--rounds 3] [--cxx g++] [--flags="-O2"]

Prints the median processor seconds of each compilation, and the ratio."""

import argparse
import resource
import statistics
import subprocess
from pathlib import Path

here = Path(__file__).parent
include = here.parents[2] / "include"


def compile_once(options, source):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [options.cxx, "-std=c++20", *options.flags.split(), f"-I{include}", "-c", source, "-o", "/dev/null"]
    subprocess.run(command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cxx", default="g++")
    parser.add_argument("--flags", default="-O0")
    options = parser.parse_args()
    for ours in sorted((here / "compile").glob("*_bight.cpp")):
        name = ours.stem.removesuffix("_bight")
        (peer,) = (p for p in (here / "compile").glob(f"{name}_*.cpp") if p != ours)
        seconds = {ours: [], peer: []}
        for _ in range(options.rounds):
            for source, measured in seconds.items():
                measured.append(compile_once(options, source))
        mine, theirs = (statistics.median(s) for s in seconds.values())
        print(f"{name}: bight {mine:.1f} s, {peer.stem.split('_')[-1]} {theirs:.1f} s, ratio {theirs / mine:.1f}", flush=True)


if __name__ == "__main__":
    main()
