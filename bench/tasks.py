"""A task that does nothing but say when it started."""

import os
import time

from huey.contrib.djhuey import task


@task()
def note_start(name: str, sent_at: float) -> None:
    """Append a line with the task's name and its seconds in the queue; one write, so that lines of threads stay whole.

    The monotonic clock is the machine's, so another process may have read it before.
    """
    line = f"{name} {time.monotonic() - sent_at:.6f} {time.monotonic():.6f}\n"
    handle = os.open(os.environ["BENCH_STARTS"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(handle, line.encode())
    finally:
        os.close(handle)
