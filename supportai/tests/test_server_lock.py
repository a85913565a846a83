"""Without Redis a second server is refused in words, and a server that died is in nobody's way."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from supportai import asgi
from supportai.server_lock import DatabaseLock, ServerLock, ServerRunsAlreadyError

ROOT = Path(__file__).resolve().parents[2]
HOLD = """
import sys, time
from pathlib import Path
from supportai.server_lock import ServerLock
ServerLock(Path(sys.argv[1])).take()
print("held", flush=True)
time.sleep(60)
"""


class FakeWorker:
    """Notes what was done to any of its kind."""

    done: list[str] = []

    def start(self):
        self.done.append("started")

    def stop(self):
        self.done.append("stopped")


@pytest.fixture
def worker(monkeypatch, settings, tmp_path, transactional_db):
    settings.WORKER_IN_SERVER, settings.DATA_DIR = True, tmp_path
    monkeypatch.setattr(FakeWorker, "done", [])
    monkeypatch.setattr(asgi, "Worker", FakeWorker)
    return FakeWorker


@pytest.fixture
def holder(tmp_path):
    """Give another process that holds the lock."""
    child = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "held\n"
    yield child
    child.kill()
    child.communicate(timeout=10)


async def run_lifespan(*kinds):
    """Send these messages to the application and return what it answers."""
    messages: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    sent = []

    async def send(message):
        sent.append(message)

    for kind in kinds:
        messages.put_nowait({"type": f"lifespan.{kind}"})
    await asyncio.wait_for(asgi.application({"type": "lifespan"}, messages.get, send), timeout=10)
    return sent


async def test_a_second_server_is_refused_and_starts_no_worker(worker, holder):
    (answer,) = await run_lifespan("startup")
    assert answer["type"] == "lifespan.startup.failed"
    assert str(holder.pid) in answer["message"]
    assert "REDIS_URL" in answer["message"]
    assert worker.done == []


async def test_after_a_kill_the_next_server_starts_at_once(worker, holder):
    holder.kill()
    holder.wait(timeout=10)
    await run_lifespan("startup", "shutdown")
    assert worker.done == ["started", "stopped"]


async def test_a_server_holds_the_lock_from_start_to_stop(worker, settings, monkeypatch):
    other = ServerLock(settings.DATA_DIR)

    def start(_self):
        with pytest.raises(ServerRunsAlreadyError):
            other.take()
        worker.done.append("saw the lock")

    monkeypatch.setattr(worker, "start", start)
    answers = await run_lifespan("startup", "shutdown")
    assert [answer["type"] for answer in answers] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert worker.done == ["saw the lock", "stopped"]
    other.take()
    other.release()


async def test_with_redis_servers_do_not_mind_each_other(worker, holder, settings):
    settings.WORKER_IN_SERVER = False
    answers = await run_lifespan("startup", "shutdown")
    assert answers[0]["type"] == "lifespan.startup.complete"
    assert worker.done == []


def test_releasing_what_is_not_held_changes_nothing(tmp_path):
    lock = ServerLock(tmp_path)
    lock.release()
    lock.take()
    lock.release()
    lock.release()
    lock.take()
    lock.release()


@pytest.mark.live("DATABASE_URL")
@pytest.mark.django_db(transaction=True)
def test_servers_on_two_machines_with_one_database_are_kept_apart():
    first, second = DatabaseLock(), DatabaseLock()
    first.take()
    with pytest.raises(ServerRunsAlreadyError, match="same database"):
        second.take()
    first.release()
    second.take()
    second.release()


@pytest.mark.django_db
def test_a_lock_that_was_never_taken_is_released_in_silence():
    DatabaseLock().release()
