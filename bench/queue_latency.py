"""From putting a task into the queue to its start in a worker, idle and behind 1,000 others.

python bench/queue_latency.py                 both shapes
Beside it: Huey's own consumer as it comes, without Django and without our settings, and redis-benchmark LPUSH.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.harness import Http, begin, options_of, redis_benchmark, shapes_of, stand  # noqa: E402 - needs the path
from bench.report import Table, quantile, show, write_json  # noqa: E402 - needs the path
from supportai.tests.servers import Process, wait_until  # noqa: E402 - needs the path

BARE = "Huey's consumer as it comes"
PAUSE_SECONDS = 0.35
PATIENCE_SECONDS = 60


@dataclass
class Queue:
    """A queue under test: how to put a batch in, and the file where its tasks say that they started."""

    name: str
    put: Callable[[int, str], tuple[float, float]]
    starts: Path

    def started(self, batch: str) -> list[tuple[float, float]]:
        """Give (seconds in the queue, when it started) of a batch's tasks so far."""
        if not self.starts.exists():
            return []
        lines = [line.split() for line in self.starts.read_text(encoding="ascii").splitlines()]
        return [(float(parts[1]), float(parts[2])) for parts in lines if parts[0].startswith(f"{batch}.")]

    def measure(self, count: int, batch: str) -> tuple[list[float], float, float]:
        """Put a batch in and wait; gives the seconds in the queue, tasks put a second, tasks started a second."""
        began, ended = self.put(count, batch)
        wait_until(
            lambda: len(self.started(batch)) >= count,
            what=f"{count} tasks started",
            seconds=PATIENCE_SECONDS,
            every=0.02,
        )
        found = self.started(batch)
        last = max(at for _waited, at in found)
        return [waited for waited, _at in found], count / (ended - began), count / (last - began)


@contextmanager
def product(shape: str) -> Iterator[Queue]:
    """Give the product's queue; tasks are put in by its own server."""
    with stand(shape) as place:
        place.prepare(0)
        place.start()
        client = Http(place.http)

        def put(count: int, batch: str) -> tuple[float, float]:
            answer = client.json(f"/bench/enqueue?count={count}&batch={batch}")
            return answer["started"], answer["ended"]

        yield Queue("product", put, place.folder / "starts.txt")


@contextmanager
def bare(shape: str) -> Iterator[Queue]:
    """Give a bare Huey queue with a consumer of its own."""
    with TemporaryDirectory(prefix="supportai-bench-") as name:
        folder = Path(name)
        environment = {**os.environ, "BENCH_FOLDER": name, "BENCH_SHAPE": shape, "PYTHONPATH": str(ROOT)}
        environment["BENCH_STARTS"] = str(folder / "starts.txt")
        huey = f"{Path(sys.executable).parent}/huey_consumer"
        process = Process(
            [sys.executable, huey, "bench.bare_queue.queue", "-w", "2", "-q"], environment, folder / "bare.log"
        )
        process.start()
        os.environ.update(BENCH_FOLDER=name, BENCH_SHAPE=shape)
        from bench.bare_queue import fill, queue

        queue.flush()
        try:
            time.sleep(2)
            yield Queue(BARE, fill, folder / "starts.txt")
        finally:
            process.stop(signal.SIGINT)
            sys.modules.pop("bench.bare_queue", None)


def measure(shape: str, *, singles: int, behind: int) -> list[Table]:
    """Measure both, turn by turn."""
    with contextlib.ExitStack() as stack:
        queues = [stack.enter_context(bare(shape)), stack.enter_context(product(shape))]
        idle: dict[str, list[float]] = {queue.name: [] for queue in queues}
        for number in range(singles):
            for queue in queues:
                # Longer than any polling of ours, so that the queue is idle; not a multiple of it.
                time.sleep(PAUSE_SECONDS + number % 7 * 0.013)
                idle[queue.name] += queue.measure(1, f"idle{number}")[0]
        full = {queue.name: queue.measure(behind, "full") for queue in queues}
    kind = "SQLite" if shape == "embedded" else "Redis"
    waits, rates = Table(f"Time in an idle {kind} queue"), Table(f"{behind:,} tasks in a {kind} queue")
    for queue in queues:
        waits.times(queue.name, idle[queue.name], against="" if queue.name == BARE else BARE)
    for queue in queues:
        waited, put, started = full[queue.name]
        note = f"p50 {quantile(waited, 0.5):.2f} s, last {max(waited):.2f} s in the queue"
        rates.rate(f"{queue.name}, put in", put, against="" if queue.name == BARE else f"{BARE}, put in")
        rates.rate(
            f"{queue.name}, started", started, against="" if queue.name == BARE else f"{BARE}, started", note=note
        )
    if shape == "production":
        rates.rate("redis-benchmark LPUSH, one client", redis_benchmark("LPUSH")["LPUSH"]["rps"])
    return [waits, rates]


def main() -> None:
    """Measure each shape."""
    parser = options_of(__doc__)
    parser.add_argument("--singles", type=int, default=25, help="tasks put into the idle queue, one by one")
    parser.add_argument("--behind", type=int, default=1000, help="tasks put in at once")
    options = begin(parser)
    found = []
    for shape in shapes_of(options.shape):
        found += [show(table) for table in measure(shape, singles=options.singles, behind=options.behind)]
    write_json(options.json, "queue_latency", found)


if __name__ == "__main__":
    main()
