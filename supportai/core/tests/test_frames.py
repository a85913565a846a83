"""The hub: one membership per process, one encoding per frame, nobody waits for a slow socket."""

import asyncio
import json
import uuid
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from channels.layers import BaseChannelLayer, channel_layers, get_channel_layer
from channels_redis.pubsub import RedisPubSubChannelLayer
from redis.exceptions import ConnectionError as RedisConnectionError

from supportai.core import frames
from supportai.core.frames import (
    BUFFER_FRAMES,
    CLOSE_RESTARTS,
    CLOSE_TOO_SLOW,
    Hub,
    encode_frame,
    hub,
    send_frame,
)
from supportai.tests.front import Line


class FakeSocket:
    """A socket that keeps what it got; `is_stuck` never finishes a write or a close."""

    def __init__(self, is_stuck: bool = False) -> None:
        self.got: list[dict] = []
        self.closed_with: int | None = None
        self.is_stuck = is_stuck
        self.arrived = asyncio.Event()

    async def send(self, text_data: str | None = None) -> None:
        if self.is_stuck:
            await asyncio.Event().wait()
        self.got.append(json.loads(text_data or ""))
        self.arrived.set()

    async def close(self, code: int | None = None) -> None:
        self.closed_with = code
        if self.is_stuck:
            await asyncio.Event().wait()


