"""What stands between processes of a test: a proxy before several servers, and a line to a service that can be cut."""

import asyncio
import contextlib
import itertools
import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

CHUNK = 65_536
CONNECT_SECONDS = 2
# What may be asked again when a server died before it answered, as proxies do by default.
REPEATABLE = {"GET", "HEAD", "OPTIONS"}
BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

Address = tuple[str, int]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Relay(ABC):
    """A listener of this process, in a thread with an event loop, that keeps its port while it is away."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._listening: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name=type(self).__name__, daemon=True)
        self._thread.start()
        self.port = 0
        self.resume()

    def resume(self) -> None:
        """Listen, on the same port as before."""
        self._run(self._listen())

    def cut(self) -> None:
        """End every connection and listen no more."""
        self._run(self._end())

    def stop(self) -> None:
        """Cut, and end the thread."""
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    def _run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=20)

    async def _listen(self) -> None:
        if self._listening is None:
            self._listening = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
            self.port = self._listening.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        if self._listening:
            self._listening.close()
            self._listening = None
        for connection in list(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            with contextlib.suppress(OSError, EOFError, asyncio.CancelledError, asyncio.LimitOverrunError):
                await self.serve(reader, writer)
        finally:
            self._connections.discard(task)
            writer.transport.abort() if self._listening is None else writer.close()

    @abstractmethod
    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Handle one connection; it is closed afterwards."""


class Line(Relay):
    """The line to one service: cut it and the service is gone, resume it and the service is back."""

    def __init__(self, host: str, port: int) -> None:
        self.service = (host, port)
        super().__init__()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what either side says, until one is silent for good."""
        upstream = await asyncio.open_connection(*self.service)
        await _join((reader, writer), upstream)


class Front(Relay):
    """One address for several servers: live lines to some, everything else to others, in turn.

    It stands for the proxy of compose.yaml. A server that does not answer the telephone is passed over.
    """

    def __init__(self, web: Callable[[], Sequence[Address]], sockets: Callable[[], Sequence[Address]]) -> None:
        self.web, self.sockets = web, sockets
        self._turn = itertools.count()
        super().__init__()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one request on; a connection carries one, so that each may go to another server."""
        head = await reader.readuntil(b"\r\n\r\n")
        method, path = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")[:2]
        is_live = path.startswith("/ws/")
        is_poll = method == "GET" and path.split("?")[0] == "/widget/messages"
        peer = writer.get_extra_info("peername")[0]
        head = _passed_on(head, peer, is_upgrade=is_live)
        for address in self._in_turn(self.sockets() if is_live or is_poll else self.web()):
            has_begun = await _pass_on((reader, writer), address, head)
            if has_begun is None or (has_begun is False and method in REPEATABLE):
                continue
            if has_begun is False:
                break
            return
        writer.write(BAD_GATEWAY)
        await writer.drain()

    def _in_turn(self, addresses: Sequence[Address]) -> Sequence[Address]:
        first = next(self._turn) % max(1, len(addresses))
        return [*addresses[first:], *addresses[:first]]


def _passed_on(head: bytes, peer: str, *, is_upgrade: bool) -> bytes:
    """Rewrite the headers that are between two neighbours; say who asked."""
    dropped = (b"x-forwarded-for:",) if is_upgrade else (b"x-forwarded-for:", b"connection:", b"keep-alive:")
    lines = [line for line in head.removesuffix(b"\r\n\r\n").split(b"\r\n") if not line.lower().startswith(dropped)]
    lines.append(f"X-Forwarded-For: {peer}".encode())
    if not is_upgrade:
        lines.append(b"Connection: close")
    return b"\r\n".join(lines) + b"\r\n\r\n"


async def _pass_on(client: Streams, address: Address, head: bytes) -> bool | None:
    """Carry a request to a server and its answer back; False: it died before it answered; None: nobody was there."""
    try:
        server = await asyncio.wait_for(asyncio.open_connection(*address), CONNECT_SECONDS)
    except OSError:
        return None
    asking = asyncio.create_task(_pump(client[0], server[1]))
    try:
        server[1].write(head)
        first = await _first_bytes(server[0], asking)
        if not first:
            return False
        client[1].write(first)
        answering = asyncio.create_task(_pump(server[0], client[1]))
        await _first_to_end(asking, answering)
    finally:
        asking.cancel()
        server[1].close()
    return True


async def _first_bytes(server: asyncio.StreamReader, asking: "asyncio.Task[None]") -> bytes:
    """Read the beginning of the answer; a customer who leaves meanwhile ends the waiting."""
    reading = asyncio.create_task(server.read(CHUNK))
    try:
        await asyncio.wait({reading, asking}, return_when=asyncio.FIRST_COMPLETED)
        if not reading.done():
            raise EOFError
        return reading.result()
    except ConnectionError:
        return b""
    finally:
        reading.cancel()


async def _join(one: Streams, other: Streams) -> None:
    there = asyncio.create_task(_pump(one[0], other[1]))
    back = asyncio.create_task(_pump(other[0], one[1]))
    try:
        await _first_to_end(there, back)
    finally:
        other[1].close()


async def _first_to_end(*tasks: "asyncio.Task[None]") -> None:
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry bytes one way until the source ends or either end breaks."""
    with contextlib.suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()


def is_listening(port: int) -> bool:
    """Tell whether somebody takes connections there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
