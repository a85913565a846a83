"""Nothing set means embedded; production refuses what is only fit for a demo; secrets may come from files."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from supportai.settings.base import mail
from supportai.settings.env import DEMO_SECRET_KEY, kept_secret_key, read_secret_files, split_list

ROOT = Path(__file__).resolve().parents[2]
GOOD_KEY = "k3" * 30
MAIL = "smtp+tls://help%40example.com:s3cret@mail.internal:587"
GOOD = {"SECRET_KEY": GOOD_KEY, "EMAIL_URL": MAIL}
SHOW = """
import json
import django
from django.conf import settings
django.setup()
print(json.dumps({
    "database": settings.DATABASES["default"]["ENGINE"],
    "options": str(settings.DATABASES["default"].get("OPTIONS", {})),
    "layer": settings.CHANNEL_LAYERS["default"]["BACKEND"],
    "huey": type(settings.HUEY).__name__,
    "cache": settings.CACHES["default"]["BACKEND"],
    "worker": settings.WORKER_IN_SERVER,
    "debug": settings.DEBUG,
    "hsts": getattr(settings, "SECURE_HSTS_SECONDS", 0),
    "secure": settings.SESSION_COOKIE_SECURE,
    "key": settings.SECRET_KEY,
    "elasticsearch": settings.ELASTICSEARCH_URL,
    "hosts": settings.ALLOWED_HOSTS,
    "mail": [settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS],
    "mail_login": [settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD],
    "sender": settings.DEFAULT_FROM_EMAIL,
}))
"""


def start(tmp_path: Path, module: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Start a fresh interpreter with exactly this environment."""
    env = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(tmp_path / "data"),
        "DJANGO_SETTINGS_MODULE": f"supportai.settings.{module}",
        **environ,
    }
    return subprocess.run(
        [sys.executable, "-c", SHOW], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False
    )


def shown(tmp_path: Path, module: str, **environ: str) -> dict:
    done = start(tmp_path, module, **environ)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_nothing_set_means_embedded(tmp_path):
    found = shown(tmp_path, "dev")
    assert found["database"].endswith("sqlite3")
    assert "WAL" in found["options"]
    assert "IMMEDIATE" in found["options"]
    assert found["layer"] == "channels.layers.InMemoryChannelLayer"
    assert found["huey"] == "SqliteHuey"
    assert found["cache"].endswith("LocMemCache")
    assert (found["worker"], found["debug"], found["elasticsearch"]) == (True, False, "")


def test_each_address_switches_its_own_part(tmp_path):
    redis = shown(tmp_path, "dev", REDIS_URL="redis://cache.internal:6379/0")
    assert (redis["huey"], redis["worker"]) == ("RedisHuey", False)
    assert redis["layer"].startswith("channels_redis.")
    assert redis["cache"].endswith("RedisCache")
    assert redis["database"].endswith("sqlite3")
    search = shown(tmp_path, "dev", ELASTICSEARCH_URL="http://search.internal:9200")
    assert search["elasticsearch"] == "http://search.internal:9200"
    assert search["layer"] == "channels.layers.InMemoryChannelLayer"


def test_a_database_address_is_read(tmp_path):
    found = shown(tmp_path, "dev", DATABASE_URL="postgres://u:p@db.internal:5432/support")
    assert found["database"].endswith("postgresql")
    assert "pool" in found["options"]


@pytest.mark.parametrize(
    ("environ", "reason"),
    [
        ({"EMAIL_URL": MAIL}, "SECRET_KEY"),
        (GOOD | {"SECRET_KEY": DEMO_SECRET_KEY}, "SECRET_KEY"),
        (GOOD | {"SECRET_KEY": "short"}, "SECRET_KEY"),
        (GOOD | {"SUPPORTAI_DEMO": "1"}, "SUPPORTAI_DEMO"),
        ({"SECRET_KEY": GOOD_KEY}, "EMAIL_URL"),
        (GOOD | {"EMAIL_URL": "consolemail://"}, "EMAIL_URL"),
        (GOOD | {"EMAIL_URL": "mail.internal"}, "email schema"),
    ],
    ids=["no key", "the demo's key", "a short key", "demo logins", "no mail", "printed mail", "mail of no kind"],
)
def test_production_refuses_to_start_with(tmp_path, environ, reason):
    done = start(tmp_path, "production", **environ)
    assert done.returncode != 0
    assert "ImproperlyConfigured" in done.stderr
    assert reason in done.stderr


def test_production_starts_with_a_key_of_its_own(tmp_path):
    found = shown(tmp_path, "production", **GOOD, ALLOWED_HOSTS="help.example.com")
    assert found["debug"] is False
    assert found["secure"] is True
    assert found["hsts"] > 0
    assert found["hosts"] == ["help.example.com"]


