"""What every test gets: a closed network, and a reason with each skip that says how to enable it."""

import os
import shutil
import socket
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("HAYSTACK_TELEMETRY_ENABLED", "False")

# The services that a test may need (`@pytest.mark.live("REDIS_URL")`), each with an example of its address.
SERVICES = {
    "DATABASE_URL": "postgres://user:password@127.0.0.1:5432/supportai",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "ELASTICSEARCH_URL": "http://127.0.0.1:9200",
}
LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0", "::ffff:127.")


class NetworkClosedError(OSError):
    """A test tried to leave this machine."""


def _is_local(family: int, address: Any) -> bool:
    if family == socket.AF_UNIX or not isinstance(address, tuple):
        return True
    host = str(address[0])
    return host in service_hosts() or host.startswith(LOOPBACK)


def service_hosts() -> set[str]:
    """Name the hosts of services that the person who runs the tests has switched on."""
    from urllib.parse import urlsplit

    return {host for url in service_urls() if (host := urlsplit(url).hostname)}


def service_urls() -> list[str]:
    """Give the addresses of the services that were switched on."""
    return [url for name in SERVICES if (url := os.environ.get(name, ""))]


@pytest.fixture(autouse=True, scope="session")
def _closed_network() -> Iterator[None]:
    """Refuse every connection that is not to this machine or to a service that was switched on."""
    patch = pytest.MonkeyPatch()
    for name in ("connect", "connect_ex"):
        original = getattr(socket.socket, name)

        def guarded(self: socket.socket, address: Any, original: Any = original) -> Any:
            if not _is_local(self.family, address):
                raise NetworkClosedError(f"The network is closed in tests: {address!r}")
            return original(self, address)

        patch.setattr(socket.socket, name, guarded)
    yield
    patch.undo()


@pytest.fixture
def store(settings: Any, tmp_path: Path) -> Iterator[Any]:
    """Give the product's document store, empty: a file or an index of this test's own, which is removed after it."""
    from knowledge.stores import document_store, kind_for, place_of

    settings.DATA_DIR = tmp_path
    settings.ELASTICSEARCH_PREFIX = f"{settings.ELASTICSEARCH_PREFIX}-{uuid.uuid4().hex[:8]}"
    kind = kind_for()
    made = document_store(place_of(kind), kind=kind)
    yield made
    made.drop()


def chromium_path() -> str:
    """Find the browser: `CHROMIUM` names it, else what is on the path; empty when there is none."""
    named = os.environ.get("CHROMIUM", "")
    if named:
        return named
    return next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), ""
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what this machine lacks, with the way to enable it; leave out what only the embedded shape can show."""
    for item in items:
        reason = missing_for(item)
        if reason:
            item.add_marker(pytest.mark.skip(reason=reason))
    if not service_urls():
        return
    embedded = [item for item in items if item.get_closest_marker("embedded")]
    config.hook.pytest_deselected(items=embedded)
    items[:] = [item for item in items if item not in embedded]


def missing_for(item: pytest.Item) -> str:
    """Say what a test needs that is not here: a browser, or the services that its `live` markers name."""
    if item.get_closest_marker("browser") and not chromium_path():
        return "no chromium found: install it, or name it with CHROMIUM=/path/to/chromium"
    missing = missing_services(item)
    return f"set {' and '.join(f'{name}={SERVICES[name]}' for name in missing)} to run it" if missing else ""


def missing_services(item: pytest.Item) -> list[str]:
    """Name the services that a test's `live` markers want and that were not switched on."""
    names = {name for marker in item.iter_markers("live") for name in marker.args}
    return sorted(name for name in names if not os.environ.get(name))


def required_markers() -> set[str]:
    """Name the markers whose tests must run here (`REQUIRED_MARKERS=browser,live`); CI sets it."""
    return {name for name in os.environ.get("REQUIRED_MARKERS", "").split(",") if name}


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Turn a skip into a failure where the machine was set up for that test."""
    outcome = yield
    report = outcome.get_result()
    required = [name for name in required_markers() if item.get_closest_marker(name)]
    if "live" not in required_markers() and missing_services(item):
        # It would need services too, and those were not asked for.
        required = []
    if report.skipped and not hasattr(report, "wasxfail") and required:
        report.outcome = "failed"
        report.longrepr = f"skipped although REQUIRED_MARKERS names {', '.join(required)}: {report.longrepr}"


def pytest_unconfigure() -> None:
    """Delete the data folder and the search indexes that the test settings named for this process."""
    from django.conf import settings

    if settings.configured and getattr(settings, "ELASTICSEARCH_URL", ""):
        _remove_indexes(settings.ELASTICSEARCH_URL, settings.ELASTICSEARCH_PREFIX)
    folder = str(getattr(settings, "DATA_DIR", "")) if settings.configured else ""
    if "supportai-test-" in folder:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_indexes(url: str, prefix: str) -> None:
    """Remove every index whose name begins with this process's prefix, by name, as clusters demand."""
    import httpx

    try:
        listed = httpx.get(f"{url}/_cat/indices/{prefix}*", params={"h": "index"}, timeout=10)
        for name in listed.text.split() if listed.is_success else ():
            httpx.delete(f"{url}/{name}", timeout=10)
    except httpx.HTTPError as exc:
        warnings.warn(f"The search indexes of {prefix} were not removed: {exc}", stacklevel=1)
