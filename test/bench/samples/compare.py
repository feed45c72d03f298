"""The samples of apps/samples beside Python programs that do the same, in turn: processor time per operation and peak resident
memory, medians, and lines of code (not blank).

compare.py <bin folder> [NAME...] [--rounds 5]

The Python programs are in this folder; they and the clients here need aiohttp, websockets and httpx (cmake/install_deps.sh peers), so
run this with the Python that has them: /usr/bin/python3 on Debian. The time of programs that end by themselves (fetch, pipeline,
agents) includes their start. bight-serve is what fetch and gateway talk to."""

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
from aiohttp import web

here = Path(__file__).parent
root = here.parents[2]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def peak_memory(pid):
    """In MiB; 0 once it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


class Server:
    """A program that listens on a port, until the end of the block."""

    def __init__(self, *command):
        self.port = free_port()
        self.command = [str(c).replace("PORT", str(self.port)) for c in command]
        self.url = f"http://127.0.0.1:{self.port}"

    async def __aenter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL)
        for _ in range(400):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    self.before = self.cpu()
                    return self
            await asyncio.sleep(0.025)
        raise RuntimeError(f"{self.command} does not listen")

    async def __aexit__(self, *_):
        self.process.kill()
        self.process.wait()

    def cpu(self):
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(t.read_text().split()[0]) for t in tasks) / 1e9

    def result(self, operations):
        """Microseconds per operation, and memory."""
        return (self.cpu() - self.before) * 1e6 / operations, peak_memory(self.process.pid)


def run_once(command, operations, stdin=None):
    process = subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               stdin=open(stdin) if stdin else subprocess.DEVNULL)
    memory = 0
    while True:
        memory = max(memory, peak_memory(process.pid))
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = status
            if status:
                raise RuntimeError(f"{command} failed")
            return (usage.ru_utime + usage.ru_stime) * 1e6 / operations, memory
        time.sleep(0.005)


# ---- what is measured ----


async def fetch(program, tools):
    count = 5000
    async with Server(tools.serve, tools.folder / "site", "--port", "PORT") as site:
        urls = tools.folder / "urls.txt"
        urls.write_text("".join(f"{site.url}/page.html?{i}\n" for i in range(count)))
        return await asyncio.to_thread(run_once, [*program, "-j", "16", "-"], count, urls)


async def pipeline(program, tools):
    names = tools.folder / "files.txt"
    if not names.exists():
        (tools.folder / "files").mkdir()
        line = "the quick brown fox jumps over the lazy dog and runs\n"
        for i in range(3000):
            (tools.folder / f"files/{i}.txt").write_text(line * 80)
        names.write_text("".join(f"{tools.folder}/files/{i}.txt\n" for i in range(3000)))
    return await asyncio.to_thread(run_once, [*program, "-"], 3000, names)


async def rest(program, _):
    rounds = 60
    note = {"title": "Milk", "text": "two bottles", "tags": ["shop", "today"]}
    headers = {}
    if len(program) == 1:  # ours asks for a token
        os.environ.setdefault("NOTES_SECRET", "0" * 64)
        token = subprocess.run([*program, "token", "ann"], capture_output=True, text=True, check=True).stdout.strip()
        headers["Authorization"] = "Bearer " + token
    async with Server(*program, "PORT") as server, aiohttp.ClientSession(headers=headers) as client:

        async def work():
            for _ in range(rounds):
                async with client.post(server.url + "/notes", json=note) as r:
                    id = (await r.json())["id"]
                async with client.get(f"{server.url}/notes/{id}") as r:
                    assert (await r.json())["title"] == "Milk"
                async with client.put(f"{server.url}/notes/{id}", json=note) as r:
                    assert r.status == 200
                async with client.delete(f"{server.url}/notes/{id}") as r:
                    assert r.status == 204

        await asyncio.gather(*(work() for _ in range(16)))
        return server.result(16 * rounds * 4)


async def gateway(program, tools):
    count = 4000  # below the limit of an address
    serve = [tools.serve, tools.folder / "site", "--port", "PORT"]
    async with Server(*serve) as a, Server(*serve) as b, Server(*program, "PORT", a.url, b.url) as server:
        async with aiohttp.ClientSession() as client:

            async def work():
                for _ in range(count // 16):
                    async with client.get(server.url + "/page.html") as r:
                        assert r.status == 200 and len(await r.read()) == 4096

            await asyncio.gather(*(work() for _ in range(16)))
            return server.result(count)


async def webhooks(program, _):
    subscribers, events = 100, 10
    got, complete = 0, asyncio.Event()

    async def receive(request):
        nonlocal got
        await request.read()
        assert request.headers["X-Signature"].startswith("sha256=")
        got += 1
        if got == subscribers * events:
            complete.set()
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/hook", receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    async with Server(*program, "PORT") as server, aiohttp.ClientSession() as client:
        for _ in range(subscribers):
            data = {"url": f"http://127.0.0.1:{port}/hook", "secret": "s3cret"}
            async with client.post(server.url + "/subscribers", json=data) as r:
                assert r.status == 201
        for i in range(events):
            async with client.post(server.url + "/events", json={"type": "order.paid", "data": json.dumps({"id": i})}) as r:
                assert r.status == 202
        await asyncio.wait_for(complete.wait(), 60)
        result = server.result(subscribers * events)
    await runner.cleanup()
    return result


async def chat(program, _):
    people, rounds = 40, 10
    with tempfile.TemporaryDirectory() as folder:
        async with Server(*program, "PORT", folder) as server, aiohttp.ClientSession() as client:
            sockets = [await client.ws_connect(f"{server.url}/chat?name=n{i}&room=lobby&seen=1000000") for i in range(people)]

            async def take(socket):
                texts = 0
                while texts != people:  # a line of each
                    texts += json.loads((await socket.receive_str()))["kind"] == "text"

            for _ in range(rounds):
                await asyncio.gather(*(s.send_str('{"text": "hello, everybody in this room"}') for s in sockets))
                await asyncio.gather(*(take(s) for s in sockets))
            return server.result(people * people * rounds)


async def agents(program, _):
    words = 2000
    calls = 0

    async def answer(request):
        nonlocal calls
        asked = await request.json()
        if asked["model"] == "busy" and (calls := calls + 1) % 2:
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "0"})
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        if asked["model"] == "calculating" and asked["messages"][-1]["role"] == "user":
            await response.write(b'data: {"tool": "calculate", "argument": "6*7", "tokens": 3}\n\n')
        else:
            for _ in range(words):
                await response.write(b'data: {"text": "word ", "tokens": 1}\n\n')
        return response

    app = web.Application()
    app.router.add_post("/v1/answer", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    command = [*program, "--budget", "1000000", "--seconds", "60", "--url", f"http://127.0.0.1:{port}", "what is six times seven"]
    result = await asyncio.to_thread(run_once, command, 4 * words)
    await runner.cleanup()
    return result


operations = {"fetch": (fetch, "URL"), "pipeline": (pipeline, "file"), "webhooks": (webhooks, "delivery"), "chat": (chat, "delivery"),
              "rest": (rest, "request"), "gateway": (gateway, "request"), "agents": (agents, "token")}


def lines(path):
    return sum(1 for line in path.read_text().splitlines() if line.strip())


async def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin", type=Path)
    parser.add_argument("names", nargs="*", default=[])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    for name in options.names or operations:
        measure, what = operations[name]
        programs = {"bight": [options.bin / name], "Python": [sys.executable, "-B", here / f"{name}.py"]}
        results = {p: [] for p in programs}
        with tempfile.TemporaryDirectory() as folder:
            tools = argparse.Namespace(serve=options.bin / "bight-serve", folder=Path(folder))
            (tools.folder / "site").mkdir()
            (tools.folder / "site/page.html").write_text("x" * 4096)
            (tools.folder / "site/health").write_text("good\n")
            for _ in range(options.rounds):
                for program, command in programs.items():
                    results[program].append(await measure(command, tools))
        print(f"\n{name}\n| | bight | Python |\n|---|---|---|")
        cpu = {p: statistics.median(r[0] for r in results[p]) for p in programs}
        memory = {p: statistics.median(r[1] for r in results[p]) for p in programs}
        print(f"| lines | {lines(root / 'apps/samples' / name / 'main.cpp')} | {lines(here / (name + '.py'))} |")
        print(f"| processor time per {what} | {cpu['bight']:.0f} us | {cpu['Python']:.0f} us |")
        print(f"| peak resident memory | {memory['bight']:.1f} MiB | {memory['Python']:.1f} MiB |", flush=True)


asyncio.run(main())
