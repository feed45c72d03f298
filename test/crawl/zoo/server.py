"""A zoo of web sites, one for each thing that can go wrong in a crawl.

    python3 test/crawl/zoo/server.py [--port N]

serves them on 127.0.0.1, 127.0.0.2 ... 127.0.0.9 (h1 ... h9 in the cases) and on one port, and prints the URL of
h1. Each NAME.py beside this file registers cases; NAME.zoo says what bight-crawl is to find (its format is
explained in README.md). Every answer is written as bytes, so that it may be as wrong as needed.
"""
import argparse
import asyncio
import importlib
import pathlib
import re
import sys

HOSTS = 9
FILLER = 1 << 20  # bytes of one more piece of a body
_handlers = {}  # (host, path) -> function
_fallbacks = {}  # host -> function


class Request:
    """A request; `count` is how often this URL has been asked for, from 1."""

    def __init__(self, host, method, target, headers, count):
        self.host, self.method, self.target, self.headers, self.count = host, method, target, headers, count
        self.path, _, self.query = target.partition("?")


class Response:
    """An answer. `cut` closes the connection after so many bytes of the body; `raw` is sent as it is instead.
    `repeat` adds so many MiB of one line."""

    def __init__(self, body=b"", status=200, type="text/html; charset=utf-8", headers=(), raw=None, cut=None, delay=0,
                 repeat=0):
        self.body = body.encode() if isinstance(body, str) else body
        self.status, self.type, self.headers = status, type, list(headers)
        self.raw, self.cut, self.delay, self.repeat = raw, cut, delay, repeat

    def chunks(self):
        """The bytes to send. Without Content-Length in `headers`, that of the body is added."""
        if self.raw is not None:
            yield self.raw
            return
        head = f"HTTP/1.1 {self.status} Zoo\r\n".encode()
        if self.type is not None:
            head += f"Content-Type: {self.type}\r\n".encode()
        for name, value in self.headers:
            head += name.encode() + b": " + (value if isinstance(value, bytes) else value.encode()) + b"\r\n"
        if not any(name.lower() in ("content-length", "transfer-encoding") for name, _ in self.headers):
            head += f"Content-Length: {len(self.body) + self.repeat * FILLER}\r\n".encode()
        yield head + b"\r\n"
        yield self.body if self.cut is None else self.body[: self.cut]
        for _ in range(self.repeat):
            yield b"x" * FILLER

    def closes(self):
        return self.raw is not None or self.cut is not None


def get(path, host=1):
    """Registers a function of a Request, whose result is a Response, or the text of a page."""

    def register(function):
        assert (host, path) not in _handlers, f"{path} of h{host} is registered twice"
        _handlers[host, path] = function
        return function

    return register


def fallback(host):
    """Registers what answers where there is nothing else; otherwise that is 404."""

    def register(function):
        _fallbacks[host] = function
        return function

    return register


def page(path, body="", host=1, **options):
    """Registers a fixed answer."""
    answer = Response(body, **options)
    get(path, host)(lambda request: answer)


def links(*urls):
    """HTML with these links, one a line."""
    return "".join(f'<a href="{u}">to {u}</a>\n' for u in urls)


def moved(location, status=302):
    return Response("", status, headers=[("Location", location)])


class Zoo:
    def __init__(self, port):
        self.port = port
        self.counts = {}

    def place(self, data):
        """h2 -> 127.0.0.2:port, in URLs."""
        return re.sub(rb"(//(?:[^/@\s]*@)?)h([1-9])(?=[/\"'\s?#]|$)",
                      lambda m: m[1] + b"127.0.0.%d:%d" % (int(m[2]), self.port), data)

    async def answer(self, request):
        handler = _handlers.get((request.host, request.path)) or _fallbacks.get(request.host)
        if handler is None:
            return Response("no such page", 404, "text/plain")
        answer = handler(request)
        if asyncio.iscoroutine(answer):
            answer = await answer
        return Response(answer) if isinstance(answer, (str, bytes)) else answer

    async def serve(self, host, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lines = head.decode("latin-1").split("\r\n")
                method, target, _ = lines[0].split(" ", 2)
                headers = {}
                for line in lines[1:]:
                    name, _, value = line.partition(":")
                    headers[name.strip().lower()] = value.strip()
                self.counts[host, target] = self.counts.get((host, target), 0) + 1
                request = Request(host, method, target, headers, self.counts[host, target])
                answer = await self.answer(request)
                if answer.delay:
                    await asyncio.sleep(answer.delay)
                if answer.type is None or not answer.type.startswith("application/octet"):
                    if answer.raw is None and not any(n == "Content-Encoding" for n, _ in answer.headers):
                        answer = self.placed(answer)
                for n, chunk in enumerate(answer.chunks()):
                    if n == 1 and method == "HEAD":
                        break
                    writer.write(chunk)
                    await writer.drain()
                if answer.closes():
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def placed(self, answer):
        copy = Response(self.place(answer.body), answer.status, answer.type, cut=answer.cut, repeat=answer.repeat)
        copy.headers = [(n, self.place(v if isinstance(v, bytes) else v.encode())) for n, v in answer.headers]
        return copy


async def main(port):
    zoo = Zoo(port)
    servers = []
    for host in range(1, HOSTS + 1):
        server = await asyncio.start_server(lambda r, w, host=host: zoo.serve(host, r, w), f"127.0.0.{host}", zoo.port,
                                            limit=1 << 20)
        zoo.port = zoo.port or server.sockets[0].getsockname()[1]
        servers.append(server)
    print(f"http://127.0.0.1:{zoo.port}/", flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    sys.modules["server"] = sys.modules["__main__"]  # cases import this file by its name
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="default: one that is free")
    arguments = parser.parse_args()
    here = pathlib.Path(__file__).parent
    sys.path.insert(0, str(here))
    for case in sorted(here.glob("*.py")):
        if case.stem != "server":
            importlib.import_module(case.stem)
    try:
        asyncio.run(main(arguments.port))
    except KeyboardInterrupt:
        pass
