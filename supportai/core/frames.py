"""Websocket frames and the process's hub: one group membership per process, whatever the number of sockets.

Consumers join through the hub, never with `group_add` of their own. A frame is encoded once and the same text
is written to every socket of the group; a socket whose buffer stays full is closed and resumes by sequence.
"""

import asyncio
import contextlib
import json
import time
from collections import defaultdict
from collections.abc import Coroutine, Mapping
from typing import Any, Protocol

import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from redis import Redis
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

FRAME_VERSION = 1
BUFFER_FRAMES = 256
# A burst fills buffers before the loop has let anybody empty them, so a full one is given this long.
TURN_SECONDS = 0.05
CLOSE_TOO_SLOW = 4408
# RFC 6455's registry: the service restarts. Clients connect anew and ask for what they missed.
CLOSE_RESTARTS = 1012
# A ring is not worth waiting for: how long one may take, and how long Redis is left alone after it failed.
RING_SECONDS = 1.0
SILENT_SECONDS = 1.0


class Socket(Protocol):
    """What the hub needs of a consumer."""

    def send(self, text_data: str | None = None) -> Coroutine[Any, Any, None]:
        """Write one text frame."""

    def close(self, code: int | None = None) -> Coroutine[Any, Any, None]:
        """Close the socket."""


def encode_frame(frame: Mapping[str, Any]) -> str:
    """Encode a frame, adding its version; dates and UUIDs become strings."""
    return json.dumps({"v": FRAME_VERSION, **frame}, cls=DjangoJSONEncoder, separators=(",", ":"))


def contact_group(public_id: object) -> str:
    """Name the group of one contact's widgets."""
    return f"contact.{public_id}"


def ticket_group(public_id: object) -> str:
    """Name the group of the staff who look at one ticket."""
    return f"ticket.{public_id}"


INBOX_GROUP = "inbox"


class _Member:
    """One socket in the hub, with a buffer of its own, so that a slow one holds up nobody."""

    def __init__(self, socket: Socket) -> None:
        self.socket = socket
        self.groups: set[str] = set()
        self.buffer: asyncio.Queue[str] = asyncio.Queue(BUFFER_FRAMES)
        self.writer = asyncio.create_task(self._write())

    async def _write(self) -> None:
        # A server refuses frames of a socket that has just closed; its consumer leaves the hub right after.
        with contextlib.suppress(RuntimeError):
            while True:
                await self.socket.send(text_data=await self.buffer.get())

    def offer(self, text: str) -> bool:
        """Queue a frame; False when the buffer is full."""
        try:
            self.buffer.put_nowait(text)
        except asyncio.QueueFull:
            return False
        return True