async def settle(condition, seconds: float = 3.0) -> None:
    """Wait until a condition holds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - conditions are of many kinds
            await asyncio.sleep(0.005)


async def ring(group: str, frame: dict) -> None:
    """Send as a use case does: from a thread."""
    await asyncio.to_thread(send_frame, group, frame)


def test_a_frame_carries_its_version_and_plain_values():
    ticket = uuid.UUID(int=7)
    frame = {"type": "row", "ticket": ticket, "at": datetime(2026, 1, 2, tzinfo=UTC)}
    assert json.loads(encode_frame(frame)) == {
        "v": 1,
        "type": "row",
        "ticket": str(ticket),
        "at": "2026-01-02T00:00:00Z",
    }


def test_group_names_are_valid_channel_names():
    layer = BaseChannelLayer()
    for name in (frames.contact_group(uuid.uuid4()), frames.ticket_group(uuid.uuid4()), frames.INBOX_GROUP):
        assert layer.require_valid_group_name(name)


async def test_every_socket_of_a_group_gets_a_frame_and_no_other():
    one, two, other = FakeSocket(), FakeSocket(), FakeSocket()
    await hub.join("ticket.a", one)
    await hub.join("ticket.a", two)
    await hub.join("ticket.b", other)
    await ring("ticket.a", {"type": "message", "sequence": 3})
    await settle(lambda: one.got and two.got)
    assert one.got == two.got == [{"v": 1, "type": "message", "sequence": 3}]
    assert other.got == []


async def test_a_socket_in_two_groups_gets_both():
    socket = FakeSocket()
    await hub.join("inbox", socket)
    await hub.join("ticket.a", socket)
    await ring("inbox", {"type": "row"})
    await ring("ticket.a", {"type": "trace"})
    await settle(lambda: len(socket.got) == 2)


async def test_order_is_kept():
    socket = FakeSocket()
    await hub.join("ticket.a", socket)
    for number in range(50):
        await ring("ticket.a", {"type": "message", "sequence": number})
    await settle(lambda: len(socket.got) == 50)
    assert [frame["sequence"] for frame in socket.got] == list(range(50))


async def test_after_leaving_nothing_comes_any_more():
    stays, leaves = FakeSocket(), FakeSocket()
    for socket in (stays, leaves):
        await hub.join("ticket.a", socket)
    await hub.leave("ticket.a", leaves)
    await hub.leave("ticket.a", leaves)
    await ring("ticket.a", {"type": "message"})
    await settle(lambda: stays.got)
    assert leaves.got == []


async def test_the_last_to_leave_takes_the_process_out_of_the_group():
    from channels.layers import get_channel_layer

    def is_member() -> bool:
        # Redis' layer puts its prefix before the name.
        return any(name.endswith("ticket.lonely") and found for name, found in get_channel_layer().groups.items())

    socket = FakeSocket()
    await hub.join("ticket.lonely", socket)
    assert is_member()
    await hub.leave("ticket.lonely", socket)
    assert not is_member()


async def test_a_slow_socket_holds_up_nobody_and_is_closed():
    slow, quick = FakeSocket(is_stuck=True), FakeSocket()
    await hub.join("inbox", slow)
    await hub.join("inbox", quick)
    total = BUFFER_FRAMES + 10
    for number in range(total):
        await ring("inbox", {"type": "row", "n": number})
    await settle(lambda: len(quick.got) == total)
    await settle(lambda: slow.closed_with is not None)
    assert slow.closed_with == CLOSE_TOO_SLOW
    assert quick.closed_with is None


async def test_a_closed_slow_socket_is_out_of_every_group():
    slow = FakeSocket(is_stuck=True)
    await hub.join("inbox", slow)
    await hub.join("ticket.a", slow)
    for number in range(BUFFER_FRAMES + 5):
        await ring("inbox", {"type": "row", "n": number})
    await settle(lambda: slow.closed_with is not None)
    assert id(slow) not in hub._members
    await hub.leave("inbox", slow)


async def test_a_socket_that_fails_to_write_does_not_stop_the_others():
    class Broken(FakeSocket):
        async def send(self, text_data: str | None = None) -> None:
            raise ConnectionResetError

    broken, fine = Broken(), FakeSocket()
    await hub.join("inbox", broken)
    await hub.join("inbox", fine)
    for number in range(3):
        await ring("inbox", {"type": "row", "n": number})
    await settle(lambda: len(fine.got) == 3)


def test_the_hub_moves_to_a_new_event_loop():
    """A server that restarts its loop, or a test suite, must not ring in a loop that is over."""
    results = []

    async def use() -> None:
        socket = FakeSocket()
        await hub.join("ticket.a", socket)
        await ring("ticket.a", {"type": "message"})
        await settle(lambda: socket.got)
        results.append(socket.got)

    asyncio.run(use())
    asyncio.run(use())
    assert [len(got) for got in results] == [1, 1]


def test_ringing_without_a_running_loop_is_harmless():
    send_frame("ticket.a", {"type": "message"})


async def test_joining_at_once_starts_one_reader():
    fresh = Hub()
    sockets = [FakeSocket() for _ in range(10)]
    await asyncio.gather(*(fresh.join("ticket.a", socket) for socket in sockets))
    readers = [task for task in asyncio.all_tasks() if task.get_coro().__qualname__ == "Hub._read"]
    assert fresh._reader in readers
    assert len([task for task in readers if task is not hub._reader]) == 1
    for socket in sockets:
        await fresh.leave("ticket.a", socket)


async def test_a_burst_that_was_waiting_is_no_reason_to_close_anybody():
    socket = FakeSocket()
    await hub.join("inbox", socket)
    layer = get_channel_layer()
    for number in range(BUFFER_FRAMES * 3):
        text = encode_frame({"type": "row", "n": number})
        await layer.group_send("inbox", {"type": "hub.frame", "group": "inbox", "text": text})
    await settle(lambda: len(socket.got) == BUFFER_FRAMES * 3)
    assert [frame["n"] for frame in socket.got] == list(range(BUFFER_FRAMES * 3))
    assert socket.closed_with is None


async def test_a_forgotten_socket_is_in_no_group_and_its_writer_ends():
    socket, stays = FakeSocket(), FakeSocket()
    for group in ("inbox", "ticket.a"):
        await hub.join(group, socket)
    await hub.join("ticket.a", stays)
    writer = hub._members[id(socket)].writer
    await hub.forget(socket)
    await hub.forget(socket)
    await ring("ticket.a", {"type": "message"})
    await settle(lambda: stays.got and writer.done())
    assert socket.got == []
    assert "inbox" not in hub._groups


async def test_a_reader_that_broke_is_replaced_with_the_next_socket_and_nobody_stays_deaf():
    before, after = FakeSocket(), FakeSocket()
    await hub.join("ticket.a", before)
    reader = hub._reader
    assert reader is not None
    reader.cancel()
    await asyncio.wait({reader})
    await hub.join("ticket.b", after)
    await ring("ticket.a", {"type": "message"})
    await settle(lambda: before.got)


class AwayLayer:
    """Redis' layer while Redis is away, until it is told otherwise."""

    def __init__(self, layer) -> None:
        self.layer, self.is_away, self.asked = layer, True, 0

    def __getattr__(self, name):
        return getattr(self.layer, name)

    async def group_add(self, group, channel):
        self.asked += 1
        if self.is_away:
            raise RedisConnectionError("gone")
        await self.layer.group_add(group, channel)

    async def group_discard(self, group, channel):
        if self.is_away:
            raise RedisConnectionError("gone")
        await self.layer.group_discard(group, channel)


