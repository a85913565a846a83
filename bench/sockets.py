"""A websocket client that costs little (RFC 6455): it counts text frames, and parses one only when asked to.

Measuring a server with a client that is slower than it would measure the client.
"""

import asyncio
import base64
import json
import os
from collections.abc import Callable
from typing import Any

OPCODE, LENGTH = 0x0F, 0x7F
TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
LENGTH_16, LENGTH_64 = 126, 127
FINAL, MASKED = 0x80, 0x80

OnFrame = Callable[[bytes], None]


def encode(payload: bytes, opcode: int = TEXT) -> bytes:
    """Write a client's frame; the mask is zeros, which the standard allows a server to notice but not to mind."""
    size = len(payload)
    if size < LENGTH_16:
        head = bytes((FINAL | opcode, MASKED | size))
    elif size < 1 << 16:
        head = bytes((FINAL | opcode, MASKED | LENGTH_16)) + size.to_bytes(2)
    else:
        head = bytes((FINAL | opcode, MASKED | LENGTH_64)) + size.to_bytes(8)
    return head + bytes(4) + payload


class Decoder:
    """Cuts a server's bytes into frames (opcode, payload)."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Take bytes and give the frames that are whole."""
        data = self._rest + data if self._rest else data
        frames, at, end = [], 0, len(data)
        while end - at >= 2:  # noqa: PLR2004 - the shortest head
            size, head = data[at + 1] & LENGTH, 2
            if size >= LENGTH_16:
                head = 4 if size == LENGTH_16 else 10
                if end - at < head:
                    break
                size = int.from_bytes(data[at + 2 : at + head])
            if end - at < head + size:
                break
            frames.append((data[at] & OPCODE, data[at + head : at + head + size]))
            at += head + size
        self._rest = data[at:]
        return frames


class Socket(asyncio.Protocol):
    """One open websocket; `on_frame` gets each text frame's bytes."""

    def __init__(self, request: bytes, on_frame: OnFrame | None) -> None:
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.on_frame = on_frame
        self.count = 0
        self.is_closed = False
        self._request, self._head, self._decoder = request, b"", Decoder()
        self._waiting: list[tuple[Callable[[dict[str, Any]], bool], asyncio.Future[dict[str, Any]]]] = []
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if not self.opened.done():
            self._head += data
            head, found, data = self._head.partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head.partition(b"\r\n")[0]:
                self.opened.set_exception(ConnectionError(head.decode("latin-1")[:300]))
                return
            self.opened.set_result(None)
        for opcode, payload in self._decoder.feed(data):
            if opcode == TEXT:
                self._take(payload)
            elif opcode == PING:
                self.transport.write(encode(payload, PONG))
            elif opcode == CLOSE:
                self.is_closed = True

    def _take(self, payload: bytes) -> None:
        self.count += 1
        if self.on_frame:
            self.on_frame(payload)
        if self._waiting:
            frame = json.loads(payload)
            for check, future in self._waiting:
                if not future.done() and check(frame):
                    future.set_result(frame)
            self._waiting = [pair for pair in self._waiting if not pair[1].done()]

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_closed = True
        error = exc or ConnectionError("the server closed the socket")
        for future in [self.opened, *(future for _check, future in self._waiting)]:
            if not future.done():
                future.set_exception(error)

    def send(self, frame: dict[str, Any]) -> None:
        """Send a JSON object."""
        self.transport.write(encode(json.dumps(frame).encode()))

    def next(self, check: Callable[[dict[str, Any]], bool]) -> "asyncio.Future[dict[str, Any]]":
        """Wait for the next frame that passes; begin to wait before what brings it is sent."""
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting.append((check, future))
        return future

    def close(self) -> None:
        """Hang up."""
        self.transport.close()


async def connect(
    port: int, path: str, *, on_frame: OnFrame | None = None, cookie: str = "", compresses: bool = False
) -> Socket:
    """Open a websocket on this machine; `compresses` offers permessage-deflate, as every browser does.

    Raises:
        ConnectionError: the server refused.
    """
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket", "Connection: Upgrade"]
    lines += [f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", f"Origin: http://127.0.0.1:{port}"]
    lines += [f"Cookie: {cookie}"] if cookie else []
    lines += ["Sec-WebSocket-Extensions: permessage-deflate"] if compresses else []
    request = ("\r\n".join(lines) + "\r\n\r\n").encode()
    loop = asyncio.get_running_loop()
    _transport, socket = await loop.create_connection(lambda: Socket(request, on_frame), "127.0.0.1", port)
    await asyncio.wait_for(socket.opened, 30)
    return socket
