"""pipeline.py -: counts lines, words and bytes of the files that stdin names, and prints a JSON object for each.

The standard library has no watched folders; this one reads a list only."""

import asyncio
import json
import signal
import sys


def count(path):
    c = {"path": path, "lines": 0, "words": 0, "bytes": 0}
    try:
        with open(path, "rb") as file:
            for line in file:
                c["lines"] += 1
                c["words"] += sum(1 for word in line.rstrip(b"\n").split(b" ") if word)
                c["bytes"] += len(line)
    except OSError as e:
        c["error"] = str(e)
    return c


async def main():
    loop = asyncio.get_running_loop()
    queue = asyncio.Queue(32)
    done = 0

    async def produce():
        reader = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            if path := line.decode().strip():
                await queue.put(path)

    async def work():
        nonlocal done
        while (path := await queue.get()) is not None:
            print(json.dumps(await asyncio.to_thread(count, path)), flush=True)
            done += 1

    producer = asyncio.create_task(produce())
    workers = [asyncio.create_task(work()) for _ in range(8)]

    def stop():
        if producer.cancel():
            print(f"pipeline: {queue.qsize()} files are left; Ctrl-C drops them", file=sys.stderr)
        else:
            for w in workers:
                w.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    await asyncio.wait([producer])
    for _ in workers:
        await queue.put(None)
    await asyncio.gather(*workers, return_exceptions=True)
    print(f"pipeline: {done} files", file=sys.stderr)


asyncio.run(main())
