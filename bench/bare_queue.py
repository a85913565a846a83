"""The yardstick of the queue: Huey alone, with the same task; `BENCH_FOLDER` and `BENCH_SHAPE` say where."""

import os
import time
from pathlib import Path
from tempfile import gettempdir

from huey import RedisHuey, SqliteHuey

queue = (
    RedisHuey("bench-bare", url=os.environ["REDIS_URL"])
    if os.environ.get("BENCH_SHAPE") == "production"
    else SqliteHuey("bench-bare", filename=str(Path(os.environ.get("BENCH_FOLDER", gettempdir())) / "bare.sqlite3"))
)


@queue.task()
def note_start(name: str, sent_at: float) -> None:
    """Do what `bench.tasks.note_start` does."""
    line = f"{name} {time.monotonic() - sent_at:.6f} {time.monotonic():.6f}\n"
    handle = os.open(os.environ["BENCH_STARTS"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(handle, line.encode())
    finally:
        os.close(handle)


def fill(count: int, batch: str) -> tuple[float, float]:
    """Put `count` tasks in; gives when that began and ended."""
    started = time.monotonic()
    for number in range(count):
        note_start(f"{batch}.{number}", time.monotonic())
    return started, time.monotonic()
