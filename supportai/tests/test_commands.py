"""The commands that start processes: they refuse in words, and do what they say."""

import io
import os
import signal
import socket
import threading
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from supportai.management.commands import demo, worker


class FakeWorker:
    """Notes what was done to it."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def start(self) -> None:
        self.done.append("started")
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM)).start()

    def stop(self) -> None:
        self.done.append("stopped")


@pytest.fixture
def demo_folder(settings, tmp_path):
    settings.DEMO = True
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()
    return settings.DATA_DIR


@pytest.fixture
def taken_port():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_the_demo_needs_to_be_asked_for(settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="SUPPORTAI_DEMO=1"):
        call_command("demo")


def test_the_demo_says_which_port_is_taken_and_what_to_do(demo_folder, taken_port):
    with pytest.raises(CommandError, match=f"{taken_port}.*PORT=8001"):
        call_command("demo", port=taken_port)


def test_the_demo_migrates_seeds_and_serves_in_this_order(demo_folder, monkeypatch):
    order = []
    monkeypatch.setattr(demo, "refuse_taken_port", lambda host, port: None)
    monkeypatch.setattr(demo, "call_command", lambda name, **_: order.append(name))
    monkeypatch.setattr(demo, "serve", lambda **options: order.append(f"serve {options['host']}:{options['port']}"))
    call_command("demo", port=8161, stdout=io.StringIO())
    assert order == ["migrate", "seed_demo", "serve 127.0.0.1:8161"]


def test_the_announcement_names_addresses_and_logins():
    out = io.StringIO()
    demo.Command(stdout=out).announce("0.0.0.0", 8161)
    text = out.getvalue()
    assert "http://localhost:8161/demo/" in text
    assert all(email in text for email, _ in demo.LOGINS)


def test_deleting_the_data_deletes_the_demo_and_serves_nothing(demo_folder, monkeypatch):
    (demo_folder / "supportai.sqlite3").touch()
    monkeypatch.setattr(demo, "refuse_taken_port", lambda host, port: None)
    monkeypatch.setattr(demo, "serve", lambda **_: pytest.fail("it only deletes"))
    call_command("demo", delete_data=True, stdout=io.StringIO())
    assert not demo_folder.exists()


def test_a_folder_that_is_no_demo_is_never_deleted(demo_folder, monkeypatch):
    precious: Path = demo_folder / "photos" / "2024" / "cat.png"
    precious.parent.mkdir(parents=True)
    precious.touch()
    monkeypatch.setattr(demo, "refuse_taken_port", lambda host, port: None)
    with pytest.raises(CommandError, match="holds no demo"):
        call_command("demo", delete_data=True, stdout=io.StringIO())
    assert precious.exists()


def test_the_worker_refuses_to_run_apart_from_the_server_without_redis(settings):
    settings.WORKER_IN_SERVER = True
    with pytest.raises(CommandError, match="REDIS_URL"):
        call_command("worker")


def test_the_worker_stops_in_peace_at_a_signal(settings, monkeypatch):
    settings.WORKER_IN_SERVER = False
    fake = FakeWorker()
    monkeypatch.setattr(worker, "Worker", lambda: fake)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        call_command("worker", stdout=io.StringIO())
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert fake.done == ["started", "stopped"]
