"""The yardstick of fan-out: a bare websockets server, which writes a text to all its sockets.

Run by the benches: python bench/broadcast.py PORT. A client that sends {"count", "size"} makes it broadcast that many
frames of about that size; {"echo": …} is sent back as it came.
"""

import asyncio
import json
import sys
import time

from websockets.asyncio.server import ServerConnection, broadcast, serve


async def main(port: int) -> None:
    """Serve until killed."""
    sockets: set[ServerConnection] = set()

    async def handle(socket: ServerConnection) -> None:
        sockets.add(socket)
        try:
            async for text in socket:
                wish = json.loads(text)
                if "echo" in wish:
                    await socket.send(text)
                    continue
                for number in range(wish["count"]):
                    frame = {"type": "bench", "number": number, "sent": time.monotonic(), "x": "x" * wish["size"]}
                    broadcast(sockets, json.dumps(frame))
                    await asyncio.sleep(0)
        finally:
            sockets.discard(socket)

    async with serve(handle, "127.0.0.1", port, compression=None):
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
