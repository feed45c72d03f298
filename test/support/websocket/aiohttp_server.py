"""aiohttp_server.py PORT [deflate]: echoes with python3-aiohttp; "close 4000 why" closes."""
import sys

from aiohttp import WSMsgType, web


async def echo(request):
    socket = web.WebSocketResponse(compress="deflate" in sys.argv, max_msg_size=1 << 26, protocols=["v1"])
    await socket.prepare(request)
    async for message in socket:
        if message.type == WSMsgType.TEXT:
            if message.data.startswith("close "):
                _, code, reason = message.data.split(" ")
                await socket.close(code=int(code), message=reason.encode())
            elif message.data == "terminate":
                request.transport.abort()
            else:
                await socket.send_str(message.data)
        elif message.type == WSMsgType.BINARY:
            await socket.send_bytes(message.data)
    return socket


app = web.Application()
app.router.add_get("/{path:.*}", echo)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
