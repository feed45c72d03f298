"""Runs the shell commands of a document: its ```sh blocks, one after the other in one shell, in a clone of the repository.

Usage: run_document.py <document> <repository> <work folder> [<port>:<variable>...]

<port>:<variable>: 127.0.0.1:<port> in commands becomes an address with a free port, which is also the value of that
environment variable, for the program.

Prints each command with the time it took; the first one that fails ends the run. $HOME is in the work folder.
"""

import os
import random
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands(text):
    """The commands of all blocks; lines that end with a backslash continue."""
    found = []
    for block in BLOCK.findall(text):
        found += [c for c in block.replace("\\\n", "\\\x00").split("\n") if c.strip()]
    return [c.replace("\\\x00", "\\\n") for c in found]


def free_address():
    """Below the ports that outgoing connections get: it must still be free when the program has been built."""
    for port in random.sample(range(20000, 32000), 100):
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
            return f"127.0.0.1:{port}"
    raise RuntimeError("no port is free")


def ccache_folder():
    """The one of this user: with another $HOME, ccache would compile again what is the same here."""
    found = os.environ.get("CCACHE_DIR", "")
    if not found and shutil.which("ccache"):
        found = subprocess.run(["ccache", "--get-config", "cache_dir"], capture_output=True, text=True).stdout.strip()
    return found or str(Path.home() / ".cache" / "ccache")


def script(text):
    lines = ["set -eu"]
    for c in commands(text):
        quoted = "'" + c.replace("'", "'\\''") + "'"
        lines += [f"printf '\\n$ %s\\n' {quoted}", "begin=$(date +%s%N)", c,
                  "printf '[%d ms]\\n' $((($(date +%s%N) - begin) / 1000000))"]
    return "\n".join(lines) + "\n"


def main(document, repository, work, *ports):
    work = Path(work)
    text = Path(document).read_text()
    shutil.rmtree(work, ignore_errors=True)
    home = work / "home"
    home.mkdir(parents=True)
    clone = work / "clone"
    if shutil.which("curl") is None:
        print("curl is not installed (sh cmake/install_deps.sh peers)")
        return 77
    subprocess.run(["git", "-c", "safe.directory=*", "clone", "--quiet", repository, str(clone)], check=True)
    environment = dict(os.environ, HOME=str(home), CCACHE_DIR=ccache_folder(), CMAKE_BUILD_PARALLEL_LEVEL=os.environ.get("CMAKE_BUILD_PARALLEL_LEVEL", "2"))
    for port, variable in (p.split(":") for p in ports):
        environment[variable] = free_address()
        text = text.replace("127.0.0.1:" + port, environment[variable])
    # The shell and what it leaves running in the background end together.
    shell = subprocess.Popen(["bash", "-c", script(text)], cwd=clone, env=environment, start_new_session=True,
                             stdin=subprocess.DEVNULL)
    try:
        status = shell.wait()
    finally:
        try:
            os.killpg(shell.pid, 9)
        except ProcessLookupError:
            pass
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