def test_production_is_not_debugged_by_accident(tmp_path):
    assert shown(tmp_path, "production", **GOOD, DEBUG="true")["debug"] is False


class TestTheKeyOfTheEmbeddedProduct:
    @pytest.mark.parametrize("module", ["dev", "simulation"])
    def test_each_installation_makes_its_own_and_keeps_it(self, tmp_path, module):
        ours, again, theirs = (shown(tmp_path / name, module)["key"] for name in ("ours", "ours", "theirs"))
        assert ours == again
        assert ours != theirs
        assert DEMO_SECRET_KEY not in {ours, theirs}
        assert len(ours) >= 50

    def test_a_key_in_the_environment_wins_and_none_is_kept(self, tmp_path):
        assert shown(tmp_path, "dev", SECRET_KEY=GOOD_KEY)["key"] == GOOD_KEY
        assert not (tmp_path / "data" / "secret_key").exists()

    def test_production_makes_none(self, tmp_path):
        start(tmp_path, "production")
        assert not (tmp_path / "data" / "secret_key").exists()

    def test_nobody_else_may_read_it(self, tmp_path):
        before = os.umask(0)
        try:
            kept_secret_key(tmp_path / "secret_key")
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600

    def test_an_empty_file_of_a_start_that_was_cut_short_is_filled(self, tmp_path):
        path = tmp_path / "secret_key"
        path.touch(mode=0o644)
        key = kept_secret_key(path)
        assert path.read_text().strip() == key
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_processes_that_start_at_once_get_the_same(self, tmp_path):
        code = f"import pathlib, supportai.settings.env as e; print(e.kept_secret_key(pathlib.Path({str(tmp_path / 'k')!r})))"
        children = [
            subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
            for _ in range(6)
        ]
        assert len({child.communicate(timeout=60)[0] for child in children}) == 1

    def test_a_folder_that_cannot_be_written_stops_the_start(self, tmp_path):
        with pytest.raises(OSError, match="secret_key"):
            kept_secret_key(tmp_path / "gone" / "secret_key")


def test_a_secret_may_come_from_a_file(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(GOOD_KEY + "\n")
    assert shown(tmp_path, "production", SECRET_KEY_FILE=str(secret), EMAIL_URL=MAIL)["key"] == GOOD_KEY


def test_mail_goes_through_the_server_of_its_address(tmp_path):
    secret = tmp_path / "mail"
    secret.write_text(MAIL + "\n")
    found = shown(tmp_path, "dev", EMAIL_URL_FILE=str(secret), DEFAULT_FROM_EMAIL="help@example.com")
    assert found["mail"] == ["django.core.mail.backends.smtp.EmailBackend", "mail.internal", 587, True]
    assert found["mail_login"] == ["help@example.com", "s3cret"]
    assert found["sender"] == "help@example.com"


@pytest.mark.parametrize(
    ("url", "backend", "host", "port"),
    [("", "console", "localhost", 25), ("smtp://relay.internal", "smtp", "relay.internal", 25)],
)
def test_what_a_mail_address_leaves_out_has_a_default(url, backend, host, port):
    found = mail(url)
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == (host, port)
    assert found["EMAIL_BACKEND"] == f"django.core.mail.backends.{backend}.EmailBackend"


def test_a_secret_file_that_is_missing_stops_the_start(tmp_path):
    assert start(tmp_path, "dev", SECRET_KEY_FILE=str(tmp_path / "gone")).returncode != 0


@pytest.mark.parametrize("environ", [{"SUPPORTAI_WORKER_THREADS": "none"}, {"SUPPORTAI_LEASE_SECONDS": "-1"}])
def test_values_of_a_wrong_type_stop_the_start(tmp_path, environ):
    assert start(tmp_path, "dev", **environ).returncode != 0


def test_a_plain_variable_wins_over_its_file(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("from-file")
    environ = {"SECRET_KEY": "plain", "SECRET_KEY_FILE": str(secret)}
    read_secret_files(environ)
    assert environ["SECRET_KEY"] == "plain"


def test_aliased_variables_have_files_too(tmp_path):
    secret = tmp_path / "threads"
    secret.write_text("4\n")
    environ = {"SUPPORTAI_WORKER_THREADS_FILE": str(secret)}
    read_secret_files(environ)
    assert environ["SUPPORTAI_WORKER_THREADS"] == "4"


@pytest.mark.parametrize(("text", "parts"), [("", []), ("a", ["a"]), (" a , ,b,", ["a", "b"])])
def test_lists_are_split_at_commas(text, parts):
    assert split_list(text) == parts
