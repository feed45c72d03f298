"""The WebSocket echo of bight beside a raw epoll loop, Boost.Beast, npm's ws and python3-websockets, in turn: processor time of the
server per message, medians.

compare_websocket.py <bin folder> [--connections 32] [--messages 2000] [--rounds 5] [--deflate] [--python /usr/bin/python3]

The client is bench_websocket_client. Peers that are not installed are left out."""

import argparse
import shutil
import signal
import socket
import statistics
import subprocess
import time
from pathlib import Path

root = Path(__file__).parents[3]
scripts = root / "test" / "support" / "websocket"


def cpu_of(pid):
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(t.read_text().split()[0]) for t in tasks) / 1e9


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port, command):
    for _ in range(200):
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{command} does not listen")


def measure(command, client, count):
    port = free_port()
    # The client leaves without a Close frame, which some report on stderr.
    server = subprocess.Popen([part.replace("PORT", str(port)) for part in command], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    try:
        wait_for(port, command)
        before = cpu_of(server.pid)
        subprocess.run([*client, "--url", f"ws://127.0.0.1:{port}/"], check=True, stdout=subprocess.DEVNULL)
        return (cpu_of(server.pid) - before) * 1e6 / count
    finally:
        server.send_signal(signal.SIGKILL)
        server.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin", type=Path)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--deflate", action="store_true")
    parser.add_argument("--python", default="/usr/bin/python3")
    options = parser.parse_args()
    flag = ["--deflate"] if options.deflate else []
    word = ["deflate"] if options.deflate else []
    programs = {
        "bight": [str(options.bin / "bench_websocket_server"), "--port", "PORT", *flag],
        "beast": [str(options.bin / "bench_websocket_beast"), "--port", "PORT", *flag],
    }
    if not options.deflate:
        programs["limit"] = [str(options.bin / "bench_websocket_limit"), "--port", "PORT"]
    if shutil.which("node") and (root / "test/npm/node_modules/ws").exists():
        programs["ws"] = ["node", str(scripts / "ws_server.mjs"), "PORT", *word]
    if subprocess.run([options.python, "-c", "import websockets"], stderr=subprocess.DEVNULL).returncode == 0:
        programs["websockets"] = [options.python, "-B", str(scripts / "websockets_server.py"), "PORT", *word]
    for size in (32, 1024, 65536):
        messages = max(options.messages // (10 if size > 10000 else 1), 1)
        client = [str(options.bin / "bench_websocket_client"), "--connections", str(options.connections)]
        client += ["--messages", str(messages), "--size", str(size), *flag]
        results = {name: [] for name in programs}
        for _ in range(options.rounds):
            for name, command in programs.items():
                results[name].append(measure(command, client, messages * options.connections))
        base = statistics.median(results.get("limit", results["bight"]))
        for name, values in results.items():
            median = statistics.median(values)
            print(f"{size:6} bytes  {name:10} {median:8.2f} us/message  {median / base:5.2f}", flush=True)


main()
