import asyncio
import json

import pytest
from websockets.asyncio.server import serve

from bench.sockets import LENGTH_16, PONG, TEXT, Decoder, connect, encode


def as_server(payload: bytes) -> bytes:
    """A server's frame is a client's without its mask."""
    frame = bytearray(encode(payload))
    frame[1] &= 0x7F
    head = {126: 4, 127: 10}.get(frame[1], 2)
    return bytes(frame[:head] + frame[head + 4 :])


async def until(check) -> None:
    """Give the other side its turns; what never comes is an error."""
    for _ in range(500):
        if check():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came")


@pytest.mark.parametrize("size", [0, 1, LENGTH_16 - 1, LENGTH_16, 65_535, 65_536])
def test_a_frame_of_any_length_is_read_back(size):
    payload = b"x" * size
    assert Decoder().feed(as_server(payload)) == [(TEXT, payload)]


def test_frames_come_whole_however_the_bytes_are_cut():
    sent = [b"one", b"two" * 60, b"three" * 20_000]
    stream = b"".join(as_server(payload) for payload in sent)
    decoder, found = Decoder(), []
    for start in range(0, len(stream), 7):
        found += decoder.feed(stream[start : start + 7])
    assert [payload for _opcode, payload in found] == sent


@pytest.fixture
async def server():
    seen = []

    async def handle(socket):
        seen.append(socket)
        async for text in socket:
            await socket.send(text)

    async with serve(handle, "127.0.0.1", 0, compression=None) as running:
        yield running.sockets[0].getsockname()[1], seen


async def test_a_frame_that_is_waited_for_is_given_and_all_are_counted(server):
    port, _seen = server
    socket = await connect(port, "/")
    answer = socket.next(lambda frame: frame.get("number") == 2)
    for number in range(3):
        socket.send({"number": number})
    assert await asyncio.wait_for(answer, 5) == {"number": 2}
    await until(lambda: socket.count == 3)
    socket.close()


async def test_every_frame_goes_to_who_counts(server):
    port, _seen = server
    taken = []
    socket = await connect(port, "/", on_frame=taken.append)
    answer = socket.next(lambda frame: True)
    socket.send({"a": 1})
    await asyncio.wait_for(answer, 5)
    assert json.loads(taken[0]) == {"a": 1}
    socket.close()


async def test_a_ping_is_answered(server):
    port, seen = server
    socket = await connect(port, "/")
    await until(lambda: seen)
    pong = await seen[0].ping()
    assert await asyncio.wait_for(pong, 5) >= 0
    assert PONG == 0xA
    socket.close()


async def test_who_waits_learns_that_the_server_hung_up(server):
    port, seen = server
    socket = await connect(port, "/")
    answer = socket.next(lambda frame: True)
    await until(lambda: seen)
    await seen[0].close()
    with pytest.raises(ConnectionError):
        await asyncio.wait_for(answer, 5)
    assert socket.is_closed


async def test_a_refusal_is_an_error():
    async def refuse(_reader, writer):
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    refusing = await asyncio.start_server(refuse, "127.0.0.1", 0)
    with pytest.raises(ConnectionError, match="403"):
        await connect(refusing.sockets[0].getsockname()[1], "/")
    refusing.close()
