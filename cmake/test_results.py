"""Sums up test runs. Usage: test_results.py <build folder>... [--may-skip REGEX]...

Reads <build folder>/test-results: ctest.xml, which ctest writes, and the results of each GoogleTest program in
<name>-<shard>.json. Names every test that was skipped although no --may-skip matches all of its name, and the suites and
the reasons of those that may be skipped; the last line is "N passed, N failed, N skipped". Fails if a test failed, was skipped without leave, or if none ran.
"""

import argparse
import json
import re
import sys
import xml.etree.ElementTree as xml
from collections import Counter, defaultdict
from pathlib import Path


def of_program(file, room):
    """The tests of one process as (name, outcome, reason)."""
    for suite in json.loads(file.read_text())["testsuites"]:
        for test in suite["testsuite"]:
            name = f'{room}/{suite["name"]}.{test["name"]}'
            if test["result"] == "SKIPPED" or test["status"] == "NOTRUN":
                yield name, "skipped", test.get("skip_reason", "").strip()
            else:
                yield name, "failed" if test.get("failures") else "passed", ""


def of_build(folder):
    """All tests of a build as (name, outcome, reason). A program that ended early left no file, and is one failure."""
    for case in xml.parse(folder / "ctest.xml").getroot().iter("testcase"):
        name = case.get("name")
        room, _, shard = name.rpartition("/")
        file = folder / f"{room}-{shard}.json"
        if file.is_file():
            tests = list(of_program(file, room))
            yield from tests
            if case.get("status") == "fail" and all(outcome != "failed" for _, outcome, _ in tests):
                yield name, "failed", ""
        else:
            outcomes = {"run": "passed", "fail": "failed"}
            yield name, outcomes.get(case.get("status"), "skipped"), ""


def print_skips(build, skips):
    """One line for each reason, with the suites that were skipped for it, and one for tests without a reason."""
    suites = defaultdict(Counter)
    for name, reason in skips:
        suites[reason or "no reason given"][name.rpartition(".")[0] or name] += 1
    for reason, counts in suites.items():
        names = ", ".join(f"{suite} ({n})" for suite, n in counts.items())
        print(f"{build}: skipped: {names}: {reason}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("builds", nargs="+", type=Path)
    parser.add_argument("--may-skip", action="append", default=[], metavar="REGEX")
    options = parser.parse_args()
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    unlisted = 0
    for build in options.builds:
        try:
            tests = list(of_build(build / "test-results"))
        except OSError as error:
            print(f"{build}: no tests ran: {error}")
            counts["failed"] += 1
            continue
        skips = []
        for name, outcome, reason in tests:
            counts[outcome] += 1
            if outcome == "failed":
                print(f"{build}: failed: {name}")
            elif outcome == "skipped" and not any(re.fullmatch(p, name) for p in options.may_skip):
                print(f"{build}: skipped, and not on the list of tests that may be: {name}" + (f": {reason}" if reason else ""))
                unlisted += 1
            elif outcome == "skipped":
                skips.append((name, reason))
        print_skips(build, skips)
    print(", ".join(f"{n} {outcome}" for outcome, n in counts.items()))
    return 1 if counts["failed"] or unlisted or not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
