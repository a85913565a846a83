"""A seeded demo in both shapes, made once for all test processes, so that each test starts from a copy."""

import fcntl
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest

from supportai.tests.servers import DemoServer, Deployment, Server, manage, wait_until
from supportai.tests.services import SERVICES, Place
from supportai.tests.widget_client import WidgetClient

IDENTITY = re.compile(r'data-identity="([^"]+)"')
CHARGED_TWICE = "I was charged twice this month"
# What a copied `DATA_DIR` leaves behind: what its processes said.
LOGS = shutil.ignore_patterns("*.log")

Build = Callable[[Path], None]
EMBEDDED = pytest.param("embedded", marks=pytest.mark.embedded)
PRODUCTION = pytest.param("production", marks=pytest.mark.live(*SERVICES))


class MakeServer(Protocol):
    """Makes a server of the test's shape over a copy of a folder."""

    def __call__(self, folder: Path, **numbers: int) -> Server:
        """Take the folder of `seeded` or `asked`, and the numbers of processes, which embedded is always one."""


@contextmanager
def shared_folder(factory: pytest.TempPathFactory, name: str, build: Build, remove: Build) -> Iterator[Path]:
    """Build a folder in the first test process that asks; the others wait and share it, and the last one removes."""
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, ready, users = shared / name, shared / f"{name}.ready", shared / f"{name}.users"
    me = users / str(os.getpid())
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            build(folder)
            ready.touch()
        users.mkdir(exist_ok=True)
        me.touch()
    yield folder
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        me.unlink()
        if not any(users.iterdir()):
            ready.unlink()
            remove(folder)


def demo_identity(server: Server) -> str:
    """Read the signed identity of the demo page's customer from the page, as a browser would."""
    found = IDENTITY.search(server.text("/demo/"))
    assert found, "the demo page signs its customer in"
    return found.group(1)


def has_confirm_card(messages: list[dict[str, Any]]) -> bool:
    """Tell whether the last message asks the customer to confirm."""
    card = messages[-1]["card"] if messages else {}
    return isinstance(card, dict) and card.get("kind") == "confirm"


def ask_for_refund(server: Server) -> None:
    """Let the demo's customer ask, until the agent wants a yes; `customer.json` then tells who."""
    customer = WidgetClient(server.url)
    customer.open(identity=demo_identity(server))
    customer.say(CHARGED_TWICE)
    customer.wait_for(has_confirm_card, what="the agent asks before it refunds", seconds=90)
    wait_until(server.is_quiet, what="the first run is over", seconds=30)
    state = {"session": customer.session, "ticket": customer.ticket}
    (server.data_dir / "customer.json").write_text(json.dumps(state))


def place_of(folder: Path) -> Place:
    """Tell where the deployment of that `DATA_DIR` has its data."""
    return Place((folder / "place").read_text())


def new_deployment(folder: Path, *, template: Path | None = None, **options: Any) -> Deployment:
    """Make a deployment over a folder, with a place of its own that is empty or a copy of the template's.

    `options` are numbers of processes and `environment`.
    """
    place = Place()
    place.create(place_of(template) if template else None)
    (folder / "place").write_text(place.name)
    return Deployment(folder, place, **options)


def _run_until_quiet(server: Server, then: Callable[[Server], None] | None = None) -> None:
    server.start()
    try:
        wait_until(server.is_quiet, what=f"the demo is indexed\n{server.log_tail()}", seconds=120, every=0.5)
        if then:
            then(server)
    finally:
        server.stop()


def _seed_embedded(folder: Path) -> None:
    """Migrate, seed and let the worker index everything."""
    manage(folder, "migrate", "--verbosity", "0")
    manage(folder, "seed_demo", "--no-conversations", "--verbosity", "0")
    _run_until_quiet(DemoServer(folder))


def _seed_production(folder: Path) -> None:
    deployment = new_deployment(folder, web=0)
    try:
        deployment.manage("migrate", "--verbosity", "0")
        deployment.manage("seed_demo", "--no-conversations", "--verbosity", "0")
        _run_until_quiet(deployment)
    finally:
        deployment.front.stop()


def _keep(_folder: Path) -> None:
    """Leave a folder to pytest, which keeps the last ones."""


def _drop(folder: Path) -> None:
    place_of(folder).drop()


@pytest.fixture(scope="session")
def seeded_data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give the `DATA_DIR` of an embedded demo; copy it, never use it."""
    with shared_folder(tmp_path_factory, "seeded-embedded", _seed_embedded, _keep) as folder:
        yield folder


@pytest.fixture(scope="session")
def seeded_production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give the `DATA_DIR` of a demo in production shape; its file `place` names the rest; copy it, never use it."""
    with shared_folder(tmp_path_factory, "seeded-production", _seed_production, _drop) as folder:
        yield folder


@pytest.fixture(scope="session")
def asked_data_dir(tmp_path_factory: pytest.TempPathFactory, seeded_data_dir: Path) -> Iterator[Path]:
    """Give a demo in which the customer was just asked whether to refund."""

    def build(folder: Path) -> None:
        shutil.copytree(seeded_data_dir, folder, dirs_exist_ok=True, ignore=LOGS)
        _run_until_quiet(DemoServer(folder), ask_for_refund)

    with shared_folder(tmp_path_factory, "asked-embedded", build, _keep) as folder:
        yield folder


@pytest.fixture(scope="session")
def asked_production(tmp_path_factory: pytest.TempPathFactory, seeded_production: Path) -> Iterator[Path]:
    """Give the same in production shape."""

    def build(folder: Path) -> None:
        shutil.copytree(seeded_production, folder, dirs_exist_ok=True, ignore=LOGS)
        deployment = new_deployment(folder, template=seeded_production, web=0)
        try:
            _run_until_quiet(deployment, ask_for_refund)
        finally:
            deployment.front.stop()

    with shared_folder(tmp_path_factory, "asked-production", build, _drop) as folder:
        yield folder


@pytest.fixture(params=[EMBEDDED, PRODUCTION])
def shape(request: pytest.FixtureRequest) -> str:
    """Name the shape that the test runs in; it runs in both."""
    return str(request.param)


@pytest.fixture
def seeded(shape: str, request: pytest.FixtureRequest) -> Path:
    """Give the folder of the demo company in the test's shape."""
    return Path(request.getfixturevalue("seeded_data_dir" if shape == "embedded" else "seeded_production"))


@pytest.fixture
def asked(shape: str, request: pytest.FixtureRequest) -> Path:
    """Give the folder in which the customer was just asked whether to refund, in the test's shape."""
    return Path(request.getfixturevalue("asked_data_dir" if shape == "embedded" else "asked_production"))


@pytest.fixture
def new_server(tmp_path: Path) -> Iterator[MakeServer]:
    """Make servers over copies of a folder, of the shape that the folder has; they are ended with the test."""
    servers: list[Server] = []

    def make(folder: Path, **numbers: int) -> Server:
        copy = tmp_path / f"data-{len(servers)}"
        shutil.copytree(folder, copy, ignore=LOGS)
        is_embedded = not (folder / "place").exists()
        servers.append(DemoServer(copy) if is_embedded else new_deployment(copy, template=folder, **numbers))
        return servers[-1]

    yield make
    for server in servers:
        server.remove()
