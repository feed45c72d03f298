"""sh demo.sh in a clone: what it lists, what it refuses, and a sample that it builds and runs.

Usage: run_demo.py <repository> <work folder>
"""

import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "cmake"))
from run_document import ccache_folder  # noqa: E402


def main(repository, work):
    work = Path(work)
    shutil.rmtree(work, ignore_errors=True)
    clone = work / "clone"
    subprocess.run(["git", "-c", "safe.directory=*", "clone", "--quiet", repository, str(clone)], check=True)
    demo = ["env", "CCACHE_DIR=" + ccache_folder(), "sh", str(clone / "demo.sh")]

    listed = subprocess.run([*demo, "--list"], capture_output=True, text=True, check=True).stdout
    samples = sorted(p.parent.name for p in (clone / "apps/samples").glob("*/main.cpp"))
    names = re.findall(r"^  ([a-z-]+) +\S", listed, re.MULTILINE)
    assert sorted(names) == samples, f"listed {names}, there are {samples}"

    wrong = subprocess.run([*demo, "chatt"], capture_output=True, text=True)
    assert wrong.returncode == 2 and "'chatt'" in wrong.stderr and "  chat " in wrong.stderr, wrong

    # What follows the name goes to the sample: a free port, and a folder for the histories.
    running = subprocess.Popen([*demo, "chat", "0", str(work)], stdout=subprocess.PIPE, text=True)
    try:
        url = running.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", url), f"it printed {url!r}"
        page = urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10).read().decode()
        assert "<title>chat</title>" in page, page
        running.send_signal(signal.SIGTERM)  # demo.sh has become the sample
        assert running.wait(20) == 0, running.returncode
    finally:
        if running.poll() is None:
            running.kill()
            running.wait()


main(*sys.argv[1:])
