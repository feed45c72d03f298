"""What programs do with aiohttp's client, against a peer_site. Usage: aiohttp_client.py URL. Prints a line for each step."""
import asyncio
import io
import sys

import aiohttp


async def pieces():
    for i in range(100):
        yield b"%04d" % i * 250
        await asyncio.sleep(0)


async def main(url):
    async with aiohttp.ClientSession(url) as session:
        async with session.get("/hello") as response:
            assert await response.text() == "hello, world\n"
            assert response.headers["Server"] == "bight"
        print("get")
        async with session.get("/redirect") as response:
            assert response.history[0].status == 302 and response.url.path == "/hello"
        print("redirect")
        async with session.post("/echo", params={"q": "a b"}, json={"a": [1, 2]}) as response:
            assert await response.text() == 'POST /echo?q=a+b\n{"a": [1, 2]}', await response.text()
        print("json")
        async with session.post("/count", data=pieces()) as response:
            assert await response.text() == "100000 bytes\n"
        print("chunked upload")
        form = aiohttp.FormData()
        form.add_field("title", "two words")
        form.add_field("photo", io.BytesIO(b"x" * 70_000), filename="a.jpg", content_type="image/jpeg")
        async with session.post("/form", data=form) as response:
            assert "photo a.jpg image/jpeg 70000\n" in await response.text()
        print("form")
        async with session.put("/count", data=b"x" * 2_000_000, expect100=True) as response:
            assert await response.text() == "2000000 bytes\n"
        print("expect")
        async with session.get("/stream?pieces=500") as response:
            lines = [line async for line in response.content]
            assert lines == [b"line %d\n" % i for i in range(500)]
        print("stream")
        async with session.get("/text") as response:
            assert response.headers["Content-Encoding"] in ("gzip", "br", "zstd")
            assert (await response.text()).startswith("line 0 of a long text\n")
        print("compressed")
        answers = await asyncio.gather(*(session.post("/echo", data=str(i)) for i in range(200)))
        texts = [await answer.text() for answer in answers]
        assert texts == [f"POST /echo\n{i}" for i in range(200)]
        print("two hundred at once")


asyncio.run(asyncio.wait_for(main(sys.argv[1]), 20))
