"""Files through aiofiles and os, as cases of bench_fs: aiofiles_fs.py CASE N. Prints the same JSON lines."""

import asyncio
import json
import os
import resource
import sys
import tempfile
import time

PAGE = 4096
AT_A_TIME = 32


def usage():
    return resource.getrusage(resource.RUSAGE_SELF)


class Stopwatch:
    def __init__(self):
        self.cpu, self.started = usage(), time.monotonic()

    def report(self, name, ops):
        seconds = time.monotonic() - self.started
        now, then = usage(), self.cpu
        switches = now.ru_nvcsw + now.ru_nivcsw - then.ru_nvcsw - then.ru_nivcsw
        row = {
            "bench": name,
            "ops": ops,
            "seconds": round(seconds, 6),
            "rate": round(ops / seconds, 1),
            "user_us_per_op": round((now.ru_utime - then.ru_utime) * 1e6 / ops, 5),
            "sys_us_per_op": round((now.ru_stime - then.ru_stime) * 1e6 / ops, 5),
            "switches_per_op": round(switches / ops, 4),
        }
        print(json.dumps(row), flush=True)


def small_files(folder, n, make):
    paths = [os.path.join(folder, str(i)) for i in range(n)]
    for path in paths if make else ():
        with open(path, "wb") as f:
            f.write(b"x" * PAGE)
    return paths


async def at_a_time(one, paths):
    waiting = iter(paths)

    async def worker():
        for path in waiting:
            await one(path)

    await asyncio.gather(*(worker() for _ in range(AT_A_TIME)))


async def one_by_one(one, paths):
    for path in paths:
        await one(path)


async def read_one(path):
    async with aiofiles.open(path, "rb") as f:
        assert len(await f.read()) == PAGE


async def write_one(path):
    async with aiofiles.open(path, "wb") as f:
        await f.write(b"y" * PAGE)


def whole_files(name, one, make, how):
    async def run(folder, n):
        paths = small_files(folder, n, make)
        watch = Stopwatch()
        await how(one, paths)
        watch.report(name, n)

    return run


async def read_at(folder, n):
    path = os.path.join(folder, "data")
    with open(path, "wb") as f:
        f.write(b"x" * PAGE * 256)
    async with aiofiles.open(path, "rb", buffering=0) as f:
        watch = Stopwatch()
        for i in range(n):
            await f.seek(i * 7 % 256 * PAGE)
            assert len(await f.read(PAGE)) == PAGE
        watch.report("aiofiles_read_at", n)


async def lines(folder, n):
    path = os.path.join(folder, "lines")
    with open(path, "wb") as f:
        f.write((b"x" * 99 + b"\n") * n)
    count = 0
    async with aiofiles.open(path, "rb") as f:
        watch = Stopwatch()
        async for line in f:
            count += len(line) - 1
        watch.report("aiofiles_lines", n)
    assert count == 99 * n


def make_tree(folder, n):
    for d in range(100):
        os.mkdir(os.path.join(folder, str(d)))
    for i in range(100, n):
        open(os.path.join(folder, str(i % 100), f"f{i}"), "wb").close()


async def os_walk(folder, n):
    make_tree(folder, n)
    watch = Stopwatch()
    found = sum(len(folders) + len(files) for _, folders, files in os.walk(folder))
    watch.report("os_walk", n)
    assert found == n


async def os_scandir(folder, n):
    make_tree(folder, n)

    def scan(path):
        found = 0
        with os.scandir(path) as entries:
            for entry in entries:
                found += 1 + (scan(entry.path) if entry.is_dir(follow_symlinks=False) else 0)
        return found

    watch = Stopwatch()
    found = scan(folder)
    watch.report("os_scandir", n)
    assert found == n


CASES = {
    "aiofiles_read_at": read_at,
    "aiofiles_lines": lines,
    "aiofiles_read_files": whole_files("aiofiles_read_files", read_one, True, one_by_one),
    "aiofiles_read_files_32": whole_files("aiofiles_read_files_32", read_one, True, at_a_time),
    "aiofiles_write_files": whole_files("aiofiles_write_files", write_one, False, one_by_one),
    "aiofiles_write_files_32": whole_files("aiofiles_write_files_32", write_one, False, at_a_time),
    "aiofiles_rewrite_files": whole_files("aiofiles_rewrite_files", write_one, True, one_by_one),
    "aiofiles_rewrite_files_32": whole_files("aiofiles_rewrite_files_32", write_one, True, at_a_time),
    "os_walk": os_walk,
    "os_scandir": os_scandir,
}

if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in CASES:
        sys.exit("usage: aiofiles_fs.py CASE N, CASE one of: " + " ".join(CASES))
    if sys.argv[1].startswith("aiofiles"):
        import aiofiles
    with tempfile.TemporaryDirectory(prefix="bight-bench-") as scratch:
        asyncio.run(CASES[sys.argv[1]](scratch, int(sys.argv[2])))
