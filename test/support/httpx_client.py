"""What programs do with httpx, against a peer_site. Usage: httpx_client.py URL. Prints a line for each step."""
import asyncio
import sys

import httpx


def plain(url):
    with httpx.Client(base_url=url, trust_env=False) as client:
        response = client.get("/hello")
        assert response.text == "hello, world\n" and response.http_version == "HTTP/1.1"
        assert client.head("/hello").headers["content-length"] == "13"
        assert client.options("/hello").headers["allow"] == "GET, HEAD, OPTIONS", client.options("/hello").headers
        assert client.delete("/hello").status_code == 405
        print("methods")
        response = client.get("/redirect", follow_redirects=True)
        assert response.url.path == "/hello" and response.history[0].status_code == 302
        print("redirect")
        files = {"photo": ("a.jpg", b"x" * 70_000, "image/jpeg")}
        response = client.post("/form", data={"title": "two words"}, files=files)
        assert response.text == "title - text/plain 9\nphoto a.jpg image/jpeg 70000\n", response.text
        print("form")
        response = client.post("/count", content=(b"x" * 1000 for _ in range(1000)))
        assert response.text == "1000000 bytes\n"
        print("chunked upload")
        client.put("/clip/data.bin", content=bytes(range(256)) * 10).raise_for_status()
        response = client.get("/clip/data.bin", headers={"Range": "bytes=256-259"})
        assert response.status_code == 206 and response.content == bytes(range(4))
        print("range")
        with client.stream("GET", "/stream?pieces=500") as response:
            assert list(response.iter_lines()) in ([f"line {i}" for i in range(500)], [f"line {i}\n" for i in range(500)])
        print("stream")
        response = client.get("/text")
        assert "content-encoding" in response.headers and response.text.endswith("line 1999 of a long text\n")
        print("compressed")


async def at_once(url):
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        answers = await asyncio.gather(*(client.post("/echo", content=str(i)) for i in range(100)))
        assert [a.text for a in answers] == [f"POST /echo\n{i}" for i in range(100)]
        print("a hundred at once")


plain(sys.argv[1])
asyncio.run(asyncio.wait_for(at_once(sys.argv[1]), 20))