class Hub:
    """The sockets of this process by group, fed by one channel of the channel layer."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self._channel = ""
        self._reader: asyncio.Task[None] | None = None
        self._groups: dict[str, set[_Member]] = defaultdict(set)
        self._members: dict[int, _Member] = {}
        self._starting = asyncio.Lock()
        self._closing: set[asyncio.Task[None]] = set()
        self._catching_up: asyncio.Task[None] | None = None

    async def join(self, group: str, socket: Socket) -> None:
        """Give a socket the frames of a group; while Redis is away there are none, and it is closed once they come."""
        self._use_this_loop()
        member = self._members.get(id(socket)) or self._members.setdefault(id(socket), _Member(socket))
        self._groups[group].add(member)
        member.groups.add(group)
        if self._catching_up and not self._catching_up.done():
            return
        try:
            # Each asks for it: the layer subscribes once, and lets nobody read the database before it has.
            await self._subscribe(group)
        except RedisError as exc:
            log.warning("hub.not_subscribed", error=type(exc).__name__)
            self._start_catching_up()

    async def leave(self, group: str, socket: Socket) -> None:
        """Stop a socket's frames of a group; its writer ends with its last group."""
        member = self._members.get(id(socket))
        if member is None or group not in member.groups:
            return
        member.groups.discard(group)
        if not member.groups:
            del self._members[id(socket)]
            member.writer.cancel()
        self._groups[group].discard(member)
        if not self._groups[group]:
            del self._groups[group]
            # When this fails, what still comes for the group goes nowhere.
            with contextlib.suppress(RedisError):
                await get_channel_layer().group_discard(group, self._channel)

    async def forget(self, socket: Socket) -> None:
        """Take a socket out of all its groups."""
        member = self._members.get(id(socket))
        for group in list(member.groups) if member else ():
            await self.leave(group, socket)

    def _use_this_loop(self) -> None:
        loop = asyncio.get_running_loop()
        if self.loop is not loop:
            # A new event loop (each test has its own): nothing of the old one can be used any more.
            self.__init__()  # type: ignore[misc]
            self.loop = loop

    async def _subscribe(self, group: str) -> None:
        """Put the process into a group of the channel layer, with a channel that is read.

        Raises:
            RedisError: Redis is away.
        """
        async with self._starting:
            if self._reader is None or self._reader.done():
                self._channel = await get_channel_layer().new_channel("hub")
                self._reader = asyncio.create_task(self._read())
                self._notice_reconnects()
                for joined in list(self._groups):
                    await get_channel_layer().group_add(joined, self._channel)
        await get_channel_layer().group_add(group, self._channel)

    def _start_catching_up(self) -> None:
        if self._catching_up is None or self._catching_up.done():
            self._catching_up = asyncio.create_task(self._catch_up())

    async def _catch_up(self) -> None:
        """Subscribe to what could not be, as soon as Redis is there, and let everybody ask for what rang meanwhile."""
        is_done = False
        while not is_done:
            await asyncio.sleep(SILENT_SECONDS)
            with contextlib.suppress(RedisError):
                for group in list(self._groups):
                    await self._subscribe(group)
                is_done = True
        self._catching_up = None
        self._resume_all()

    def _notice_reconnects(self) -> None:
        """Let the connections to Redis call when they were made anew, which channels_redis 4.3 does not pass on.

        They call when they have subscribed again, so nothing is missed between that and what clients then ask for.
        """
        if settings.REDIS_URL:
            for shard in get_channel_layer()._get_layer()._shards:
                shard._pubsub.connection.register_connect_callback(self._reconnected)

    def _reconnected(self, _connection: object) -> None:
        self._resume_all()

    def _resume_all(self) -> None:
        """Close all sockets, so that clients come back and ask for what rang while Redis was away."""
        log.warning("hub.redis_is_back", sockets=len(self._members))
        for member in list(self._members.values()):
            self._close(member, CLOSE_RESTARTS)

    async def _read(self) -> None:
        layer = get_channel_layer()
        while True:
            message = await layer.receive(self._channel)
            await self._fan_out(message["group"], message["text"])
            # Receiving what is there already does not let the writers run.
            await asyncio.sleep(0)

    async def _fan_out(self, group: str, text: str) -> None:
        full = [member for member in list(self._groups.get(group, ())) if not member.offer(text)]
        if not full:
            return
        await asyncio.sleep(TURN_SECONDS)
        slow = [member for member in full if not member.offer(text)]
        for member in slow:
            log.warning("hub.socket_too_slow", group_kind=group.partition(".")[0])
            await self.forget(member.socket)
            self._close(member, CLOSE_TOO_SLOW)

    def _close(self, member: _Member, code: int) -> None:
        """Close a socket; that waits for its pipe, which may be full, so nobody waits for it."""
        closing = asyncio.create_task(member.socket.close(code=code))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)


hub = Hub()


def send_frame(group: str, frame: Mapping[str, Any]) -> None:
    """Ring the doorbell: send a frame to all sockets of a group, in every process; called from sync code.

    The ring may be missed, so nothing may depend on it: clients ask for what they lack by sequence.
    """
    message = {"type": "hub.frame", "group": group, "text": encode_frame(frame)}
    layer = get_channel_layer()
    if settings.REDIS_URL:
        publisher.publish(group, layer.serialize(message))
        return
    loop = hub.loop
    if loop is not None and loop.is_running():
        # The in-memory layer's queues belong to the server's loop; a worker thread must not touch them itself.
        asyncio.run_coroutine_threadsafe(layer.group_send(group, message), loop)
        return
    async_to_sync(layer.group_send)(group, message)


class Publisher:
    """Publishes what the Redis layer's `group_send` would, from any thread and without an event loop.

    The layer has connections for each loop, and sync code has no loop that lasts: each ring would connect anew, and
    rings of one thread could overtake each other. The channel's name is that of channels_redis 4.3, `pubsub.py`.
    """

    def __init__(self) -> None:
        self._client: Redis | None = None
        self._silent_until = 0.0

    def publish(self, group: str, data: bytes) -> None:
        """Publish to a group; while Redis is away rings are lost, and clients notice by their next heartbeat."""
        if time.monotonic() < self._silent_until:
            return
        try:
            self._connected().publish(f"{settings.REDIS_PREFIX}__group__{group}", data)
        except RedisError as exc:
            self._silent_until = time.monotonic() + SILENT_SECONDS
            log.warning("frames.ring_lost", error=type(exc).__name__)

    def _connected(self) -> "Redis":
        if self._client is None:
            self._client = Redis.from_url(
                settings.REDIS_URL, socket_connect_timeout=RING_SECONDS, socket_timeout=RING_SECONDS
            )
        return self._client


publisher = Publisher()
