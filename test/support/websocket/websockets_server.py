"""websockets_server.py PORT [deflate]: echoes with python3-websockets; "close 4000 why" closes."""
import asyncio
import sys

import websockets


async def echo(socket):
    async for message in socket:
        if isinstance(message, str) and message.startswith("close "):
            _, code, reason = message.split(" ")
            await socket.close(int(code), reason)
        elif message == "terminate":
            socket.transport.abort()
        else:
            await socket.send(message)


async def main():
    compression = "deflate" if "deflate" in sys.argv else None
    async with websockets.serve(
        echo, "127.0.0.1", int(sys.argv[1]), compression=compression, max_size=1 << 26, subprotocols=["v1"]
    ):
        await asyncio.Future()


asyncio.run(main())
