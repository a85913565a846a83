"""Folders of a seeded demo, made once for all test processes, so that each test starts from a copy."""

import fcntl
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from supportai.tests.servers import DemoServer, WidgetClient, manage, wait_until

IDENTITY = re.compile(r'data-identity="([^"]+)"')


def made_once(factory: pytest.TempPathFactory, name: str, build: Callable[[Path], None]) -> Path:
    """Build a folder in the first test process that asks; the others wait for it and share it."""
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, ready = shared / name, shared / f"{name}.ready"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            build(folder)
            ready.touch()
    return folder


def demo_identity(server: DemoServer) -> str:
    """Read the signed identity of the demo page's customer from the page, as a browser would."""
    found = IDENTITY.search(server.text("/demo/"))
    assert found, "the demo page signs its customer in"
    return found.group(1)


def _seed(folder: Path) -> None:
    """Migrate, seed and let the worker index everything."""
    manage(folder, "migrate", "--verbosity", "0")
    manage(folder, "seed_demo", "--no-conversations", "--verbosity", "0")
    server = DemoServer(folder)
    server.start()
    try:
        wait_until(server.is_quiet, what="the demo's articles are indexed", seconds=120, every=0.5)
    finally:
        server.stop()


@pytest.fixture(scope="session")
def seeded_data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a `DATA_DIR` with the demo company in it; copy it, never use it."""
    return made_once(tmp_path_factory, "seeded-demo", _seed)


@pytest.fixture(scope="session")
def asked_data_dir(tmp_path_factory: pytest.TempPathFactory, seeded_data_dir: Path) -> Path:
    """Give a `DATA_DIR` in which the customer was just asked whether to refund; `customer.json` tells who."""

    def build(folder: Path) -> None:
        shutil.copytree(seeded_data_dir, folder, dirs_exist_ok=True)
        server = DemoServer(folder)
        server.start()
        try:
            customer = WidgetClient(server.url)
            customer.open(identity=demo_identity(server))
            customer.say("I was charged twice this month")
            customer.wait_for(has_confirm_card, what="the agent asks before it refunds", seconds=90)
            wait_until(server.is_quiet, what="the first run is over", seconds=30)
        finally:
            server.stop()
        state = {"session": customer.session, "ticket": customer.ticket}
        (folder / "customer.json").write_text(json.dumps(state))

    return made_once(tmp_path_factory, "asked-demo", build)


def has_confirm_card(messages: list[dict[str, object]]) -> bool:
    """Tell whether the last message asks the customer to confirm."""
    card = messages[-1]["card"] if messages else {}
    return isinstance(card, dict) and card.get("kind") == "confirm"


@pytest.fixture
def copied_server(tmp_path: Path) -> Iterator[Callable[[Path], DemoServer]]:
    """Make servers over copies of a folder; they are ended with the test."""
    servers: list[DemoServer] = []

    def make(folder: Path) -> DemoServer:
        copy = tmp_path / f"data-{len(servers)}"
        shutil.copytree(folder, copy)
        servers.append(DemoServer(copy))
        return servers[-1]

    yield make
    for server in servers:
        server.stop()
