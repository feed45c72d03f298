"""webhooks.py [PORT]: takes events by POST and delivers each to every subscriber, signed and with retries."""

import asyncio
import hashlib
import hmac
import json
import sys
import time
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

PAGE = (Path(__file__).parents[3] / "apps/samples/webhooks/page.hpp").read_text().split('page(')[1].split(')page')[0]
subscribers, dead, watchers = {}, {}, set()
ids, events = count(1), count(1)
routes = web.RouteTableDef()


class Pace:
    """At most `rate` a second, `rate` at once."""

    def __init__(self, rate):
        self.rate, self.tokens, self.last = rate, rate, time.monotonic()

    async def acquire(self):
        now = time.monotonic()
        self.tokens, self.last = min(self.rate, self.tokens + (now - self.last) * self.rate), now
        self.tokens -= 1
        if self.tokens < 0:
            await asyncio.sleep(-self.tokens / self.rate)


def tell(what, id, subscriber=0, detail=""):
    text = json.dumps({"what": what, "id": id, "subscriber": subscriber, "detail": detail})
    for queue in watchers:
        if queue.full():
            queue.get_nowait()
        queue.put_nowait(text)


def bury(d, why):
    tell("dead", d["id"], d["subscriber"], why)
    dead[d["id"], d["subscriber"]] = {**d, "error": why}


def enqueue(s, d):
    if s["waiting"].full():
        bury(d, "too many deliveries are waiting")
    else:
        s["waiting"].put_nowait(d)


async def deliver(session, s, d):
    body = d["data"].encode()
    signature = hmac.new(s["secret"].encode(), body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-Event": d["type"], "X-Delivery": str(d["id"]),
               "X-Signature": "sha256=" + signature}
    for attempt in range(6):
        try:
            async with session.post(s["url"], data=body, headers=headers) as response:
                await response.read()
                if response.status < 400:
                    return tell("delivered", d["id"], d["subscriber"], str(response.status))
                error = f"{response.status} {response.reason}"
                if response.status not in (408, 429, 500, 502, 503, 504):
                    break
                wait = float(response.headers.get("Retry-After", 0.5 * 2**attempt))
        except (aiohttp.ClientError, asyncio.TimeoutError) as e:
            error, wait = str(e) or type(e).__name__, 0.5 * 2**attempt
        await asyncio.sleep(wait)
    bury(d, error)


async def work(session, s):
    pace = Pace(10)
    while True:
        d = await s["waiting"].get()
        await pace.acquire()
        await deliver(session, s, d)
        s["waiting"].task_done()


@routes.post("/subscribers")
async def add_subscriber(request):
    wanted = await request.json()
    if urlsplit(wanted["url"]).scheme not in ("http", "https"):
        raise web.HTTPUnprocessableEntity(text="url must be an http or https URL")
    s = {"id": next(ids), "url": wanted["url"], "secret": wanted["secret"], "waiting": asyncio.Queue(1000)}
    subscribers[s["id"]] = s
    s["worker"] = asyncio.create_task(work(request.app["session"], s))
    return web.json_response({"id": s["id"]}, status=201)


@routes.post("/events")
async def add_event(request):
    e = await request.json()
    id = next(events)
    tell("accepted", id, 0, e["type"])
    for number, s in subscribers.items():
        enqueue(s, {"id": id, "subscriber": number, "type": e["type"], "data": e["data"]})
    return web.json_response({"id": id}, status=202)


@routes.get("/dead")
async def dead_letters(request):
    return web.json_response(list(dead.values()))


@routes.post(r"/dead/{id:\d+}/{to:\d+}/replay")
async def replay(request):
    letter = dead.pop((int(request.match_info["id"]), int(request.match_info["to"])), None)
    if letter is None:
        raise web.HTTPNotFound(text="there is no such dead letter")
    letter.pop("error")
    enqueue(subscribers[letter["subscriber"]], letter)
    return web.Response(status=202)


@routes.get("/")
async def show_page(request):
    return web.Response(text=PAGE, content_type="text/html")


@routes.get("/live")
async def live(request):
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    queue = asyncio.Queue(256)
    watchers.add(queue)
    try:
        while True:
            await response.write(f"data: {await queue.get()}\n\n".encode())
    finally:
        watchers.discard(queue)


async def client(app):
    app["session"] = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10))
    yield
    waiting = [s["waiting"].join() for s in subscribers.values()]
    if waiting:
        try:
            await asyncio.wait_for(asyncio.gather(*waiting), 10)
        except asyncio.TimeoutError:
            pass
    for s in subscribers.values():
        s["worker"].cancel()
    await app["session"].close()
    for letter in dead.values():
        print(json.dumps(letter))


app = web.Application(client_max_size=256 * 1024)
app.add_routes(routes)
app.cleanup_ctx.append(client)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]) if len(sys.argv) > 1 else 8080, access_log=None)
