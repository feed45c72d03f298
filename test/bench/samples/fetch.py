"""fetch.py [-j JOBS] [-t SECONDS] URL... | -: downloads many URLs at once and prints a table of what came of each."""

import argparse
import asyncio
import sys
import time

import aiohttp


async def get(session, url, retries=2):
    for attempt in range(retries + 1):
        try:
            async with session.get(url) as response:
                body = await response.read()
                if response.status in (429, 502, 503, 504) and attempt < retries:
                    await asyncio.sleep(float(response.headers.get("Retry-After", 0.1 * 2**attempt)))
                    continue
                return response.status, body, None
        except (aiohttp.ClientError, asyncio.TimeoutError) as e:
            if attempt == retries:
                return None, b"", str(e) or type(e).__name__
            await asyncio.sleep(0.1 * 2**attempt)


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-j", type=int, default=16)
    parser.add_argument("-t", type=int, default=30)
    parser.add_argument("urls", nargs="+")
    options = parser.parse_args()
    urls = [u for u in sys.stdin.read().split() if u] if options.urls == ["-"] else options.urls
    limit = asyncio.Semaphore(options.j)
    failed = done = 0

    async def one(session, url):
        nonlocal failed, done
        async with limit:
            begin = time.monotonic()
            status, body, error = await get(session, url)
        failed += status is None or status >= 400
        done += 1
        print(f"{status or 'error':>6}{(time.monotonic() - begin) * 1000:8.0f} ms{(len(body) + 999) // 1000:7} kB  {url}",
              *([f"\n               {error}"] if error else []), flush=True)
        if sys.stderr.isatty():
            print(f"\r\x1b[K{done} of {len(urls)}", end="", file=sys.stderr)

    timeout = aiohttp.ClientTimeout(total=options.t)
    async with aiohttp.ClientSession(timeout=timeout, headers={"User-Agent": "fetch/1.0"}) as session:
        await asyncio.gather(*(one(session, u) for u in urls))
    print(f"{len(urls)} URLs, {failed} failed")
    return failed != 0


sys.exit(asyncio.run(main()))
