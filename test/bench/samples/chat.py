"""chat.py [PORT [FOLDER]]: rooms over WebSockets, with presence, and a history that survives a restart."""

import asyncio
import json
import re
import signal
import sys
import time
from collections import deque
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import websockets

PAGE = (Path(__file__).parents[3] / "apps/samples/chat/page.hpp").read_text().split('page(')[1].split(')page')[0]
folder = Path(sys.argv[2] if len(sys.argv) > 2 else ".")
rooms = {}


class Room:
    def __init__(self, path):
        self.people, self.readers, self.last = set(), set(), 0
        self.history = deque(maxlen=200)
        self.file = open(path, "a+")
        self.file.seek(0)
        for text in self.file:
            self.last = json.loads(text)["id"]
            self.history.append((self.last, text.rstrip("\n")))

    def say(self, kind, who, text):
        self.last += 1
        line = json.dumps({"id": self.last, "kind": kind, "from": who, "text": text})
        self.file.write(line + "\n")
        self.file.flush()
        self.history.append((self.last, line))
        for queue in list(self.readers):
            try:
                queue.put_nowait(line)
            except asyncio.QueueFull:  # too slow: it is disconnected
                self.readers.discard(queue)
                queue.get_nowait()
                queue.put_nowait(None)

    def names(self):
        return ", ".join(sorted(self.people))


async def receive(ws, room, name):
    tokens, last = 20.0, time.monotonic()  # 5 a second, 20 at once
    async for data in ws:
        now = time.monotonic()
        tokens, last = min(20.0, tokens + (now - last) * 5) - 1, now
        if tokens < 0:
            await asyncio.sleep(-tokens / 5)
        text = json.loads(data)["text"]
        if text:
            room.say("text", name, text)


async def send(ws, queue):
    while (line := await queue.get()) is not None:
        await ws.send(line)


async def session(ws):
    query = parse_qs(urlsplit(ws.path).query)
    name, room_name, seen = query["name"][0], query["room"][0], int(query.get("seen", ["0"])[0])
    if room_name not in rooms:
        rooms[room_name] = Room(folder / (room_name + ".jsonl"))
    room = rooms[room_name]
    if name in room.people:
        return await ws.close(4009, "that name is taken")
    room.people.add(name)
    queue = asyncio.Queue(64)
    room.readers.add(queue)
    tasks = []
    try:
        for number, line in list(room.history):
            if number > seen:
                await ws.send(line)
        room.say("joined", name, room.names())
        tasks = [asyncio.create_task(receive(ws, room, name)), asyncio.create_task(send(ws, queue))]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for t in tasks:
            t.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        room.readers.discard(queue)
        room.people.discard(name)
        room.say("left", name, room.names())


async def handshake(path, headers):
    url = urlsplit(path)
    if url.path == "/":
        return HTTPStatus.OK, [("Content-Type", "text/html; charset=utf-8")], PAGE.encode()
    if url.path != "/chat":
        return HTTPStatus.NOT_FOUND, [], b""
    origin = headers.get("Origin")
    if origin and urlsplit(origin).netloc != headers["Host"]:
        return HTTPStatus.FORBIDDEN, [], b""
    query = parse_qs(url.query)
    if not all(re.fullmatch(r"[A-Za-z0-9_-]{1,32}", query.get(key, [""])[0]) for key in ("name", "room")):
        return HTTPStatus.BAD_REQUEST, [], b"name, room: up to 32 letters, digits, - and _"


async def main():
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    async with websockets.serve(session, "127.0.0.1", port, process_request=handshake, max_size=4096,
                                compression=None) as server:
        await stop.wait()
        await asyncio.gather(*(ws.close(1012, "the server restarts") for ws in list(server.websockets)))


asyncio.run(main())
