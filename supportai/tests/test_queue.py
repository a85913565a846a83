"""The queue, on both storages: tasks start soon, wait for a worker that is away, are tried again, and end in peace."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from huey import RedisHuey, SqliteHuey
from huey.api import Huey
from redis import ConnectionPool, Redis

from supportai import worker as worker_module
from supportai.tests.servers import wait_until
from supportai.worker import Worker

# Far less than Huey's own idle polling of up to ten seconds, and far more than a busy machine adds.
SOON_SECONDS = 3.0

STORAGES = ["sqlite", pytest.param("redis", marks=pytest.mark.live("REDIS_URL"))]


@pytest.fixture(params=STORAGES)
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Huey]]:
    """Give a way to open the same queue, as each process does for itself."""
    name = f"test{uuid.uuid4().hex}"

    def from_redis() -> Huey:
        pool = ConnectionPool.from_url(django_settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=5)
        return RedisHuey(name, connection_pool=pool, immediate=False)

    def from_file() -> Huey:
        return SqliteHuey(name, filename=str(tmp_path / "queue.sqlite3"), immediate=False)

    yield from_redis if request.param == "redis" else from_file
    if request.param == "redis":
        client = Redis.from_url(django_settings.REDIS_URL)
        if keys := list(client.scan_iter(f"huey.*{name}*")):
            client.delete(*keys)
        client.close()


class Office:
    """A queue with its tasks, as one process has it, and what its worker has done."""

    def __init__(self, queue: Huey) -> None:
        self.queue = queue
        self.done: list[Any] = []
        self.may_go_on = threading.Event()
        self.note = queue.task(name="note")(self.done.append)
        self.wait = queue.task(name="wait")(self._wait)
        self.fail_once = queue.task(name="fail_once", retries=1, retry_delay=0)(self._fail_once)

    def _wait(self, value: str) -> None:
        self.done.append(f"{value} begun")
        assert self.may_go_on.wait(timeout=20)
        self.done.append(f"{value} done")

    def _fail_once(self, value: str) -> None:
        self.done.append(value)
        if self.done.count(value) == 1:
            raise ValueError("the first time")


@pytest.fixture
def work(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Office], Worker]]:
    """Start the product's worker over a queue, without the product's sweeps and models."""
    monkeypatch.setattr(worker_module, "run_sweeps", lambda: None)
    monkeypatch.setattr(worker_module, "warm_up", lambda: None)
    started: list[Worker] = []

    def start(office: Office) -> Worker:
        settings.HUEY = office.queue
        started.append(Worker())
        started[-1].start()
        return started[-1]

    yield start
    for worker in started:
        worker.stop()


def seconds_until(check: Callable[[], bool]) -> float:
    begun = time.monotonic()
    wait_until(check, what="the task has run", every=0.005)
    return time.monotonic() - begun


def test_a_task_of_another_process_starts_soon_also_after_a_long_silence(reopen, work):
    office = Office(reopen())
    work(office)
    # Longer than Huey's polling needs to back off to a second and more.
    time.sleep(3)
    Office(reopen()).note("hello")
    assert seconds_until(lambda: office.done == ["hello"]) < SOON_SECONDS


def test_what_was_queued_while_no_worker_ran_is_done_by_the_next_one(reopen, work):
    before = Office(reopen())
    for number in range(20):
        before.note(number)
    assert before.queue.pending_count() == 20
    after = Office(reopen())
    work(after)
    seconds_until(lambda: len(after.done) == 20)
    assert sorted(after.done) == list(range(20))
    assert before.done == []
    assert after.queue.pending_count() == 0


def test_a_worker_that_stops_finishes_what_runs_and_leaves_the_rest(reopen, work, settings):
    settings.WORKER_THREADS = 1
    office = Office(reopen())
    office.wait("first")
    office.note("second")
    worker = work(office)
    seconds_until(lambda: "first begun" in office.done)
    threading.Timer(0.5, office.may_go_on.set).start()
    worker.stop()
    assert office.done == ["first begun", "first done"]
    assert office.queue.pending_count() == 1, "the next worker takes it"
    work(office)
    seconds_until(lambda: office.done[-1] == "second")


def test_a_task_that_fails_is_tried_again(reopen, work):
    office = Office(reopen())
    work(office)
    office.fail_once("careful")
    seconds_until(lambda: office.done == ["careful", "careful"])


def test_two_workers_share_the_work_and_do_nothing_twice(reopen, work):
    one, other = Office(reopen()), Office(reopen())
    for number in range(100):
        one.note(number)
    work(one)
    work(other)
    seconds_until(lambda: len(one.done) + len(other.done) >= 100)
    assert sorted(one.done + other.done) == list(range(100))


def test_a_task_for_later_waits_for_its_time_and_survives_its_worker(reopen, work):
    before = Office(reopen())
    before.note.schedule(args=("later",), delay=2)
    first = work(before)
    wait_until(lambda: before.queue.scheduled_count() == 1, what="it waits for its time", every=0.01)
    first.stop()
    assert before.done == []
    after = Office(reopen())
    work(after)
    seconds_until(lambda: after.done == ["later"])


def test_the_sweeps_run_at_once_and_then_again_and_again(reopen, work, settings, monkeypatch):
    settings.SWEEP_SECONDS = 0.05
    swept: list[float] = []
    office = Office(reopen())
    monkeypatch.setattr(worker_module, "run_sweeps", lambda: swept.append(time.monotonic()))
    worker = work(office)
    assert seconds_until(lambda: len(swept) >= 3) < SOON_SECONDS
    worker.stop()
    known = len(swept)
    time.sleep(0.3)
    assert len(swept) <= known + 1, "at most the one that had begun"
