"""python_client.py websockets|aiohttp URL [deflate]: talks to an echo server; prints "ok" and the close code."""
import asyncio
import sys

kind, url = sys.argv[1:3]
deflate = "deflate" in sys.argv
texts = ["", "hello", "gr\u00fc\u00df\U0001f600", "x" * 70000, "abc " * 300000]
data = bytes((i * 7919) & 255 for i in range(100000))


async def with_websockets():
    import websockets

    compression = "deflate" if deflate else None
    async with websockets.connect(url, compression=compression, max_size=1 << 26, subprotocols=["v1"]) as socket:
        assert socket.subprotocol == "v1"
        for message in [*texts, data]:
            await socket.send(message)
            assert await socket.recv() == message
        await socket.send(["frag", "men", "ts"])
        assert await socket.recv() == "fragments"
        await (await socket.ping())
        await socket.send("close 4321 enough")
        try:
            await socket.recv()
        except websockets.ConnectionClosed as e:
            print("ok", e.code, e.reason)


async def with_aiohttp():
    import aiohttp

    async with aiohttp.ClientSession() as session:
        options = {"compress": 15 if deflate else 0, "max_msg_size": 1 << 26, "protocols": ["v1"]}
        async with session.ws_connect(url, **options) as socket:
            assert socket.protocol == "v1"
            for text in texts:
                await socket.send_str(text)
                assert await socket.receive_str() == text
            await socket.send_bytes(data)
            assert await socket.receive_bytes() == data
            await socket.send_str("close 4321 enough")
            message = await socket.receive()
            print("ok", message.data, message.extra)


asyncio.run({"websockets": with_websockets, "aiohttp": with_aiohttp}[kind]())
