"""What bench_fetch_all does, with aiohttp and a semaphore. Usage: aiohttp_fetch.py URL COUNT CONCURRENT"""

import asyncio
import sys

import aiohttp


async def main(url, count, concurrent):
    limit = asyncio.Semaphore(concurrent)

    async def fetch(session, where):
        async with limit, session.get(where) as response:
            assert response.status == 200
            return len(await response.read())

    async with aiohttp.ClientSession() as session:
        sizes = await asyncio.gather(*(fetch(session, f"{url}?{i}") for i in range(count)))
    assert len(sizes) == count


asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
