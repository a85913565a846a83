"""What compose.yaml and the Dockerfile start, started: production settings over real services, from the files it copies."""

import re
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from supportai.tests.conftest import new_deployment
from supportai.tests.servers import ROOT, Deployment
from supportai.tests.services import SERVICES

pytestmark = pytest.mark.live(*SERVICES)

COPIED = re.compile(r"^COPY (\S+) \S+$", re.MULTILINE)
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "supportai.settings.production",
    "SUPPORTAI_DEMO": "",
    "SECRET_KEY": "a-key-of-its-own-" + "k3" * 30,
    "EMAIL_URL": "smtp://mail.internal:25",
    "ALLOWED_HOSTS": "127.0.0.1,support.example.com",
    "CSRF_TRUSTED_ORIGINS": "https://support.example.com",
}


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy what the Dockerfile copies, and nothing else."""
    folder = tmp_path_factory.mktemp("image")
    names = COPIED.findall((ROOT / "Dockerfile").read_text())
    assert {"supportai", "templates", "manage.py"} <= set(names)
    for name in names:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture(scope="module")
def server(image: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("data")
    deployment = new_deployment(folder, environment=ENVIRONMENT, root=image)
    try:
        deployment.manage("migrate", "--verbosity", "0")
        deployment.manage("collectstatic", "--no-input", "--verbosity", "0")
        deployment.start()
        yield deployment
    finally:
        deployment.remove()


def get(url: str, path: str) -> tuple[int, dict[str, str], str]:
    """Fetch as the proxy does for a browser on https; give status, headers in lower case, and text."""
    request = urllib.request.Request(f"{url}{path}", headers={"X-Forwarded-Proto": "https"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            text = answer.read().decode(errors="replace")
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}, text
    except urllib.error.HTTPError as exc:
        return exc.code, {}, exc.read().decode(errors="replace")


@pytest.mark.parametrize("kind", ["web", "sockets"])
@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_both_kinds_of_server_are_well(server: Deployment, kind: str, path: str) -> None:
    status, _headers, text = get(server.url_of(kind, 0), path)
    assert (status, '"ok"' in text) == (200, True)


def test_the_login_page_is_safe_and_its_static_files_are_kept_for_good(server: Deployment) -> None:
    status, headers, page = get(server.url, "/login/")
    assert status == 200
    assert "Secure" in headers["set-cookie"]
    assert "max-age=31536000" in headers["strict-transport-security"]
    files = re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"', page)
    assert files
    for path in files:
        assert re.search(r"\.[0-9a-f]{12}\.(css|js)$", path), f"{path} has the hash of its content in its name"
        status, headers, _text = get(server.url, path)
        assert (status, "immutable" in headers["cache-control"]) == (200, True)


def test_nothing_of_a_demo_is_there(server: Deployment) -> None:
    assert get(server.url, "/demo/")[0] == 404
    status, _headers, page = get(server.url, "/no-such-page/")
    assert (status, "DEBUG" in page) == (404, False)


def test_django_has_nothing_to_say_against_it_that_the_proxy_does_not_do(server: Deployment) -> None:
    # The proxy sends browsers from http to https (W008); other names of the domain are not ours to decide on (W005, W021).
    with pytest.raises(AssertionError) as refused:
        server.manage("check", "--deploy", "--fail-level", "WARNING")
    said = set(re.findall(r"\((\w+\.[WE]\d+)\)", str(refused.value)))
    assert said == {"security.W008", "security.W005", "security.W021"}


def test_schema_and_migrations_agree_on_postgresql(server: Deployment) -> None:
    assert "No changes detected" in server.manage("makemigrations", "--check", "--dry-run")
    assert "[ ]" not in server.manage("showmigrations", "--plan")
