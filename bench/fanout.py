"""One frame to all sockets of a group, through the product's hub, beside a bare websockets server that broadcasts.

python bench/fanout.py                        200 and 1,000 sockets, both shapes
python bench/fanout.py --sockets 200 --shape embedded
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.harness import Http, Stand, begin, free_port, options_of, shapes_of, stand  # noqa: E402 - needs the path
from bench.report import Table, quantile, show, write_json  # noqa: E402 - needs the path
from bench.sockets import Socket, connect  # noqa: E402 - needs the path
from supportai.tests.servers import Process  # noqa: E402 - needs the path

SIZE = 400
SINGLES = 30
BURST = 100
AT_ONCE = 50
PATIENCE_SECONDS = 60.0
Trigger = Callable[[int], Awaitable[None]]


@dataclass
class Crowd:
    """Many open sockets that only count, and note when the last of them had what is awaited."""

    compresses: bool = False
    sockets: list[Socket] = field(default_factory=list)
    seen: int = 0
    awaited: int = 0
    done: asyncio.Event = field(default_factory=asyncio.Event)
    at: float = 0.0

    def take(self, payload: bytes) -> None:
        """Count one bench frame; a compressed one cannot be told from others, but nothing else is said there."""
        if self.compresses or b'"bench"' in payload:
            self.seen += 1
            if self.seen == self.awaited:
                self.at = time.monotonic()
                self.done.set()

    async def open(self, number: int, how: Callable[[], Awaitable[Socket]]) -> float:
        """Open sockets, some at once; gives how many a second."""
        started = time.monotonic()
        while len(self.sockets) < number:
            few = min(AT_ONCE, number - len(self.sockets))
            self.sockets += await asyncio.gather(*(how() for _ in range(few)))
        return number / (time.monotonic() - started)

    async def measure(self, frames: int, trigger: Trigger) -> float:
        """Give the seconds from the trigger until every socket has every frame.

        Raises:
            TimeoutError: some never came.
        """
        self.seen, self.awaited = 0, frames * len(self.sockets)
        self.done.clear()
        started = time.monotonic()
        await trigger(frames)
        await asyncio.wait_for(self.done.wait(), PATIENCE_SECONDS)
        return self.at - started

    def close(self) -> None:
        """Hang up."""
        for socket in self.sockets:
            socket.close()


async def product_crowd(place: Stand, facts: dict[str, Any], number: int, *, compresses: bool) -> tuple[Crowd, float]:
    """Open that many staff sockets, as pages of the inbox do."""
    crowd = Crowd(compresses=compresses)

    async def one() -> Socket:
        return await connect(place.ws, "/ws/inbox/", on_frame=crowd.take, cookie=facts["cookie"], compresses=compresses)

    return crowd, await crowd.open(number, one)


def product_trigger(place: Stand) -> Trigger:
    """Let the server process that holds the sockets ring the doorbell of the inbox; one request a burst."""
    client = Http(place.ws)

    async def trigger(frames: int) -> None:
        await asyncio.to_thread(client.timed, f"/bench/burst?group=inbox&count={frames}&size={SIZE}")

    return trigger


async def bare_crowd(port: int, number: int) -> tuple[Crowd, float, Trigger]:
    """Open that many sockets of the bare server."""
    crowd = Crowd()
    rate = await crowd.open(number, lambda: connect(port, "/", on_frame=crowd.take))

    async def trigger(frames: int) -> None:
        crowd.sockets[0].send({"count": frames, "size": SIZE})

    return crowd, rate, trigger


@contextmanager
def bare_server() -> Iterator[int]:
    """Run the yardstick in a process of its own."""
    with TemporaryDirectory(prefix="supportai-bench-") as folder:
        port = free_port()
        process = Process([sys.executable, "bench/broadcast.py", str(port)], {}, Path(folder) / "bare.log")
        process.start()
        try:
            yield port
        finally:
            process.kill()


async def compare(place: Stand, facts: dict[str, Any], bare: int, number: int, *, rounds: int) -> list[Table]:
    """Measure both, turn by turn."""
    bare_ones, bare_rate, bare_trigger = await bare_crowd(bare, number)
    ours, our_rate = await product_crowd(place, facts, number, compresses=False)
    trigger = product_trigger(place)
    singles: dict[str, list[float]] = {"bare": [], "ours": []}
    bursts: dict[str, list[float]] = {"bare": [], "ours": []}
    spent = 0.0
    for _ in range(rounds):
        for name, crowd, pull in (("bare", bare_ones, bare_trigger), ("ours", ours, trigger)):
            for _ in range(SINGLES // rounds):
                singles[name].append(await crowd.measure(1, pull))
            before = place.cpu_seconds()
            bursts[name].append(number * BURST / await crowd.measure(BURST, pull))
            spent += place.cpu_seconds() - before if name == "ours" else 0.0
    ours.close()
    squeezed, _rate = await product_crowd(place, facts, number, compresses=True)
    deflated = [number * BURST / await squeezed.measure(BURST, trigger) for _ in range(rounds)]
    for crowd in (bare_ones, squeezed):
        crowd.close()
    await asyncio.sleep(0.5)
    per_delivery = f"{spent / rounds / number / BURST * 1e6:.0f} µs CPU of the server each"
    return tables(place, number, singles, bursts, deflated, (bare_rate, our_rate), per_delivery)


def tables(
    place: Stand,
    number: int,
    singles: dict[str, list[float]],
    bursts: dict[str, list[float]],
    deflated: list[float],
    opened: tuple[float, float],
    per_delivery: str,
) -> list[Table]:
    """Write down what was measured."""
    last = Table(f"One frame until the last of {number:,} sockets has it, {place.title}")
    last.times("bare websockets broadcast", singles["bare"])
    last.times(
        "product",
        singles["ours"],
        against="bare websockets broadcast",
        note="includes an HTTP request that triggers it",
    )
    unit = "deliveries per s"
    rate = Table(f"{BURST} frames to {number:,} sockets, {place.title}")
    rate.rate("bare websockets broadcast", quantile(bursts["bare"], 0.5), unit=unit)
    rate.rate(
        "product", quantile(bursts["ours"], 0.5), unit=unit, against="bare websockets broadcast", note=per_delivery
    )
    rate.rate("product, browsers' compression", quantile(deflated, 0.5), unit=unit, against="bare websockets broadcast")
    connects = Table(f"{number:,} sockets opened, {AT_ONCE} at once, {place.title}")
    connects.rate("bare websockets server", opened[0], unit="sockets per s")
    connects.rate("product, signed in", opened[1], unit="sockets per s", against="bare websockets server")
    return [last, rate, connects]


def main() -> None:
    """Measure each shape with each number of sockets."""
    parser = options_of(__doc__)
    parser.add_argument("--sockets", type=int, nargs="+", default=[200, 1000])
    parser.add_argument("--rounds", type=int, default=5)
    options = begin(parser)
    found = []
    for shape in shapes_of(options.shape):
        with stand(shape) as place, bare_server() as bare:
            facts = place.prepare(0)
            place.start()
            for number in options.sockets:
                found += [show(t) for t in asyncio.run(compare(place, facts, bare, number, rounds=options.rounds))]
    write_json(options.json, "fanout", found)


if __name__ == "__main__":
    main()
