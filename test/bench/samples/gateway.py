"""gateway.py PORT URL...: a reverse proxy for several backends of one service."""

import asyncio
import sys
import time

import aiohttp
from aiohttp import web

HOP = {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade",
       "host", "content-length", "expect"}
TEMPORARY = (408, 429, 500, 502, 503, 504)
backends = [{"url": u.rstrip("/"), "healthy": True, "active": 0, "served": 0, "failed": 0} for u in sys.argv[2:]]
status = {"backends": backends, "hedged": 0, "retried": 0, "refused": 0}
clients, state = {}, {"next": 0, "budget": 10.0, "active": 0}


class Failed(Exception):
    pass


def end_to_end(headers):
    listed = {n.strip().lower() for n in headers.get("Connection", "").split(",")}
    return [(n, v) for n, v in headers.items() if n.lower() not in HOP and n.lower() not in listed]


def choose():
    some = [b for b in backends if b["healthy"]] or backends
    state["next"] += 1
    return min((some[(state["next"] + i) % len(some)] for i in range(len(some))), key=lambda b: b["active"])


def within_rate(address):
    """6,000 a minute, 6,000 at once."""
    now = time.monotonic()
    tokens, last = clients.get(address, (6000.0, now))
    tokens = min(6000.0, tokens + (now - last) * 100)
    clients[address] = (tokens - (tokens >= 1), now)
    return tokens >= 1


async def send(session, request, strict):
    b = choose()
    b["active"] += 1
    try:
        headers = end_to_end(request.headers)
        headers += [("X-Forwarded-For", request.remote), ("X-Forwarded-Host", request.host)]
        data = request.content if request.body_exists else None
        response = await session.request(request.method, b["url"] + request.raw_path, headers=headers, data=data,
                                         allow_redirects=False)
        b["served"] += 1
        if strict and response.status in TEMPORARY:
            response.release()
            raise Failed(response.status)
        return response
    except (aiohttp.ClientError, asyncio.TimeoutError) as e:
        b["failed"] += 1
        raise Failed(504 if isinstance(e, asyncio.TimeoutError) else 502)
    finally:
        b["active"] -= 1


async def hedged(session, request):
    """A second attempt after 200 ms; the first answer wins."""
    attempts = {asyncio.create_task(send(session, request, True))}
    try:
        done, waiting = await asyncio.wait(attempts, timeout=0.2)
        if not done:
            status["hedged"] += 1
            attempts.add(asyncio.create_task(send(session, request, True)))
            waiting = attempts
        while True:
            for t in done:
                if t.exception() is None:
                    return t.result()
            if not waiting:
                raise done.pop().exception()
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for t in attempts:
            t.cancel()


async def send_repeatable(session, request):
    state["budget"] = min(state["budget"] + 0.1, 10)
    try:
        return await hedged(session, request)
    except Failed:
        if state["budget"] < 1:
            raise
        state["budget"] -= 1
    status["retried"] += 1
    return await send(session, request, False)


async def forward(request):
    if not within_rate(request.remote):
        raise web.HTTPTooManyRequests(headers={"Retry-After": "1"})
    if state["active"] >= 1000:
        status["refused"] += 1
        raise web.HTTPServiceUnavailable(headers={"Retry-After": "1"})
    state["active"] += 1
    try:
        session = request.app["session"]
        repeatable = request.method in ("GET", "HEAD", "OPTIONS") and not request.body_exists
        answer = await (send_repeatable(session, request) if repeatable else send(session, request, False))
        async with answer:
            response = web.StreamResponse(status=answer.status, reason=answer.reason)
            response.headers.extend(end_to_end(answer.headers))
            response.content_length = answer.content_length
            await response.prepare(request)
            async for piece in answer.content.iter_any():
                await response.write(piece)
            await response.write_eof()
            return response
    except Failed as e:
        raise web.HTTPBadGateway(text=f"no backend answered: {e}")
    finally:
        state["active"] -= 1


async def check_health(session):
    async def check(b):
        try:
            async with session.get(b["url"] + "/health", timeout=aiohttp.ClientTimeout(total=1)) as response:
                b["healthy"] = response.status < 300
        except (aiohttp.ClientError, asyncio.TimeoutError):
            b["healthy"] = False

    while True:
        await asyncio.gather(*map(check, backends))
        await asyncio.sleep(2)


async def client(app):
    async with aiohttp.ClientSession(auto_decompress=False, connector=aiohttp.TCPConnector(limit=0)) as session:
        app["session"] = session
        checks = asyncio.create_task(check_health(session))
        yield
        checks.cancel()


async def show_status(request):
    return web.json_response(status)


app = web.Application(client_max_size=2**40)
app.router.add_get("/gateway/status", show_status)
app.router.add_route("*", "/{path:.*}", forward)
app.cleanup_ctx.append(client)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None)