@pytest.fixture
def away(monkeypatch):
    layer = AwayLayer(get_channel_layer())
    monkeypatch.setattr(frames, "get_channel_layer", lambda: layer)
    monkeypatch.setattr(frames, "SILENT_SECONDS", 0.02)
    return layer


async def test_while_redis_is_away_sockets_stay_and_are_sent_to_resume_once_it_is_back(away):
    first, second = FakeSocket(), FakeSocket()
    await hub.join("ticket.a", first)
    await hub.join("ticket.b", second)
    await asyncio.sleep(0.1)
    assert (first.closed_with, second.closed_with) == (None, None)
    away.is_away = False
    await settle(lambda: first.closed_with and second.closed_with)
    assert first.closed_with == second.closed_with == CLOSE_RESTARTS
    await ring("ticket.b", {"type": "message"})
    await settle(lambda: second.got)


async def test_a_redis_that_is_away_is_asked_by_one_task_and_not_by_every_socket(away, monkeypatch):
    monkeypatch.setattr(frames, "SILENT_SECONDS", 60)
    sockets = [FakeSocket() for _ in range(5)]
    for number, socket in enumerate(sockets):
        await hub.join(f"ticket.{number}", socket)
    assert away.asked == 1


async def test_leaving_works_while_redis_is_away(away):
    socket = FakeSocket()
    await hub.join("ticket.a", socket)
    await hub.leave("ticket.a", socket)
    assert id(socket) not in hub._members
    assert "ticket.a" not in hub._groups


@pytest.mark.live("REDIS_URL")
async def test_when_redis_comes_back_the_groups_are_subscribed_to_again_and_sockets_sent_to_resume(settings):
    """A real cut: the connection ends, rings are lost, the connection is made anew by itself."""
    address = urlsplit(settings.REDIS_URL)
    line = Line(address.hostname, address.port or 6379)
    through = address._replace(netloc=f"127.0.0.1:{line.port}").geturl()
    channel_layers.set("default", RedisPubSubChannelLayer(hosts=[through], prefix=settings.REDIS_PREFIX))
    try:
        socket = FakeSocket()
        await hub.join("ticket.a", socket)
        await ring("ticket.a", {"type": "message", "sequence": 1})
        await settle(lambda: socket.got)
        await asyncio.to_thread(line.cut)
        await ring("ticket.a", {"type": "message", "sequence": 2})
        await asyncio.to_thread(line.resume)
        await settle(lambda: socket.closed_with is not None, seconds=15)
        assert socket.closed_with == CLOSE_RESTARTS
        # The new subscription was written to the line before the socket was closed, and may still be on its way.
        async with asyncio.timeout(10):
            while socket.got[-1]["sequence"] == 1:
                await ring("ticket.a", {"type": "message", "sequence": 3})
                await asyncio.sleep(0.05)
        assert {frame["sequence"] for frame in socket.got} == {1, 3}, "what rang meanwhile is fetched by sequence"
        await hub.forget(socket)
    finally:
        await asyncio.to_thread(line.stop)
        channel_layers.set("default", None)
        channel_layers.backends.pop("default")


@pytest.mark.parametrize("size", [0, 1, 100_000])
async def test_frames_of_any_size_arrive(size):
    socket = FakeSocket()
    await hub.join("ticket.a", socket)
    await ring("ticket.a", {"type": "stream", "text": "x" * size})
    await settle(lambda: socket.got)
    assert len(socket.got[0]["text"]) == size
