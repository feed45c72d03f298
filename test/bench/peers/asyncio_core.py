"""asyncio_core.py CASE N: cases of bench_core in asyncio, on uvloop where it is installed."""

import asyncio
import json
import sys
import time


async def nothing():
    pass


async def spawn_join(n):
    for _ in range(n):
        await asyncio.create_task(nothing())


async def queue(n):
    items = asyncio.Queue(1024)

    async def produce():
        for i in range(n):
            await items.put(i)

    async def consume():
        for _ in range(n):
            await items.get()

    await asyncio.gather(produce(), consume())


async def timeout(n):
    for _ in range(n):
        async with asyncio.timeout(1):
            await nothing()


async def timeout_yield(n):
    for _ in range(n):
        async with asyncio.timeout(1):
            await asyncio.sleep(0)


async def cancel(n):
    for _ in range(n):
        task = asyncio.create_task(asyncio.sleep(1000))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])


async def main(name, n):
    pending = asyncio.create_task(asyncio.sleep(3600))
    start = time.process_time()
    await globals()[name](n)
    used = (time.process_time() - start) * 1e6 / n
    print(json.dumps({"bench": name, "ops": n, "user_us_per_op": used, "sys_us_per_op": 0}))
    pending.cancel()


if __name__ == "__main__":
    try:
        import uvloop

        uvloop.install()
    except ImportError:
        pass
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
